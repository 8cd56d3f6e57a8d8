-- When a person lived in a flat or owned it: they see the bills of their own time. Told by whoever keeps the flat's account.
CREATE TABLE utility_stay (
  person UUID NOT NULL,
  home UUID NOT NULL,
  since TEXT NOT NULL,           -- first day
  until TEXT NOT NULL,           -- last day; empty: it goes on
  PRIMARY KEY (person, home, since)
);
COMMENT ON TABLE utility_stay IS 'holder: person; personal: person';
CREATE INDEX utility_stay_by_home ON utility_stay (home, person);

-- The house of a flat tells where its people live: it stands keyed, and its address is sealed with the flat. Flats that were
-- entered before get their key when they are entered again; the sums for comparison begin anew.
UPDATE utility_flat SET house = '';
DELETE FROM utility_similar;

-- What is printed on the bill beside its number, so that whoever has the paper can show that it is theirs.
ALTER TABLE utility_bill ADD COLUMN code SEALED;

-- entered; waits, for a second official; refused.
ALTER TABLE utility_recalculation ADD COLUMN state TEXT NOT NULL DEFAULT 'entered';
CREATE INDEX utility_recalculation_by_state ON utility_recalculation (state, home, id);

-- A file of readings that the agency sent. It is cut into parts, each of which is taken in one Write and is gone with it.
CREATE TABLE utility_import (
  agency UUID NOT NULL,
  id UUID NOT NULL,
  official UUID NOT NULL,
  state TEXT NOT NULL,           -- running, done
  period TEXT NOT NULL,          -- for which readings were taken when it came
  lines BIGINT NOT NULL,
  parts BIGINT NOT NULL,
  part BIGINT NOT NULL,          -- parts that are done
  done BIGINT NOT NULL,          -- lines that are done
  took BIGINT NOT NULL,
  bad BIGINT NOT NULL,
  made TIMESTAMPTZ NOT NULL,
  ended TIMESTAMPTZ,
  PRIMARY KEY (agency, id)
);
COMMENT ON TABLE utility_import IS 'holder: agency; personal: official';
CREATE INDEX utility_import_by_end ON utility_import (ended);

-- What is still to be taken of a file.
CREATE TABLE utility_import_part (
  agency UUID NOT NULL,
  import UUID NOT NULL,
  part BIGINT NOT NULL,
  lines SEALED NOT NULL,         -- JSON of lines that were read, with their numbers
  PRIMARY KEY (agency, import, part)
);
COMMENT ON TABLE utility_import_part IS 'holder: agency';

-- Lines that were not taken, so that they can be put right and sent again.
CREATE TABLE utility_import_bad (
  agency UUID NOT NULL,
  import UUID NOT NULL,
  line BIGINT NOT NULL,
  reason TEXT NOT NULL,          -- a code
  content SEALED,
  PRIMARY KEY (agency, import, line)
);
COMMENT ON TABLE utility_import_bad IS 'holder: agency';
