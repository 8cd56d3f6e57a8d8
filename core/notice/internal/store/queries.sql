-- name: InsertNotice :execrows
INSERT INTO notice (person, id, repeat, holder, case_id, version, topic, kind, path, lang, starts, title, made, read_at, reached)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, NULL, NULL)
ON CONFLICT (person, repeat) DO NOTHING;

-- name: InsertText :exec
INSERT INTO notice_text (person, id, content) VALUES ($1, $2, $3);

-- name: NoticeByID :one
SELECT person, id, repeat, holder, case_id, version, topic, kind, path, lang, starts, title, made, read_at, reached
FROM notice WHERE person = $1 AND id = $2;

-- name: TextByID :one
SELECT person, id, content FROM notice_text WHERE person = $1 AND id = $2;

-- name: NoticesBefore :many
SELECT person, id, repeat, holder, case_id, version, topic, kind, path, lang, starts, title, made, read_at, reached
FROM notice WHERE person = $1 AND id < $2 ORDER BY person, id DESC LIMIT $3;

-- name: CountUnread :one
-- counts only
SELECT CAST(COUNT(*) AS BIGINT) AS unread FROM (SELECT id FROM notice WHERE person = @person AND read_at IS NULL LIMIT @most) AS few;

-- name: ReadNotice :execrows
UPDATE notice SET read_at = $3 WHERE person = $1 AND id = $2 AND read_at IS NULL;

-- name: UnreadOfCase :many
SELECT person, id FROM notice WHERE person = $1 AND case_id = $2 AND read_at IS NULL ORDER BY id;

-- name: UnreadOf :many
SELECT person, id FROM notice WHERE person = $1 AND read_at IS NULL ORDER BY id LIMIT $2;

-- name: ReachNotice :execrows
UPDATE notice SET reached = $3 WHERE person = $1 AND id = $2 AND reached IS NULL;

-- name: InsertDelivery :exec
INSERT INTO notice_delivery (person, id, notice, channel, state, failure, code, tries, receipt, instead, made, ended)
VALUES ($1, $2, $3, $4, 'queued', '', 0, 0, '', $5, $6, NULL);

-- name: DeliveryByID :one
SELECT person, id, notice, channel, state, failure, code, tries, receipt, instead, made, ended FROM notice_delivery WHERE person = $1 AND id = $2;

-- name: DeliveriesOf :many
SELECT person, id, notice, channel, state, failure, code, tries, receipt, instead, made, ended FROM notice_delivery WHERE person = $1 AND notice = $2 ORDER BY id;

-- name: DeliveriesSince :many
SELECT person, id, notice, channel, state, failure, code, tries, receipt, instead, made, ended
FROM notice_delivery WHERE person = $1 AND id > $2 ORDER BY person, id DESC LIMIT $3;

-- name: HandDelivery :execrows
UPDATE notice_delivery SET state = 'handed', failure = '', code = 0, tries = tries + 1, receipt = @receipt, ended = @ended
WHERE person = @person AND id = @id AND state <> 'handed';

-- name: MissDelivery :execrows
UPDATE notice_delivery SET failure = @failure, code = @code, tries = tries + 1 WHERE person = @person AND id = @id AND state = 'queued';

-- name: FailDelivery :execrows
UPDATE notice_delivery SET state = 'failed', failure = @failure, code = @code, tries = tries + 1, ended = @ended
WHERE person = @person AND id = @id AND state = 'queued';

-- name: PutWish :exec
INSERT INTO notice_wish (person, topic, channel, wanted) VALUES ($1, $2, $3, $4)
ON CONFLICT (person, topic, channel) DO UPDATE SET wanted = excluded.wanted;

-- name: WishesOf :many
SELECT person, topic, channel, wanted FROM notice_wish WHERE person = $1 ORDER BY topic, channel;
