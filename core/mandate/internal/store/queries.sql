-- name: RightByID :one
SELECT giver, id, taker, kind, scopes, services, source, given_by, since, begins, ends, ended, ended_by, told, version FROM mandate_right
WHERE giver = $1 AND id = $2;

-- name: RightsBetween :many
SELECT giver, id, taker, kind, scopes, services, source, given_by, since, begins, ends, ended, ended_by, told, version FROM mandate_right
WHERE giver = $1 AND taker = $2 AND ended IS NULL ORDER BY id;

-- name: RightsOf :many
SELECT giver, id, taker, kind, scopes, services, source, given_by, since, begins, ends, ended, ended_by, told, version FROM mandate_right
WHERE giver = $1 ORDER BY id;

-- name: PutRight :execrows
-- A mandate that was ended lives again when its ground is confirmed anew; one that lives is left as it is.
INSERT INTO mandate_right (giver, id, taker, kind, scopes, services, source, given_by, since, begins, ends, ended, ended_by, told, version)
VALUES (@giver, @id, @taker, @kind, @scopes, @services, @source, @given_by, @since, @begins, @ends, NULL, NULL, '', 1)
ON CONFLICT (giver, id) DO UPDATE SET scopes = excluded.scopes, services = excluded.services, source = excluded.source, given_by = excluded.given_by,
  since = excluded.since, begins = excluded.begins, ends = excluded.ends, ended = NULL, ended_by = NULL, told = '', version = mandate_right.version + 1
WHERE mandate_right.ended IS NOT NULL OR mandate_right.ends <> excluded.ends OR mandate_right.scopes <> excluded.scopes;

-- name: EndRight :execrows
UPDATE mandate_right SET ended = @ended, ended_by = @ended_by, version = version + 1 WHERE giver = @giver AND id = @id AND ended IS NULL;

-- name: RightsEnding :many
-- Mandates whose last day is near or gone and of which nobody was told so.
SELECT giver, id, taker, kind, scopes, services, source, given_by, since, begins, ends, ended, ended_by, told, version FROM mandate_right
WHERE told = @told AND ends <= @until AND ended IS NULL ORDER BY ends, giver, id LIMIT @most;

-- name: TellRight :execrows
UPDATE mandate_right SET told = @told WHERE giver = @giver AND id = @id AND told = @was;

-- name: PutHome :exec
INSERT INTO mandate_home (id, giver) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET giver = excluded.giver;

-- name: HomeOf :one
SELECT id, giver FROM mandate_home WHERE id = $1;

-- name: CopyMandate :execrows
INSERT INTO mandate_taken (taker, giver, id, version, live) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (taker, giver, id) DO UPDATE SET version = excluded.version, live = excluded.live
WHERE mandate_taken.version < excluded.version;

-- name: TakenBy :many
SELECT giver, id FROM mandate_taken WHERE taker = $1 AND live ORDER BY giver, id;

-- name: PutPurse :exec
INSERT INTO mandate_purse (giver, mandate, currency, each_most, cap, spent) VALUES ($1, $2, $3, $4, $5, 0)
ON CONFLICT (giver, mandate) DO NOTHING;

-- name: PurseOf :one
SELECT giver, mandate, currency, each_most, cap, spent FROM mandate_purse WHERE giver = $1 AND mandate = $2;

-- name: Spend :execrows
-- No row changes when the cap would be passed; the CHECK holds it against every other way.
UPDATE mandate_purse SET spent = spent + @amount WHERE giver = @giver AND mandate = @mandate AND spent + @amount <= cap;

-- name: Unspend :execrows
UPDATE mandate_purse SET spent = spent - @amount WHERE giver = @giver AND mandate = @mandate AND spent >= @amount;

-- name: InsertSpending :exec
INSERT INTO mandate_spending (giver, payment, mandate, amount, counted, at) VALUES ($1, $2, $3, $4, $4, $5);

-- name: SpendingOf :one
SELECT giver, payment, mandate, amount, counted, at FROM mandate_spending WHERE giver = $1 AND payment = $2;

-- name: CountSpending :execrows
UPDATE mandate_spending SET counted = @counted WHERE giver = @giver AND payment = @payment AND counted = @was;

-- name: PutTrace :exec
INSERT INTO mandate_trace (giver, mandate, id, actor, operation, service, case_id, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT (giver, mandate, id) DO NOTHING;

-- name: TraceOf :many
SELECT giver, mandate, id, actor, operation, service, case_id, at FROM mandate_trace
WHERE giver = $1 AND mandate = $2 AND at < $3 ORDER BY at DESC, id DESC LIMIT $4;

-- name: InsertOffer :exec
INSERT INTO mandate_offer (maker, id, made_by, way, kind, whom, door, scopes, services, each_most, cap, begins, ends, made, until, state, answered)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, 'open', NULL);

-- name: OfferByID :one
SELECT maker, id, made_by, way, kind, whom, door, scopes, services, each_most, cap, begins, ends, made, until, state, answered FROM mandate_offer
WHERE maker = $1 AND id = $2;

-- name: OffersOf :many
SELECT maker, id, made_by, way, kind, whom, door, scopes, services, each_most, cap, begins, ends, made, until, state, answered FROM mandate_offer
WHERE maker = $1 AND state = 'open' AND until > $2 ORDER BY id DESC LIMIT $3;

-- name: AnswerOffer :execrows
UPDATE mandate_offer SET state = @state, answered = @answered WHERE maker = @maker AND id = @id AND state = 'open';

-- name: PutDoor :exec
INSERT INTO mandate_door (door, maker, id, until) VALUES ($1, $2, $3, $4) ON CONFLICT (door, maker, id) DO NOTHING;

-- name: Behind :many
SELECT maker, id FROM mandate_door WHERE door = $1 AND until > $2 ORDER BY id DESC LIMIT $3;

-- name: DropDoor :execrows
DELETE FROM mandate_door WHERE door = $1 AND maker = $2 AND id = $3;

-- name: SweepDoors :execrows
DELETE FROM mandate_door WHERE (door, maker, id) IN
  (SELECT old.door, old.maker, old.id FROM mandate_door AS old WHERE old.until < $1 ORDER BY old.until LIMIT $2);
