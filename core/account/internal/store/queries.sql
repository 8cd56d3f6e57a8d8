-- name: PersonByID :one
SELECT person, profile, level, lang, signs_in, version, made, confirmed FROM person_file WHERE person = $1;

-- name: PersonsByID :many
SELECT person, profile, level, lang, signs_in, version, made, confirmed FROM person_file WHERE person IN (sqlc.slice('people'));

-- name: InsertPerson :execrows
INSERT INTO person_file (person, profile, level, lang, signs_in, version, made, confirmed) VALUES ($1, $2, $3, $4, $5, 1, $6, $7)
ON CONFLICT (person) DO NOTHING;

-- name: ChangeProfile :execrows
-- Nothing changes when another change came first.
UPDATE person_file SET profile = @profile, lang = @lang, version = version + 1 WHERE person = @person AND version = @version;

-- name: ConfirmPerson :execrows
UPDATE person_file SET profile = @profile, level = @level, confirmed = @confirmed, version = version + 1
WHERE person = @person AND version = @version;

-- name: PersonBySNILS :one
SELECT person FROM person_key WHERE snils = $1;

-- name: InsertPersonKey :execrows
INSERT INTO person_key (snils, person) VALUES ($1, $2) ON CONFLICT (snils) DO NOTHING;

-- name: AccountByContact :one
SELECT contact.account, contact.person, contact.channel, account.password
FROM contact JOIN account ON account.account = contact.account WHERE contact.contact = $1;

-- name: AccountByID :one
SELECT account, person, password, second FROM account WHERE account = $1;

-- name: AccountsOf :many
SELECT account FROM person_account WHERE person = $1 ORDER BY account;

-- name: InsertAccount :exec
INSERT INTO account (account, person, password, made) VALUES ($1, $2, $3, $4);

-- name: InsertPersonAccount :exec
INSERT INTO person_account (person, account) VALUES ($1, $2);

-- name: SetSecond :execrows
UPDATE account SET second = $2 WHERE account = $1;

-- name: SetPassword :execrows
UPDATE account SET password = $2 WHERE account = $1;

-- name: InsertContact :execrows
INSERT INTO contact (contact, channel, account, person, since) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (contact) DO NOTHING;

-- name: DropContact :execrows
DELETE FROM contact WHERE contact = $1 AND account = $2;

-- name: InsertSession :exec
INSERT INTO session (person, id, account, agency, role, level, channel, csrf, device, started, seen, ends, closed, methods, strong, proved, device_id, place, by_official)
VALUES (@person, @id, @account, NULL, '', @level, @channel, @csrf, @device, @started, @started, @ends, NULL, @methods, @strong, @started, @device_id, @place, @by_official);

-- name: RaiseSession :execrows
UPDATE session SET methods = @methods, strong = @strong, level = @level, proved = @proved
WHERE person = @person AND id = @id AND closed IS NULL;

-- name: InsertToken :exec
INSERT INTO session_token (hash, person, session_id, ends) VALUES ($1, $2, $3, $4);

-- name: TokenByHash :one
SELECT person, session_id FROM session_token WHERE hash = $1;

-- name: DropToken :execrows
DELETE FROM session_token WHERE hash = $1;

-- name: SessionByID :one
SELECT person, id, account, agency, role, level, csrf, started, seen, ends, closed, methods, strong, proved, device_id, channel, by_official
FROM session WHERE person = $1 AND id = $2;

-- name: StandingOf :one
-- How sure the city is of the person, and their language, with nothing to unseal.
SELECT person, level, lang FROM person_file WHERE person = $1;

-- name: SessionsOf :many
SELECT person, id, agency, role, channel, device, started, seen, ends, methods, strong, place, by_official, device_id FROM session
WHERE person = $1 AND closed IS NULL AND ends > $2 ORDER BY person, id;

-- name: EverySessionOf :many
-- The closed ones too, the newest first.
SELECT person, id, channel, device, started, seen, closed, methods, place FROM session WHERE person = $1 ORDER BY person, id DESC LIMIT $2;

-- name: TouchSession :exec
UPDATE session SET seen = $3 WHERE person = $1 AND id = $2 AND seen < $3;

-- name: CloseSession :execrows
UPDATE session SET closed = $3 WHERE person = $1 AND id = $2 AND closed IS NULL;

-- name: WearHat :execrows
UPDATE session SET agency = $3, role = $4 WHERE person = $1 AND id = $2 AND closed IS NULL;

-- name: InsertChallenge :exec
INSERT INTO challenge (id, purpose, contact, channel, person, code, letter, tries, until, used, visit)
VALUES ($1, $2, $3, $4, $5, $6, $7, 0, $8, NULL, $9);

-- name: ChallengeByID :one
SELECT id, purpose, channel, letter, tries, until, used FROM challenge WHERE id = $1;

-- name: TryChallenge :one
-- Counts one try and gives the hash to compare with; no row when no try is left.
UPDATE challenge SET tries = tries + 1 WHERE id = @id AND tries < 5 AND used IS NULL AND until > @now
RETURNING purpose, contact, channel, person, code, letter, visit;

-- name: UseChallenge :execrows
UPDATE challenge SET used = $2, letter = NULL WHERE id = $1 AND used IS NULL;

-- name: ContactByKey :one
SELECT account, person FROM contact WHERE contact = $1;

-- name: CountTry :one
INSERT INTO counter (guard, key, tries, until) VALUES (@guard, @key, 1, @until)
ON CONFLICT (guard, key) DO UPDATE SET
  tries = CASE WHEN counter.until <= @now THEN 1 ELSE counter.tries + 1 END,
  until = CASE WHEN counter.until <= @now THEN excluded.until ELSE counter.until END
RETURNING tries, until;

-- name: ForgetTries :execrows
DELETE FROM counter WHERE guard = $1 AND key = $2;

-- name: HoldForm :exec
INSERT INTO held_form (key, form, until) VALUES ($1, $2, $3);

-- name: TakeForm :one
DELETE FROM held_form WHERE key = $1 RETURNING form, until;

-- name: ClaimCall :execrows
-- Takes a call that nobody has, or whose claim or keeping is over.
INSERT INTO repeat_call (person, operation, key, body, claimed, answered, status, kind, answer, until)
VALUES (@person, @operation, @key, @body, @claimed, FALSE, 0, '', NULL, @until)
ON CONFLICT (person, operation, key) DO UPDATE SET body = excluded.body, claimed = excluded.claimed, answered = FALSE,
  status = 0, kind = '', answer = NULL, until = excluded.until
WHERE repeat_call.until <= @now OR (NOT repeat_call.answered AND repeat_call.claimed <= @now AND repeat_call.body = excluded.body);

-- name: CallByKey :one
SELECT person, body, answered, status, kind, answer FROM repeat_call WHERE person = $1 AND operation = $2 AND key = $3;

-- name: FinishCall :execrows
UPDATE repeat_call SET answered = TRUE, status = $4, kind = $5, answer = $6 WHERE person = $1 AND operation = $2 AND key = $3;

-- name: DropCall :execrows
DELETE FROM repeat_call WHERE person = $1 AND operation = $2 AND key = $3 AND NOT answered;

-- name: SweepTokens :execrows
DELETE FROM session_token WHERE hash IN (SELECT old.hash FROM session_token AS old WHERE old.ends < $1 ORDER BY old.ends LIMIT $2);

-- name: SweepChallenges :execrows
DELETE FROM challenge WHERE id IN (SELECT old.id FROM challenge AS old WHERE old.until < $1 ORDER BY old.until LIMIT $2);

-- name: SweepCounters :execrows
DELETE FROM counter WHERE (guard, key) IN
  (SELECT old.guard, old.key FROM counter AS old WHERE old.until < $1 ORDER BY old.until LIMIT $2);

-- name: SweepForms :execrows
DELETE FROM held_form WHERE key IN (SELECT old.key FROM held_form AS old WHERE old.until < $1 ORDER BY old.until LIMIT $2);

-- name: SweepCalls :execrows
DELETE FROM repeat_call WHERE (person, operation, key) IN
  (SELECT old.person, old.operation, old.key FROM repeat_call AS old WHERE old.until < $1 ORDER BY old.until LIMIT $2);

-- name: InsertWay :exec
INSERT INTO way (account, id, method, name, secret, key, alone, second, added, used, version) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, NULL, 1);

-- name: InsertWayKey :execrows
INSERT INTO way_key (key, account, way) VALUES ($1, $2, $3) ON CONFLICT (key) DO NOTHING;

-- name: WaysOf :many
SELECT account, id, method, name, alone, second, added, used, version FROM way WHERE account = $1 ORDER BY account, id;

-- name: KeptOf :many
SELECT way.account, way.id, way.method, way.name, way.secret, way.alone, way.second, way.added, way.used, way.version, account.person
FROM way JOIN account ON account.account = way.account WHERE way.account = $1 AND way.method = $2 ORDER BY way.account, way.id;

-- name: KeptByKey :one
SELECT way.account, way.id, way.method, way.name, way.secret, way.alone, way.second, way.added, way.used, way.version, account.person
FROM way_key JOIN way ON way.account = way_key.account AND way.id = way_key.way JOIN account ON account.account = way.account
WHERE way_key.key = $1;

-- name: WayByID :one
SELECT account, id, method, name, key, alone, second, added, used, version FROM way WHERE account = $1 AND id = $2;

-- name: ReplaceSecret :execrows
-- Nothing changes when another use came first.
UPDATE way SET secret = @secret, used = @used, version = version + 1 WHERE account = @account AND id = @id AND version = @version;

-- name: RenameWay :execrows
UPDATE way SET name = @name WHERE account = @account AND id = @id;

-- name: DropWay :execrows
DELETE FROM way WHERE account = $1 AND id = $2;

-- name: DropWayKey :execrows
DELETE FROM way_key WHERE key = $1 AND account = $2;

-- name: InsertDevice :exec
INSERT INTO device (person, id, hash, account, name, method, first, seen) VALUES ($1, $2, $3, $4, $5, $6, $7, $7);

-- name: InsertDeviceKey :exec
INSERT INTO device_key (hash, person, device, seen) VALUES ($1, $2, $3, $4) ON CONFLICT (hash, person) DO NOTHING;

-- name: DeviceKeysOf :many
SELECT hash, person, device, seen FROM device_key WHERE hash = $1 ORDER BY hash, person;

-- name: DeviceKeyOf :one
SELECT hash, person, device, seen FROM device_key WHERE hash = $1 AND person = $2;

-- name: UseDevice :exec
UPDATE device SET method = @method, account = @account, seen = @seen, name = @name WHERE person = @person AND id = @id;

-- name: UseDeviceKey :exec
UPDATE device_key SET seen = $3 WHERE hash = $1 AND person = $2;

-- name: RenameDevice :exec
UPDATE device SET hash = @hash WHERE person = @person AND id = @id;

-- name: DevicesOf :many
SELECT person, id, hash, account, name, method, first, seen FROM device WHERE person = $1 ORDER BY person, id;

-- name: DeviceByID :one
SELECT person, id, hash, account, name, method, first, seen FROM device WHERE person = $1 AND id = $2;

-- name: DropDevice :execrows
DELETE FROM device WHERE person = $1 AND id = $2;

-- name: DropDeviceKey :execrows
DELETE FROM device_key WHERE hash = $1 AND person = $2;

-- name: LeaveDeviceKey :exec
DELETE FROM device_key WHERE hash = $1 AND person = $2;

-- name: InsertAttempt :exec
INSERT INTO sign_in (hash, account, person, method, way, level, back, made_now, until) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9);

-- name: AttemptByHash :one
SELECT hash, account, person, method, way, level, back, made_now, until FROM sign_in WHERE hash = $1;

-- name: TakeAttempt :one
DELETE FROM sign_in WHERE hash = $1 RETURNING account, person, method, way, level, back, made_now, until;

-- name: CountFunnel :exec
INSERT INTO funnel (day, step, method, n) VALUES (@day, @step, @method, @n)
ON CONFLICT (day, step, method) DO UPDATE SET n = funnel.n + excluded.n;

-- name: FunnelSince :many
SELECT day, step, method, n FROM funnel WHERE day >= $1 ORDER BY day, step, method;

-- name: SweepAttempts :execrows
DELETE FROM sign_in WHERE hash IN (SELECT old.hash FROM sign_in AS old WHERE old.until < $1 ORDER BY old.until LIMIT $2);

-- name: SweepDeviceKeys :execrows
DELETE FROM device_key WHERE (hash, person) IN
  (SELECT old.hash, old.person FROM device_key AS old WHERE old.seen < $1 ORDER BY old.seen LIMIT $2);

-- name: RaisePerson :execrows
UPDATE person_file SET level = @level, confirmed = @confirmed, version = version + 1 WHERE person = @person AND level < @level;

-- name: InsertMerge :exec
INSERT INTO person_merge (person, id, merged, how, official, since, undone) VALUES ($1, $2, $3, $4, $5, $6, NULL);

-- name: InsertLed :execrows
INSERT INTO person_led (merged, person, merge) VALUES ($1, $2, $3) ON CONFLICT (merged) DO NOTHING;

-- name: LedBy :one
SELECT merged, person, merge FROM person_led WHERE merged = $1;

-- name: DropLed :execrows
DELETE FROM person_led WHERE merged = $1 AND merge = $2;

-- name: MergesOf :many
SELECT person, id, merged, how, official, since, undone FROM person_merge WHERE person = $1 ORDER BY person, id;

-- name: UndoMerge :execrows
UPDATE person_merge SET undone = $3 WHERE person = $1 AND id = $2 AND undone IS NULL;

-- name: AccountOrigin :one
SELECT account, person, origin FROM account WHERE account = $1;

-- name: LeadAccount :exec
-- The account was opened for origin and leads to person from now on.
UPDATE account SET person = @person, origin = @origin WHERE account = @account;

-- name: LeadContacts :exec
UPDATE contact SET person = $2 WHERE account = $1;

-- name: ContactsOf :many
SELECT contact, channel, since FROM contact WHERE account = $1 ORDER BY contact;

-- name: DropPersonAccount :exec
DELETE FROM person_account WHERE person = $1 AND account = $2;

-- name: PersonVersion :one
SELECT person, version, signs_in, level FROM person_file WHERE person = $1;

-- name: SetMergedProfile :execrows
UPDATE person_file SET profile = @profile, lang = @lang, signs_in = @signs_in, version = version + 1 WHERE person = @person AND version = @version;

-- name: InsertMergeTry :exec
INSERT INTO merge_try (hash, account, person, until) VALUES ($1, $2, $3, $4);

-- name: MergeTryByHash :one
SELECT hash, account, person, until FROM merge_try WHERE hash = $1;

-- name: DropMergeTry :execrows
DELETE FROM merge_try WHERE hash = $1;

-- name: SweepMergeTries :execrows
DELETE FROM merge_try WHERE hash IN (SELECT old.hash FROM merge_try AS old WHERE old.until < $1 ORDER BY old.until LIMIT $2);

-- name: PutBlock :execrows
INSERT INTO account_block (account, kind, reason, note, official, since, cause) VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (account, kind) DO NOTHING;

-- name: BlocksOf :many
SELECT account, kind, reason, note, official, since, cause FROM account_block WHERE account = $1 ORDER BY account, kind;

-- name: DropBlock :execrows
DELETE FROM account_block WHERE account = $1 AND kind = $2;

-- name: BlocksAfter :many
SELECT account, kind, reason, official, since FROM account_block WHERE account > $1 ORDER BY account, kind LIMIT $2;

-- name: InsertNotMe :exec
INSERT INTO not_me (hash, person, made, until, used) VALUES ($1, $2, $3, $4, NULL);

-- name: NotMeByHash :one
SELECT hash, person, made, until, used FROM not_me WHERE hash = $1;

-- name: UseNotMe :execrows
UPDATE not_me SET used = $2 WHERE hash = $1 AND used IS NULL AND until > $2;

-- name: SweepNotMe :execrows
DELETE FROM not_me WHERE hash IN (SELECT old.hash FROM not_me AS old WHERE old.until < $1 ORDER BY old.until LIMIT $2);

-- name: DropPersonKey :execrows
-- The person was erased: their number belongs to nobody the city knows.
DELETE FROM person_key WHERE snils = $1 AND person = $2;

-- name: NowSignsIn :execrows
UPDATE person_file SET signs_in = TRUE WHERE person = $1;

-- name: RecoverProfile :execrows
UPDATE person_file SET profile = @profile, version = version + 1 WHERE person = @person AND version = @version;

-- name: InsertRecovery :exec
INSERT INTO recovery (account, id, person, since, ready, until, ended, outcome) VALUES ($1, $2, $3, $4, $5, $6, NULL, '');

-- name: InsertRecoveryToken :exec
INSERT INTO recovery_token (hash, account, recovery, until) VALUES ($1, $2, $3, $4);

-- name: RecoveriesOf :many
SELECT account, id, person, since, ready, until, ended, outcome FROM recovery WHERE account = $1 AND until > $2 ORDER BY account, id;

-- name: RecoveryByToken :one
SELECT account, recovery, until FROM recovery_token WHERE hash = $1;

-- name: EndRecovery :execrows
UPDATE recovery SET ended = @ended, outcome = @outcome WHERE account = @account AND id = @id AND ended IS NULL;

-- name: SweepRecoveryTokens :execrows
DELETE FROM recovery_token WHERE hash IN (SELECT old.hash FROM recovery_token AS old WHERE old.until < $1 ORDER BY old.until LIMIT $2);
