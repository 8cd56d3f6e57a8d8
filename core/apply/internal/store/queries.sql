-- name: InsertDraft :exec
INSERT INTO draft (holder, id, applicant, mandate, service, definition, asks, step, lang, channel, begun, saved, revision, answers, typed, about)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 1, $13, $14, $15);

-- name: DraftByID :one
SELECT holder, id, applicant, mandate, service, definition, asks, step, lang, channel, begun, saved, revision, answers, typed, about
FROM draft WHERE holder = $1 AND id = $2;

-- name: DraftAsks :one
SELECT holder, id, applicant, service, asks FROM draft WHERE holder = $1 AND id = $2;

-- name: SaveDraft :execrows
UPDATE draft SET definition = @definition, asks = @asks, step = @step, lang = @lang, saved = @saved, revision = revision + 1, answers = @answers, typed = @typed
WHERE holder = @holder AND id = @id AND revision = @revision;

-- name: DeleteDraft :execrows
DELETE FROM draft WHERE holder = $1 AND id = $2;

-- name: InsertLine :exec
INSERT INTO draft_line (holder, id, applicant, service, saved) VALUES ($1, $2, $3, $4, $5);

-- name: TouchLine :execrows
UPDATE draft_line SET saved = $3 WHERE holder = $1 AND id = $2;

-- name: DeleteLine :execrows
DELETE FROM draft_line WHERE holder = $1 AND id = $2;

-- name: LineByID :one
SELECT holder, id, applicant, service, saved FROM draft_line WHERE holder = $1 AND id = $2;

-- name: LinesOf :many
SELECT holder, id, applicant, service, saved FROM draft_line WHERE holder = $1 ORDER BY id DESC LIMIT $2;

-- name: InsertHome :exec
INSERT INTO draft_home (id, holder, number, service) VALUES ($1, $2, '', $3);

-- name: HomeOf :one
SELECT id, holder, number, service FROM draft_home WHERE id = $1;

-- name: NumberHome :execrows
UPDATE draft_home SET number = $2 WHERE id = $1;

-- name: DeleteHome :execrows
DELETE FROM draft_home WHERE id = $1;

-- name: TakeDraft :execrows
DELETE FROM draft WHERE holder = $1 AND id = $2 AND revision = $3;

-- name: CountDraftVersions :many
-- How many drafts were last saved under which version of which service.
-- counts only
SELECT service, definition, CAST(COUNT(*) AS BIGINT) AS n FROM draft GROUP BY service, definition ORDER BY service, definition;
