-- name: InsertExport :exec
INSERT INTO export (person, id, also, lang, state, step, steps, asked, ready, until, data_size, paper_size)
VALUES ($1, $2, $3, $4, 'making', 0, $5, $6, NULL, NULL, 0, 0);

-- name: ExportByID :one
SELECT person, id, also, lang, state, step, steps, asked, ready, until, data_size, paper_size FROM export WHERE person = $1 AND id = $2;

-- name: ExportsOf :many
SELECT person, id, also, lang, state, step, steps, asked, ready, until, data_size, paper_size FROM export WHERE person = $1 ORDER BY person, id DESC LIMIT $2;

-- name: StepExport :execrows
UPDATE export SET step = @step WHERE person = @person AND id = @id AND state = 'making';

-- name: FinishExport :execrows
UPDATE export SET state = @state, step = steps, ready = @ready, until = @until, data_size = @data_size, paper_size = @paper_size
WHERE person = @person AND id = @id AND state = 'making';

-- name: EndExport :execrows
UPDATE export SET state = 'gone' WHERE person = $1 AND id = $2 AND state <> 'gone';

-- name: PutPart :exec
INSERT INTO export_part (person, export, file, number, content) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (person, export, file, number) DO UPDATE SET content = excluded.content;

-- name: PartsOf :many
SELECT person, export, file, number, content FROM export_part WHERE person = $1 AND export = $2 AND file = $3 ORDER BY number;

-- name: DeleteParts :execrows
DELETE FROM export_part WHERE person = $1 AND export = $2;

-- name: PutEnd :exec
INSERT INTO export_end (export, person, until) VALUES ($1, $2, $3) ON CONFLICT (export) DO NOTHING;

-- name: EndedBefore :many
SELECT export, person, until FROM export_end WHERE until <= $1 ORDER BY until LIMIT $2;

-- name: DropEnd :exec
DELETE FROM export_end WHERE export = $1;

-- name: InsertErasure :exec
INSERT INTO erasure (person, id, also, state, asked, due, held, ended) VALUES ($1, $2, $3, 'waiting', $4, $5, NULL, NULL);

-- name: ErasureByID :one
SELECT person, id, also, state, asked, due, held, ended FROM erasure WHERE person = $1 AND id = $2;

-- name: ErasuresOf :many
SELECT person, id, also, state, asked, due, held, ended FROM erasure WHERE person = $1 ORDER BY person, id DESC LIMIT $2;

-- name: CancelErasure :execrows
UPDATE erasure SET state = 'cancelled', ended = @ended WHERE person = @person AND id = @id AND state = 'waiting';

-- name: HoldErasure :execrows
UPDATE erasure SET held = @held WHERE person = @person AND id = @id AND state = 'waiting' AND held IS NULL;

-- name: RunErasure :execrows
UPDATE erasure SET state = 'running' WHERE person = @person AND id = @id AND (state = 'waiting' OR state = 'running');

-- name: FinishErasure :execrows
UPDATE erasure SET state = 'done', ended = @ended WHERE person = @person AND id = @id AND state = 'running';

-- name: InsertInvestigation :exec
INSERT INTO investigation (agency, id, person, ground) VALUES ($1, $2, $3, $4);

-- name: InvestigationByID :one
SELECT agency, id, person, ground FROM investigation WHERE agency = $1 AND id = $2;

-- name: InsertInvestigationHome :exec
INSERT INTO investigation_home (id, agency, official, opened, until, looks) VALUES ($1, $2, $3, $4, $5, 0);

-- name: HomeOf :one
SELECT id, agency, official, opened, until, looks FROM investigation_home WHERE id = $1;

-- name: InvestigationsOf :many
SELECT id, agency, official, opened, until, looks FROM investigation_home WHERE agency = $1 ORDER BY id DESC LIMIT $2;

-- name: CountInvestigated :execrows
UPDATE investigation_home SET looks = looks + 1 WHERE id = $1;

-- name: SumHidden :one
SELECT CAST(COALESCE(SUM(looks), 0) AS BIGINT) AS looks FROM investigation_home WHERE until > $1;
