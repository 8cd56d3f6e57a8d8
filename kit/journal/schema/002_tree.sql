-- The public tree as it stands, in one row that changes only by compare-and-set on size and root. node gives indexes
-- until the moment until; then any other may.
CREATE TABLE journal_tree (
  name TEXT NOT NULL,
  origin TEXT NOT NULL,
  size BIGINT NOT NULL,
  root BYTEA NOT NULL,
  note TEXT NOT NULL,
  made TIMESTAMPTZ NOT NULL,
  node UUID NOT NULL,
  until TIMESTAMPTZ NOT NULL,
  PRIMARY KEY (name)
);
COMMENT ON TABLE journal_tree IS 'holder: none — the state of the public log, one row; narrow';

-- The tree's tiles, up to 256 hashes of 32 bytes, joined; level -1 holds the leaves of entries themselves. A projection of
-- journal_entry and journal_lost in the order of position, which can be made anew from them.
CREATE TABLE journal_tile (
  level BIGINT NOT NULL,
  number BIGINT NOT NULL,
  hashes BYTEA NOT NULL,
  PRIMARY KEY (level, number)
);
COMMENT ON TABLE journal_tile IS 'holder: none — the public log in tiles, hashes only';

-- How many entries came into the public log on a day, and how it stood in the end.
CREATE TABLE journal_day (
  day TEXT NOT NULL,
  entries BIGINT NOT NULL,
  size BIGINT NOT NULL,
  root BYTEA NOT NULL,
  PRIMARY KEY (day)
);
COMMENT ON TABLE journal_day IS 'holder: none — figures of the public log; narrow';

-- What was published and whose act a restored database has lost: the tree keeps the leaf, the row is gone.
CREATE TABLE journal_lost (
  position BIGINT NOT NULL,
  leaf BYTEA NOT NULL,
  PRIMARY KEY (position)
);
COMMENT ON TABLE journal_lost IS 'holder: none — leaves of the public log whose acts were lost, hashes only; narrow';

CREATE INDEX journal_entry_by_leaf ON journal_entry (leaf);
