-- A case may be about another one, be decided by two persons, have its term made longer once, be opened anew and be late
-- with consequences.
ALTER TABLE case_file ADD COLUMN about_holder UUID;    -- of the case that this one is about
ALTER TABLE case_file ADD COLUMN about_case UUID;
ALTER TABLE case_file ADD COLUMN restarted TIMESTAMPTZ; -- from when the term counts since the case was opened anew
ALTER TABLE case_file ADD COLUMN round BIGINT NOT NULL DEFAULT 0; -- how often it was opened anew
ALTER TABLE case_file ADD COLUMN extended TIMESTAMPTZ; -- when its term was made longer
ALTER TABLE case_file ADD COLUMN extension_days BIGINT NOT NULL DEFAULT 0; -- by how many days of the definition's kind
ALTER TABLE case_file ADD COLUMN extension SEALED;     -- why, in the official's words
ALTER TABLE case_file ADD COLUMN escalated TIMESTAMPTZ; -- since when the head sees it first
ALTER TABLE case_file ADD COLUMN proposed TIMESTAMPTZ; -- when a decision was proposed that a second person must confirm
ALTER TABLE case_file ADD COLUMN proposed_by UUID;
ALTER TABLE case_file ADD COLUMN proposal SEALED;
ALTER TABLE case_file ADD COLUMN confirmed_by UUID;    -- the second person of the decision

-- A step may have several things to do at once: a part of an agreement, the confirmation of a decision, the correction of
-- a document. Such a task names its part; the step's own task has none.
ALTER TABLE task ADD COLUMN part TEXT NOT NULL DEFAULT '';
ALTER TABLE task ADD COLUMN skill TEXT NOT NULL DEFAULT '';
ALTER TABLE task ADD COLUMN words SEALED;              -- of the opinion

-- What the program did by itself because the term was missed: each consequence of the definition once a case.
CREATE TABLE case_consequence (
  holder UUID NOT NULL,
  case_id UUID NOT NULL,
  number BIGINT NOT NULL,        -- its place in the definition's list
  kind TEXT NOT NULL,            -- escalate, apologise, refund
  at TIMESTAMPTZ NOT NULL,
  amount BIGINT NOT NULL,        -- given back, minor units
  PRIMARY KEY (holder, case_id, number)
);
COMMENT ON TABLE case_consequence IS 'holder: holder; personal: holder; narrow';

-- Decisions that were undone when the case was opened anew. Whoever made one decides the case no more.
CREATE TABLE case_round (
  holder UUID NOT NULL,
  case_id UUID NOT NULL,
  round BIGINT NOT NULL,         -- 0 is the first
  stage TEXT NOT NULL,
  decided TIMESTAMPTZ NOT NULL,
  decided_by UUID,
  confirmed_by UUID,
  ground TEXT NOT NULL,
  row TEXT NOT NULL,
  reopened TIMESTAMPTZ NOT NULL,
  reopened_by UUID,              -- the head; NULL when an appeal was approved
  appeal UUID,                   -- the case by which it was undone
  decision SEALED,
  PRIMARY KEY (holder, case_id, round)
);
COMMENT ON TABLE case_round IS 'holder: holder; personal: holder';

-- Cases that are about this one, as its page shows them: a copy, made by an event of the other case.
CREATE TABLE case_link (
  holder UUID NOT NULL,
  case_id UUID NOT NULL,
  other UUID NOT NULL,
  other_holder UUID NOT NULL,
  number TEXT NOT NULL,          -- of the other
  service TEXT NOT NULL,
  why TEXT NOT NULL,             -- decision, case
  at TIMESTAMPTZ NOT NULL,
  carried TIMESTAMPTZ,           -- when the other's decision was carried out here
  PRIMARY KEY (holder, case_id, other)
);
COMMENT ON TABLE case_link IS 'holder: holder; personal: holder';

-- A mistake in a result that the resident asks to be corrected.
CREATE TABLE correction (
  holder UUID NOT NULL,
  case_id UUID NOT NULL,
  id UUID NOT NULL,
  document UUID NOT NULL,
  fact TEXT NOT NULL,            -- key of the line; empty: another place
  state TEXT NOT NULL,           -- open, done, declined
  asked TIMESTAMPTZ NOT NULL,
  asked_by UUID NOT NULL,
  closed TIMESTAMPTZ,
  official UUID,
  corrected UUID,                -- the document that took its place
  words SEALED NOT NULL,         -- what is right
  answer SEALED,                 -- the official's, when there is no mistake
  PRIMARY KEY (holder, case_id, id)
);
COMMENT ON TABLE correction IS 'holder: holder; personal: holder, asked_by';

-- Those who sign a case together with the applicant.
CREATE TABLE case_signer (
  holder UUID NOT NULL,
  case_id UUID NOT NULL,
  id UUID NOT NULL,
  task UUID NOT NULL,            -- of the step that waits for them
  field TEXT NOT NULL,           -- that names them
  person UUID,                   -- once found in the city
  state TEXT NOT NULL,           -- waiting, signed, refused, over
  invited TIMESTAMPTZ,
  answered TIMESTAMPTZ,
  named SEALED NOT NULL,         -- the answer: name, date of birth, SNILS
  part SEALED,                   -- what they answered
  PRIMARY KEY (holder, case_id, id)
);
COMMENT ON TABLE case_signer IS 'holder: holder; personal: holder, person';

-- What a person is asked to sign, in their own account: a copy, made by the case's invitation.
CREATE TABLE sign_line (
  signer UUID NOT NULL,
  case_id UUID NOT NULL,
  id UUID NOT NULL,              -- of the signer in the case
  holder UUID NOT NULL,          -- of the case
  applicant UUID NOT NULL,
  number TEXT NOT NULL,
  service TEXT NOT NULL,
  state TEXT NOT NULL,
  due TIMESTAMPTZ,
  invited TIMESTAMPTZ NOT NULL,
  PRIMARY KEY (signer, case_id)
);
COMMENT ON TABLE sign_line IS 'holder: signer; personal: signer, holder, applicant; narrow';

-- The public ledger of deadlines: how many cases of a service, decided in a month, were what. Of the kind spent the key is
-- the number of working days that the city took.
CREATE TABLE ledger_count (
  service TEXT NOT NULL,
  month TEXT NOT NULL,           -- 2026-11
  kind TEXT NOT NULL,            -- decided, approved, refused, in_time, late, spent, pause, extension, consequence
  key TEXT NOT NULL,
  cases BIGINT NOT NULL,
  days BIGINT NOT NULL,
  PRIMARY KEY (service, month, kind, key)
);
COMMENT ON TABLE ledger_count IS 'holder: none — public counts of a service, about nobody; narrow';

-- Which decisions the ledger has counted.
CREATE TABLE ledger_seen (
  case_id UUID NOT NULL,
  round BIGINT NOT NULL,
  PRIMARY KEY (case_id, round)
);
COMMENT ON TABLE ledger_seen IS 'holder: none — which decisions were counted, so that none is counted twice; narrow';

-- The desk's list has a line for each task, since several may be open in a case. The lines that there are move over.
CREATE TABLE desk_moved (
  agency UUID NOT NULL,
  id UUID NOT NULL,
  task UUID NOT NULL,
  holder UUID NOT NULL,
  applicant UUID NOT NULL,
  queue TEXT NOT NULL,
  official TEXT NOT NULL,
  service TEXT NOT NULL,
  number TEXT NOT NULL,
  status TEXT NOT NULL,
  district TEXT NOT NULL,
  note TEXT NOT NULL,
  kind TEXT NOT NULL,
  due TIMESTAMPTZ NOT NULL,
  submitted TIMESTAMPTZ NOT NULL,
  revision BIGINT NOT NULL,
  PRIMARY KEY (agency, id, task)
);
COMMENT ON TABLE desk_moved IS 'holder: agency; personal: holder, applicant; narrow';
INSERT INTO desk_moved (agency, id, task, holder, applicant, queue, official, service, number, status, district, note, kind, due, submitted, revision)
SELECT d.agency, d.id, t.id, d.holder, d.applicant, d.queue, d.official, d.service, d.number, d.status, d.district, d.note, t.kind, d.due, d.submitted, d.revision
FROM desk_line AS d JOIN task AS t ON t.holder = d.holder AND t.case_id = d.id AND t.agency = d.agency AND t.state = 'open' AND t.queue <> '';
DROP TABLE desk_line;

CREATE TABLE desk_line (
  agency UUID NOT NULL,
  id UUID NOT NULL,              -- of the case
  task UUID NOT NULL,
  holder UUID NOT NULL,
  applicant UUID NOT NULL,
  queue TEXT NOT NULL,
  official TEXT NOT NULL,        -- id of who has it, or free
  service TEXT NOT NULL,
  number TEXT NOT NULL,
  status TEXT NOT NULL,          -- of the task: in_queue, in_review, asked
  district TEXT NOT NULL,        -- plain: desks filter by it
  note TEXT NOT NULL,            -- locale key of what stands out, with no personal data
  kind TEXT NOT NULL,            -- review, decide, agree, confirm, correct
  part TEXT NOT NULL,            -- key of the part, for agree
  skill TEXT NOT NULL,           -- key of the skill that it needs; empty: any official
  escalated BOOLEAN NOT NULL,    -- the term was missed: the head sees it first
  due TIMESTAMPTZ NOT NULL,
  submitted TIMESTAMPTZ NOT NULL,
  revision BIGINT NOT NULL,
  PRIMARY KEY (agency, id, task)
);
COMMENT ON TABLE desk_line IS 'holder: agency; personal: holder, applicant; narrow';
CREATE INDEX desk_line_by_due ON desk_line (agency, due, id, task);
INSERT INTO desk_line (agency, id, task, holder, applicant, queue, official, service, number, status, district, note, kind, part, skill, escalated, due, submitted, revision)
SELECT agency, id, task, holder, applicant, queue, official, service, number, status, district, note, kind, '', '', FALSE, due, submitted, revision FROM desk_moved;
DROP TABLE desk_moved;
