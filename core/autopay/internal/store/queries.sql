-- name: InsertOrder :execrows
INSERT INTO autopay_order (person, id, maker, mandate, payee, kind, home, service, name, method, card, card_ends, card_told, currency, terms, since, paused, state, made, stopped, stopped_by, revision)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, '', $13, $14, $15, '', 'live', $16, NULL, NULL, 1)
ON CONFLICT (person, id) DO NOTHING;

-- name: OrderByID :one
SELECT person, id, maker, mandate, payee, kind, home, service, name, method, card, card_ends, card_told, currency, terms, since, paused, state, made, stopped, stopped_by, revision
FROM autopay_order WHERE person = $1 AND id = $2;

-- name: StoppedOrders :many
SELECT person, id, maker, mandate, payee, kind, home, service, name, method, card, card_ends, card_told, currency, terms, since, paused, state, made, stopped, stopped_by, revision
FROM autopay_order WHERE person = $1 AND state = 'stopped' ORDER BY person, id DESC LIMIT $2;

-- name: LiveOrders :many
SELECT person, id, maker, mandate, payee, kind, home, service, name, method, card, card_ends, card_told, currency, terms, since, paused, state, made, stopped, stopped_by, revision
FROM autopay_order WHERE person = $1 AND state = 'live' ORDER BY person, id DESC;

-- name: TouchOrder :execrows
UPDATE autopay_order SET revision = revision + 1 WHERE person = @person AND id = @id AND revision = @was;

-- name: ChangeOrder :execrows
UPDATE autopay_order SET name = @name, method = @method, card = @card, card_ends = @card_ends, terms = @terms, revision = revision + 1
WHERE person = @person AND id = @id AND revision = @was AND state = 'live';

-- name: PauseOrder :execrows
UPDATE autopay_order SET paused = @paused, revision = revision + 1 WHERE person = @person AND id = @id AND state = 'live' AND paused <> @paused;

-- name: StopOrder :execrows
UPDATE autopay_order SET state = 'stopped', stopped = @stopped, stopped_by = @stopped_by, revision = revision + 1
WHERE person = @person AND id = @id AND state = 'live';

-- name: CardsEnding :many
SELECT person, id, maker, card_ends FROM autopay_order
WHERE card_ends > '' AND card_ends <= @soon AND card_told <> card_ends AND state = 'live' ORDER BY card_ends, person, id LIMIT @most;

-- name: TellCard :execrows
UPDATE autopay_order SET card_told = card_ends WHERE person = @person AND id = @id AND card_told <> card_ends;

-- name: InsertTurn :execrows
INSERT INTO autopay_turn (person, id, standing, home, charge, title, period, known, due, amount, state, rule, pay_on, month, told, told_amount, approved, skipped, thinking, tries, next, ended, revision)
VALUES (@person, @id, @standing, @home, @charge, @title, @period, @known, @due, 0, 'wait', '', '', '', '', 0, 0, FALSE, NULL, 0, NULL, NULL, 1)
ON CONFLICT (person, id) DO NOTHING;

-- name: TurnByID :one
SELECT person, id, standing, home, charge, title, period, known, due, amount, state, rule, pay_on, month, told, told_amount, approved, skipped, thinking, tries, next, ended, revision
FROM autopay_turn WHERE person = $1 AND id = $2;

-- name: PendingTurns :many
SELECT person, id, standing, home, charge, title, period, known, due, amount, state, rule, pay_on, month, told, told_amount, approved, skipped, thinking, tries, next, ended, revision
FROM autopay_turn WHERE person = $1 AND (state = 'wait' OR state = 'ask' OR state = 'refused' OR state = 'paying') ORDER BY known DESC, id DESC;

-- name: PastTurns :many
SELECT person, id, standing, home, charge, title, period, known, due, amount, state, rule, pay_on, month, told, told_amount, approved, skipped, thinking, tries, next, ended, revision
FROM autopay_turn WHERE person = $1 AND (state = 'paid' OR state = 'undone' OR state = 'over') ORDER BY known DESC, id DESC LIMIT $2;

-- name: PendingTurnsOf :many
SELECT person, id, standing, home, charge, title, period, known, due, amount, state, rule, pay_on, month, told, told_amount, approved, skipped, thinking, tries, next, ended, revision
FROM autopay_turn WHERE person = $1 AND standing = $2 AND (state = 'wait' OR state = 'ask' OR state = 'refused' OR state = 'paying') ORDER BY known DESC, id DESC;

-- name: PastTurnsOf :many
SELECT person, id, standing, home, charge, title, period, known, due, amount, state, rule, pay_on, month, told, told_amount, approved, skipped, thinking, tries, next, ended, revision
FROM autopay_turn WHERE person = $1 AND standing = $2 AND (state = 'paid' OR state = 'undone' OR state = 'over') ORDER BY known DESC, id DESC LIMIT $3;

-- name: TurnsOfCharge :many
SELECT person, id, standing, home, charge, title, period, known, due, amount, state, rule, pay_on, month, told, told_amount, approved, skipped, thinking, tries, next, ended, revision
FROM autopay_turn WHERE person = @person AND standing = @standing AND charge = @charge ORDER BY person, standing, id;

-- name: RestTurn :execrows
-- Nobody is left whom a look at the turn would concern.
UPDATE autopay_turn SET next = NULL WHERE person = @person AND id = @id AND next IS NOT NULL;

-- name: RestTurns :execrows
UPDATE autopay_turn SET next = NULL WHERE person = @person AND next IS NOT NULL;

-- name: SpentIn :one
-- counts only
SELECT CAST(COALESCE(SUM(amount), 0) AS BIGINT) AS spent FROM autopay_turn
WHERE person = @person AND standing = @standing AND month = @month AND id <> @besides AND (state = 'paying' OR state = 'paid');

-- name: JudgeTurn :execrows
UPDATE autopay_turn SET title = @title, due = @due, amount = @amount, state = @state, rule = @rule, pay_on = @pay_on, month = @month, told = @told,
  told_amount = @told_amount, thinking = @thinking, tries = @tries, next = @next, ended = NULL, revision = revision + 1
WHERE person = @person AND id = @id AND revision = @was;

-- name: PayTurn :execrows
UPDATE autopay_turn SET state = 'paid', amount = @amount, thinking = @thinking, ended = @ended, next = NULL, revision = revision + 1
WHERE person = @person AND id = @id AND state <> 'paid' AND state <> 'undone';

-- name: FailTurn :execrows
UPDATE autopay_turn SET state = 'wait', next = @next, revision = revision + 1 WHERE person = @person AND id = @id AND state = 'paying';

-- name: AwaitTurn :execrows
UPDATE autopay_turn SET next = @next WHERE person = @person AND id = @id AND state = 'paying';

-- name: UndoTurn :execrows
UPDATE autopay_turn SET state = 'undone', revision = revision + 1 WHERE person = @person AND id = @id AND state = 'paid' AND thinking > @now;

-- name: AnswerTurn :execrows
UPDATE autopay_turn SET approved = @approved, skipped = @skipped, state = @state, rule = '', next = @next, revision = revision + 1
WHERE person = @person AND id = @id AND (state = 'wait' OR state = 'ask' OR state = 'refused');

-- name: RenewTurns :execrows
-- The owner is told anew of what waits: the order stood still, or its terms are others.
UPDATE autopay_turn SET told = '', told_amount = 0, thinking = NULL, next = @next, revision = revision + 1
WHERE person = @person AND standing = @standing AND (state = 'wait' OR state = 'ask' OR state = 'refused');

-- name: TurnsDue :many
-- counts only
SELECT person, id FROM autopay_turn WHERE next <= @before ORDER BY next, person, id LIMIT @most;

-- name: InsertTry :exec
INSERT INTO autopay_try (person, turn, number, key, payment, amount, day, fate, started, ended) VALUES ($1, $2, $3, $4, NULL, $5, $6, 'unknown', $7, NULL);

-- name: TriesOf :many
SELECT person, turn, number, key, payment, amount, day, fate, started, ended FROM autopay_try WHERE person = $1 AND turn = $2 ORDER BY number;

-- name: NameTry :execrows
UPDATE autopay_try SET payment = @payment WHERE person = @person AND turn = @turn AND number = @number AND payment IS NULL;

-- name: TakeTry :execrows
-- Money counts whatever was thought of the try before.
UPDATE autopay_try SET fate = 'taken', ended = @ended WHERE person = @person AND turn = @turn AND number = @number AND fate <> 'taken';

-- name: EndTry :execrows
UPDATE autopay_try SET fate = @fate, ended = @ended WHERE person = @person AND turn = @turn AND number = @number AND fate = 'unknown';

-- name: InsertDecision :exec
INSERT INTO autopay_decision (person, turn, number, standing, verdict, rule, amount, inputs, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9);

-- name: DecisionsOf :many
SELECT person, turn, number, standing, verdict, rule, amount, inputs, at FROM autopay_decision WHERE person = $1 AND turn = $2 ORDER BY number DESC LIMIT $3;

-- name: PutTemplate :exec
INSERT INTO autopay_template (person, id, maker, payee, kind, home, service, name, usual, currency, made, used, times)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, NULL, 0)
ON CONFLICT (person, id) DO UPDATE SET name = excluded.name, usual = excluded.usual;

-- name: TemplatesOf :many
SELECT person, id, maker, payee, kind, home, service, name, usual, currency, made, used, times FROM autopay_template WHERE person = $1 ORDER BY person, id DESC LIMIT $2;

-- name: TemplateByID :one
SELECT person, id, maker, payee, kind, home, service, name, usual, currency, made, used, times FROM autopay_template WHERE person = $1 AND id = $2;

-- name: UseTemplate :execrows
UPDATE autopay_template SET used = @used, times = times + 1 WHERE person = @person AND id = @id;

-- name: DropTemplate :execrows
DELETE FROM autopay_template WHERE person = $1 AND id = $2;

-- name: PutHome :exec
INSERT INTO autopay_home (id, person, turn) VALUES ($1, $2, $3) ON CONFLICT (id) DO NOTHING;

-- name: HomeOf :one
SELECT id, person, turn FROM autopay_home WHERE id = $1;

-- name: DropHome :execrows
DELETE FROM autopay_home WHERE id = $1;

-- name: PutFollow :exec
INSERT INTO autopay_follow (home, standing, person) VALUES ($1, $2, $3) ON CONFLICT (home, standing) DO NOTHING;

-- name: DropFollow :execrows
DELETE FROM autopay_follow WHERE home = $1 AND standing = $2;

-- name: Followers :many
SELECT home, standing, person FROM autopay_follow WHERE home = $1 ORDER BY home, standing LIMIT $2;

-- name: OrderRevision :one
-- counts only
SELECT revision FROM autopay_order WHERE person = $1 AND id = $2;

-- name: NameTemplate :execrows
UPDATE autopay_template SET name = @name WHERE person = @person AND id = @id;
