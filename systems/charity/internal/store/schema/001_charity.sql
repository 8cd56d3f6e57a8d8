-- A charity fund: an organisation that asked the city to verify it. What stands here the fund has published by itself, names of
-- its people among it, and everybody may read it.
CREATE TABLE charity_fund (
  fund UUID NOT NULL,             -- the organisation
  state TEXT NOT NULL CHECK (state IN ('asked', 'open', 'suspended', 'refused', 'ended')),
  title TEXT NOT NULL,            -- JSON by language
  body TEXT NOT NULL,             -- JSON: what it does, people, requisites, address, contacts
  ogrn TEXT NOT NULL,
  inn TEXT NOT NULL,
  category TEXT NOT NULL,         -- what it mostly does
  asked TIMESTAMPTZ NOT NULL,
  since TIMESTAMPTZ,              -- when it was first published; NULL: never
  revision BIGINT NOT NULL,
  PRIMARY KEY (fund)
);
COMMENT ON TABLE charity_fund IS 'holder: fund';
CREATE INDEX charity_fund_by_state ON charity_fund (state, fund);

-- What a fund collects for.
CREATE TABLE charity_appeal (
  fund UUID NOT NULL,
  id UUID NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('draft', 'asked', 'refused', 'open', 'reached', 'ended', 'reported', 'stopped')),
  category TEXT NOT NULL,
  district TEXT NOT NULL,         -- empty: the whole city
  target BIGINT NOT NULL CHECK (target > 0), -- minor units
  until TEXT NOT NULL,            -- the last day
  over TEXT NOT NULL CHECK (over IN ('similar', 'stays')), -- where gifts above the target go
  body TEXT NOT NULL,             -- JSON: title, story, budget lines, what the picture shows
  picture UUID,
  made TIMESTAMPTZ NOT NULL,
  opened TIMESTAMPTZ,
  closed TIMESTAMPTZ,
  revision BIGINT NOT NULL,
  PRIMARY KEY (fund, id)
);
COMMENT ON TABLE charity_appeal IS 'holder: fund';
CREATE INDEX charity_appeal_by_state ON charity_appeal (state, opened, id);

-- Money of one aim of a fund: an appeal, or the fund's own aims (then appeal is the fund's id). Sums of what follows.
CREATE TABLE charity_purse (
  fund UUID NOT NULL,
  appeal UUID NOT NULL,
  given BIGINT NOT NULL,          -- gifts that came, those that went back left out
  gifts BIGINT NOT NULL,
  asked BIGINT NOT NULL CHECK (asked >= 0), -- payouts that wait for the city
  paid BIGINT NOT NULL CHECK (paid >= 0),   -- payouts
  told BIGINT NOT NULL CHECK (told >= 0), -- reported
  place BIGINT NOT NULL,          -- of the last entry
  PRIMARY KEY (fund, appeal)
);
COMMENT ON TABLE charity_purse IS 'holder: fund; narrow';

-- The public books of a fund: every movement. Nobody's name but one that a giver wished to be shown to everybody.
CREATE TABLE charity_entry (
  fund UUID NOT NULL,
  id UUID NOT NULL,               -- the gift or the payout
  part BIGINT NOT NULL,           -- a gift over an appeal's target comes in parts
  kind TEXT NOT NULL CHECK (kind IN ('gift', 'back', 'payout', 'return')),
  appeal UUID NOT NULL,
  place BIGINT NOT NULL,          -- in the purse, from 1: first in, first out
  amount BIGINT NOT NULL CHECK (amount > 0),
  line TEXT NOT NULL,             -- of the budget, for a payout
  at TIMESTAMPTZ NOT NULL,        -- the moment of the ledger's transfer
  day TEXT NOT NULL,              -- in the city
  shown TEXT NOT NULL,            -- a giver's name as they wished it shown; empty: none
  PRIMARY KEY (fund, id, part, kind)
);
COMMENT ON TABLE charity_entry IS 'holder: fund; narrow';
CREATE INDEX charity_entry_by_day ON charity_entry (fund, day, kind);
CREATE INDEX charity_entry_by_place ON charity_entry (fund, appeal, place);

-- Money that a fund spends on an aim: asked by the fund, approved by an official.
CREATE TABLE charity_payout (
  fund UUID NOT NULL,
  id UUID NOT NULL,
  appeal UUID NOT NULL,
  line TEXT NOT NULL,
  amount BIGINT NOT NULL CHECK (amount > 0),
  body TEXT NOT NULL,             -- JSON: to whom, their account, for what
  state TEXT NOT NULL CHECK (state IN ('asked', 'paid', 'refused', 'taken_back', 'returned')),
  asked TIMESTAMPTZ NOT NULL,
  decided TIMESTAMPTZ,
  revision BIGINT NOT NULL,
  PRIMARY KEY (fund, id)
);
COMMENT ON TABLE charity_payout IS 'holder: fund';
CREATE INDEX charity_payout_by_state ON charity_payout (state, asked, id);

-- What a fund tells of an appeal: how things go, or, with lines, what money was used for.
CREATE TABLE charity_report (
  fund UUID NOT NULL,
  id UUID NOT NULL,
  appeal UUID NOT NULL,
  at TIMESTAMPTZ NOT NULL,
  amount BIGINT NOT NULL,         -- sum of its lines
  body TEXT NOT NULL,             -- JSON: text, lines, documents
  PRIMARY KEY (fund, id)
);
COMMENT ON TABLE charity_report IS 'holder: fund';
CREATE INDEX charity_report_by_appeal ON charity_report (fund, appeal, at);

-- A picture of an appeal or a document of a report, open to everybody.
CREATE TABLE charity_file (
  fund UUID NOT NULL,
  id UUID NOT NULL,
  name TEXT NOT NULL,
  media TEXT NOT NULL,
  body BYTEA NOT NULL,
  at TIMESTAMPTZ NOT NULL,
  PRIMARY KEY (fund, id)
);
COMMENT ON TABLE charity_file IS 'holder: fund';

-- What officials have decided about a fund, its appeals and its payouts: acts of office.
CREATE TABLE charity_decision (
  fund UUID NOT NULL,
  id UUID NOT NULL,
  object UUID NOT NULL,
  kind TEXT NOT NULL,
  reason TEXT NOT NULL,
  body TEXT NOT NULL,             -- JSON: what was checked
  official UUID NOT NULL,
  agency UUID NOT NULL,
  at TIMESTAMPTZ NOT NULL,
  PRIMARY KEY (fund, id)
);
COMMENT ON TABLE charity_decision IS 'holder: fund';
CREATE INDEX charity_decision_by_time ON charity_decision (fund, at);

-- Who of a fund's people did what in its name.
CREATE TABLE charity_act (
  fund UUID NOT NULL,
  id UUID NOT NULL,
  object UUID NOT NULL,
  person UUID NOT NULL,
  kind TEXT NOT NULL,
  at TIMESTAMPTZ NOT NULL,
  PRIMARY KEY (fund, id)
);
COMMENT ON TABLE charity_act IS 'holder: fund; personal: person; narrow';
CREATE INDEX charity_act_by_object ON charity_act (fund, object);
CREATE INDEX charity_act_by_person ON charity_act (person, at);

-- Finds the fund of an appeal, a payout, a report or a file.
CREATE TABLE charity_home (
  id UUID NOT NULL,
  fund UUID NOT NULL,
  PRIMARY KEY (id)
);
COMMENT ON TABLE charity_home IS 'holder: none — finds the fund of its appeals, payouts, reports and files; narrow';

-- Finds a gift in its fund's books by the code of its page, which the giver alone has.
CREATE TABLE charity_code (
  code KEYED NOT NULL,
  fund UUID NOT NULL,
  gift UUID NOT NULL,
  appeal UUID NOT NULL,
  amount BIGINT NOT NULL,
  PRIMARY KEY (code)
);
COMMENT ON TABLE charity_code IS 'holder: none — finds a gift in the public books by the code that its giver has; narrow';

-- A gift, in its giver's account. A giver who did not sign in is a person of this gift alone.
CREATE TABLE charity_gift (
  giver UUID NOT NULL,
  id UUID NOT NULL,               -- the charge's too
  fund UUID NOT NULL,
  appeal UUID NOT NULL,           -- as it was promised; the fund's id: its own aims
  amount BIGINT NOT NULL CHECK (amount > 0),
  currency TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('promised', 'given', 'back', 'dropped')),
  monthly UUID,                   -- the monthly gift that it is one of
  made TIMESTAMPTZ NOT NULL,
  given TIMESTAMPTZ,              -- when it was paid
  body SEALED NOT NULL,           -- JSON: the code of its page, the name that is shown
  PRIMARY KEY (giver, id)
);
COMMENT ON TABLE charity_gift IS 'holder: giver; personal: giver';

-- A gift that is given each month, owned by its giver.
CREATE TABLE charity_monthly (
  giver UUID NOT NULL,
  id UUID NOT NULL,
  fund UUID NOT NULL,
  appeal UUID NOT NULL,
  amount BIGINT NOT NULL CHECK (amount > 0),
  day BIGINT NOT NULL CHECK (day >= 1 AND day <= 28),
  card UUID NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('on', 'off')),
  next TEXT NOT NULL,             -- the next day of giving
  misses BIGINT NOT NULL,         -- declines in a row
  made TIMESTAMPTZ NOT NULL,
  ended TIMESTAMPTZ,
  why TEXT NOT NULL,              -- it ended: giver, card, fund; empty: it goes on
  revision BIGINT NOT NULL,
  PRIMARY KEY (giver, id)
);
COMMENT ON TABLE charity_monthly IS 'holder: giver; personal: giver';
