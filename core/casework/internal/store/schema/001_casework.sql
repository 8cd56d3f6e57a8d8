-- A case: one request of a holder to an agency, from submission to its end. Its id is the draft's id.
CREATE TABLE case_file (
  holder UUID NOT NULL,          -- in whose account it lies
  id UUID NOT NULL,
  number TEXT NOT NULL,          -- what people quote; ten digits
  service TEXT NOT NULL,
  agency UUID NOT NULL,          -- that answers for it now
  definition TEXT NOT NULL,      -- hash of the city version that the case keeps
  environment TEXT NOT NULL,     -- version of the rules' environment
  asks TEXT NOT NULL,            -- certificates that its definition lists, as key=register, by spaces: no other is given
  applicant UUID NOT NULL,       -- who filed it
  mandate UUID NOT NULL,         -- by which mandate; zero for oneself
  channel TEXT NOT NULL,
  lang TEXT NOT NULL,
  revision BIGINT NOT NULL,      -- grows with every change
  stage TEXT NOT NULL,           -- open, approved, refused, withdrawn
  step TEXT NOT NULL,            -- key of the step where it stands; empty when ended
  submitted TIMESTAMPTZ NOT NULL,
  term_due TIMESTAMPTZ NOT NULL, -- by when the decision is due, pauses counted in
  paused TIMESTAMPTZ,            -- since when the term stands still
  late TIMESTAMPTZ,              -- when the missed term was noticed and told; at most once
  decided TIMESTAMPTZ,
  decided_by UUID,               -- the official; NULL when a table or a ground decided
  ground TEXT NOT NULL,          -- of refusal
  row TEXT NOT NULL,             -- of the decision table
  list_group TEXT NOT NULL,      -- group of the waiting list
  rating BIGINT NOT NULL,        -- 1 to 5; 0: not rated
  inputs SEALED NOT NULL,        -- what was known at submission: answers, applicant, early certificates
  decision SEALED,               -- inputs of the decision and the official's words
  PRIMARY KEY (holder, id)
);
COMMENT ON TABLE case_file IS 'holder: holder; personal: holder, applicant';

-- What a person's list of applications reads.
CREATE TABLE case_line (
  holder UUID NOT NULL,
  id UUID NOT NULL,
  number TEXT NOT NULL,
  service TEXT NOT NULL,
  applicant UUID NOT NULL,
  revision BIGINT NOT NULL,
  stage TEXT NOT NULL,
  status TEXT NOT NULL,          -- what people see, computed from the tasks
  due TIMESTAMPTZ,               -- by when the next thing happens
  submitted TIMESTAMPTZ NOT NULL,
  moved TIMESTAMPTZ NOT NULL,
  PRIMARY KEY (holder, id)
);
COMMENT ON TABLE case_line IS 'holder: holder; personal: holder, applicant; narrow';

CREATE TABLE case_number (
  number TEXT NOT NULL,
  holder UUID NOT NULL,
  id UUID NOT NULL,
  PRIMARY KEY (number)
);
COMMENT ON TABLE case_number IS 'holder: none — finds a case by the number that people quote; narrow';

-- Finds the case that an event is about: by its own id, its charge's and its certificates'.
CREATE TABLE case_home (
  id UUID NOT NULL,
  holder UUID NOT NULL,
  case_id UUID NOT NULL,
  PRIMARY KEY (id)
);
COMMENT ON TABLE case_home IS 'holder: none — finds a case by its id or by that of a thing it waits for; narrow';

-- Cases that have not ended, for the sweep that lets none stall.
CREATE TABLE case_watch (
  id UUID NOT NULL,
  holder UUID NOT NULL,
  PRIMARY KEY (id)
);
COMMENT ON TABLE case_watch IS 'holder: none — the list of cases that have not ended; narrow';

-- What has to be done in a case, by whom and by when.
CREATE TABLE task (
  holder UUID NOT NULL,
  case_id UUID NOT NULL,
  id UUID NOT NULL,
  step TEXT NOT NULL,
  kind TEXT NOT NULL,            -- fetch, pay, review, ask, decide, issue
  state TEXT NOT NULL,           -- open, done, cancelled
  agency UUID NOT NULL,
  queue TEXT NOT NULL,           -- empty when nobody's desk is concerned
  official UUID,                 -- who has taken it
  opened TIMESTAMPTZ NOT NULL,
  due TIMESTAMPTZ,
  closed TIMESTAMPTZ,
  outcome TEXT NOT NULL,         -- done, late, failed, approved, refused, official, answered
  reference UUID,                -- the charge, the question or the document that it waits for
  PRIMARY KEY (holder, case_id, id)
);
COMMENT ON TABLE task IS 'holder: holder; personal: holder';

-- The timeline: append-only.
CREATE TABLE timeline (
  holder UUID NOT NULL,
  case_id UUID NOT NULL,
  number BIGINT NOT NULL,
  at TIMESTAMPTZ NOT NULL,
  event TEXT NOT NULL,           -- locale key without its prefix
  actor_kind TEXT NOT NULL,
  actor UUID NOT NULL,
  agency UUID NOT NULL,
  internal BOOLEAN NOT NULL,     -- for officials only
  params TEXT NOT NULL,          -- JSON of values that are nobody's personal data
  words SEALED,                  -- what somebody wrote
  PRIMARY KEY (holder, case_id, number)
);
COMMENT ON TABLE timeline IS 'holder: holder; personal: holder';

-- When the term stood still, and why.
CREATE TABLE pause (
  holder UUID NOT NULL,
  case_id UUID NOT NULL,
  since TIMESTAMPTZ NOT NULL,
  until TIMESTAMPTZ,             -- NULL while it lasts
  reason TEXT NOT NULL,
  PRIMARY KEY (holder, case_id, since)
);
COMMENT ON TABLE pause IS 'holder: holder; personal: holder';

-- Questions of officials to the applicant, with the answers.
CREATE TABLE question (
  holder UUID NOT NULL,
  case_id UUID NOT NULL,
  id UUID NOT NULL,
  asked TIMESTAMPTZ NOT NULL,
  asked_by UUID,
  agency UUID NOT NULL,
  due TIMESTAMPTZ NOT NULL,
  answered TIMESTAMPTZ,
  lapsed TIMESTAMPTZ,            -- when its time ran out, or it was no longer needed
  words SEALED NOT NULL,
  answer SEALED,                 -- text and files
  PRIMARY KEY (holder, case_id, id)
);
COMMENT ON TABLE question IS 'holder: holder; personal: holder';

-- The desk's list: a projection of open work, made from the cases by their events. A decision always checks the case.
CREATE TABLE desk_line (
  agency UUID NOT NULL,
  id UUID NOT NULL,              -- of the case
  holder UUID NOT NULL,
  applicant UUID NOT NULL,
  queue TEXT NOT NULL,
  official TEXT NOT NULL,        -- id of who has it, or free
  service TEXT NOT NULL,
  number TEXT NOT NULL,
  status TEXT NOT NULL,
  district TEXT NOT NULL,        -- plain: desks filter by it
  note TEXT NOT NULL,            -- locale key of what stands out, with no personal data
  due TIMESTAMPTZ NOT NULL,
  submitted TIMESTAMPTZ NOT NULL,
  revision BIGINT NOT NULL,
  PRIMARY KEY (agency, id)
);
COMMENT ON TABLE desk_line IS 'holder: agency; personal: holder, applicant; narrow';
CREATE INDEX desk_line_by_due ON desk_line (agency, due, id);

-- Words by which a desk finds a case: keyed stems of names, numbers and plates.
CREATE TABLE case_word (
  agency UUID NOT NULL,
  word KEYED NOT NULL,
  id UUID NOT NULL,
  PRIMARY KEY (agency, word, id)
);
COMMENT ON TABLE case_word IS 'holder: agency; narrow';
