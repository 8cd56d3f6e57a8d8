-- The city's books. A transfer is balanced by construction: one row takes from one account and gives to another; a split is
-- several lines of one movement. Amounts are minor units.
CREATE TABLE ledger_transfer (
  holder UUID NOT NULL,          -- whose movement it is: the payer, or the agency
  movement UUID NOT NULL,        -- the payment, the refund, the payout
  line BIGINT NOT NULL,
  debit UUID NOT NULL,
  credit UUID NOT NULL,
  amount BIGINT NOT NULL CHECK (amount > 0),
  currency TEXT NOT NULL,
  state TEXT NOT NULL,           -- reserved, posted, void
  entered TIMESTAMPTZ NOT NULL,
  ended TIMESTAMPTZ,             -- when it was posted or void
  act UUID NOT NULL,             -- that moved it
  about UUID,                    -- the charge
  CHECK (debit <> credit),
  PRIMARY KEY (holder, movement, line)
);
COMMENT ON TABLE ledger_transfer IS 'holder: holder; personal: holder; narrow';
CREATE INDEX ledger_transfer_by_end ON ledger_transfer (ended, state, debit, credit, amount);

-- What the transfers of an account come to. A busy account has several rows, so that its movements do not wait for each other.
CREATE TABLE ledger_balance (
  account UUID NOT NULL,
  bucket BIGINT NOT NULL,
  bound BIGINT NOT NULL,         -- 1: credits may not fall below debits; -1: debits not below credits; 0: no bound
  currency TEXT NOT NULL,
  debits BIGINT NOT NULL,        -- posted
  credits BIGINT NOT NULL,
  debits_reserved BIGINT NOT NULL CHECK (debits_reserved >= 0),
  credits_reserved BIGINT NOT NULL CHECK (credits_reserved >= 0),
  CHECK (bound <> 1 OR credits - debits - debits_reserved >= 0),
  CHECK (bound <> -1 OR debits - credits - credits_reserved >= 0),
  PRIMARY KEY (account, bucket)
);
COMMENT ON TABLE ledger_balance IS 'holder: none — sums of the city''s books; narrow';

-- What an account came to at the end of a day, since its first transfer. A day without a transfer has no row.
CREATE TABLE ledger_closing (
  account UUID NOT NULL,
  day TEXT NOT NULL,
  debits BIGINT NOT NULL,
  credits BIGINT NOT NULL,
  transfers BIGINT NOT NULL,     -- so far
  PRIMARY KEY (account, day)
);
COMMENT ON TABLE ledger_closing IS 'holder: none — sums of the city''s books; narrow';

-- The days that are closed: up to which moment, and what the closings' digest is.
CREATE TABLE ledger_day (
  day TEXT NOT NULL,
  since TIMESTAMPTZ NOT NULL,
  until TIMESTAMPTZ NOT NULL,
  transfers BIGINT NOT NULL,     -- of the day
  amount BIGINT NOT NULL,        -- moved in the day
  digest BYTEA NOT NULL,
  closed TIMESTAMPTZ NOT NULL,
  PRIMARY KEY (day)
);
COMMENT ON TABLE ledger_day IS 'holder: none — the books'' days';
