-- A file of many charges that an agency sent. It is cut into parts, each of which is taken in one Write and is gone with it.
CREATE TABLE charge_import (
  agency UUID NOT NULL,
  id UUID NOT NULL,
  official UUID,                 -- who sent it; a program has none
  act UUID NOT NULL,
  format TEXT NOT NULL,          -- csv, jsonl
  header TEXT NOT NULL,          -- of a csv: the columns and what parts them, JSON
  bytes BIGINT NOT NULL,
  lines BIGINT NOT NULL,         -- in the whole file
  parts BIGINT NOT NULL,
  corrects BOOLEAN NOT NULL,     -- charges that stand already are corrected
  test BOOLEAN NOT NULL,
  state TEXT NOT NULL,           -- sending, running, stopped, done
  part BIGINT NOT NULL,          -- parts that are done
  line BIGINT NOT NULL,          -- lines that are done
  issued BIGINT NOT NULL,
  known BIGINT NOT NULL,
  corrected BIGINT NOT NULL,
  bad BIGINT NOT NULL,
  made TIMESTAMPTZ NOT NULL,
  ended TIMESTAMPTZ,
  PRIMARY KEY (agency, id)
);
COMMENT ON TABLE charge_import IS 'holder: agency; personal: official';
CREATE INDEX charge_watch_by_since ON charge_watch (source, since);
CREATE INDEX charge_import_by_end ON charge_import (ended);

-- What is still to be taken of a file.
CREATE TABLE charge_import_part (
  agency UUID NOT NULL,
  import UUID NOT NULL,
  part BIGINT NOT NULL,
  first BIGINT NOT NULL,         -- number of its first line
  lines SEALED NOT NULL,
  PRIMARY KEY (agency, import, part)
);
COMMENT ON TABLE charge_import_part IS 'holder: agency';

-- Lines that were not taken, so that they can be put right and sent again.
CREATE TABLE charge_import_bad (
  agency UUID NOT NULL,
  import UUID NOT NULL,
  line BIGINT NOT NULL,
  fault TEXT NOT NULL,           -- key of what is wrong
  content SEALED,
  PRIMARY KEY (agency, import, line)
);
COMMENT ON TABLE charge_import_bad IS 'holder: agency';
