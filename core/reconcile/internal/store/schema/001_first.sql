-- What the bank's statements must show, because of our payments, refunds, disputes and payouts. Amounts are minor units; above
-- zero they come to the city.
CREATE TABLE reconcile_expected (
  id UUID NOT NULL,
  name UUID NOT NULL,            -- by which a statement names it: the attempt, the refund, the line of a payout
  payment UUID NOT NULL,         -- the payment or the payout that it belongs to
  kind TEXT NOT NULL,            -- payment, refund, reversal, dispute, dispute_won, payout
  provider TEXT NOT NULL,
  amount BIGINT NOT NULL CHECK (amount <> 0),
  currency TEXT NOT NULL,
  met BIGINT NOT NULL,           -- of the amount, with its sign: statements showed it
  reference TEXT NOT NULL,       -- the bank's own number
  at TIMESTAMPTZ NOT NULL,
  day TEXT NOT NULL,
  state TEXT NOT NULL,           -- open, met, void
  asked TIMESTAMPTZ NOT NULL,    -- when it was last compared with the payment
  PRIMARY KEY (id)
);
COMMENT ON TABLE reconcile_expected IS 'holder: none — what the bank owes an answer to; names no person';
CREATE INDEX reconcile_expected_open ON reconcile_expected (state, day, id);
CREATE INDEX reconcile_expected_name ON reconcile_expected (name, id);
CREATE INDEX reconcile_expected_reference ON reconcile_expected (reference, id);

-- A statement of the city's account.
CREATE TABLE reconcile_statement (
  id UUID NOT NULL,
  account TEXT NOT NULL,
  bank_id TEXT NOT NULL,         -- the bank's own name of it
  sequence BIGINT NOT NULL,
  since TEXT NOT NULL,           -- days of its balances
  until TEXT NOT NULL,
  opening BIGINT NOT NULL,
  closing BIGINT NOT NULL,
  currency TEXT NOT NULL,
  lines BIGINT NOT NULL,
  came BIGINT NOT NULL,
  went BIGINT NOT NULL,
  digest BYTEA NOT NULL,         -- SHA-256 of the file
  source TEXT NOT NULL,          -- upload, bank
  official UUID,                 -- who gave it
  loaded TIMESTAMPTZ NOT NULL,
  state TEXT NOT NULL,           -- loading, done
  PRIMARY KEY (id)
);
COMMENT ON TABLE reconcile_statement IS 'holder: none — statements of the city''s own account';
CREATE INDEX reconcile_statement_day ON reconcile_statement (account, until, id);

-- A line of a statement: an entry, or one payment of an entry that is a batch.
CREATE TABLE reconcile_part (
  treasury UUID NOT NULL,
  id UUID NOT NULL,
  statement UUID NOT NULL,
  number BIGINT NOT NULL,        -- within the statement
  day TEXT NOT NULL,
  amount BIGINT NOT NULL,        -- above zero it came
  currency TEXT NOT NULL,
  code TEXT NOT NULL,
  reference TEXT NOT NULL,       -- ours, or what the payer's bank wrote
  bank_reference TEXT NOT NULL,
  state TEXT NOT NULL,           -- matched, partly, unknown, duplicate, fee, settled
  met BIGINT NOT NULL,           -- of the amount, with its sign: what it was matched with
  rest BIGINT NOT NULL,          -- of the amount: nobody knows what for, yet
  details SEALED,                -- who paid and for what, as the bank wrote
  revision BIGINT NOT NULL,
  PRIMARY KEY (treasury, id)
);
COMMENT ON TABLE reconcile_part IS 'holder: treasury';
CREATE INDEX reconcile_part_state ON reconcile_part (treasury, state, day, id);
CREATE INDEX reconcile_part_statement ON reconcile_part (treasury, statement, number, id);

CREATE TABLE reconcile_match (
  part UUID NOT NULL,
  expected UUID NOT NULL,
  amount BIGINT NOT NULL,
  how TEXT NOT NULL,             -- reference, bank_reference, amount_and_day, official
  at TIMESTAMPTZ NOT NULL,
  PRIMARY KEY (part, expected)
);
COMMENT ON TABLE reconcile_match IS 'holder: none — which line of a statement shows what; narrow';
CREATE INDEX reconcile_match_expected ON reconcile_match (expected, part);

-- What officials did with money that nobody knew what for.
CREATE TABLE reconcile_act (
  treasury UUID NOT NULL,
  part UUID NOT NULL,
  number BIGINT NOT NULL,
  kind TEXT NOT NULL,            -- settle, send_back
  charge UUID,
  charge_number TEXT NOT NULL,
  amount BIGINT NOT NULL,
  official UUID NOT NULL,
  act UUID NOT NULL,
  at TIMESTAMPTZ NOT NULL,
  why TEXT NOT NULL,
  PRIMARY KEY (treasury, part, number)
);
COMMENT ON TABLE reconcile_act IS 'holder: treasury';

-- To which account a payee's income is paid out. Each change is a version that a second official lets in.
CREATE TABLE reconcile_payee (
  payee UUID NOT NULL,
  version BIGINT NOT NULL,
  name TEXT NOT NULL,
  tax_number TEXT NOT NULL,
  account TEXT NOT NULL,
  bic TEXT NOT NULL,
  member TEXT NOT NULL,
  bank TEXT NOT NULL,
  state TEXT NOT NULL,           -- proposed, approved, refused, replaced
  by_official UUID NOT NULL,
  at TIMESTAMPTZ NOT NULL,
  second UUID,
  judged TIMESTAMPTZ,
  PRIMARY KEY (payee, version)
);
COMMENT ON TABLE reconcile_payee IS 'holder: none — bank details of agencies, funds and companies';
CREATE INDEX reconcile_payee_state ON reconcile_payee (state, payee);

CREATE TABLE reconcile_payout (
  id UUID NOT NULL,
  day TEXT NOT NULL,             -- until the end of which the income is paid out
  state TEXT NOT NULL,           -- prepared, approved, sent, done, cancelled
  amount BIGINT NOT NULL,
  currency TEXT NOT NULL,
  lines BIGINT NOT NULL,
  made_by UUID NOT NULL,
  made TIMESTAMPTZ NOT NULL,
  approved_by UUID,
  approved TIMESTAMPTZ,
  sent TIMESTAMPTZ,
  answered TIMESTAMPTZ,
  answer TEXT NOT NULL,          -- status of the bank's last answer
  revision BIGINT NOT NULL,
  PRIMARY KEY (id)
);
COMMENT ON TABLE reconcile_payout IS 'holder: none — orders to the bank, acts of office';
CREATE INDEX reconcile_payout_state ON reconcile_payout (state, id);

CREATE TABLE reconcile_payout_line (
  payout UUID NOT NULL,
  id UUID NOT NULL,
  payee UUID,                    -- whose income it is; none: money that is sent back
  part UUID,                     -- the line of a statement that is sent back
  amount BIGINT NOT NULL CHECK (amount > 0),
  currency TEXT NOT NULL,
  creditor SEALED NOT NULL,      -- under the treasury's key: to whom
  state TEXT NOT NULL,           -- waits, sent, paid, refused, returned, cancelled
  reason TEXT NOT NULL,          -- of the bank
  reference TEXT NOT NULL,
  PRIMARY KEY (payout, id)
);
COMMENT ON TABLE reconcile_payout_line IS 'holder: none — orders to the bank; to whom is sealed under the treasury''s key';
CREATE INDEX reconcile_payout_line_id ON reconcile_payout_line (id);
CREATE INDEX reconcile_payout_line_state ON reconcile_payout_line (state, payout, id);

-- The income of a day by payee and kind, from the books.
CREATE TABLE reconcile_income (
  day TEXT NOT NULL,
  payee UUID NOT NULL,
  kind TEXT NOT NULL,            -- of the charges
  currency TEXT NOT NULL,
  came BIGINT NOT NULL,
  back BIGINT NOT NULL,          -- given back
  lines BIGINT NOT NULL,         -- payments of charges
  PRIMARY KEY (day, payee, kind, currency)
);
COMMENT ON TABLE reconcile_income IS 'holder: none — sums of a day; narrow';

-- What the books say was paid for a charge, less what was given back.
CREATE TABLE reconcile_paid (
  charge UUID NOT NULL,
  paid BIGINT NOT NULL,
  day TEXT NOT NULL,             -- of the last change
  PRIMARY KEY (charge)
);
COMMENT ON TABLE reconcile_paid IS 'holder: none — sums of the books by charge; narrow';
CREATE INDEX reconcile_paid_day ON reconcile_paid (day, charge);

-- How far the books were read.
CREATE TABLE reconcile_place (
  name TEXT NOT NULL,
  at TIMESTAMPTZ NOT NULL,
  movement UUID,
  line BIGINT NOT NULL,
  revision BIGINT NOT NULL,
  PRIMARY KEY (name)
);
COMMENT ON TABLE reconcile_place IS 'holder: none — how far the books were read';

-- A day whose income is signed into the journal, and the file that everybody may check.
CREATE TABLE reconcile_open_day (
  day TEXT NOT NULL,
  came BIGINT NOT NULL,
  back BIGINT NOT NULL,
  digest BYTEA NOT NULL,
  body BYTEA NOT NULL,           -- the published totals, byte for byte
  entry UUID NOT NULL,           -- in the city's own account
  at TIMESTAMPTZ NOT NULL,
  PRIMARY KEY (day)
);
COMMENT ON TABLE reconcile_open_day IS 'holder: none — published totals of a day';

CREATE TABLE reconcile_proof (
  id UUID NOT NULL,
  at TIMESTAMPTZ NOT NULL,
  sound BOOLEAN NOT NULL,
  result TEXT NOT NULL,          -- JSON
  PRIMARY KEY (id)
);
COMMENT ON TABLE reconcile_proof IS 'holder: none — proofs of the city''s books';
