-- name: ClientByID :one
SELECT id, active, body, made, version FROM openid_client WHERE id = $1;

-- name: Clients :many
SELECT id, active, body, made, version FROM openid_client ORDER BY id LIMIT 1000;

-- name: InsertClient :execrows
INSERT INTO openid_client (id, active, body, made, version) VALUES ($1, $2, $3, $4, 1) ON CONFLICT (id) DO NOTHING;

-- name: ChangeClient :execrows
UPDATE openid_client SET active = @active, body = @body, version = version + 1 WHERE id = @id AND version = @version;

-- name: ClientCalls :many
SELECT client, heard, failed, failure, times FROM openid_client_call ORDER BY client LIMIT 1000;

-- name: CallHeard :exec
INSERT INTO openid_client_call (client, heard, failed, failure, times) VALUES (@client, @heard, NULL, '', 0)
ON CONFLICT (client) DO UPDATE SET heard = excluded.heard, failed = NULL, failure = '', times = 0;

-- name: CallFailed :exec
INSERT INTO openid_client_call (client, heard, failed, failure, times) VALUES (@client, NULL, @failed, @failure, 1)
ON CONFLICT (client) DO UPDATE SET failed = excluded.failed, failure = excluded.failure, times = openid_client_call.times + 1;

-- name: SigningKeys :many
SELECT issuer, kid, alg, public, secret, made, starts FROM openid_signing_key WHERE issuer = $1 ORDER BY issuer, kid;

-- name: InsertSigningKey :execrows
INSERT INTO openid_signing_key (issuer, kid, alg, public, secret, made, starts) VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (issuer, kid) DO NOTHING;

-- name: WipeSigningKey :execrows
UPDATE openid_signing_key SET secret = NULL WHERE issuer = $1 AND kid = $2;

-- name: InsertRequest :exec
INSERT INTO openid_request (key, visit, client, body, until) VALUES ($1, $2, $3, $4, $5);

-- name: RequestByKey :one
SELECT key, visit, client, body, until FROM openid_request WHERE key = $1;

-- name: ChangeRequest :execrows
UPDATE openid_request SET body = @body WHERE key = @key;

-- name: DropRequest :execrows
DELETE FROM openid_request WHERE key = $1;

-- name: ConnectionByID :one
SELECT person, client, granted, offered, first, used, version FROM openid_connection WHERE person = $1 AND client = $2;

-- name: ConnectionsOf :many
SELECT person, client, granted, offered, first, used, version FROM openid_connection WHERE person = $1 ORDER BY person, client;

-- name: PutConnection :exec
INSERT INTO openid_connection (person, client, granted, offered, first, used, version) VALUES (@person, @client, @granted, @offered, @now, @now, 1)
ON CONFLICT (person, client) DO UPDATE SET granted = excluded.granted, offered = excluded.offered, used = excluded.used, version = openid_connection.version + 1;

-- name: TouchConnection :execrows
UPDATE openid_connection SET used = @used WHERE person = @person AND client = @client AND used < @before;

-- name: DropConnection :execrows
DELETE FROM openid_connection WHERE person = $1 AND client = $2;

-- name: InsertFamily :exec
INSERT INTO openid_family (person, id, client, session_id, offline, scopes, claims, nonce, acr, amr, authed, proof, turn, turned, until, made, ended)
VALUES (@person, @id, @client, @session_id, @offline, @scopes, @claims, @nonce, @acr, @amr, @authed, @proof, 0, @made, @until, @made, NULL);

-- name: FamilyByID :one
SELECT person, id, client, session_id, offline, scopes, claims, nonce, acr, amr, authed, proof, turn, turned, until, made, ended FROM openid_family WHERE person = $1 AND id = $2;

-- name: FamiliesOfClient :many
SELECT person, id, client, session_id, offline, scopes, claims, nonce, acr, amr, authed, proof, turn, turned, until, made, ended FROM openid_family
WHERE person = $1 AND client = $2 AND ended IS NULL ORDER BY person, id;

-- name: FamiliesOfSession :many
SELECT person, id, client, session_id, offline, scopes, claims, nonce, acr, amr, authed, proof, turn, turned, until, made, ended FROM openid_family
WHERE person = $1 AND session_id = $2 ORDER BY person, id;

-- name: TurnFamily :execrows
UPDATE openid_family SET turn = turn + 1, turned = @now, until = @until WHERE person = @person AND id = @id AND turn = @turn AND ended IS NULL;

-- name: BindFamily :execrows
UPDATE openid_family SET proof = @proof WHERE person = @person AND id = @id AND proof = '';

-- name: EndFamily :execrows
UPDATE openid_family SET ended = @now WHERE person = @person AND id = @id AND ended IS NULL;

-- name: SweepFamilies :execrows
DELETE FROM openid_family WHERE (person, id) IN (SELECT old.person, old.id FROM openid_family AS old WHERE old.until < $1 ORDER BY old.until LIMIT $2);

-- name: InsertCode :exec
INSERT INTO openid_code (hash, person, family, client, redirect, challenge, until, used) VALUES ($1, $2, $3, $4, $5, $6, $7, NULL);

-- name: CodeByHash :one
SELECT hash, person, family, client, redirect, challenge, until, used FROM openid_code WHERE hash = $1;

-- name: UseCode :execrows
UPDATE openid_code SET used = @now WHERE hash = @hash AND used IS NULL;

-- name: SweepCodes :execrows
DELETE FROM openid_code WHERE hash IN (SELECT old.hash FROM openid_code AS old WHERE old.until < $1 ORDER BY old.until LIMIT $2);

-- name: InsertOpenToken :exec
INSERT INTO openid_token (hash, kind, person, family, turn, made, until) VALUES ($1, $2, $3, $4, $5, $6, $7);

-- name: OpenTokenByHash :one
SELECT hash, kind, person, family, turn, made, until FROM openid_token WHERE hash = $1;

-- name: DropOpenToken :execrows
DELETE FROM openid_token WHERE hash = $1;

-- name: SweepTokens :execrows
DELETE FROM openid_token WHERE hash IN (SELECT old.hash FROM openid_token AS old WHERE old.until < $1 ORDER BY old.until LIMIT $2);

-- name: InsertDevice :execrows
INSERT INTO openid_device (hash, code, client, scopes, state, person, family, pause, asked, until)
VALUES (@hash, @code, @client, @scopes, 'waits', NULL, NULL, @pause, @asked, @until) ON CONFLICT (code) DO NOTHING;

-- name: DeviceByHash :one
SELECT hash, code, client, scopes, state, person, family, pause, asked, until FROM openid_device WHERE hash = $1;

-- name: DeviceByCode :one
SELECT hash, code, client, scopes, state, person, family, pause, asked, until FROM openid_device WHERE code = $1;

-- name: PaceDevice :execrows
UPDATE openid_device SET asked = @now, pause = @pause WHERE hash = @hash;

-- name: DecideDevice :execrows
UPDATE openid_device SET state = @state, person = @person, family = @family WHERE hash = @hash AND state = 'waits';

-- name: UseDevice :execrows
UPDATE openid_device SET state = 'used' WHERE hash = @hash AND state = 'allowed';

-- name: SweepDevices :execrows
DELETE FROM openid_device WHERE hash IN (SELECT old.hash FROM openid_device AS old WHERE old.until < $1 ORDER BY old.until LIMIT $2);

-- name: InsertProof :execrows
INSERT INTO openid_proof (hash, until) VALUES ($1, $2) ON CONFLICT (hash) DO NOTHING;

-- name: SweepProofs :execrows
DELETE FROM openid_proof WHERE hash IN (SELECT old.hash FROM openid_proof AS old WHERE old.until < $1 ORDER BY old.until LIMIT $2);

-- name: SweepRequests :execrows
DELETE FROM openid_request WHERE key IN (SELECT old.key FROM openid_request AS old WHERE old.until < $1 ORDER BY old.until LIMIT $2);

-- name: FamiliesOf :many
SELECT person, id, client, session_id, offline, scopes, claims, nonce, acr, amr, authed, proof, turn, turned, until, made, ended FROM openid_family
WHERE person = $1 ORDER BY person, id;

-- name: DropFamilies :execrows
DELETE FROM openid_family WHERE person = $1;

-- name: DropConnections :execrows
DELETE FROM openid_connection WHERE person = $1;
