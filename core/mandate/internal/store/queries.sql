-- name: MandateByID :one
SELECT giver, id, taker, kind, scopes, source, since, ends, ended, version FROM mandate WHERE giver = $1 AND id = $2;

-- name: MandatesBetween :many
SELECT giver, id, taker, kind, scopes, source, since, ends, ended, version FROM mandate
WHERE giver = $1 AND taker = $2 ORDER BY kind;

-- name: MandatesOf :many
SELECT giver, id, taker, kind, scopes, source, since, ends, ended, version FROM mandate WHERE giver = $1 ORDER BY id;

-- name: PutMandate :execrows
-- A mandate that was ended lives again when its ground is confirmed anew; one that lives is left as it is.
INSERT INTO mandate (giver, id, taker, kind, scopes, source, since, ends, ended, version)
VALUES (@giver, @id, @taker, @kind, @scopes, @source, @since, @ends, NULL, 1)
ON CONFLICT (giver, taker, kind) DO UPDATE SET scopes = excluded.scopes, source = excluded.source, since = excluded.since,
  ends = excluded.ends, ended = NULL, version = mandate.version + 1
WHERE mandate.ended IS NOT NULL OR mandate.ends <> excluded.ends OR mandate.scopes <> excluded.scopes;

-- name: EndMandate :execrows
UPDATE mandate SET ended = @ended, version = version + 1 WHERE giver = @giver AND id = @id AND ended IS NULL;

-- name: CopyMandate :execrows
INSERT INTO mandate_taken (taker, giver, id, version, live) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (taker, giver, id) DO UPDATE SET version = excluded.version, live = excluded.live
WHERE mandate_taken.version < excluded.version;

-- name: TakenBy :many
SELECT giver, id FROM mandate_taken WHERE taker = $1 AND live ORDER BY giver, id;
