-- A copy of everything that the city holds of a person, made at their wish.
CREATE TABLE export (
  person UUID NOT NULL,
  id UUID NOT NULL,
  also TEXT NOT NULL,            -- JSON list of the persons who were merged into this one
  lang TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('making', 'ready', 'failed', 'gone')),
  step BIGINT NOT NULL,          -- of steps, done
  steps BIGINT NOT NULL,
  asked TIMESTAMPTZ NOT NULL,
  ready TIMESTAMPTZ,
  until TIMESTAMPTZ,             -- when the files go
  data_size BIGINT NOT NULL,     -- bytes of the JSON file
  paper_size BIGINT NOT NULL,    -- bytes of the PDF
  PRIMARY KEY (person, id)
);
COMMENT ON TABLE export IS 'holder: person; personal: person';

-- The files of a copy, in pieces.
CREATE TABLE export_part (
  person UUID NOT NULL,
  export UUID NOT NULL,
  file TEXT NOT NULL CHECK (file IN ('json', 'pdf')),
  number BIGINT NOT NULL,
  content SEALED NOT NULL,
  PRIMARY KEY (person, export, file, number)
);
COMMENT ON TABLE export_part IS 'holder: person; personal: person';

-- When the files of a copy go, for the sweep.
CREATE TABLE export_end (
  export UUID NOT NULL,
  person UUID NOT NULL,
  until TIMESTAMPTZ NOT NULL,
  PRIMARY KEY (export)
);
COMMENT ON TABLE export_end IS 'holder: none — finds copies whose time is over; narrow';
CREATE INDEX export_end_by_time ON export_end (until);

-- A person's wish that their data be deleted. One that is done stays, with ids and times alone.
CREATE TABLE erasure (
  person UUID NOT NULL,
  id UUID NOT NULL,
  also TEXT NOT NULL,            -- JSON list of the persons who were merged into this one
  state TEXT NOT NULL CHECK (state IN ('waiting', 'cancelled', 'running', 'done')),
  asked TIMESTAMPTZ NOT NULL,
  due TIMESTAMPTZ NOT NULL,      -- not before
  held TIMESTAMPTZ,              -- since when something makes it wait beyond that
  ended TIMESTAMPTZ,             -- when it was cancelled or done
  PRIMARY KEY (person, id)
);
COMMENT ON TABLE erasure IS 'holder: person; personal: person; narrow';

-- An official's lawful look at a person whose display is delayed. ground is the order or the file by which, sealed by the
-- agency's key.
CREATE TABLE investigation (
  agency UUID NOT NULL,
  id UUID NOT NULL,
  person UUID NOT NULL,
  ground SEALED NOT NULL,
  PRIMARY KEY (agency, id)
);
COMMENT ON TABLE investigation IS 'holder: agency; personal: person';

-- Until when the looks of an investigation are hidden, and how many there were. It names nobody who is looked at.
CREATE TABLE investigation_home (
  id UUID NOT NULL,
  agency UUID NOT NULL,
  official UUID NOT NULL,
  opened TIMESTAMPTZ NOT NULL,
  until TIMESTAMPTZ NOT NULL,
  looks BIGINT NOT NULL,
  PRIMARY KEY (id)
);
COMMENT ON TABLE investigation_home IS 'holder: none — tells of any look whether it is hidden, by the id of its purpose; narrow';
CREATE INDEX investigation_home_by_agency ON investigation_home (agency, id);
CREATE INDEX investigation_home_by_end ON investigation_home (until);
