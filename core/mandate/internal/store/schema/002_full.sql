-- Who may act for the giver, of every kind. begins is the first day on which the mandate holds, empty: at once; ends the first on which it
-- does not, 2031-04-05. They are plain although a child's birthday can be told from them, because a permission is checked
-- inside a transaction, where nothing is unsealed; the row names nobody but by ids. services is a JSON list of keys, empty
-- for all. The id of a mandate that was offered is the offer's.
CREATE TABLE mandate_right (
  giver UUID NOT NULL,
  id UUID NOT NULL,
  taker UUID NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('parent', 'guardian', 'helper', 'company')),
  scopes TEXT NOT NULL,
  services TEXT NOT NULL,
  source TEXT NOT NULL,          -- locale key of where it comes from
  given_by UUID,                 -- the person who gave it, where that is not the giver: an official, one of a company's staff
  since TIMESTAMPTZ NOT NULL,
  begins TEXT NOT NULL,
  ends TEXT NOT NULL,
  ended TIMESTAMPTZ,             -- when it was ended before its day
  ended_by UUID,                 -- who ended it; NULL for a register
  told TEXT NOT NULL,            -- which words about its end were told: '', 'soon', 'over'
  version BIGINT NOT NULL,
  PRIMARY KEY (giver, id)
);
COMMENT ON TABLE mandate_right IS 'holder: giver';
CREATE INDEX mandate_right_between ON mandate_right (giver, taker);
CREATE INDEX mandate_right_by_end ON mandate_right (told, ends);

INSERT INTO mandate_right (giver, id, taker, kind, scopes, services, source, given_by, since, begins, ends, ended, ended_by, told, version)
SELECT giver, id, taker, kind, scopes, '[]', source, NULL, since, '', ends, ended, NULL, '', version FROM mandate;

DROP TABLE mandate;

-- What may be paid under a mandate, minor units: each payment at most each_most, all of them at most cap. No row: nothing
-- bounds it.
CREATE TABLE mandate_purse (
  giver UUID NOT NULL,
  mandate UUID NOT NULL,
  currency TEXT NOT NULL,
  each_most BIGINT NOT NULL CHECK (each_most > 0),
  cap BIGINT NOT NULL CHECK (cap > 0),
  spent BIGINT NOT NULL,
  CHECK (spent >= 0 AND spent <= cap),
  PRIMARY KEY (giver, mandate)
);
COMMENT ON TABLE mandate_purse IS 'holder: giver; narrow';

-- What a payment has taken of a purse.
CREATE TABLE mandate_spending (
  giver UUID NOT NULL,
  payment UUID NOT NULL,
  mandate UUID NOT NULL,
  amount BIGINT NOT NULL CHECK (amount > 0),
  counted BIGINT NOT NULL CHECK (counted >= 0),  -- of it in mandate_purse.spent now
  at TIMESTAMPTZ NOT NULL,
  PRIMARY KEY (giver, payment)
);
COMMENT ON TABLE mandate_spending IS 'holder: giver; narrow';

-- What was done under a mandate: one row an act, written in the act's own transaction.
CREATE TABLE mandate_trace (
  giver UUID NOT NULL,
  mandate UUID NOT NULL,
  id UUID NOT NULL,              -- the act's; of saving the same thing again and again on one day, one id
  actor UUID NOT NULL,
  operation TEXT NOT NULL,
  service TEXT NOT NULL,         -- key; empty for none
  case_id UUID,                  -- the case or draft; NULL for none
  at TIMESTAMPTZ NOT NULL,
  PRIMARY KEY (giver, mandate, id)
);
COMMENT ON TABLE mandate_trace IS 'holder: giver';
CREATE INDEX mandate_trace_by_time ON mandate_trace (giver, mandate, at);

-- Finds the home of a mandate by its id: of its page. Of an offer, giver is who made it until it is accepted.
CREATE TABLE mandate_home (
  id UUID NOT NULL,
  giver UUID NOT NULL,
  PRIMARY KEY (id)
);
COMMENT ON TABLE mandate_home IS 'holder: none — finds the giver of a mandate by its id; narrow';
INSERT INTO mandate_home (id, giver) SELECT id, giver FROM mandate_right;

-- A mandate that one side has offered or asked for and the other has not answered. whom is JSON: the name and the contact
-- or SNILS as they were typed. Nothing here tells whether the city knows such a person.
CREATE TABLE mandate_offer (
  maker UUID NOT NULL,
  id UUID NOT NULL,
  made_by UUID NOT NULL,         -- the person who made it: the maker, or one of a company's staff
  way TEXT NOT NULL CHECK (way IN ('give', 'ask')),
  kind TEXT NOT NULL,
  whom SEALED NOT NULL,
  door KEYED NOT NULL,
  scopes TEXT NOT NULL,
  services TEXT NOT NULL,
  each_most BIGINT NOT NULL,     -- minor units; 0: nothing may be paid
  cap BIGINT NOT NULL,
  begins TEXT NOT NULL,
  ends TEXT NOT NULL,
  made TIMESTAMPTZ NOT NULL,
  until TIMESTAMPTZ NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('open', 'accepted', 'declined', 'withdrawn')),
  answered TIMESTAMPTZ,
  PRIMARY KEY (maker, id)
);
COMMENT ON TABLE mandate_offer IS 'holder: maker; personal: maker, made_by';

-- By which the other side finds an offer: a hash of name and contact, or of name and SNILS.
CREATE TABLE mandate_door (
  door KEYED NOT NULL,
  maker UUID NOT NULL,
  id UUID NOT NULL,
  until TIMESTAMPTZ NOT NULL,
  PRIMARY KEY (door, maker, id)
);
COMMENT ON TABLE mandate_door IS 'holder: none — lookup by keyed hash, when only a name and a contact are known; narrow';
CREATE INDEX mandate_door_by_end ON mandate_door (until);
