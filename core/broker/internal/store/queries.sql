-- name: Providers :many
SELECT agency, key, issuer, client, secret, scopes, title_ru, title_en, level, accepted, claims, registers, strong, working, version, changed
FROM provider WHERE agency = $1 ORDER BY agency, key;

-- name: ProviderByKey :one
SELECT agency, key, issuer, client, secret, scopes, title_ru, title_en, level, accepted, claims, registers, strong, working, version, changed
FROM provider WHERE agency = $1 AND key = $2;

-- name: InsertProvider :execrows
INSERT INTO provider (agency, key, issuer, client, secret, scopes, title_ru, title_en, level, accepted, claims, registers, strong, working, version, changed)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, 1, $15) ON CONFLICT (agency, key) DO NOTHING;

-- name: ChangeProvider :execrows
-- Nothing changes when somebody else changed it meanwhile.
UPDATE provider SET issuer = $1, client = $2, secret = $3, scopes = $4, title_ru = $5, title_en = $6, level = $7, accepted = $8,
  claims = $9, registers = $10, strong = $11, working = $12, version = version + 1, changed = $13
WHERE agency = $14 AND key = $15 AND version = $16;

-- name: SwitchProvider :execrows
UPDATE provider SET working = $1, version = version + 1, changed = $2 WHERE agency = $3 AND key = $4;

-- name: InsertTry :exec
INSERT INTO provider_try (hash, browser, stage, kept, until, used) VALUES ($1, $2, $3, $4, $5, NULL);

-- name: TryByHash :one
SELECT hash, browser, stage, kept, until, used FROM provider_try WHERE hash = $1;

-- name: UseTry :execrows
UPDATE provider_try SET used = $1 WHERE hash = $2 AND browser = $3 AND stage = $4 AND used IS NULL AND until > $5;

-- name: SweepTries :execrows
DELETE FROM provider_try WHERE hash IN (SELECT old.hash FROM provider_try AS old WHERE old.until < $1 ORDER BY old.until LIMIT $2);

-- name: InsertEntry :exec
INSERT INTO provider_entry (mark, id, person, account, way, entered, until) VALUES ($1, $2, $3, $4, $5, $6, $7);

-- name: EntriesByMark :many
SELECT mark, id, person, account, way, entered, until FROM provider_entry WHERE mark = $1 ORDER BY mark, id LIMIT $2;

-- name: ForgetEntries :execrows
DELETE FROM provider_entry WHERE mark = $1;

-- name: ForgetWay :execrows
DELETE FROM provider_entry WHERE way = $1;

-- name: SweepEntries :execrows
DELETE FROM provider_entry WHERE id IN (SELECT old.id FROM provider_entry AS old WHERE old.until < $1 ORDER BY old.until LIMIT $2);

-- name: InsertLogout :execrows
INSERT INTO provider_logout (hash, until) VALUES ($1, $2) ON CONFLICT (hash) DO NOTHING;

-- name: SweepLogouts :execrows
DELETE FROM provider_logout WHERE hash IN (SELECT old.hash FROM provider_logout AS old WHERE old.until < $1 ORDER BY old.until LIMIT $2);
