-- name: InsertHome :execrows
INSERT INTO bill_home (id, home, payee, kind, service, number, external, test, plain, decided) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (id) DO NOTHING;

-- name: HomeByID :one
SELECT id, home, payee, kind, service, number, external, test, plain, decided FROM bill_home WHERE id = $1;

-- name: HomesByNumber :many
SELECT id, home, payee, kind, service, number, external, test, plain, decided FROM bill_home WHERE number = $1 ORDER BY number, id LIMIT $2;

-- name: HomesByExternal :many
SELECT id, home, payee, kind, service, number, external, test, plain, decided FROM bill_home WHERE external = $1 ORDER BY external, id LIMIT $2;

-- name: HomesByPlain :many
SELECT id, home, payee, kind, service, number, external, test, plain, decided FROM bill_home WHERE plain = $1 ORDER BY plain, id LIMIT $2;

-- name: InsertBill :exec
INSERT INTO bill (home, id, number, external, payee, kind, service, subject, period, amount, currency, title, terms, details, proof, state, paid, given, forgiven, issued, due, settled, test, revision, decided)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, 'due', 0, 0, 0, $16, $17, NULL, $18, 1, $19);

-- name: BillByID :one
SELECT home, id, number, external, payee, kind, service, subject, period, amount, currency, title, terms, details, proof, state, paid, given, forgiven, issued, due, settled, test, revision, decided
FROM bill WHERE home = $1 AND id = $2;

-- name: OpenBillsOf :many
SELECT home, id, number, external, payee, kind, service, subject, period, amount, currency, title, terms, details, proof, state, paid, given, forgiven, issued, due, settled, test, revision, decided
FROM bill WHERE home = @home AND (state = 'due' OR state = 'part') AND test = @test AND decided >= @begins AND decided <= @ends ORDER BY home, issued DESC, id DESC LIMIT @most;

-- name: ClosedBillsOf :many
SELECT home, id, number, external, payee, kind, service, subject, period, amount, currency, title, terms, details, proof, state, paid, given, forgiven, issued, due, settled, test, revision, decided
FROM bill WHERE home = @home AND state <> 'due' AND state <> 'part' AND test = @test AND decided >= @begins AND decided <= @ends ORDER BY home, issued DESC, id DESC LIMIT @most;

-- name: MoveBill :execrows
UPDATE bill SET state = @state, amount = @amount, due = @due, terms = @terms, paid = @paid, given = @given, forgiven = @forgiven, settled = @settled, revision = revision + 1
WHERE home = @home AND id = @id AND revision = @revision;

-- name: CountOpen :one
-- counts only
SELECT CAST(COUNT(*) AS BIGINT) AS due FROM (SELECT id FROM bill WHERE home = @home AND (state = 'due' OR state = 'part') AND kind <> 'gift' AND kind <> 'wallet' AND NOT test AND decided >= @begins AND decided <= @ends LIMIT @most) AS few;

-- name: InsertPart :execrows
INSERT INTO bill_part (home, charge, payment, amount, given, forgiven, reversed, at, entered) VALUES ($1, $2, $3, $4, 0, 0, 0, $5, $6)
ON CONFLICT (home, charge, payment) DO NOTHING;

-- name: PartsOf :many
SELECT home, charge, payment, amount, given, forgiven, reversed, at, entered FROM bill_part WHERE home = $1 AND charge = $2 ORDER BY home, charge, payment;

-- name: PartsAt :many
SELECT home, charge, payment, amount, given, forgiven, reversed, at, entered FROM bill_part WHERE home = $1 ORDER BY home, charge, payment;

-- name: MovePart :execrows
UPDATE bill_part SET given = @given, forgiven = @forgiven, reversed = @reversed WHERE home = @home AND charge = @charge AND payment = @payment;

-- name: InsertChange :exec
INSERT INTO bill_change (home, charge, revision, step, at, act, actor, agency, payment, amount, reason, note, was, was_due, due) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15);

-- name: ChangesOf :many
SELECT home, charge, revision, step, at, act, actor, agency, payment, amount, reason, note, was, was_due, due FROM bill_change WHERE home = $1 AND charge = $2 ORDER BY home, charge, revision;

-- name: ChangeAt :one
SELECT home, charge, revision, step, at, act, actor, agency, payment, amount, reason, note, was, was_due, due FROM bill_change WHERE home = $1 AND charge = $2 AND revision = $3;

-- name: InsertNews :exec
INSERT INTO charge_news (person, charge, revision, home, step, at) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (person, charge, revision) DO NOTHING;

-- name: NewsOf :many
SELECT person, charge, revision, home, step, at FROM charge_news WHERE person = $1 ORDER BY person, charge, revision LIMIT $2;

-- name: DeleteNews :exec
DELETE FROM charge_news WHERE person = $1 AND charge = $2 AND revision = $3;

-- name: DeleteAllNews :exec
DELETE FROM charge_news WHERE person = $1;

-- name: PutWatch :exec
INSERT INTO charge_watch (person, home, means, source, value, since, begins, ends, named) VALUES ($1, $2, $3, $4, $5, $6, $7, NULL, $8)
ON CONFLICT (person, home) DO UPDATE SET source = excluded.source, since = excluded.since, begins = excluded.begins, ends = NULL, named = excluded.named;

-- name: EndWatch :exec
UPDATE charge_watch SET ends = @ends WHERE person = @person AND home = @home;

-- name: ShutWatch :exec
UPDATE charge_watch SET source = @source, ends = @ends WHERE person = @person AND home = @home;

-- name: IsGuest :one
-- counts only
SELECT CAST(1 AS BIGINT) AS there FROM charge_watch WHERE person = $1 AND home = $2 AND source = 'saved';

-- name: IsRightful :one
-- counts only
SELECT CAST(1 AS BIGINT) AS there FROM charge_watch WHERE person = $1 AND home = $2 AND source IN ('own', 'register', 'resident') AND ends IS NULL;

-- name: StaleWatches :many
SELECT person FROM charge_watch WHERE source = 'register' AND since < $1 AND ends IS NULL ORDER BY since LIMIT $2;

-- name: TouchWatches :exec
UPDATE charge_watch SET since = @since WHERE person = @person AND source = 'register' AND ends IS NULL;

-- name: OldPlates :many
SELECT person, home FROM charge_watch WHERE source = 'saved' AND means = 'plate' AND since < $1 ORDER BY since LIMIT $2;

-- name: EndedWatches :many
SELECT person, home FROM charge_watch WHERE ends < $1 ORDER BY ends LIMIT $2;

-- name: WatchesOf :many
SELECT person, home, means, source, value, since, begins, ends, named FROM charge_watch WHERE person = $1 ORDER BY person, home;

-- name: WatchOf :one
SELECT person, home, means, source, value, since, begins, ends, named FROM charge_watch WHERE person = $1 AND home = $2;

-- name: DeleteWatch :execrows
DELETE FROM charge_watch WHERE person = $1 AND home = $2;

-- name: DeleteWatches :exec
DELETE FROM charge_watch WHERE person = $1;

-- name: PutWatcher :exec
INSERT INTO charge_watcher (home, person, begins, ends) VALUES ($1, $2, $3, NULL)
ON CONFLICT (home, person) DO UPDATE SET begins = excluded.begins, ends = NULL;

-- name: EndWatcher :exec
UPDATE charge_watcher SET ends = @ends WHERE home = @home AND person = @person;

-- name: WatchersOf :many
-- counts only
SELECT home, person, begins, ends FROM charge_watcher WHERE home = $1 ORDER BY home, person LIMIT $2;

-- name: HasWatcher :one
-- counts only
SELECT CAST(1 AS BIGINT) AS there FROM charge_watcher WHERE home = $1 LIMIT 1;

-- name: DeleteWatcher :exec
DELETE FROM charge_watcher WHERE home = $1 AND person = $2;

-- name: InsertImport :exec
INSERT INTO charge_import (agency, id, official, act, format, header, bytes, lines, parts, corrects, test, state, part, line, issued, known, corrected, bad, made, ended)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 'sending', 0, 0, 0, 0, 0, 0, $12, $13);

-- name: BeginImport :exec
UPDATE charge_import SET bytes = @bytes, lines = @lines, parts = @parts, state = 'running', ended = NULL WHERE agency = @agency AND id = @id AND state = 'sending';

-- name: ImportByID :one
SELECT agency, id, official, act, format, header, bytes, lines, parts, corrects, test, state, part, line, issued, known, corrected, bad, made, ended FROM charge_import WHERE agency = $1 AND id = $2;

-- name: ImportsOf :many
SELECT agency, id, official, act, format, header, bytes, lines, parts, corrects, test, state, part, line, issued, known, corrected, bad, made, ended FROM charge_import WHERE agency = $1 ORDER BY agency, id DESC LIMIT $2;

-- name: MoveImport :execrows
UPDATE charge_import SET part = part + 1, line = line + @lines, issued = issued + @issued, known = known + @known, corrected = corrected + @corrected, bad = bad + @bad
WHERE agency = @agency AND id = @id AND part = @was AND state = 'running';

-- name: SetImport :execrows
UPDATE charge_import SET state = @state, ended = @ended WHERE agency = @agency AND id = @id AND state = @was;

-- name: OldImports :many
SELECT agency, id, official, act, format, header, bytes, lines, parts, corrects, test, state, part, line, issued, known, corrected, bad, made, ended FROM charge_import WHERE ended < $1 ORDER BY ended LIMIT $2;

-- name: DeleteImport :exec
DELETE FROM charge_import WHERE agency = $1 AND id = $2;

-- name: InsertImportPart :exec
INSERT INTO charge_import_part (agency, import, part, first, lines) VALUES ($1, $2, $3, $4, $5);

-- name: ImportPart :one
SELECT agency, import, part, first, lines FROM charge_import_part WHERE agency = $1 AND import = $2 AND part = $3;

-- name: DeleteImportPart :exec
DELETE FROM charge_import_part WHERE agency = $1 AND import = $2 AND part = $3;

-- name: DeleteImportParts :execrows
DELETE FROM charge_import_part WHERE agency = @agency AND import = @id AND part < @below;

-- name: InsertBad :exec
INSERT INTO charge_import_bad (agency, import, line, fault, content) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (agency, import, line) DO NOTHING;

-- name: BadLines :many
SELECT agency, import, line, fault, content FROM charge_import_bad WHERE agency = $1 AND import = $2 AND line > $3 ORDER BY agency, import, line LIMIT $4;

-- name: DeleteBad :execrows
DELETE FROM charge_import_bad WHERE agency = @agency AND import = @id AND line < @below;
