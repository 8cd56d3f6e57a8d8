-- name: EntryByID :one
SELECT holder, id, register, number, source, version, since, until, entered, ended, fields FROM register_entry WHERE holder = $1 AND id = $2;

-- name: EntriesOf :many
SELECT holder, id, register, number, source, version, since, until, entered, ended, fields
FROM register_entry WHERE holder = $1 ORDER BY holder, id DESC LIMIT $2;

-- name: EntriesIn :many
SELECT holder, id, register, number, source, version, since, until, entered, ended, fields
FROM register_entry WHERE holder = $1 AND register = $2 ORDER BY holder, id DESC LIMIT $3;

-- name: InsertEntry :execrows
INSERT INTO register_entry (holder, id, register, number, source, version, since, until, entered, ended, fields)
VALUES ($1, $2, $3, $4, $5, 1, $6, $7, $8, NULL, $9)
ON CONFLICT (holder, id) DO NOTHING;

-- name: ChangeEntry :execrows
UPDATE register_entry SET number = @number, source = @source, version = version + 1, since = @since, until = @until, ended = @ended, fields = @fields
WHERE holder = @holder AND id = @id AND version = @version;

-- name: DeleteEntry :exec
DELETE FROM register_entry WHERE holder = $1 AND id = $2;

-- name: InsertVersion :exec
INSERT INTO register_version (holder, entry, version, change, act, at, official, agency, role, case_id, source, since, until, body)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14);

-- name: VersionsOf :many
SELECT holder, entry, version, change, act, at, official, agency, role, case_id, source, since, until, body
FROM register_version WHERE holder = $1 AND entry = $2 AND version > $3 ORDER BY holder, entry, version LIMIT $4;

-- name: DeleteVersions :exec
DELETE FROM register_version WHERE holder = $1 AND entry = $2;

-- name: InsertKey :exec
INSERT INTO register_key (value, entry) VALUES ($1, $2) ON CONFLICT (value, entry) DO NOTHING;

-- name: EntriesByKey :many
SELECT k.entry, h.holder, h.register FROM register_key AS k JOIN register_home AS h ON h.entry = k.entry WHERE k.value = $1 ORDER BY k.value, k.entry DESC LIMIT $2;

-- name: EntriesByKeyOf :many
SELECT k.entry, h.holder, h.register FROM register_home AS h CROSS JOIN register_key AS k
WHERE h.holder = $1 AND k.entry = h.entry AND k.value = $2 ORDER BY h.holder, h.entry DESC LIMIT $3;

-- name: DeleteKeys :exec
DELETE FROM register_key WHERE entry = $1;

-- name: InsertHome :exec
INSERT INTO register_home (entry, holder, register) VALUES ($1, $2, $3) ON CONFLICT (entry) DO NOTHING;

-- name: HomeOf :one
SELECT entry, holder, register FROM register_home WHERE entry = $1;

-- name: DeleteHome :exec
DELETE FROM register_home WHERE entry = $1;

-- name: InsertSource :execrows
INSERT INTO register_source (register, source, number, entry) VALUES ($1, $2, $3, $4) ON CONFLICT (register, source) DO NOTHING;

-- name: SourceOf :one
SELECT register, source, number, entry FROM register_source WHERE register = $1 AND source = $2;

-- name: SourceByNumber :one
SELECT register, source, number, entry FROM register_source WHERE register = $1 AND number = $2;

-- name: DeleteSources :exec
DELETE FROM register_source WHERE entry = $1;

-- name: InsertOver :exec
INSERT INTO register_over (entry, register, ended) VALUES ($1, $2, $3) ON CONFLICT (entry) DO UPDATE SET ended = excluded.ended;

-- name: OverBefore :many
SELECT entry, register, ended FROM register_over WHERE register = $1 AND ended < $2 ORDER BY register, ended, entry LIMIT $3;

-- name: DeleteOver :exec
DELETE FROM register_over WHERE entry = $1;

-- name: InsertSent :exec
INSERT INTO register_sent (holder, entry, subscription, version, taken) VALUES ($1, $2, $3, $4, NULL) ON CONFLICT (holder, entry, subscription) DO NOTHING;

-- name: SentOf :one
SELECT holder, entry, subscription, version, taken FROM register_sent WHERE holder = $1 AND entry = $2 AND subscription = $3;

-- name: TakeSent :execrows
UPDATE register_sent SET taken = @until WHERE holder = @holder AND entry = @entry AND subscription = @subscription AND (taken IS NULL OR taken < @now);

-- name: HeardSent :execrows
UPDATE register_sent SET version = @version, taken = @until WHERE holder = @holder AND entry = @entry AND subscription = @subscription AND taken = @mine AND version < @version;

-- name: FreeSent :execrows
UPDATE register_sent SET taken = NULL WHERE holder = @holder AND entry = @entry AND subscription = @subscription AND taken = @mine;

-- name: DeleteSent :exec
DELETE FROM register_sent WHERE holder = $1 AND entry = $2;

-- name: InsertRefusal :exec
INSERT INTO register_refusal (register, at, id, official, agency, role, purpose, entry, why)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
ON CONFLICT (register, id) DO NOTHING;

-- name: RefusalsOf :many
SELECT register, at, id, official, agency, role, purpose, entry, why FROM register_refusal WHERE register = $1 ORDER BY register DESC, at DESC, id DESC LIMIT $2;

-- name: DeleteRefusals :execrows
DELETE FROM register_refusal WHERE register = $1 AND at < $2;
