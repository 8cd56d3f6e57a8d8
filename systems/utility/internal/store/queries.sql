-- name: PutFlat :exec
INSERT INTO utility_flat (home, house, class, area, people, no_meter, tariffs, details, since, until, revision)
VALUES (@home, @house, @class, @area, @people, @no_meter, @tariffs, @details, @since, @until, 1)
ON CONFLICT (home) DO UPDATE SET house = excluded.house, class = excluded.class, area = excluded.area, people = excluded.people, no_meter = excluded.no_meter,
  tariffs = excluded.tariffs, details = excluded.details, since = excluded.since, until = excluded.until, revision = utility_flat.revision + 1;

-- name: FlatByHome :one
SELECT home, house, class, area, people, no_meter, tariffs, details, since, until, revision FROM utility_flat WHERE home = $1;

-- name: FlatsAfter :many
SELECT home, house, class, area, people, no_meter, tariffs, details, since, until, revision FROM utility_flat WHERE home > @after ORDER BY home LIMIT @most;

-- name: FlatsOfHouse :many
SELECT home, house, class, area, people, no_meter, tariffs, details, since, until, revision FROM utility_flat WHERE house = @house AND home > @after ORDER BY home LIMIT @most;

-- name: HouseSize :one
-- counts only
SELECT CAST(COUNT(*) AS BIGINT) AS flats, CAST(COALESCE(SUM(people), 0) AS BIGINT) AS people FROM utility_flat WHERE house = $1;

-- name: CountFlats :one
-- counts only
SELECT CAST(COUNT(*) AS BIGINT) AS flats FROM utility_flat;

-- name: PutMeter :exec
INSERT INTO utility_meter (home, id, tariff, number, zones, first, verified, since, until) VALUES (@home, @id, @tariff, @number, @zones, @first, @verified, @since, @until)
ON CONFLICT (home, id) DO UPDATE SET tariff = excluded.tariff, number = excluded.number, zones = excluded.zones, verified = excluded.verified, until = excluded.until;

-- name: MetersOf :many
SELECT home, id, tariff, number, zones, first, verified, since, until FROM utility_meter WHERE home = $1 ORDER BY tariff, number, id;

-- name: MetersBetween :many
SELECT home, id, tariff, number, zones, first, verified, since, until FROM utility_meter WHERE home > @after AND home <= @upto ORDER BY home, tariff, number, id;

-- name: InsertReading :execrows
INSERT INTO utility_reading (home, period, id, meter, zone, value, day, source, state, doubt, author, at)
VALUES (@home, @period, @id, @meter, @zone, @value, @day, @source, @state, @doubt, @author, @at) ON CONFLICT (home, period, id) DO NOTHING;

-- name: ReadingByID :one
SELECT home, period, id, meter, zone, value, day, source, state, doubt, author, at FROM utility_reading WHERE home = @home AND period = @period AND id = @id;

-- name: SetReading :execrows
UPDATE utility_reading SET state = @state WHERE home = @home AND period = @period AND id = @id AND state = @was;

-- name: ReadingsOf :many
SELECT home, period, id, meter, zone, value, day, source, state, doubt, author, at FROM utility_reading WHERE home = @home AND period >= @from_period ORDER BY period DESC, at DESC, id;

-- name: LastTaken :many
SELECT home, period, id, meter, zone, value, day, source, state, doubt, author, at FROM utility_reading
WHERE home = @home AND state = 'taken' AND period < @before ORDER BY period DESC, at DESC, id LIMIT @most;

-- name: ReadingsBetween :many
SELECT home, period, id, meter, zone, value, day, source, state, doubt, author, at FROM utility_reading
WHERE home > @after AND home <= @upto AND period = @period AND state = 'taken' ORDER BY home, at, id;

-- name: ReadingsToReview :many
SELECT home, period, id, meter, zone, value, day, source, state, doubt, author, at FROM utility_reading WHERE state = 'review' ORDER BY home, id LIMIT @most;

-- name: MoveState :execrows
-- Nothing is written when the state is no more what it was read as.
INSERT INTO utility_state (home, period, content) VALUES (@home, @period, @content)
ON CONFLICT (home) DO UPDATE SET period = excluded.period, content = excluded.content WHERE utility_state.content = @was;

-- name: StateOf :one
SELECT home, period, content FROM utility_state WHERE home = $1;

-- name: StatesBetween :many
SELECT home, period, content FROM utility_state WHERE home > @after AND home <= @upto ORDER BY home;

-- name: PutBenefit :exec
INSERT INTO utility_benefit (home, id, since, until, details) VALUES (@home, @id, @since, @until, @details)
ON CONFLICT (home, id) DO UPDATE SET since = excluded.since, until = excluded.until, details = excluded.details;

-- name: BenefitsOf :many
SELECT home, id, since, until, details FROM utility_benefit WHERE home = $1 ORDER BY id;

-- name: BenefitsBetween :many
SELECT home, id, since, until, details FROM utility_benefit WHERE home > @after AND home <= @upto ORDER BY home, id;

-- name: InsertRecalculation :execrows
INSERT INTO utility_recalculation (home, id, period, details, author, at, state) VALUES (@home, @id, @period, @details, @author, @at, @state) ON CONFLICT (home, id) DO NOTHING;

-- name: DropRecalculation :exec
DELETE FROM utility_recalculation WHERE home = @home AND id = @id AND author IS NULL;

-- name: RecalculationsOf :many
SELECT home, id, period, details, author, at, state FROM utility_recalculation WHERE home = $1 ORDER BY period DESC, id;

-- name: RecalculationByID :one
SELECT home, id, period, details, author, at, state FROM utility_recalculation WHERE home = @home AND id = @id;

-- name: RecalculationsToDecide :many
SELECT home, id, period, details, author, at, state FROM utility_recalculation WHERE state = 'waits' ORDER BY home, id LIMIT @most;

-- name: SetRecalculation :execrows
UPDATE utility_recalculation SET state = @state, period = @period WHERE home = @home AND id = @id AND state = 'waits';

-- name: RecalculationsBetween :many
SELECT home, id, period, details, author, at, state FROM utility_recalculation
WHERE home > @after AND home <= @upto AND period = @period AND state = 'entered' ORDER BY home, id;

-- name: InsertBill :execrows
INSERT INTO utility_bill (home, period, version, id, total, content, code, issued) VALUES (@home, @period, @version, @id, @total, @content, @code, @issued)
ON CONFLICT (home, period, version) DO NOTHING;

-- name: BillsOf :many
SELECT home, period, version, id, total, content, issued, code FROM utility_bill WHERE home = @home AND period >= @from_period ORDER BY period DESC, version DESC LIMIT @most;

-- name: BillsOfPeriod :many
SELECT home, period, version, id, total, content, issued, code FROM utility_bill WHERE home = @home AND period = @period ORDER BY version DESC;

-- name: LastPeriod :one
-- counts only
SELECT CAST(COALESCE(MAX(period), '') AS TEXT) AS period FROM utility_bill WHERE home = $1;

-- name: BillsBetween :many
SELECT home, period, version, id, total, issued, code FROM utility_bill WHERE home > @after AND home <= @upto AND period = @period ORDER BY home, version;

-- name: AddSimilar :exec
INSERT INTO utility_similar (house, class, period, kind, flats, total) VALUES (@house, @class, @period, @kind, @flats, @total)
ON CONFLICT (house, class, period, kind) DO UPDATE SET flats = utility_similar.flats + excluded.flats, total = utility_similar.total + excluded.total;

-- name: SimilarOf :many
SELECT house, class, period, kind, flats, total FROM utility_similar WHERE house = @house AND class = @class AND period = @period ORDER BY kind;

-- name: BeginRun :execrows
INSERT INTO utility_run (agency, period, id, author, state, cursor, flats, done, made, failed, total, started, ended)
VALUES (@agency, @period, @id, @author, 'running', NULL, @flats, 0, 0, 0, 0, @started, NULL)
ON CONFLICT (agency, period) DO UPDATE SET id = excluded.id, author = excluded.author, state = 'running', cursor = NULL, flats = excluded.flats, done = 0, made = 0, failed = 0, total = 0,
  started = excluded.started, ended = NULL WHERE utility_run.state = 'done';

-- name: MoveRun :execrows
UPDATE utility_run SET cursor = @cursor, done = done + @done, made = made + @made, failed = failed + @failed, total = total + @total
WHERE agency = @agency AND period = @period AND id = @id AND state = 'running';

-- name: EndRun :execrows
UPDATE utility_run SET state = 'done', ended = @ended WHERE agency = @agency AND period = @period AND id = @id AND state = 'running';

-- name: RunOf :one
SELECT agency, period, id, author, state, cursor, flats, done, made, failed, total, started, ended FROM utility_run WHERE agency = @agency AND period = @period;

-- name: RunsOf :many
SELECT agency, period, id, author, state, cursor, flats, done, made, failed, total, started, ended FROM utility_run WHERE agency = @agency ORDER BY period DESC LIMIT @most;

-- name: PutFault :exec
INSERT INTO utility_fault (agency, period, home, reason) VALUES (@agency, @period, @home, @reason)
ON CONFLICT (agency, period, home) DO UPDATE SET reason = excluded.reason;

-- name: DropFaults :exec
DELETE FROM utility_fault WHERE agency = @agency AND period = @period;

-- name: FaultsOf :many
SELECT agency, period, home, reason FROM utility_fault WHERE agency = @agency AND period = @period ORDER BY home LIMIT @most;

-- name: PutStay :exec
INSERT INTO utility_stay (person, home, since, until) VALUES (@person, @home, @since, @until) ON CONFLICT (person, home, since) DO UPDATE SET until = excluded.until;

-- name: EndStays :execrows
UPDATE utility_stay SET until = @until WHERE person = @person AND home = @home AND until = '';

-- name: StaysOf :many
SELECT person, home, since, until FROM utility_stay WHERE person = $1 ORDER BY since DESC, home LIMIT 200;

-- name: StaysAt :many
SELECT person, home, since, until FROM utility_stay WHERE home = @home ORDER BY since DESC, person;

-- name: DeleteStays :exec
DELETE FROM utility_stay WHERE person = $1;

-- name: InsertImport :exec
INSERT INTO utility_import (agency, id, official, state, period, lines, parts, part, done, took, bad, made, ended)
VALUES (@agency, @id, @official, 'running', @period, @lines, @parts, 0, @done, 0, @bad, @made, NULL);

-- name: ImportByID :one
SELECT agency, id, official, state, period, lines, parts, part, done, took, bad, made, ended FROM utility_import WHERE agency = @agency AND id = @id;

-- name: ImportsOf :many
SELECT agency, id, official, state, period, lines, parts, part, done, took, bad, made, ended FROM utility_import WHERE agency = @agency ORDER BY made DESC, id LIMIT @most;

-- name: MoveImport :execrows
UPDATE utility_import SET part = part + 1, done = done + @done, took = took + @took, bad = bad + @bad WHERE agency = @agency AND id = @id AND part = @part AND state = 'running';

-- name: EndImport :execrows
UPDATE utility_import SET state = 'done', ended = @ended WHERE agency = @agency AND id = @id AND state = 'running';

-- name: OldImports :many
SELECT agency, id, official, state, period, lines, parts, part, done, took, bad, made, ended FROM utility_import WHERE ended < @before ORDER BY ended LIMIT @most;

-- name: DeleteImport :exec
DELETE FROM utility_import WHERE agency = @agency AND id = @id;

-- name: InsertImportPart :exec
INSERT INTO utility_import_part (agency, import, part, lines) VALUES (@agency, @import, @part, @lines);

-- name: ImportPart :one
SELECT agency, import, part, lines FROM utility_import_part WHERE agency = @agency AND import = @import AND part = @part;

-- name: DeleteImportPart :exec
DELETE FROM utility_import_part WHERE agency = @agency AND import = @import AND part = @part;

-- name: PutImportBad :exec
INSERT INTO utility_import_bad (agency, import, line, reason, content) VALUES (@agency, @import, @line, @reason, @content)
ON CONFLICT (agency, import, line) DO NOTHING;

-- name: ImportBad :many
SELECT agency, import, line, reason, content FROM utility_import_bad WHERE agency = @agency AND import = @import AND line > @after ORDER BY line LIMIT @most;

-- name: DeleteImportBad :exec
DELETE FROM utility_import_bad WHERE agency = @agency AND import = @import;
