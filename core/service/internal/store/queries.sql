-- name: InsertVersion :exec
INSERT INTO city_version (hash, content, length, published) VALUES ($1, $2, $3, $4) ON CONFLICT (hash) DO NOTHING;

-- name: VersionByHash :one
SELECT hash, content, length, published FROM city_version WHERE hash = $1;

-- name: LastSwitch :one
SELECT number, hash, at, act, by_kind, by_official, channel, note, tree, proposed_by FROM city_switch ORDER BY number DESC LIMIT 1;

-- name: Switches :many
SELECT number, hash, at, act, by_kind, by_official, channel, note, tree, proposed_by FROM city_switch ORDER BY number DESC LIMIT $1;

-- name: InsertSwitch :exec
INSERT INTO city_switch (number, hash, at, act, by_kind, by_official, channel, note, tree, proposed_by) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10);

-- name: InsertPlan :exec
INSERT INTO city_plan (id, hash, at, note, made, act, by_kind, by_official, channel, state, closed, tree, proposed_by)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'waiting', NULL, $10, $11);

-- name: PlanByID :one
SELECT id, hash, at, note, made, act, by_kind, by_official, channel, state, closed, tree, proposed_by FROM city_plan WHERE id = $1;

-- name: Plans :many
SELECT id, hash, at, note, made, act, by_kind, by_official, channel, state, closed, tree, proposed_by FROM city_plan ORDER BY id DESC LIMIT $1;

-- name: ClosePlan :execrows
UPDATE city_plan SET state = @state, closed = @closed WHERE id = @id AND state = 'waiting';

-- name: TreeOfVersion :one
SELECT number, tree FROM city_switch WHERE hash = $1 AND tree <> '' ORDER BY number DESC LIMIT 1;

-- name: TreeOfPlan :one
SELECT id, tree FROM city_plan WHERE hash = $1 AND tree <> '' ORDER BY id DESC LIMIT 1;

-- name: InsertSource :exec
INSERT INTO city_source (hash, content, length) VALUES ($1, $2, $3) ON CONFLICT (hash) DO NOTHING;

-- name: SourceByHash :one
SELECT hash, content, length FROM city_source WHERE hash = $1;

-- name: InsertTreeFile :exec
INSERT INTO city_tree (tree, path, source) VALUES ($1, $2, $3) ON CONFLICT (tree, path) DO NOTHING;

-- name: TreeFiles :many
SELECT path, source FROM city_tree WHERE tree = $1 ORDER BY path;
