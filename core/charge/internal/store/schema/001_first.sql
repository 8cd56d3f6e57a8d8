-- What somebody owes. Its home is the person, when the city knows who owes it, or an identifier: a number of a person, a
-- flat's account, a plate, a licence, its own number. Amounts are minor units. The word "charge" was another table's.
CREATE TABLE bill (
  home UUID NOT NULL,
  id UUID NOT NULL,
  number TEXT NOT NULL,          -- public number
  external TEXT NOT NULL,        -- the payee's own number of it; empty: none
  payee UUID NOT NULL,           -- whose income it is
  kind TEXT NOT NULL,
  service TEXT NOT NULL,
  subject UUID,                  -- the case or the flat it belongs to
  period TEXT NOT NULL,          -- 2026-10, or empty
  amount BIGINT NOT NULL CHECK (amount > 0),
  currency TEXT NOT NULL,
  title TEXT NOT NULL,           -- JSON by language; names nobody
  terms TEXT NOT NULL,           -- JSON: discount, penalty, instalments; empty: none
  details SEALED,
  proof KEYED,                   -- the second thing that whoever finds it without signing in must know
  state TEXT NOT NULL,           -- due, part, paid, cancelled, refunded
  paid BIGINT NOT NULL CHECK (paid >= 0),
  given BIGINT NOT NULL CHECK (given >= 0), -- of paid, given back
  forgiven BIGINT NOT NULL CHECK (forgiven >= 0), -- of what was given back, no longer owed
  issued TIMESTAMPTZ NOT NULL,
  due TIMESTAMPTZ,
  settled TIMESTAMPTZ,
  test BOOLEAN NOT NULL,         -- made with a sandbox key
  revision BIGINT NOT NULL,
  CHECK (given <= paid),
  CHECK (forgiven <= given),
  PRIMARY KEY (home, id)
);
COMMENT ON TABLE bill IS 'holder: home; personal: home';
CREATE INDEX bill_by_issue ON bill (home, issued, id);
CREATE INDEX bill_by_payee ON bill (payee, issued, id);

-- What each payment put to a charge: at most one row for the two.
CREATE TABLE bill_part (
  home UUID NOT NULL,
  charge UUID NOT NULL,
  payment UUID NOT NULL,
  amount BIGINT NOT NULL CHECK (amount >= 0),   -- taken; the rest of the payment was a surplus
  given BIGINT NOT NULL CHECK (given >= 0),     -- given back
  forgiven BIGINT NOT NULL CHECK (forgiven >= 0), -- of given, owed no more
  reversed BIGINT NOT NULL CHECK (reversed >= 0), -- taken back by the bank: owed again
  at TIMESTAMPTZ NOT NULL,       -- as of when it counts: when the payment began
  entered TIMESTAMPTZ NOT NULL,
  CHECK (given + reversed <= amount),
  CHECK (forgiven <= given),
  PRIMARY KEY (home, charge, payment)
);
COMMENT ON TABLE bill_part IS 'holder: home; personal: home; narrow';

-- What happened to a charge after it was issued.
CREATE TABLE bill_change (
  home UUID NOT NULL,
  charge UUID NOT NULL,
  revision BIGINT NOT NULL,
  step TEXT NOT NULL,            -- part, given, reversed, corrected, cancelled, plan
  at TIMESTAMPTZ NOT NULL,
  act UUID NOT NULL,
  actor UUID,
  agency UUID,
  payment UUID,
  amount BIGINT NOT NULL,        -- of the step; the new amount of a correction
  reason TEXT NOT NULL,          -- a code
  note SEALED,                   -- what the official wrote
  PRIMARY KEY (home, charge, revision)
);
COMMENT ON TABLE bill_change IS 'holder: home; personal: home, actor';

-- Finds where a charge lies, by its id, its number and the payee's own number.
CREATE TABLE bill_home (
  id UUID NOT NULL,
  home UUID NOT NULL,
  payee UUID NOT NULL,
  kind TEXT NOT NULL,
  service TEXT NOT NULL,
  number TEXT NOT NULL,
  external TEXT NOT NULL,
  test BOOLEAN NOT NULL,
  PRIMARY KEY (id)
);
COMMENT ON TABLE bill_home IS 'holder: none — finds the home of a charge';
CREATE INDEX bill_home_by_number ON bill_home (number);
CREATE INDEX bill_home_by_external ON bill_home (external);

-- Which homes a person's account looks at: their own numbers, their vehicles, flats that they saved.
CREATE TABLE charge_watch (
  person UUID NOT NULL,
  home UUID NOT NULL,
  means TEXT NOT NULL,           -- snils, inn, flat-account, plate, licence
  source TEXT NOT NULL,          -- own (a confirmed account), register, saved (by the person)
  value SEALED NOT NULL,         -- the identifier
  since TIMESTAMPTZ NOT NULL,
  PRIMARY KEY (person, home)
);
COMMENT ON TABLE charge_watch IS 'holder: person; personal: person';

-- The same from the other side: who is to be told of a charge at a home.
CREATE TABLE charge_watcher (
  home UUID NOT NULL,
  person UUID NOT NULL,
  PRIMARY KEY (home, person)
);
COMMENT ON TABLE charge_watcher IS 'holder: home; personal: person; narrow';
