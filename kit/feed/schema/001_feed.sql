-- What changed, for caches on every node and for pages that are open. Append-only; rows older than a day are swept.
CREATE TABLE feed_change (
  at TIMESTAMPTZ NOT NULL,
  id UUID NOT NULL,
  topic TEXT NOT NULL,
  holder UUID NOT NULL,
  object UUID NOT NULL,
  version BIGINT NOT NULL,
  key TEXT NOT NULL,
  PRIMARY KEY (at, id)
);
COMMENT ON TABLE feed_change IS 'holder: none — news for the nodes themselves, ids only, kept for a day; narrow';
