-- name: InsertFile :execrows
INSERT INTO document_file (holder, purpose, id, field, sender, name, kind, media, size, hash, made, kept, state, pages, preview)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, FALSE, $12, $13, $14)
ON CONFLICT (holder, purpose, id) DO NOTHING;

-- name: FileByID :one
SELECT holder, purpose, id, field, sender, name, kind, media, size, hash, made, kept, state, pages, preview
FROM document_file WHERE holder = $1 AND purpose = $2 AND id = $3;

-- name: FilesOf :many
SELECT holder, purpose, id, field, sender, name, kind, media, size, hash, made, kept, state, pages, preview
FROM document_file WHERE holder = $1 AND purpose = $2 ORDER BY made, id;

-- name: FileStates :many
-- counts only
SELECT id, kept, preview FROM document_file WHERE holder = $1 AND purpose = $2 ORDER BY holder, purpose, id;

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
INSERT INTO document_result (holder, id, subject, service, kind, agency, number, valid_from, valid_until, lang, issued, revoked, reason, body, digest, revision, form, list, opens, replaces, replaced)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, NULL, NULL, $12, $13, 1, $14, $15, $16, $17, '')
ON CONFLICT (holder, id) DO NOTHING;

-- name: ResultByID :one
SELECT holder, id, subject, service, kind, agency, number, valid_from, valid_until, lang, issued, revoked, reason, body, digest, revision, form, list, opens, replaces, replaced
FROM document_result WHERE holder = $1 AND id = $2;

-- name: ResultsOf :many
SELECT holder, id, subject, service, kind, agency, number, valid_from, valid_until, lang, issued, revoked, reason, body, digest, revision, form, list, opens, replaces, replaced
FROM document_result WHERE holder = $1 ORDER BY holder, id DESC LIMIT $2;

-- name: RevokeResult :execrows
UPDATE document_result SET revoked = $3, reason = $4, replaced = $5, revision = revision + 1 WHERE holder = $1 AND id = $2 AND revoked IS NULL;

-- name: InsertPaper :execrows
INSERT INTO document_paper (holder, result, blob, drawn) VALUES ($1, $2, $3, $4) ON CONFLICT (holder, result) DO NOTHING;

-- name: PaperOf :one
SELECT blob FROM document_paper WHERE holder = $1 AND result = $2;

-- name: PapersOf :many
SELECT result, blob FROM document_paper WHERE holder = $1 ORDER BY holder, result;

-- name: InsertNumber :exec
INSERT INTO document_number (number, holder, result) VALUES ($1, $2, $3);

-- name: ByNumber :one
SELECT number, holder, result FROM document_number WHERE number = $1;

-- name: InsertHome :exec
INSERT INTO document_home (result, holder, service, agency) VALUES ($1, $2, $3, $4);

-- name: HomeOf :one
SELECT result, holder, service, agency FROM document_home WHERE result = $1;

-- name: CountResults :one
-- counts only
SELECT CAST(COUNT(*) AS BIGINT) AS n FROM document_result WHERE holder = $1;

-- name: JudgeFile :execrows
UPDATE document_file SET state = $4 WHERE holder = $1 AND purpose = $2 AND id = $3 AND state = 'waiting';

-- name: InsertEntry :execrows
INSERT INTO document_entry (list, number, result, since, until, ended, facts, words) VALUES ($1, $2, $3, $4, $5, '', $6, $7)
ON CONFLICT (list, number) DO NOTHING;

-- name: EndEntry :execrows
UPDATE document_entry SET ended = $3 WHERE list = $1 AND number = $2 AND ended = '';

-- name: DeleteEntry :execrows
DELETE FROM document_entry WHERE list = $1 AND number = $2;

-- name: EntryByNumber :one
SELECT list, number, result, since, until, ended, facts, words FROM document_entry WHERE list = $1 AND number = $2;

-- name: Entries :many
SELECT list, number, result, since, until, ended, facts, words FROM document_entry
WHERE list = @list AND since <= @since AND (since < @since OR number > @number) AND words LIKE CAST(@words AS TEXT) ESCAPE '\'
ORDER BY since DESC, number LIMIT @most;

-- name: EntriesInForce :many
SELECT list, number, result, since, until, ended, facts, words FROM document_entry
WHERE list = @list AND since <= @since AND (since < @since OR number > @number) AND words LIKE CAST(@words AS TEXT) ESCAPE '\'
  AND ended = '' AND (until = '' OR until >= @today)
ORDER BY since DESC, number LIMIT @most;

-- name: EntriesOver :many
SELECT list, number, result, since, until, ended, facts, words FROM document_entry
WHERE (ended <> '' AND ended < $1) OR (ended = '' AND until <> '' AND until < $1)
ORDER BY list, number LIMIT $2;

-- name: InsertSending :exec
INSERT INTO document_sending (holder, id, purpose, service, field, sender, name, length, received, done, until)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0, FALSE, $9);

-- name: InsertSendingHome :exec
INSERT INTO document_sending_home (sending, holder, until) VALUES ($1, $2, $3);

-- name: SendingHome :one
SELECT sending, holder, until FROM document_sending_home WHERE sending = $1;

-- name: SendingByID :one
SELECT holder, id, purpose, service, field, sender, name, length, received, done, until FROM document_sending WHERE holder = $1 AND id = $2;

-- name: SendingsOf :many
SELECT holder, id, purpose, service, field, sender, name, length, received, done, until FROM document_sending WHERE holder = $1 ORDER BY holder, id LIMIT $2;

-- name: CountSendings :one
-- counts only
SELECT CAST(COUNT(*) AS BIGINT) AS n, CAST(COALESCE(SUM(length), 0) AS BIGINT) AS bytes FROM document_sending WHERE holder = $1 AND done = FALSE;

-- name: Advance :execrows
UPDATE document_sending SET received = received + @size, until = @until WHERE holder = @holder AND id = @id AND received = @at AND done = FALSE;

-- name: StepBack :execrows
UPDATE document_sending SET received = @back WHERE holder = @holder AND id = @id AND received = @at AND done = FALSE;

-- name: FinishSending :execrows
UPDATE document_sending SET done = TRUE WHERE holder = $1 AND id = $2 AND done = FALSE;

-- name: DeleteSending :exec
DELETE FROM document_sending WHERE holder = $1 AND id = $2;

-- name: DeleteSendingHome :exec
DELETE FROM document_sending_home WHERE sending = $1;

-- name: TouchSendingHome :exec
UPDATE document_sending_home SET until = $2 WHERE sending = $1;

-- name: SendingsOver :many
SELECT sending, holder, until FROM document_sending_home WHERE until < $1 ORDER BY until, sending LIMIT $2;

-- name: InsertPart :exec
INSERT INTO document_part (holder, sending, start, blob, size) VALUES ($1, $2, $3, $4, $5);

-- name: Parts :many
SELECT holder, sending, start, blob, size FROM document_part WHERE holder = $1 AND sending = $2 ORDER BY holder, sending, start;

-- name: DeletePart :exec
DELETE FROM document_part WHERE holder = $1 AND sending = $2 AND start = $3;

-- name: DeleteParts :exec
DELETE FROM document_part WHERE holder = $1 AND sending = $2;

-- name: NewestList :one
SELECT number, opened FROM document_status_list ORDER BY number DESC LIMIT 1;

-- name: ListByNumber :one
SELECT number, opened FROM document_status_list WHERE number = $1;

-- name: InsertList :execrows
INSERT INTO document_status_list (number, opened) VALUES ($1, $2) ON CONFLICT (number) DO NOTHING;

-- name: PlaceOf :one
SELECT list, place, result, revoked FROM document_place WHERE result = $1;

-- name: InsertPlace :execrows
INSERT INTO document_place (list, place, result, revoked) VALUES ($1, $2, $3, FALSE) ON CONFLICT (list, place) DO NOTHING;

-- name: RevokePlace :execrows
UPDATE document_place SET revoked = TRUE WHERE result = $1;

-- name: RevokedPlaces :many
SELECT place FROM document_place WHERE list = $1 AND revoked = TRUE ORDER BY place LIMIT $2;
