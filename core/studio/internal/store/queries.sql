-- name: InsertChange :exec
INSERT INTO studio_change (id, agency, title, state, revision, base_version, base_tree, made_by, made, proposed_by, proposed, note, starts, version, tree, closed_by, closed, number, plan)
VALUES (@id, @agency, @title, 'open', 1, @base_version, @base_tree, @made_by, @made, NULL, NULL, '', NULL, '', '', NULL, NULL, 0, NULL);

-- name: ChangeByID :one
SELECT id, agency, title, state, revision, base_version, base_tree, made_by, made, proposed_by, proposed, note, starts, version, tree, closed_by, closed, number, plan FROM studio_change WHERE id = $1;

-- name: ChangesInState :many
SELECT id, agency, title, state, revision, base_version, base_tree, made_by, made, proposed_by, proposed, note, starts, version, tree, closed_by, closed, number, plan FROM studio_change WHERE state = $1 ORDER BY id DESC LIMIT $2;

-- name: StepChange :execrows
UPDATE studio_change SET revision = revision + 1 WHERE id = @id AND revision = @was;

-- name: RebaseChange :exec
UPDATE studio_change SET base_version = @base_version, base_tree = @base_tree WHERE id = @id;

-- name: ProposeChange :exec
UPDATE studio_change SET state = 'proposed', proposed_by = @proposed_by, proposed = @proposed, note = @note, starts = @starts, version = @version, tree = @tree WHERE id = @id;

-- name: ReopenChange :exec
UPDATE studio_change SET state = 'open', version = '', tree = '' WHERE id = $1;

-- name: CloseChange :exec
UPDATE studio_change SET state = @state, closed_by = @closed_by, closed = @closed, number = @number, plan = @plan WHERE id = @id;

-- name: FileByPath :one
SELECT change_id, path, source, base, revision, saved_by, saved FROM studio_file WHERE change_id = $1 AND path = $2;

-- name: Files :many
SELECT change_id, path, source, base, revision, saved_by, saved FROM studio_file WHERE change_id = $1 ORDER BY path;

-- name: InsertFile :exec
INSERT INTO studio_file (change_id, path, source, base, revision, saved_by, saved) VALUES (@change_id, @path, @source, @base, @revision, @saved_by, @saved);

-- name: SaveFile :exec
UPDATE studio_file SET source = @source, base = @base, revision = @revision, saved_by = @saved_by, saved = @saved WHERE change_id = @change_id AND path = @path;

-- name: DropFile :exec
DELETE FROM studio_file WHERE change_id = $1 AND path = $2;

-- name: InsertEvent :exec
INSERT INTO studio_event (change_id, number, at, official, act, kind, path, source, words) VALUES (@change_id, @number, @at, @official, @act, @kind, @path, @source, @words);

-- name: Events :many
SELECT change_id, number, at, official, act, kind, path, source, words FROM studio_event WHERE change_id = $1 ORDER BY number DESC LIMIT $2;

-- name: Hands :many
SELECT DISTINCT official FROM studio_event WHERE change_id = $1 AND kind IN ('saved', 'removed', 'restored', 'proposed');

-- name: InsertRun :exec
INSERT INTO studio_run (change_id, id, service, tree, cases, days, official, agency, role, made, state, progress, result)
VALUES (@change_id, @id, @service, @tree, @cases, @days, @official, @agency, @role, @made, 'waits', 0, '');

-- name: RunByID :one
SELECT change_id, id, service, tree, cases, days, official, agency, role, made, state, progress, result FROM studio_run WHERE change_id = $1 AND id = $2;

-- name: Runs :many
SELECT change_id, id, service, tree, cases, days, official, agency, role, made, state, progress, result FROM studio_run WHERE change_id = $1 ORDER BY id DESC LIMIT $2;

-- name: StepRun :exec
UPDATE studio_run SET progress = @progress WHERE change_id = @change_id AND id = @id AND state = 'waits';

-- name: EndRun :exec
UPDATE studio_run SET state = @state, progress = @progress, result = @result WHERE change_id = @change_id AND id = @id AND state = 'waits';
