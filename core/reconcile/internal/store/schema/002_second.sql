-- What one official has said of an order or of a line where two must say the same.
CREATE TABLE reconcile_word (
  about UUID NOT NULL,           -- a payout, or a line of a statement
  word BYTEA NOT NULL,           -- SHA-256 of what was said
  official UUID NOT NULL,        -- the first who said it
  act UUID NOT NULL,
  at TIMESTAMPTZ NOT NULL,
  PRIMARY KEY (about, word)
);
COMMENT ON TABLE reconcile_word IS 'holder: none — that an official has said something, by its digest; acts of office';
CREATE INDEX reconcile_act_charge ON reconcile_act (treasury, charge, at);
