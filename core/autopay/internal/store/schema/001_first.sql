-- A standing order of its owner. Amounts are minor units of the currency, days civil days of the city.
CREATE TABLE autopay_order (
  person UUID NOT NULL,          -- the owner
  id UUID NOT NULL,
  maker UUID NOT NULL,           -- who made it: the owner, or somebody with a mandate
  mandate UUID,                  -- by which it was made for the owner (core/mandate)
  payee UUID NOT NULL,
  kind TEXT NOT NULL,
  home UUID NOT NULL,            -- of the bills
  service TEXT NOT NULL,
  name SEALED NOT NULL,          -- what the owner calls it, and how the bills are known: JSON
  method TEXT NOT NULL,          -- card, wallet
  card UUID,
  card_ends TEXT NOT NULL,       -- the card's last day; empty: none
  card_told TEXT NOT NULL,       -- the last day of a card of whose end the owner was told
  currency TEXT NOT NULL,
  terms TEXT NOT NULL,           -- JSON
  since TEXT NOT NULL,           -- the day on which it was made
  paused TEXT NOT NULL,          -- the first day on which it pays again; empty: it is not paused
  state TEXT NOT NULL,           -- live, stopped
  made TIMESTAMPTZ NOT NULL,
  stopped TIMESTAMPTZ,
  stopped_by UUID,
  revision BIGINT NOT NULL,
  PRIMARY KEY (person, id)
);
COMMENT ON TABLE autopay_order IS 'holder: person; personal: person, maker';
CREATE INDEX autopay_order_by_card ON autopay_order (card_ends, person, id);

-- One bill under one order.
CREATE TABLE autopay_turn (
  person UUID NOT NULL,
  id UUID NOT NULL,              -- derived from order and charge
  standing UUID NOT NULL,        -- the order
  home UUID NOT NULL,
  charge UUID NOT NULL,
  title TEXT NOT NULL,           -- JSON by language, as the bill had it
  period TEXT NOT NULL,
  known TEXT NOT NULL,           -- when the bill came, or the order
  due TEXT NOT NULL,             -- the bill's term; empty: none
  amount BIGINT NOT NULL,        -- as last judged; of what was taken, once it was
  state TEXT NOT NULL,           -- wait, ask, refused, paying, paid, undone, over
  rule TEXT NOT NULL,            -- by which it was last judged
  pay_on TEXT NOT NULL,
  month TEXT NOT NULL,           -- of paying: 2026-12
  told TEXT NOT NULL,
  told_amount BIGINT NOT NULL,
  approved BIGINT NOT NULL,
  skipped BOOLEAN NOT NULL,
  thinking TIMESTAMPTZ,          -- until when the owner may think better of it, before it is paid or after
  tries BIGINT NOT NULL,
  next TIMESTAMPTZ,              -- when it is looked at again; NULL: when something happens
  ended TIMESTAMPTZ,             -- when it was paid
  revision BIGINT NOT NULL,
  PRIMARY KEY (person, id)
);
COMMENT ON TABLE autopay_turn IS 'holder: person; personal: person';
CREATE INDEX autopay_turn_by_order ON autopay_turn (person, standing, id);
CREATE INDEX autopay_turn_by_next ON autopay_turn (next, person, id);

-- One try to take the money of a turn. Its key is the payment's idempotency key.
CREATE TABLE autopay_try (
  person UUID NOT NULL,
  turn UUID NOT NULL,
  number BIGINT NOT NULL CHECK (number > 0),
  key UUID NOT NULL,
  payment UUID,                  -- once core/pay has begun it
  amount BIGINT NOT NULL CHECK (amount > 0),
  day TEXT NOT NULL,
  fate TEXT NOT NULL,            -- unknown, taken, declined
  started TIMESTAMPTZ NOT NULL,
  ended TIMESTAMPTZ,
  PRIMARY KEY (person, turn, number)
);
COMMENT ON TABLE autopay_try IS 'holder: person; personal: person';

-- Why something was paid or was not: each decision that said something new, with its inputs.
CREATE TABLE autopay_decision (
  person UUID NOT NULL,
  turn UUID NOT NULL,
  number BIGINT NOT NULL,        -- of the turn's decisions, from 1
  standing UUID NOT NULL,
  verdict TEXT NOT NULL,
  rule TEXT NOT NULL,
  amount BIGINT NOT NULL,
  inputs SEALED NOT NULL,        -- JSON: Inputs
  at TIMESTAMPTZ NOT NULL,
  PRIMARY KEY (person, turn, number)
);
COMMENT ON TABLE autopay_decision IS 'holder: person; personal: person';

-- What a person pays regularly.
CREATE TABLE autopay_template (
  person UUID NOT NULL,
  id UUID NOT NULL,              -- derived from person, payee, kind and home: one template for one thing
  maker UUID NOT NULL,
  payee UUID NOT NULL,
  kind TEXT NOT NULL,
  home UUID NOT NULL,
  service TEXT NOT NULL,
  name SEALED NOT NULL,          -- JSON: what the person calls it, and how the bills are known
  usual BIGINT NOT NULL,
  currency TEXT NOT NULL,
  made TIMESTAMPTZ NOT NULL,
  used TIMESTAMPTZ,
  times BIGINT NOT NULL,
  PRIMARY KEY (person, id)
);
COMMENT ON TABLE autopay_template IS 'holder: person; personal: person, maker';

-- Finds whose an order, a turn, a template or a payment is.
CREATE TABLE autopay_home (
  id UUID NOT NULL,
  person UUID NOT NULL,
  turn UUID,                     -- for a payment
  PRIMARY KEY (id)
);
COMMENT ON TABLE autopay_home IS 'holder: none — finds the owner of an order, a turn, a template or a payment; narrow';

-- Finds the orders that a bill may belong to, by its home.
CREATE TABLE autopay_follow (
  home UUID NOT NULL,
  standing UUID NOT NULL,
  person UUID NOT NULL,
  PRIMARY KEY (home, standing)
);
COMMENT ON TABLE autopay_follow IS 'holder: none — finds the live orders of a home; narrow';
