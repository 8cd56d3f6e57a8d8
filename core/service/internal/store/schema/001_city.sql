-- A published version of the city, named by the SHA-256 of its canonical bytes. Rows never change: open cases keep theirs.
CREATE TABLE city_version (
  hash TEXT NOT NULL,
  content BYTEA NOT NULL,        -- canonical JSON, gzip
  length BIGINT NOT NULL,        -- of the canonical JSON, bytes
  published TIMESTAMPTZ NOT NULL,
  PRIMARY KEY (hash)
);
COMMENT ON TABLE city_version IS 'holder: none — the city itself, public';

-- Which version is current: the row of the greatest number. An older version may come back under a new number.
CREATE TABLE city_switch (
  number BIGINT NOT NULL,        -- from 1, without gaps
  hash TEXT NOT NULL,
  at TIMESTAMPTZ NOT NULL,
  act UUID NOT NULL,
  by_kind TEXT NOT NULL,         -- act.Kind: official, system
  by_official UUID,              -- the administrator in office; NULL for the system
  channel TEXT NOT NULL,
  PRIMARY KEY (number)
);
COMMENT ON TABLE city_switch IS 'holder: none — the order of the city''s versions, public acts of office; narrow';
