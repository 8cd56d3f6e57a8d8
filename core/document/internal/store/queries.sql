-- name: InsertFile :execrows
INSERT INTO document_file (holder, purpose, id, field, sender, name, kind, media, size, hash, made, kept)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, FALSE)
ON CONFLICT (holder, purpose, id) DO NOTHING;

-- name: FileByID :one
SELECT holder, purpose, id, field, sender, name, kind, media, size, hash, made, kept
FROM document_file WHERE holder = $1 AND purpose = $2 AND id = $3;

-- name: FilesOf :many
SELECT holder, purpose, id, field, sender, name, kind, media, size, hash, made, kept
FROM document_file WHERE holder = $1 AND purpose = $2 ORDER BY made, id;

-- name: FileStates :many
-- counts only
SELECT id, kept FROM document_file WHERE holder = $1 AND purpose = $2 ORDER BY holder, purpose, id;

-- name: DeleteFile :execrows
DELETE FROM document_file WHERE holder = $1 AND purpose = $2 AND id = $3 AND kept = FALSE;

-- name: KeepFiles :execrows
UPDATE document_file SET kept = TRUE WHERE holder = $1 AND purpose = $2 AND kept = FALSE;

-- name: InsertBlob :exec
INSERT INTO document_blob (blob, holder, purpose, result, service) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (blob) DO NOTHING;

-- name: BlobByID :one
SELECT blob, holder, purpose, result, service FROM document_blob WHERE blob = $1;

-- name: DeleteBlob :exec
DELETE FROM document_blob WHERE blob = $1;

-- name: InsertResult :execrows
INSERT INTO document_result (holder, id, subject, service, kind, agency, number, valid_from, valid_until, lang, issued, revoked, reason, body, digest, blob, size, hash, revision)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, NULL, NULL, $12, $13, $14, $15, $16, 1)
ON CONFLICT (holder, id) DO NOTHING;

-- name: ResultByID :one
SELECT holder, id, subject, service, kind, agency, number, valid_from, valid_until, lang, issued, revoked, reason, body, digest, blob, size, hash, revision
FROM document_result WHERE holder = $1 AND id = $2;

-- name: ResultsOf :many
SELECT holder, id, subject, service, kind, agency, number, valid_from, valid_until, lang, issued, revoked, reason, body, digest, blob, size, hash, revision
FROM document_result WHERE holder = $1 ORDER BY holder, id DESC LIMIT $2;

-- name: RevokeResult :execrows
UPDATE document_result SET revoked = $3, reason = $4, revision = revision + 1 WHERE holder = $1 AND id = $2 AND revoked IS NULL;

-- name: InsertNumber :exec
INSERT INTO document_number (number, holder, result) VALUES ($1, $2, $3);

-- name: ByNumber :one
SELECT number, holder, result FROM document_number WHERE number = $1;

-- name: InsertHome :exec
INSERT INTO document_home (result, holder, service) VALUES ($1, $2, $3);

-- name: HomeOf :one
SELECT result, holder, service FROM document_home WHERE result = $1;

-- name: CountResults :one
-- counts only
SELECT CAST(COUNT(*) AS BIGINT) AS n FROM document_result WHERE holder = $1;
