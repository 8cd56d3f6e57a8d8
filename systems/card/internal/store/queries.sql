-- name: HomeByID :one
SELECT id, code, person, state, next, issued, changed, revision FROM card_home WHERE id = @id;

-- name: Issue :execrows
INSERT INTO card_home (id, code, state, issued, changed, revision) VALUES (@id, @code, 'blank', @issued, @issued, 1) ON CONFLICT (id) DO NOTHING;

-- name: TakeHome :execrows
UPDATE card_home SET person = @person, state = 'active', changed = @changed, revision = revision + 1 WHERE id = @id AND state = 'blank' AND code = @code;

-- name: SetHome :execrows
UPDATE card_home SET state = @state, next = @next, changed = @changed, revision = revision + 1 WHERE id = @id AND state = @was;

-- name: FreeHome :execrows
UPDATE card_home SET person = NULL, state = 'blank', changed = @changed, revision = revision + 1 WHERE id = @id AND person = @person AND state = 'active';

-- name: LeaveHome :execrows
UPDATE card_home SET person = NULL, changed = @changed, revision = revision + 1 WHERE id = @id AND person = @person AND state IN ('blocked', 'replaced');

-- name: InsertMine :exec
INSERT INTO card_mine (person, id, number, linked) VALUES (@person, @id, @number, @linked) ON CONFLICT (person, id) DO UPDATE SET number = @number, linked = @linked;

-- name: MineOf :many
SELECT person, id, number, linked FROM card_mine WHERE person = @person ORDER BY linked DESC, id DESC;

-- name: DropMine :exec
DELETE FROM card_mine WHERE person = @person;

-- name: InsertLine :exec
INSERT INTO card_line (person, id, card, kind, amount, at, about, words) VALUES (@person, @id, @card, @kind, @amount, @at, @about, @words) ON CONFLICT (person, id) DO NOTHING;

-- name: LinesOf :many
SELECT person, id, card, kind, amount, at, about, words FROM card_line WHERE person = @person AND card = @card ORDER BY at DESC, id DESC LIMIT @most;

-- name: LinesOfPerson :many
SELECT person, id, card, kind, amount, at, about, words FROM card_line WHERE person = @person ORDER BY id DESC LIMIT @most;

-- name: TopUpByCharge :one
SELECT person, charge, card, moved, lost, steps, taken FROM card_top_up WHERE person = @person AND charge = @charge;

-- name: InsertTopUp :exec
INSERT INTO card_top_up (person, charge, card, moved, lost, steps) VALUES (@person, @charge, @card, 0, 0, 0) ON CONFLICT (person, charge) DO NOTHING;

-- name: SetTopUp :execrows
UPDATE card_top_up SET moved = @moved, lost = @lost, taken = @taken, steps = steps + 1 WHERE person = @person AND charge = @charge AND steps = @steps;

-- name: InsertTicket :execrows
INSERT INTO card_ticket (person, id, card, kind, price, bought, until, trips) VALUES (@person, @id, @card, @kind, @price, @bought, @until, @trips) ON CONFLICT (person, id) DO NOTHING;

-- name: TicketsOf :many
SELECT person, id, card, kind, price, bought, until, trips FROM card_ticket WHERE person = @person ORDER BY bought DESC, id DESC LIMIT @most;

-- name: MoveTickets :exec
UPDATE card_ticket SET card = @to_card WHERE person = @person AND card = @from_card;

-- name: OrderByAttempt :one
SELECT attempt, card, amount, currency, state, reason, refunded, at FROM card_order WHERE attempt = @attempt;

-- name: InsertOrder :execrows
INSERT INTO card_order (attempt, card, amount, currency, state, reason, refunded, at) VALUES (@attempt, @card, @amount, @currency, @state, @reason, 0, @at) ON CONFLICT (attempt) DO NOTHING;

-- name: RefundOrder :execrows
UPDATE card_order SET refunded = refunded + @amount WHERE attempt = @attempt AND state = 'paid' AND refunded + @amount <= amount;

-- name: RefundByID :one
SELECT attempt, id, amount, reason, at FROM card_refund WHERE attempt = @attempt AND id = @id;

-- name: InsertRefund :exec
INSERT INTO card_refund (attempt, id, amount, reason, at) VALUES (@attempt, @id, @amount, @reason, @at);

-- name: LossesOf :many
SELECT person, charge, card, moved, lost, steps, taken FROM card_top_up WHERE person = @person AND lost > 0 ORDER BY charge;

-- name: CoverLoss :execrows
UPDATE card_top_up SET moved = moved - @amount, lost = lost - @amount, steps = steps + 1 WHERE person = @person AND charge = @charge AND steps = @steps AND lost >= @amount;

-- name: Losses :many
SELECT person, charge, card, moved, lost, steps, taken FROM card_top_up WHERE lost > 0 ORDER BY lost DESC, person, charge LIMIT @most;

-- name: LossSum :one
-- counts only
SELECT CAST(COALESCE(SUM(lost), 0) AS BIGINT) AS sum, COUNT(*) AS count FROM card_top_up WHERE lost > 0;

-- name: MineByID :one
SELECT person, id, number, linked FROM card_mine WHERE person = @person AND id = @id;
