-- What an official can do and where: words of office, as the table official of core/agency. Every list is keys apart by
-- spaces; no skill: none, no district: all of them.
CREATE TABLE desk_staff (
  agency UUID NOT NULL,
  person UUID NOT NULL,
  skills TEXT NOT NULL,
  districts TEXT NOT NULL,
  changed TIMESTAMPTZ NOT NULL,
  PRIMARY KEY (agency, person)
);
COMMENT ON TABLE desk_staff IS 'holder: agency; narrow';

-- When an official is away and who stands in for them, days of the city included. Why they are away is nobody's business.
CREATE TABLE desk_absence (
  agency UUID NOT NULL,
  id UUID NOT NULL,
  person UUID NOT NULL,
  substitute UUID NOT NULL,
  since TEXT NOT NULL,
  until TEXT NOT NULL,
  made_by UUID NOT NULL,
  made TIMESTAMPTZ NOT NULL,
  PRIMARY KEY (agency, id)
);
COMMENT ON TABLE desk_absence IS 'holder: agency; narrow';

-- Texts that officials insert into questions and refusals.
CREATE TABLE desk_template (
  agency UUID NOT NULL,
  id UUID NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('question', 'refusal')),
  service TEXT NOT NULL,         -- key; empty: every service
  title_ru TEXT NOT NULL,
  title_en TEXT NOT NULL,
  text_ru TEXT NOT NULL,
  text_en TEXT NOT NULL,
  revision BIGINT NOT NULL,
  PRIMARY KEY (agency, id)
);
COMMENT ON TABLE desk_template IS 'holder: agency';

-- One thing done to many cases. An official confirms it, a job does it, and for a minute it can be undone.
CREATE TABLE desk_bulk (
  agency UUID NOT NULL,
  id UUID NOT NULL,
  official UUID NOT NULL,        -- whose act it is
  role TEXT NOT NULL,
  session UUID NOT NULL,         -- in which it was confirmed: every step is checked against it anew
  verb TEXT NOT NULL CHECK (verb IN ('assign', 'forward', 'release', 'ask', 'extend')),
  params TEXT NOT NULL,          -- JSON of keys: queue, template, days
  words SEALED,                  -- of a question, a comment or a reason, under the agency's key
  state TEXT NOT NULL CHECK (state IN ('waits', 'done', 'undoing', 'undone')),
  made TIMESTAMPTZ NOT NULL,
  starts TIMESTAMPTZ NOT NULL,
  ends TIMESTAMPTZ NOT NULL,     -- until when it can be undone
  PRIMARY KEY (agency, id)
);
COMMENT ON TABLE desk_bulk IS 'holder: agency';

-- A case of a bulk act. before is the revision that the act claims, so that it can be done once at most; after is the
-- revision that it made, so that undoing it takes back nothing else.
CREATE TABLE desk_bulk_case (
  agency UUID NOT NULL,
  bulk UUID NOT NULL,
  position BIGINT NOT NULL,
  holder UUID NOT NULL,
  id UUID NOT NULL,              -- of the case
  number TEXT NOT NULL,
  target UUID,                   -- to whom it is assigned
  state TEXT NOT NULL CHECK (state IN ('planned', 'doing', 'done', 'refused', 'undoing', 'undone', 'kept', 'cancelled')),
  reason TEXT NOT NULL,          -- locale key of why not
  before BIGINT NOT NULL,
  after BIGINT NOT NULL,
  stood TEXT NOT NULL,           -- JSON: agency, queue, official and mark of the task before the act
  PRIMARY KEY (agency, bulk, position)
);
COMMENT ON TABLE desk_bulk_case IS 'holder: agency; personal: holder';

-- Cases that an agency has decided: found by their words as long as the case itself, and counted for the head.
CREATE TABLE desk_closed (
  agency UUID NOT NULL,
  id UUID NOT NULL,              -- of the case
  holder UUID NOT NULL,
  applicant UUID NOT NULL,
  number TEXT NOT NULL,
  service TEXT NOT NULL,
  official UUID NOT NULL,        -- who decided; zero: the table
  outcome TEXT NOT NULL,
  day TEXT NOT NULL,             -- of the decision, in the city
  late BOOLEAN NOT NULL,
  closed TIMESTAMPTZ NOT NULL,
  PRIMARY KEY (agency, id)
);
COMMENT ON TABLE desk_closed IS 'holder: agency; personal: holder, applicant; narrow';
CREATE INDEX desk_closed_by_day ON desk_closed (agency, day, official);

-- Keyed words of decided cases, as case_word has them of open ones.
CREATE TABLE desk_closed_word (
  agency UUID NOT NULL,
  word KEYED NOT NULL,
  id UUID NOT NULL,
  PRIMARY KEY (agency, word, id)
);
COMMENT ON TABLE desk_closed_word IS 'holder: agency; narrow';
