-- name: InsertQuestion :exec
INSERT INTO factor_question (id, purpose, visit, account, state, secret, until) VALUES ($1, $2, $3, $4, $5, $6, $7);

-- name: QuestionByID :one
SELECT account, state, secret, until FROM factor_question WHERE id = $1 AND purpose = $2 AND visit = $3;

-- name: TakeQuestion :one
-- Only the browser that was asked takes a question away, so that a stranger's answer spoils nothing.
DELETE FROM factor_question WHERE id = $1 AND purpose = $2 AND visit = $3 RETURNING account, state, secret, until;

-- name: SweepQuestions :execrows
DELETE FROM factor_question WHERE id IN
  (SELECT old.id FROM factor_question AS old WHERE old.until < $1 ORDER BY old.until LIMIT $2);

-- name: InsertCode :exec
INSERT INTO recovery_code (account, code, made, used) VALUES ($1, $2, $3, NULL);

-- name: CodeByHash :one
SELECT account, made FROM recovery_code WHERE account = $1 AND code = $2 AND used IS NULL;

-- name: UseCode :execrows
-- Compares and takes in one statement: of two who have the same code, one finds it.
UPDATE recovery_code SET used = @used WHERE account = @account AND code = @code AND used IS NULL;

-- name: CodesOf :many
SELECT made, used FROM recovery_code WHERE account = $1 ORDER BY code;

-- name: DropCodes :execrows
DELETE FROM recovery_code WHERE account = $1;
