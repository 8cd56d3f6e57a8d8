-- name: InsertApproval :exec
INSERT INTO approval (id, kind, visit, near, wide, asked, known, number, choices, state, because, person, account, way, level, strong, begun, until)
VALUES ($1, $2, $3, $4, $5, $6, FALSE, $7, $8, 'waiting', '', NULL, NULL, NULL, 0, FALSE, $9, $10);

-- name: Supersede :execrows
-- A browser has one open question of a kind: the last.
UPDATE approval SET state = 'refused', because = 'no' WHERE visit = @visit AND kind = @kind AND state IN ('waiting', 'approved');

-- name: ApprovalByID :one
SELECT id, kind, visit, near, wide, asked, known, number, choices, state, because, person, account, way, level, strong, begun, until
FROM approval WHERE id = $1;

-- name: ApprovalByVisit :one
-- The latest that this browser began.
SELECT id, kind, visit, near, wide, asked, known, number, choices, state, because, person, account, way, level, strong, begun, until
FROM approval WHERE visit = @visit AND kind = @kind ORDER BY visit DESC, kind DESC, id DESC LIMIT 1;

-- name: WaitingOf :many
-- What waits for a person's answer, oldest first.
SELECT id, kind, visit, near, wide, asked, known, number, choices, state, because, person, account, way, level, strong, begun, until
FROM approval WHERE person = @person AND until > @now AND state = 'waiting' AND kind <> 'qr' ORDER BY id;

-- name: AskPerson :execrows
-- Whom a sign-in asks; once.
UPDATE approval SET person = @person, account = @account, known = @known WHERE id = @id AND person IS NULL AND state = 'waiting' AND kind <> 'qr';

-- name: Approve :execrows
-- The one yes. Only a QR code may be answered by whoever has read it.
UPDATE approval SET state = 'approved', person = @person, account = @account, way = @way, level = @level, strong = @strong, until = @take
WHERE id = @id AND state = 'waiting' AND until > @now AND (kind = 'qr' OR person = @person);

-- name: Refuse :execrows
UPDATE approval SET state = 'refused', because = @because, person = @person
WHERE id = @id AND state = 'waiting' AND until > @now AND (kind = 'qr' OR person = @person);

-- name: RefuseStrangers :execrows
-- Everything that browsers unknown to a person ask of them.
UPDATE approval SET state = 'refused', because = 'not_me'
WHERE person = @person AND state = 'waiting' AND kind <> 'qr' AND NOT known;

-- name: UseApproval :execrows
-- Takes an approval, once, in the browser that began it.
UPDATE approval SET state = 'used' WHERE id = @id AND visit = @visit AND state = 'approved' AND until > @now;

-- name: SweepApprovals :execrows
DELETE FROM approval WHERE id IN (SELECT old.id FROM approval AS old WHERE old.until < $1 ORDER BY old.until LIMIT $2);

-- name: MuteOf :one
SELECT person, until FROM approval_mute WHERE person = $1;

-- name: Mute :exec
INSERT INTO approval_mute (person, until) VALUES ($1, $2) ON CONFLICT (person) DO UPDATE SET until = excluded.until;

-- name: Unmute :execrows
DELETE FROM approval_mute WHERE person = $1;

-- name: SweepMutes :execrows
DELETE FROM approval_mute WHERE until < $1;

-- name: InsertKey :execrows
INSERT INTO approval_key (one, secret, made) VALUES (1, $1, $2) ON CONFLICT (one) DO NOTHING;

-- name: Key :one
SELECT secret FROM approval_key WHERE one = 1;

-- name: ForgetApprovals :execrows
DELETE FROM approval WHERE person = $1;
