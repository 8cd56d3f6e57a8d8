-- name: InsertVersion :exec
INSERT INTO city_version (hash, content, length, published) VALUES ($1, $2, $3, $4) ON CONFLICT (hash) DO NOTHING;

-- name: VersionByHash :one
SELECT hash, content, length, published FROM city_version WHERE hash = $1;

-- name: LastSwitch :one
SELECT number, hash, at, act, by_kind, by_official, channel, note FROM city_switch ORDER BY number DESC LIMIT 1;

-- name: Switches :many
SELECT number, hash, at, act, by_kind, by_official, channel, note FROM city_switch ORDER BY number DESC LIMIT $1;

-- name: InsertSwitch :exec
INSERT INTO city_switch (number, hash, at, act, by_kind, by_official, channel, note) VALUES ($1, $2, $3, $4, $5, $6, $7, $8);

-- name: InsertPlan :exec
INSERT INTO city_plan (id, hash, at, note, made, act, by_kind, by_official, channel, state, closed)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'waiting', NULL);

-- name: PlanByID :one
SELECT id, hash, at, note, made, act, by_kind, by_official, channel, state, closed FROM city_plan WHERE id = $1;

-- name: Plans :many
SELECT id, hash, at, note, made, act, by_kind, by_official, channel, state, closed FROM city_plan ORDER BY id DESC LIMIT $1;

-- name: ClosePlan :execrows
UPDATE city_plan SET state = @state, closed = @closed WHERE id = @id AND state = 'waiting';
