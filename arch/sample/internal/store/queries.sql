-- name: CaseByID :one
-- The case of a holder.
SELECT holder, id, applicant, kind, amount, open, due, made, answers, mail, raw FROM case_file WHERE holder = $1 AND id = $2;

-- name: CountByDue :many
-- counts only
SELECT COUNT(*) AS n, CAST(SUM(amount) AS BIGINT) AS total, CAST(COALESCE(MAX(kind), '') AS TEXT) AS kind,
  CAST(MAX(due) AS TIMESTAMPTZ) AS due,
  EXISTS (SELECT 1 FROM note WHERE note.holder = case_file.holder) AS any_note
FROM case_file
WHERE due = @due AND mail = @mail AND (applicant = sqlc.narg(applicant) OR amount > @least)
GROUP BY holder LIMIT @most;

-- name: CountOpen :one
-- counts only
SELECT COUNT(*) AS n FROM case_file WHERE holder = @holder AND open;

-- name: CaseOwners :many
-- CaseOwners lists whose cases wait, with the one who applied.
SELECT c.holder, c.applicant FROM case_file AS c WHERE c.due < @due;

-- name: CasesWithNotes :many
SELECT case_file.holder, case_file.applicant, note.id, CAST(COALESCE(note.body, '') AS TEXT) AS body
FROM case_file LEFT JOIN note ON note.holder = case_file.holder AND note.case_id = case_file.id
WHERE case_file.kind = 'note;--:one' AND (case_file.holder, case_file.id) > (@from_holder, @from_id);

-- name: InsertCase :exec
INSERT INTO case_file (holder, id, applicant, kind, amount, open, due, made, answers, mail, raw)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11);

-- name: CloseCase :execrows
UPDATE case_file SET open = FALSE, due = $3, amount = amount + @more WHERE holder = $1 AND id = $2;

-- name: TakeCase :one
UPDATE case_file SET open = FALSE WHERE holder = @holder AND id = @id RETURNING id, amount;

-- name: PutNote :exec
INSERT INTO note (holder, id, case_id, body) VALUES ($1, $2, $3, $4)
ON CONFLICT (holder, id) DO UPDATE SET body = excluded.body;

-- name: DropNotes :exec
DELETE FROM note WHERE holder = @holder AND body = @type;

-- name: NotesByID :many
SELECT holder, id, case_id, body, extra FROM note WHERE holder = $1 AND id IN (sqlc.slice('ids')) AND extra > $2;

-- name: DropNotesByID :execrows
DELETE FROM note WHERE holder = @holder AND id IN (sqlc.slice('ids'));

-- name: NoteIDs :many
SELECT id FROM note WHERE holder = @holder ORDER BY id;

-- name: CasesOfKinds :many
SELECT holder, id, applicant FROM case_file WHERE holder = @holder AND amount > @least AND open = @open AND kind IN (sqlc.slice('kinds'));

-- name: CloseCaseKindly :exec
UPDATE case_file SET due = NULL, answers = @answers WHERE holder = @holder AND id = @id;

-- name: NotesOfCase :many
-- NotesOfCase shows who was seen by a column that the case's holder is joined to.
SELECT note.holder, note.body, c.applicant FROM case_file AS c JOIN note ON note.holder = c.holder AND note.case_id = c.id
WHERE c.holder = @holder AND c.id = @id;
