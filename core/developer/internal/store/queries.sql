-- name: InsertKey :exec
INSERT INTO developer_key (agency, id, name, test, scopes, addresses, per_minute, hint, follows, made_by, made, expires, used, revoked, revoked_by)
VALUES (@agency, @id, @name, @test, @scopes, @addresses, @per_minute, @hint, @follows, @made_by, @made, @expires, NULL, NULL, NULL);

-- name: InsertKeyHash :exec
INSERT INTO developer_key_hash (hash, agency, id) VALUES (@hash, @agency, @id);

-- name: KeyByHash :one
SELECT hash, agency, id FROM developer_key_hash WHERE hash = @hash;

-- name: KeyByID :one
SELECT agency, id, name, test, scopes, addresses, per_minute, hint, follows, made_by, made, expires, used, revoked, revoked_by
FROM developer_key WHERE agency = @agency AND id = @id;

-- name: KeysOf :many
SELECT agency, id, name, test, scopes, addresses, per_minute, hint, follows, made_by, made, expires, used, revoked, revoked_by
FROM developer_key WHERE agency = @agency ORDER BY id DESC LIMIT @most;

-- name: RevokeKey :execrows
UPDATE developer_key SET revoked = @revoked, revoked_by = @revoked_by WHERE agency = @agency AND id = @id AND revoked IS NULL;

-- name: ExpireKey :execrows
UPDATE developer_key SET expires = @expires WHERE agency = @agency AND id = @id AND revoked IS NULL AND expires > @expires;

-- name: UseKey :exec
UPDATE developer_key SET used = @used WHERE agency = @agency AND id = @id;

-- name: InsertEndpoint :exec
INSERT INTO developer_endpoint (agency, id, test, url, name, types, state, secret, old_secret, old_until, made_by, made, heard, failing, failures, version)
VALUES (@agency, @id, @test, @url, @name, @types, 'on', @secret, NULL, NULL, @made_by, @made, NULL, NULL, 0, 1);

-- name: EndpointByID :one
SELECT agency, id, test, url, name, types, state, secret, old_secret, old_until, made_by, made, heard, failing, failures, version
FROM developer_endpoint WHERE agency = @agency AND id = @id;

-- name: EndpointsOf :many
SELECT agency, id, test, url, name, types, state, secret, old_secret, old_until, made_by, made, heard, failing, failures, version
FROM developer_endpoint WHERE agency = @agency ORDER BY id LIMIT @most;

-- name: EndpointsOn :many
SELECT agency, id FROM developer_endpoint WHERE state = 'on' ORDER BY agency, id;

-- name: EndpointThatHears :one
SELECT agency, id FROM developer_endpoint WHERE state <> 'off' ORDER BY agency, id LIMIT 1;

-- name: ChangeEndpoint :execrows
UPDATE developer_endpoint SET url = @url, name = @name, types = @types, state = @state, secret = @secret, old_secret = @old_secret, old_until = @old_until,
  failing = @failing, failures = @failures, version = version + 1
WHERE agency = @agency AND id = @id AND version = @version;

-- name: EndpointHeard :exec
-- To the minute: who writes a message reads this row.
UPDATE developer_endpoint SET heard = @heard, failing = NULL, failures = 0
WHERE agency = @agency AND id = @id AND (heard IS NULL OR heard < @stale OR failures > 0);

-- name: EndpointFailed :exec
UPDATE developer_endpoint SET failing = COALESCE(failing, @failing), failures = failures + 1 WHERE agency = @agency AND id = @id;

-- name: PauseEndpoint :execrows
UPDATE developer_endpoint SET state = 'paused', version = version + 1 WHERE agency = @agency AND id = @id AND state = 'on';

-- name: InsertMessage :execrows
INSERT INTO developer_message (agency, id, type, body, at) VALUES (@agency, @id, @type, @body, @at) ON CONFLICT (agency, id) DO NOTHING;

-- name: MessageByID :one
SELECT agency, id, type, body, at FROM developer_message WHERE agency = @agency AND id = @id;

-- name: SweepMessages :execrows
DELETE FROM developer_message WHERE (agency, id) IN
  (SELECT o.agency, o.id FROM developer_message AS o WHERE o.at < @before ORDER BY o.at LIMIT @most);

-- name: InsertDelivery :exec
INSERT INTO developer_delivery (agency, endpoint, message, type, at, state, tries, since, next, status, why)
VALUES (@agency, @endpoint, @message, @type, @at, 'waiting', 0, 0, @next, 0, '') ON CONFLICT (agency, endpoint, message) DO NOTHING;

-- name: DeliveryByID :one
SELECT agency, endpoint, message, type, at, state, tries, since, next, status, why FROM developer_delivery
WHERE agency = @agency AND endpoint = @endpoint AND message = @message;

-- name: DueDeliveries :many
SELECT agency, endpoint, message, type, at, state, tries, since, next, status, why FROM developer_delivery
WHERE agency = @agency AND endpoint = @endpoint AND next <= @now ORDER BY next, message LIMIT @most;

-- name: TakeDelivery :execrows
UPDATE developer_delivery SET tries = tries + 1, next = @until WHERE agency = @agency AND endpoint = @endpoint AND message = @message AND tries = @tries AND next <= @now;

-- name: EndDelivery :execrows
UPDATE developer_delivery SET state = @state, next = @next, status = @status, why = @why
WHERE agency = @agency AND endpoint = @endpoint AND message = @message AND tries = @tries;

-- name: DeliveriesToHurry :many
SELECT message FROM developer_delivery
WHERE agency = @agency AND endpoint = @endpoint AND message > @after AND at <= @asked AND next > @now ORDER BY message LIMIT @most;

-- name: HurryDelivery :exec
UPDATE developer_delivery SET since = tries, next = @now WHERE agency = @agency AND endpoint = @endpoint AND message = @message AND next > @now;

-- name: Deliveries :many
SELECT agency, endpoint, message, type, at, state, tries, since, next, status, why FROM developer_delivery
WHERE agency = @agency AND endpoint = @endpoint AND message < @before ORDER BY message DESC LIMIT @most;

-- name: ResendDelivery :execrows
UPDATE developer_delivery SET state = 'waiting', since = tries, next = @now WHERE agency = @agency AND endpoint = @endpoint AND message = @message AND next IS NULL;

-- name: DeliveriesToResend :many
SELECT message FROM developer_delivery
WHERE agency = @agency AND endpoint = @endpoint AND message > @after AND at >= @since AND at <= @asked AND next IS NULL
  AND (state = 'failed' OR CAST(@taken AS BOOLEAN)) ORDER BY message LIMIT @most;

-- name: SendAgain :exec
UPDATE developer_delivery SET state = 'waiting', since = tries, next = @now WHERE agency = @agency AND endpoint = @endpoint AND message = @message AND next IS NULL;

-- name: CountDeliveries :many
SELECT n.state, CAST(COUNT(*) AS BIGINT) AS deliveries
FROM (SELECT d.state FROM developer_delivery AS d WHERE d.agency = @agency AND d.endpoint = @endpoint ORDER BY d.message DESC LIMIT @most) AS n
GROUP BY n.state ORDER BY n.state;

-- name: SweepDeliveries :execrows
DELETE FROM developer_delivery WHERE (agency, endpoint, message) IN
  (SELECT o.agency, o.endpoint, o.message FROM developer_delivery AS o WHERE o.at < @before ORDER BY o.at LIMIT @most);

-- name: InsertTry :exec
INSERT INTO developer_try (agency, endpoint, message, number, at, status, took, why) VALUES (@agency, @endpoint, @message, @number, @at, 0, 0, 'unknown');

-- name: EndTry :exec
UPDATE developer_try SET status = @status, took = @took, why = @why WHERE agency = @agency AND endpoint = @endpoint AND message = @message AND number = @number;

-- name: TriesOf :many
SELECT agency, endpoint, message, number, at, status, took, why FROM developer_try
WHERE agency = @agency AND endpoint = @endpoint AND message = @message ORDER BY number DESC LIMIT @most;

-- name: SweepTries :execrows
DELETE FROM developer_try WHERE (agency, endpoint, message, number) IN
  (SELECT o.agency, o.endpoint, o.message, o.number FROM developer_try AS o WHERE o.at < @before ORDER BY o.at LIMIT @most);

-- name: InsertPayment :execrows
INSERT INTO developer_payment (agency, id, charge, amount, currency, state, reason, made, due)
VALUES (@agency, @id, @charge, @amount, @currency, @state, @reason, @made, @due) ON CONFLICT (agency, id) DO NOTHING;

-- name: PaymentByID :one
SELECT agency, id, charge, amount, currency, state, reason, made, due FROM developer_payment WHERE agency = @agency AND id = @id;

-- name: ChangePayment :execrows
UPDATE developer_payment SET state = @state, reason = @reason, due = @due WHERE agency = @agency AND id = @id AND state = @was;

-- name: SweepPayments :execrows
DELETE FROM developer_payment WHERE (agency, id) IN
  (SELECT o.agency, o.id FROM developer_payment AS o WHERE o.made < @before ORDER BY o.made LIMIT @most);
