-- name: InsertCase :execrows
INSERT INTO case_file (holder, id, number, service, agency, definition, environment, asks, applicant, mandate, channel, lang, revision, stage, step,
  submitted, term_due, paused, late, decided, decided_by, ground, row, list_group, rating, inputs, decision)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 1, 'open', '', $13, $14, NULL, NULL, NULL, NULL, '', '', '', 0, $15, NULL)
ON CONFLICT (holder, id) DO NOTHING;

-- name: CaseByID :one
SELECT holder, id, number, service, agency, definition, environment, asks, applicant, mandate, channel, lang, revision, stage, step,
  submitted, term_due, paused, late, decided, decided_by, ground, row, list_group, rating, inputs, decision
FROM case_file WHERE holder = $1 AND id = $2;

-- name: ClaimCase :execrows
-- The first statement of every change: whoever comes second changes nothing.
UPDATE case_file SET revision = revision + 1 WHERE holder = @holder AND id = @id AND revision = @was;

-- name: SaveCase :exec
UPDATE case_file SET agency = @agency, stage = @stage, step = @step, term_due = @term_due, paused = @paused,
  late = @late, decided = @decided, decided_by = @decided_by, ground = @ground, row = @row, list_group = @list_group, rating = @rating,
  decision = @decision
WHERE holder = @holder AND id = @id;

-- name: InsertLine :exec
INSERT INTO case_line (holder, id, number, service, applicant, revision, stage, status, due, submitted, moved)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11);

-- name: SaveLine :execrows
UPDATE case_line SET revision = @revision, stage = @stage, status = @status, due = @due, moved = @moved
WHERE holder = @holder AND id = @id;

-- name: LinesOf :many
SELECT holder, id, number, service, applicant, revision, stage, status, due, submitted, moved
FROM case_line WHERE holder = $1 ORDER BY holder, id DESC LIMIT $2;

-- name: InsertNumber :execrows
INSERT INTO case_number (number, holder, id) VALUES ($1, $2, $3) ON CONFLICT (number) DO NOTHING;

-- name: CaseByNumber :one
SELECT number, holder, id FROM case_number WHERE number = $1;

-- name: InsertHome :exec
INSERT INTO case_home (id, holder, case_id) VALUES ($1, $2, $3) ON CONFLICT (id) DO NOTHING;

-- name: HomeOf :one
SELECT id, holder, case_id FROM case_home WHERE id = $1;

-- name: InsertWatch :exec
INSERT INTO case_watch (id, holder) VALUES ($1, $2) ON CONFLICT (id) DO NOTHING;

-- name: DropWatch :exec
DELETE FROM case_watch WHERE id = $1;

-- name: WatchedAfter :many
SELECT id, holder FROM case_watch WHERE id > $1 ORDER BY id LIMIT $2;

-- name: InsertTask :exec
INSERT INTO task (holder, case_id, id, step, kind, state, agency, queue, official, opened, due, closed, outcome, reference)
VALUES ($1, $2, $3, $4, $5, 'open', $6, $7, NULL, $8, $9, NULL, '', $10);

-- name: TasksOf :many
SELECT holder, case_id, id, step, kind, state, agency, queue, official, opened, due, closed, outcome, reference
FROM task WHERE holder = $1 AND case_id = $2 ORDER BY opened, id;

-- name: SaveTask :exec
UPDATE task SET state = @state, agency = @agency, queue = @queue, official = @official, due = @due, closed = @closed, outcome = @outcome,
  reference = @reference
WHERE holder = @holder AND case_id = @case_id AND id = @id;

-- name: InsertEntry :execrows
INSERT INTO timeline (holder, case_id, number, at, event, actor_kind, actor, agency, internal, params, words)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
ON CONFLICT (holder, case_id, number) DO NOTHING;

-- name: EntriesOf :many
SELECT holder, case_id, number, at, event, actor_kind, actor, agency, internal, params, words
FROM timeline WHERE holder = $1 AND case_id = $2 ORDER BY number LIMIT $3;

-- name: InsertPause :exec
INSERT INTO pause (holder, case_id, since, until, reason) VALUES ($1, $2, $3, NULL, $4)
ON CONFLICT (holder, case_id, since) DO UPDATE SET until = NULL, reason = excluded.reason;

-- name: EndPause :exec
UPDATE pause SET until = @until WHERE holder = @holder AND case_id = @case_id AND until IS NULL;

-- name: PausesOf :many
SELECT holder, case_id, since, until, reason FROM pause WHERE holder = $1 AND case_id = $2 ORDER BY since;

-- name: InsertQuestion :exec
INSERT INTO question (holder, case_id, id, asked, asked_by, agency, due, answered, lapsed, words, answer)
VALUES ($1, $2, $3, $4, $5, $6, $7, NULL, NULL, $8, NULL);

-- name: QuestionsOf :many
SELECT holder, case_id, id, asked, asked_by, agency, due, answered, lapsed, words, answer
FROM question WHERE holder = $1 AND case_id = $2 ORDER BY asked, id;

-- name: AnswerQuestion :execrows
UPDATE question SET answered = @answered, answer = @answer
WHERE holder = @holder AND case_id = @case_id AND id = @id AND answered IS NULL AND lapsed IS NULL;

-- name: LapseQuestions :execrows
UPDATE question SET lapsed = @lapsed WHERE holder = @holder AND case_id = @case_id AND answered IS NULL AND lapsed IS NULL;

-- name: PutDeskLine :exec
INSERT INTO desk_line (agency, id, holder, applicant, queue, official, service, number, status, district, note, due, submitted, revision)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
ON CONFLICT (agency, id) DO UPDATE SET queue = excluded.queue, official = excluded.official, status = excluded.status,
  district = excluded.district, note = excluded.note, due = excluded.due, revision = excluded.revision
WHERE desk_line.revision < excluded.revision;

-- name: DropDeskLine :exec
DELETE FROM desk_line WHERE agency = $1 AND id = $2;

-- name: PutWord :exec
INSERT INTO case_word (agency, word, id) VALUES ($1, $2, $3) ON CONFLICT (agency, word, id) DO NOTHING;

-- name: DropWord :exec
DELETE FROM case_word WHERE agency = $1 AND word = $2 AND id = $3;

-- name: CasesByWord :many
SELECT agency, word, id FROM case_word WHERE agency = $1 AND word = $2 ORDER BY id DESC LIMIT $3;

-- name: CountCases :one
-- counts only
SELECT CAST(COUNT(*) AS BIGINT) AS n FROM case_line WHERE holder = $1;
