-- A change set: a draft of the city's next version, until it is published or dropped. Contents of files lie with core/service
-- under their hashes; here are names, hashes and who did what.
CREATE TABLE studio_change (
  id UUID NOT NULL,
  agency UUID NOT NULL,          -- whose officials work on it; the city's own: any file
  title TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('open', 'proposed', 'published', 'dropped')),
  revision BIGINT NOT NULL,      -- counts everything that is done to it
  base_version TEXT NOT NULL,    -- what was in force when it began or was brought up to date
  base_tree TEXT NOT NULL,
  made_by UUID NOT NULL,
  made TIMESTAMPTZ NOT NULL,
  proposed_by UUID,
  proposed TIMESTAMPTZ,
  note TEXT NOT NULL,            -- why, as the list of versions will say
  starts TIMESTAMPTZ,            -- from when it is to be in force; NULL: at once
  version TEXT NOT NULL,         -- that was proposed; empty: none is
  tree TEXT NOT NULL,
  closed_by UUID,                -- who approved or dropped it
  closed TIMESTAMPTZ,
  number BIGINT NOT NULL,        -- in the order of versions; 0: not published, or by a plan
  plan UUID,
  PRIMARY KEY (id)
);
COMMENT ON TABLE studio_change IS 'holder: none — drafts of the city''s own definitions, acts of office';
CREATE INDEX studio_change_by_state ON studio_change (state, id);

-- A file that a change set has otherwise than its base.
CREATE TABLE studio_file (
  change_id UUID NOT NULL,
  path TEXT NOT NULL,
  source TEXT NOT NULL,          -- empty: the file is taken away
  base TEXT NOT NULL,            -- the file in force that the author saw; empty: there was none
  revision BIGINT NOT NULL,
  saved_by UUID NOT NULL,
  saved TIMESTAMPTZ NOT NULL,
  PRIMARY KEY (change_id, path)
);
COMMENT ON TABLE studio_file IS 'holder: none — drafts of the city''s own definitions, acts of office; narrow';

-- Everything that was done to a change set; a saved text can be found again by its hash, whatever came after it.
CREATE TABLE studio_event (
  change_id UUID NOT NULL,
  number BIGINT NOT NULL,        -- the revision that it made
  at TIMESTAMPTZ NOT NULL,
  official UUID NOT NULL,
  act UUID NOT NULL,
  kind TEXT NOT NULL,
  path TEXT NOT NULL,
  source TEXT NOT NULL,
  words TEXT NOT NULL,
  PRIMARY KEY (change_id, number)
);
COMMENT ON TABLE studio_event IS 'holder: none — drafts of the city''s own definitions, acts of office';

-- A simulation of a change set: counts alone, nobody's data.
CREATE TABLE studio_run (
  change_id UUID NOT NULL,
  id UUID NOT NULL,
  service TEXT NOT NULL,
  tree TEXT NOT NULL,            -- of the files that were tried
  cases BIGINT NOT NULL,         -- how many are made up; 0: kept ones are taken
  days BIGINT NOT NULL,          -- how far back kept ones are taken
  official UUID NOT NULL,
  agency UUID NOT NULL,
  role TEXT NOT NULL,
  made TIMESTAMPTZ NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('waits', 'done', 'failed')),
  progress BIGINT NOT NULL,      -- cases so far
  result TEXT NOT NULL,          -- JSON of service.Simulation
  PRIMARY KEY (change_id, id)
);
COMMENT ON TABLE studio_run IS 'holder: none — what a draft of the city''s definitions would change, counts alone';
