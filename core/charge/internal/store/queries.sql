-- name: InsertHome :execrows
INSERT INTO bill_home (id, home, payee, kind, service, number, external, test) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (id) DO NOTHING;

-- name: HomeByID :one
SELECT id, home, payee, kind, service, number, external, test FROM bill_home WHERE id = $1;

-- name: HomesByNumber :many
SELECT id, home, payee, kind, service, number, external, test FROM bill_home WHERE number = $1 ORDER BY number, id LIMIT $2;

-- name: HomesByExternal :many
SELECT id, home, payee, kind, service, number, external, test FROM bill_home WHERE external = $1 ORDER BY external, id LIMIT $2;

-- name: InsertBill :exec
INSERT INTO bill (home, id, number, external, payee, kind, service, subject, period, amount, currency, title, terms, details, proof, state, paid, given, forgiven, issued, due, settled, test, revision)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, 'due', 0, 0, 0, $16, $17, NULL, $18, 1);

-- name: BillByID :one
SELECT home, id, number, external, payee, kind, service, subject, period, amount, currency, title, terms, details, proof, state, paid, given, forgiven, issued, due, settled, test, revision
FROM bill WHERE home = $1 AND id = $2;

-- name: BillsOf :many
SELECT home, id, number, external, payee, kind, service, subject, period, amount, currency, title, terms, details, proof, state, paid, given, forgiven, issued, due, settled, test, revision
FROM bill WHERE home = $1 ORDER BY home, issued DESC, id DESC LIMIT $2;

-- name: OpenBillsOf :many
SELECT home, id, number, external, payee, kind, service, subject, period, amount, currency, title, terms, details, proof, state, paid, given, forgiven, issued, due, settled, test, revision
FROM bill WHERE home = $1 AND (state = 'due' OR state = 'part') ORDER BY home, issued DESC, id DESC LIMIT $2;

-- name: MoveBill :execrows
UPDATE bill SET state = @state, amount = @amount, due = @due, terms = @terms, paid = @paid, given = @given, forgiven = @forgiven, settled = @settled, revision = revision + 1
WHERE home = @home AND id = @id AND revision = @revision;

-- name: CountOpen :one
-- counts only
SELECT CAST(COUNT(*) AS BIGINT) AS due FROM (SELECT id FROM bill WHERE home = @home AND (state = 'due' OR state = 'part') AND NOT test LIMIT @most) AS few;

-- name: InsertPart :execrows
INSERT INTO bill_part (home, charge, payment, amount, given, forgiven, reversed, at, entered) VALUES ($1, $2, $3, $4, 0, 0, 0, $5, $6)
ON CONFLICT (home, charge, payment) DO NOTHING;

-- name: PartByID :one
SELECT home, charge, payment, amount, given, forgiven, reversed, at, entered FROM bill_part WHERE home = $1 AND charge = $2 AND payment = $3;

-- name: PartsOf :many
SELECT home, charge, payment, amount, given, forgiven, reversed, at, entered FROM bill_part WHERE home = $1 AND charge = $2 ORDER BY home, charge, payment;

-- name: PartsAt :many
SELECT home, charge, payment, amount, given, forgiven, reversed, at, entered FROM bill_part WHERE home = $1 ORDER BY home, charge, payment;

-- name: MovePart :execrows
UPDATE bill_part SET given = @given, forgiven = @forgiven, reversed = @reversed WHERE home = @home AND charge = @charge AND payment = @payment;

-- name: InsertChange :exec
INSERT INTO bill_change (home, charge, revision, step, at, act, actor, agency, payment, amount, reason, note) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12);

-- name: ChangesOf :many
SELECT home, charge, revision, step, at, act, actor, agency, payment, amount, reason, note FROM bill_change WHERE home = $1 AND charge = $2 ORDER BY home, charge, revision;

-- name: PutWatch :exec
INSERT INTO charge_watch (person, home, means, source, value, since) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (person, home) DO UPDATE SET source = excluded.source;

-- name: WatchesOf :many
SELECT person, home, means, source, value, since FROM charge_watch WHERE person = $1 ORDER BY person, home;

-- name: DeleteWatch :execrows
DELETE FROM charge_watch WHERE person = $1 AND home = $2;

-- name: DeleteWatches :exec
DELETE FROM charge_watch WHERE person = $1;

-- name: PutWatcher :exec
INSERT INTO charge_watcher (home, person) VALUES ($1, $2) ON CONFLICT (home, person) DO NOTHING;

-- name: WatchersOf :many
-- counts only
SELECT home, person FROM charge_watcher WHERE home = $1 ORDER BY home, person LIMIT $2;

-- name: HasWatcher :one
-- counts only
SELECT CAST(1 AS BIGINT) AS there FROM charge_watcher WHERE home = $1 LIMIT 1;

-- name: DeleteWatcher :exec
DELETE FROM charge_watcher WHERE home = $1 AND person = $2;
