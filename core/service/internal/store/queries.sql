-- name: InsertVersion :exec
INSERT INTO city_version (hash, content, length, published) VALUES ($1, $2, $3, $4) ON CONFLICT (hash) DO NOTHING;

-- name: VersionByHash :one
SELECT hash, content, length, published FROM city_version WHERE hash = $1;

-- name: LastSwitch :one
SELECT number, hash, at, act, by_kind, by_official, channel FROM city_switch ORDER BY number DESC LIMIT 1;

-- name: Switches :many
SELECT number, hash, at, act, by_kind, by_official, channel FROM city_switch ORDER BY number DESC LIMIT $1;

-- name: InsertSwitch :exec
INSERT INTO city_switch (number, hash, at, act, by_kind, by_official, channel) VALUES ($1, $2, $3, $4, $5, $6, $7);
