-- name: InsertShown :exec
INSERT INTO certificate_shown (hash, stage, visit, kept, until, used) VALUES ($1, $2, $3, $4, $5, NULL);

-- name: ShownByHash :one
SELECT hash, stage, visit, kept, until, used FROM certificate_shown WHERE hash = $1;

-- name: UseShown :execrows
UPDATE certificate_shown SET used = @used WHERE hash = @hash AND stage = @stage AND visit = @visit AND used IS NULL AND until > @now;

-- name: SweepShown :execrows
DELETE FROM certificate_shown WHERE hash IN (SELECT old.hash FROM certificate_shown AS old WHERE old.until < $1 ORDER BY old.until LIMIT $2);

-- name: InsertChallenge :execrows
INSERT INTO certificate_challenge (hash, until) VALUES ($1, $2) ON CONFLICT (hash) DO NOTHING;

-- name: SweepChallenges :execrows
DELETE FROM certificate_challenge WHERE hash IN
  (SELECT old.hash FROM certificate_challenge AS old WHERE old.until < $1 ORDER BY old.until LIMIT $2);

-- name: ListByAddress :one
SELECT address, issuer, number, this_update, next_update, entries, fetched, tried, fault, asked FROM revocation_list WHERE address = $1;

-- name: Lists :many
SELECT address, issuer, number, this_update, next_update, entries, fetched, tried, fault, asked FROM revocation_list ORDER BY address;

-- name: BodyByAddress :one
SELECT body FROM revocation_list_body WHERE address = $1;

-- name: PutList :exec
INSERT INTO revocation_list (address, issuer, number, this_update, next_update, entries, fetched, tried, fault, asked)
VALUES (@address, @issuer, @number, @this_update, @next_update, @entries, @fetched, @fetched, '', @fetched)
ON CONFLICT (address) DO UPDATE SET issuer = excluded.issuer, number = excluded.number, this_update = excluded.this_update,
  next_update = excluded.next_update, entries = excluded.entries, fetched = excluded.fetched, tried = excluded.tried, fault = '';

-- name: PutBody :exec
INSERT INTO revocation_list_body (address, body) VALUES ($1, $2) ON CONFLICT (address) DO UPDATE SET body = excluded.body;

-- name: PutFailure :exec
INSERT INTO revocation_list (address, issuer, number, this_update, next_update, entries, fetched, tried, fault, asked)
VALUES (@address, '', '', NULL, NULL, 0, NULL, @tried, @fault, @tried)
ON CONFLICT (address) DO UPDATE SET tried = excluded.tried, fault = excluded.fault;

-- name: AskedList :exec
UPDATE revocation_list SET asked = @asked WHERE address = @address AND asked < @before;

-- name: DropLists :execrows
DELETE FROM revocation_list WHERE asked < $1;

-- name: DropBodies :execrows
DELETE FROM revocation_list_body WHERE address NOT IN (SELECT kept.address FROM revocation_list AS kept);

-- name: CountRefusal :exec
INSERT INTO certificate_refusal (hour, road, reason, authority, n) VALUES ($1, $2, $3, $4, 1)
ON CONFLICT (hour, road, reason, authority) DO UPDATE SET n = certificate_refusal.n + 1;

-- name: Refusals :many
SELECT hour, road, reason, authority, n FROM certificate_refusal WHERE hour >= $1 ORDER BY hour DESC, n DESC, road, reason, authority LIMIT $2;

-- name: SweepRefusals :execrows
DELETE FROM certificate_refusal WHERE hour < $1;
