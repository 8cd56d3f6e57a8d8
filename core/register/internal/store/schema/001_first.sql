-- How an entry stands now: what its versions come to.
CREATE TABLE register_entry (
  holder UUID NOT NULL,             -- the person it is about
  id UUID NOT NULL,
  register TEXT NOT NULL,           -- key of the city's own register
  number TEXT NOT NULL,             -- of the document that it rests on, ten digits
  source UUID NOT NULL,             -- that document, in the holder's account
  version BIGINT NOT NULL,          -- of the newest row of register_version
  since TEXT NOT NULL,              -- civil dates
  until TEXT NOT NULL,              -- empty: no end
  entered TIMESTAMPTZ NOT NULL,
  ended TIMESTAMPTZ,                -- NULL: it was not
  fields SEALED NOT NULL,           -- JSON: value by field
  PRIMARY KEY (holder, id)
);
COMMENT ON TABLE register_entry IS 'holder: holder; personal: holder';

-- Every version of an entry. Rows are never changed; they go together, years after the entry's end.
CREATE TABLE register_version (
  holder UUID NOT NULL,
  entry UUID NOT NULL,
  version BIGINT NOT NULL,          -- 1 and up
  change TEXT NOT NULL CHECK (change IN ('entered', 'altered', 'corrected', 'ended')),
  act UUID NOT NULL,                -- whose doing it is
  at TIMESTAMPTZ NOT NULL,
  official UUID,                    -- who did it; NULL: a result did
  agency UUID NOT NULL,
  role TEXT NOT NULL,
  case_id UUID,                     -- by which case
  source UUID NOT NULL,             -- the document that it rests on after it
  since TEXT NOT NULL,
  until TEXT NOT NULL,
  body SEALED NOT NULL,             -- JSON: value by field after it, number, and the reason
  PRIMARY KEY (holder, entry, version)
);
COMMENT ON TABLE register_version IS 'holder: holder; personal: holder';

-- Finds an entry by a field's whole value. Only what an entry holds now is found.
CREATE TABLE register_key (
  value KEYED NOT NULL,             -- of register, field and value
  entry UUID NOT NULL,
  PRIMARY KEY (value, entry)
);
COMMENT ON TABLE register_key IS 'holder: none — finds entries of anybody by a keyed value; narrow';
CREATE INDEX register_key_entry ON register_key (entry);

-- Finds whose an entry is.
CREATE TABLE register_home (
  entry UUID NOT NULL,
  holder UUID NOT NULL,
  register TEXT NOT NULL,
  PRIMARY KEY (entry)
);
COMMENT ON TABLE register_home IS 'holder: none — finds the row of an entry that is named by its id alone; narrow';

-- Which entry a document made or changed: a document does so once. Also finds an entry by a document's number.
CREATE TABLE register_source (
  register TEXT NOT NULL,
  source UUID NOT NULL,
  number TEXT NOT NULL,
  entry UUID NOT NULL,
  PRIMARY KEY (register, source)
);
COMMENT ON TABLE register_source IS 'holder: none — finds the entry of a document; narrow';
CREATE UNIQUE INDEX register_source_number ON register_source (register, number);
CREATE INDEX register_source_entry ON register_source (entry);

-- Entries whose years after the end count, for the sweep.
CREATE TABLE register_over (
  entry UUID NOT NULL,
  register TEXT NOT NULL,
  ended TIMESTAMPTZ NOT NULL,
  PRIMARY KEY (entry)
);
COMMENT ON TABLE register_over IS 'holder: none — entries that are over, by when; narrow';
CREATE INDEX register_over_ended ON register_over (register, ended, entry);

-- How far a subscription's messages of an entry have come.
CREATE TABLE register_sent (
  holder UUID NOT NULL,
  entry UUID NOT NULL,
  subscription TEXT NOT NULL,       -- its key in the register
  version BIGINT NOT NULL,          -- of the entry: up to it everything was sent
  taken TIMESTAMPTZ,                -- a sender has it until then
  PRIMARY KEY (holder, entry, subscription)
);
COMMENT ON TABLE register_sent IS 'holder: holder; narrow';
