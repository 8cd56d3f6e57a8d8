-- An application that is not sent yet. Its id becomes the case's id.
CREATE TABLE draft (
  holder UUID NOT NULL,          -- in whose account the case will lie
  id UUID NOT NULL,
  applicant UUID NOT NULL,       -- who fills it
  mandate UUID,                  -- by which mandate; NULL for oneself
  service TEXT NOT NULL,
  definition TEXT NOT NULL,      -- hash of the city version under which it was last saved
  asks TEXT NOT NULL,            -- certificates that this version lists, as key=register, by spaces: no other is given
  step TEXT NOT NULL,            -- key of the step where the person was
  lang TEXT NOT NULL,
  channel TEXT NOT NULL,
  begun TIMESTAMPTZ NOT NULL,
  saved TIMESTAMPTZ NOT NULL,
  revision BIGINT NOT NULL,
  answers SEALED NOT NULL,       -- canonical answers, JSON
  typed SEALED NOT NULL,         -- refused answers as typed, JSON
  PRIMARY KEY (holder, id)
);
COMMENT ON TABLE draft IS 'holder: holder; personal: holder, applicant';

-- What lists of drafts read.
CREATE TABLE draft_line (
  holder UUID NOT NULL,
  id UUID NOT NULL,
  applicant UUID NOT NULL,
  service TEXT NOT NULL,
  saved TIMESTAMPTZ NOT NULL,
  PRIMARY KEY (holder, id)
);
COMMENT ON TABLE draft_line IS 'holder: holder; personal: holder, applicant; narrow';

-- Finds a draft by its id, and what became of it.
CREATE TABLE draft_home (
  id UUID NOT NULL,
  holder UUID NOT NULL,
  number TEXT NOT NULL,          -- of the case that it became; empty until it is sent
  PRIMARY KEY (id)
);
COMMENT ON TABLE draft_home IS 'holder: none — finds the holder of a draft by its id; narrow';
