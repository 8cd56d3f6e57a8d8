-- Every transport card of the city. Its id is made of the keyed number, so that whoever reads the rows learns no numbers.
CREATE TABLE card_home (
  id UUID NOT NULL,
  code KEYED NOT NULL,            -- of the code under the card's scratch field
  person UUID,                    -- in whose account it is; NULL: in nobody's
  state TEXT NOT NULL CHECK (state IN ('blank', 'active', 'blocked', 'replaced')),
  next UUID,                      -- the card that replaced it
  issued TIMESTAMPTZ NOT NULL,
  changed TIMESTAMPTZ NOT NULL,
  revision BIGINT NOT NULL,
  PRIMARY KEY (id)
);
COMMENT ON TABLE card_home IS 'holder: none — finds whose a card is and whether it works; narrow';

-- A card in somebody's account.
CREATE TABLE card_mine (
  person UUID NOT NULL,
  id UUID NOT NULL,
  number SEALED NOT NULL,
  linked TIMESTAMPTZ NOT NULL,
  PRIMARY KEY (person, id)
);
COMMENT ON TABLE card_mine IS 'holder: person; personal: person';

-- What moved on a card. The sums of a card's lines are what the books say lies on it, from the day it was linked.
CREATE TABLE card_line (
  person UUID NOT NULL,
  id UUID NOT NULL,               -- the movement in the books
  card UUID NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('linked', 'top_up', 'top_up_back', 'bill', 'bill_back', 'ticket', 'moved_in', 'moved_out')),
  amount BIGINT NOT NULL,         -- minor units; below zero it left the card
  at TIMESTAMPTZ NOT NULL,
  about UUID NOT NULL,            -- the charge, the attempt, the ticket, the other card
  words TEXT NOT NULL,            -- key of the ticket's kind, or empty
  PRIMARY KEY (person, id)
);
COMMENT ON TABLE card_line IS 'holder: person; personal: person';
CREATE INDEX card_line_of_card ON card_line (person, card, at, id);

-- How much of a top-up's charge is on the card, and how much of it the bank took back though it was spent.
CREATE TABLE card_top_up (
  person UUID NOT NULL,
  charge UUID NOT NULL,
  card UUID NOT NULL,
  moved BIGINT NOT NULL CHECK (moved >= 0),
  lost BIGINT NOT NULL CHECK (lost >= 0),
  steps BIGINT NOT NULL,          -- movements so far
  PRIMARY KEY (person, charge)
);
COMMENT ON TABLE card_top_up IS 'holder: person; personal: person';

-- A ticket on a card.
CREATE TABLE card_ticket (
  person UUID NOT NULL,
  id UUID NOT NULL,
  card UUID NOT NULL,
  kind TEXT NOT NULL,
  price BIGINT NOT NULL CHECK (price > 0),
  bought TIMESTAMPTZ NOT NULL,
  until TEXT NOT NULL,            -- the last day; empty: until the trips are used
  trips BIGINT NOT NULL,          -- 0: any number
  PRIMARY KEY (person, id)
);
COMMENT ON TABLE card_ticket IS 'holder: person; personal: person';

-- What core/pay asked of a card, by its attempt.
CREATE TABLE card_order (
  attempt UUID NOT NULL,
  card UUID NOT NULL,
  amount BIGINT NOT NULL CHECK (amount >= 0),
  currency TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('paid', 'declined', 'expired')),
  reason TEXT NOT NULL,
  refunded BIGINT NOT NULL CHECK (refunded >= 0 AND refunded <= amount),
  at TIMESTAMPTZ NOT NULL,
  PRIMARY KEY (attempt)
);
COMMENT ON TABLE card_order IS 'holder: none — a payment from a card, by the attempt; names no person; narrow';

CREATE TABLE card_refund (
  attempt UUID NOT NULL,
  id UUID NOT NULL,
  amount BIGINT NOT NULL CHECK (amount > 0),
  reason TEXT NOT NULL,           -- why it was refused; empty: it was done
  at TIMESTAMPTZ NOT NULL,
  PRIMARY KEY (attempt, id)
);
COMMENT ON TABLE card_refund IS 'holder: none — a part of such a payment that went back; names no person; narrow';
