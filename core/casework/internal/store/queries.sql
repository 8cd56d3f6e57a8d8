-- name: InsertCase :execrows
INSERT INTO case_file (holder, id, number, service, agency, definition, environment, asks, applicant, mandate, channel, lang, revision, stage, step,
  submitted, term_due, paused, late, decided, decided_by, ground, row, list_group, rating, inputs, decision,
  about_holder, about_case, restarted, round, extended, extension_days, extension, escalated, proposed, proposed_by, proposal, confirmed_by,
  questioned, stopped)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 1, 'open', $18, $13, $14, NULL, NULL, NULL, NULL, '', '', '', 0, $15, NULL,
  $16, $17, NULL, 0, NULL, 0, NULL, NULL, NULL, NULL, NULL, NULL, FALSE, FALSE)
ON CONFLICT (holder, id) DO NOTHING;

-- name: CaseByID :one
SELECT holder, id, number, service, agency, definition, environment, asks, applicant, mandate, channel, lang, revision, stage, step,
  submitted, term_due, paused, late, decided, decided_by, ground, row, list_group, rating, inputs, decision,
  about_holder, about_case, restarted, round, extended, extension_days, extension, escalated, proposed, proposed_by, proposal, confirmed_by,
  questioned, stopped
FROM case_file WHERE holder = $1 AND id = $2;

-- name: ClaimCase :execrows
-- The first statement of every change: whoever comes second changes nothing.
UPDATE case_file SET revision = revision + 1 WHERE holder = @holder AND id = @id AND revision = @was;

-- name: SaveCase :exec
UPDATE case_file SET agency = @agency, stage = @stage, step = @step, term_due = @term_due, paused = @paused,
  late = @late, decided = @decided, decided_by = @decided_by, ground = @ground, row = @row, list_group = @list_group, rating = @rating,
  decision = @decision, restarted = @restarted, round = @round, extended = @extended, extension_days = @extension_days, extension = @extension,
  escalated = @escalated, proposed = @proposed, proposed_by = @proposed_by, proposal = @proposal, confirmed_by = @confirmed_by,
  questioned = @questioned, stopped = @stopped
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

-- name: LineByID :one
SELECT holder, id, number, service, applicant, revision, stage, status, due, submitted, moved FROM case_line WHERE holder = $1 AND id = $2;

-- name: InsertNumber :execrows
INSERT INTO case_number (number, holder, id) VALUES ($1, $2, $3) ON CONFLICT (number) DO NOTHING;

-- name: CaseByNumber :one
SELECT number, holder, id FROM case_number WHERE number = $1;

-- name: InsertHome :exec
INSERT INTO case_home (id, holder, case_id) VALUES ($1, $2, $3) ON CONFLICT (id) DO NOTHING;

-- name: HomeOf :one
SELECT id, holder, case_id FROM case_home WHERE id = $1;

-- name: InsertWatch :exec
INSERT INTO case_watch (id, holder, service, definition) VALUES ($1, $2, $3, $4) ON CONFLICT (id) DO NOTHING;

-- name: DropWatch :exec
DELETE FROM case_watch WHERE id = $1;

-- name: WatchedAfter :many
SELECT id, holder, service, definition FROM case_watch WHERE id > $1 ORDER BY id LIMIT $2;

-- name: InsertTask :exec
INSERT INTO task (holder, case_id, id, step, kind, state, agency, queue, official, opened, due, closed, outcome, reference, part, skill, words)
VALUES ($1, $2, $3, $4, $5, 'open', $6, $7, NULL, $8, $9, NULL, '', $10, $11, $12, NULL);

-- name: TasksOf :many
SELECT holder, case_id, id, step, kind, state, agency, queue, official, opened, due, closed, outcome, reference, part, skill, words
FROM task WHERE holder = $1 AND case_id = $2 ORDER BY opened, id;

-- name: SaveTask :exec
UPDATE task SET state = @state, agency = @agency, queue = @queue, official = @official, due = @due, closed = @closed, outcome = @outcome,
  reference = @reference, words = @words, skill = @skill
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
INSERT INTO desk_line (agency, id, task, holder, applicant, queue, official, service, number, status, district, note, kind, part, skill, escalated, due, submitted, revision,
  for_district)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)
ON CONFLICT (agency, id, task) DO UPDATE SET queue = excluded.queue, official = excluded.official, status = excluded.status,
  district = excluded.district, note = excluded.note, skill = excluded.skill, escalated = excluded.escalated, due = excluded.due, revision = excluded.revision,
  for_district = excluded.for_district
WHERE desk_line.revision < excluded.revision;

-- name: DeskRevisions :many
SELECT agency, task, holder, applicant, revision FROM desk_line WHERE agency = $1 AND id = $2 ORDER BY agency, id, task;

-- name: DropDeskLine :exec
DELETE FROM desk_line WHERE agency = $1 AND id = $2 AND task = $3;

-- name: DropDeskLines :exec
DELETE FROM desk_line WHERE agency = $1 AND id = $2;

-- name: PutWord :exec
INSERT INTO case_word (agency, word, id) VALUES ($1, $2, $3) ON CONFLICT (agency, word, id) DO NOTHING;

-- name: DropWord :exec
DELETE FROM case_word WHERE agency = $1 AND word = $2 AND id = $3;

-- name: CasesByWord :many
SELECT agency, word, id FROM case_word WHERE agency = $1 AND word = $2 ORDER BY id DESC LIMIT $3;

-- name: CasesByWords :many
-- Those that have all of four words, before one, the newest first. The first word is the rarest: its rows are gone through.
SELECT w.agency, w.word, w.id FROM case_word AS w
WHERE w.agency = @agency AND w.word = @first AND w.id < @before
  AND EXISTS (SELECT 1 FROM case_word AS b WHERE b.agency = w.agency AND b.word = @second AND b.id = w.id)
  AND EXISTS (SELECT 1 FROM case_word AS c WHERE c.agency = w.agency AND c.word = @third AND c.id = w.id)
  AND EXISTS (SELECT 1 FROM case_word AS d WHERE d.agency = w.agency AND d.word = @fourth AND d.id = w.id)
ORDER BY w.id DESC LIMIT @most;

-- name: CaseHasWord :one
SELECT agency, word, id FROM case_word WHERE agency = $1 AND word = $2 AND id = $3;

-- name: CountCases :one
-- counts only
SELECT CAST(COUNT(*) AS BIGINT) AS n FROM case_line WHERE holder = $1;

-- name: InsertConsequence :execrows
INSERT INTO case_consequence (holder, case_id, number, kind, at, amount) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (holder, case_id, number) DO NOTHING;

-- name: ConsequencesOf :many
SELECT holder, case_id, number, kind, at, amount FROM case_consequence WHERE holder = $1 AND case_id = $2 ORDER BY number;

-- name: InsertRound :exec
INSERT INTO case_round (holder, case_id, round, stage, decided, decided_by, confirmed_by, ground, row, reopened, reopened_by, appeal, decision)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13);

-- name: RoundsOf :many
SELECT holder, case_id, round, stage, decided, decided_by, confirmed_by, ground, row, reopened, reopened_by, appeal, decision
FROM case_round WHERE holder = $1 AND case_id = $2 ORDER BY round;

-- name: PutLink :execrows
INSERT INTO case_link (holder, case_id, other, other_holder, number, service, why, at, carried) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, NULL)
ON CONFLICT (holder, case_id, other) DO NOTHING;

-- name: LinksOf :many
SELECT holder, case_id, other, other_holder, number, service, why, at, carried FROM case_link WHERE holder = $1 AND case_id = $2 ORDER BY at, other;

-- name: CarryLink :execrows
UPDATE case_link SET carried = @carried WHERE holder = @holder AND case_id = @case_id AND other = @other AND carried IS NULL;

-- name: InsertCorrection :exec
INSERT INTO correction (holder, case_id, id, document, fact, state, asked, asked_by, closed, official, corrected, words, answer)
VALUES ($1, $2, $3, $4, $5, 'open', $6, $7, NULL, NULL, NULL, $8, NULL);

-- name: CorrectionsOf :many
SELECT holder, case_id, id, document, fact, state, asked, asked_by, closed, official, corrected, words, answer
FROM correction WHERE holder = $1 AND case_id = $2 ORDER BY asked, id;

-- name: CloseCorrection :execrows
UPDATE correction SET state = @state, closed = @closed, official = @official, corrected = @corrected, answer = @answer
WHERE holder = @holder AND case_id = @case_id AND id = @id AND state = 'open';

-- name: InsertSigner :exec
INSERT INTO case_signer (holder, case_id, id, task, field, person, state, invited, answered, named, part)
VALUES ($1, $2, $3, $4, $5, NULL, 'waiting', NULL, NULL, $6, NULL);

-- name: SignersOf :many
SELECT holder, case_id, id, task, field, person, state, invited, answered, named, part
FROM case_signer WHERE holder = $1 AND case_id = $2 ORDER BY id;

-- name: FindSigner :execrows
UPDATE case_signer SET person = @person, invited = @invited WHERE holder = @holder AND case_id = @case_id AND id = @id AND person IS NULL AND state = 'waiting';

-- name: AnswerSigner :execrows
UPDATE case_signer SET state = @state, answered = @answered, part = @part WHERE holder = @holder AND case_id = @case_id AND id = @id AND state = 'waiting';

-- name: EndSigners :execrows
UPDATE case_signer SET state = 'over' WHERE holder = @holder AND case_id = @case_id AND task = @task AND state = 'waiting';

-- name: PutSignLine :exec
INSERT INTO sign_line (signer, case_id, id, holder, applicant, number, service, state, due, invited) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
ON CONFLICT (signer, case_id) DO UPDATE SET id = excluded.id, state = excluded.state, due = excluded.due;

-- name: SignLinesOf :many
SELECT signer, case_id, id, holder, applicant, number, service, state, due, invited FROM sign_line WHERE signer = $1 ORDER BY case_id DESC LIMIT $2;

-- name: DropSignLines :exec
DELETE FROM sign_line WHERE signer = $1;

-- name: SeeLedger :execrows
INSERT INTO ledger_seen (case_id, round) VALUES ($1, $2) ON CONFLICT (case_id, round) DO NOTHING;

-- name: CountLedger :exec
INSERT INTO ledger_count (service, month, kind, key, cases, days) VALUES ($1, $2, $3, $4, 1, $5)
ON CONFLICT (service, month, kind, key) DO UPDATE SET cases = ledger_count.cases + 1, days = ledger_count.days + excluded.days;

-- name: LedgerOf :many
SELECT service, month, kind, key, cases, days FROM ledger_count WHERE service = $1 AND month >= $2 ORDER BY month, kind, key;

-- name: CountOpenVersions :many
-- How many cases that have not ended keep which version of which service, from the narrow list of those.
SELECT service, definition, CAST(COUNT(*) AS BIGINT) AS n FROM case_watch WHERE service <> '' GROUP BY service, definition ORDER BY service, definition;

-- name: DecidedOf :many
-- Decided cases of a service by pages, for a simulation.
SELECT holder, applicant, id, stage FROM case_file
WHERE service = $1 AND submitted >= $2 AND (stage = 'approved' OR stage = 'refused') AND holder >= $3 AND (holder > $3 OR id > $4)
ORDER BY holder, id LIMIT $5;
