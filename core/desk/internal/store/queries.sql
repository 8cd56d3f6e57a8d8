-- name: StaffOf :many
SELECT agency, person, skills, districts, changed FROM desk_staff WHERE agency = $1 ORDER BY person;

-- name: StaffByPerson :one
SELECT agency, person, skills, districts, changed FROM desk_staff WHERE agency = $1 AND person = $2;

-- name: PutStaff :exec
INSERT INTO desk_staff (agency, person, skills, districts, changed) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (agency, person) DO UPDATE SET skills = excluded.skills, districts = excluded.districts, changed = excluded.changed;

-- name: AbsencesFrom :many
-- Those that have not ended before the day.
SELECT agency, id, person, substitute, since, until, made_by, made FROM desk_absence WHERE agency = @agency AND until >= @day ORDER BY since, id;

-- name: AbsenceByID :one
SELECT agency, id, person, substitute, since, until, made_by, made FROM desk_absence WHERE agency = $1 AND id = $2;

-- name: InsertAbsence :exec
INSERT INTO desk_absence (agency, id, person, substitute, since, until, made_by, made) VALUES ($1, $2, $3, $4, $5, $6, $7, $8);

-- name: EndAbsence :execrows
DELETE FROM desk_absence WHERE agency = $1 AND id = $2;

-- name: Templates :many
SELECT agency, id, kind, service, title_ru, title_en, text_ru, text_en, revision FROM desk_template WHERE agency = $1 ORDER BY id LIMIT $2;

-- name: TemplateByID :one
SELECT agency, id, kind, service, title_ru, title_en, text_ru, text_en, revision FROM desk_template WHERE agency = $1 AND id = $2;

-- name: InsertTemplate :exec
INSERT INTO desk_template (agency, id, kind, service, title_ru, title_en, text_ru, text_en, revision) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 1);

-- name: SaveTemplate :execrows
UPDATE desk_template SET kind = @kind, service = @service, title_ru = @title_ru, title_en = @title_en, text_ru = @text_ru, text_en = @text_en, revision = revision + 1
WHERE agency = @agency AND id = @id AND revision = @was;

-- name: DropTemplate :execrows
DELETE FROM desk_template WHERE agency = $1 AND id = $2;

-- name: InsertBulk :exec
INSERT INTO desk_bulk (agency, id, official, role, session, verb, params, words, state, made, starts, ends)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'waits', $9, $10, $11);

-- name: BulkByID :one
SELECT agency, id, official, role, session, verb, params, words, state, made, starts, ends FROM desk_bulk WHERE agency = $1 AND id = $2;

-- name: TurnBulk :execrows
-- From one state to another, once.
UPDATE desk_bulk SET state = @next WHERE agency = @agency AND id = @id AND state = @was;

-- name: InsertBulkCase :exec
INSERT INTO desk_bulk_case (agency, bulk, position, holder, id, number, target, state, reason, before, after, stood)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 0, 0, '');

-- name: BulkCases :many
SELECT agency, bulk, position, holder, id, number, target, state, reason, before, after, stood FROM desk_bulk_case WHERE agency = $1 AND bulk = $2 ORDER BY position;

-- name: SaveBulkCase :execrows
UPDATE desk_bulk_case SET state = @next, reason = @reason, before = @before, after = @after, stood = @stood
WHERE agency = @agency AND bulk = @bulk AND position = @position AND state = @was;

-- name: CancelBulkCases :execrows
UPDATE desk_bulk_case SET state = 'cancelled' WHERE agency = @agency AND bulk = @bulk AND state = 'planned';

-- name: SweepBulkCases :execrows
DELETE FROM desk_bulk_case WHERE agency = @agency AND bulk = @bulk;

-- name: OldBulks :many
SELECT agency, id FROM desk_bulk WHERE made < $1 ORDER BY agency, id LIMIT $2;

-- name: DropBulk :exec
DELETE FROM desk_bulk WHERE agency = $1 AND id = $2;

-- name: PutClosed :execrows
INSERT INTO desk_closed (agency, id, holder, applicant, number, service, official, outcome, day, late, closed)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT (agency, id) DO UPDATE SET official = excluded.official, outcome = excluded.outcome,
  day = CASE WHEN excluded.day = '' THEN desk_closed.day ELSE excluded.day END, late = excluded.late, closed = excluded.closed;

-- name: PutClosedWord :exec
INSERT INTO desk_closed_word (agency, word, id) VALUES ($1, $2, $3) ON CONFLICT (agency, word, id) DO NOTHING;

-- name: ClosedByWord :many
SELECT agency, word, id FROM desk_closed_word WHERE agency = $1 AND word = $2 ORDER BY id DESC LIMIT $3;

-- name: ClosedByWords :many
-- Those that have all of four words, before one, the newest first. The first word is the rarest: its rows are gone through.
SELECT w.agency, w.word, w.id FROM desk_closed_word AS w
WHERE w.agency = @agency AND w.word = @first AND w.id < @before
  AND EXISTS (SELECT 1 FROM desk_closed_word AS b WHERE b.agency = w.agency AND b.word = @second AND b.id = w.id)
  AND EXISTS (SELECT 1 FROM desk_closed_word AS c WHERE c.agency = w.agency AND c.word = @third AND c.id = w.id)
  AND EXISTS (SELECT 1 FROM desk_closed_word AS d WHERE d.agency = w.agency AND d.word = @fourth AND d.id = w.id)
ORDER BY w.id DESC LIMIT @most;

-- name: ClosedHasWord :one
SELECT agency, word, id FROM desk_closed_word WHERE agency = $1 AND word = $2 AND id = $3;

-- name: ClosedByID :one
SELECT agency, id, holder, applicant, number, service, official, outcome, day, late, closed FROM desk_closed WHERE agency = $1 AND id = $2;

-- name: DecidedByDay :many
-- counts only
SELECT day, CAST(COUNT(*) AS BIGINT) AS n, CAST(SUM(CASE WHEN late THEN 1 ELSE 0 END) AS BIGINT) AS late FROM desk_closed
WHERE agency = @agency AND day >= @since GROUP BY day ORDER BY day;

-- name: DecidedByOfficial :many
-- counts only
SELECT official, CAST(COUNT(*) AS BIGINT) AS n FROM desk_closed WHERE agency = @agency AND day >= @since GROUP BY official ORDER BY official;

-- name: InsertUnusual :execrows
INSERT INTO desk_unusual (agency, id, rule, official, hour, case_number, looks, people, usual, state, words, marked_by, marked, found)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'open', NULL, NULL, NULL, $10) ON CONFLICT (agency, id) DO NOTHING;

-- name: UnusualOf :many
SELECT agency, id, rule, official, hour, case_number, looks, people, usual, state, words, marked_by, marked, found FROM desk_unusual
WHERE agency = $1 ORDER BY hour DESC, id LIMIT $2;

-- name: UnusualByID :one
SELECT agency, id, rule, official, hour, case_number, looks, people, usual, state, words, marked_by, marked, found FROM desk_unusual WHERE agency = $1 AND id = $2;

-- name: MarkUnusual :execrows
UPDATE desk_unusual SET state = @state, words = @words, marked_by = @marked_by, marked = @marked WHERE agency = @agency AND id = @id AND state = @was;

-- name: UnusualFrom :many
SELECT hour, state FROM desk_unusual WHERE hour >= $1 ORDER BY hour;

-- name: UnusualMark :one
SELECT agency, until FROM desk_unusual_mark WHERE agency = $1;

-- name: PutUnusualMark :exec
INSERT INTO desk_unusual_mark (agency, until) VALUES ($1, $2) ON CONFLICT (agency) DO UPDATE SET until = excluded.until;
