-- What somebody owes. Amounts are minor units of the currency.
CREATE TABLE charge (
  payer UUID NOT NULL,
  id UUID NOT NULL,
  number TEXT NOT NULL,          -- public number of the bill
  agency UUID NOT NULL,          -- whose income it is
  service TEXT NOT NULL,
  subject UUID NOT NULL,         -- the case it belongs to
  amount BIGINT NOT NULL CHECK (amount > 0),
  currency TEXT NOT NULL,
  title TEXT NOT NULL,           -- JSON by language; the same for everybody who pays this fee
  state TEXT NOT NULL,           -- due, paid, cancelled
  issued TIMESTAMPTZ NOT NULL,
  due TIMESTAMPTZ,
  settled TIMESTAMPTZ,           -- when it was paid or cancelled
  payment UUID,                  -- that paid it
  revision BIGINT NOT NULL,
  PRIMARY KEY (payer, id)
);
COMMENT ON TABLE charge IS 'holder: payer; personal: payer';

-- One intention to pay: one charge now, several later (payment_line).
CREATE TABLE payment (
  payer UUID NOT NULL,
  id UUID NOT NULL,
  actor UUID NOT NULL,           -- who pays: the payer or somebody with a mandate
  amount BIGINT NOT NULL CHECK (amount > 0),
  currency TEXT NOT NULL,
  state TEXT NOT NULL,           -- open, paid, failed, surplus (to be given back), refunded
  started TIMESTAMPTZ NOT NULL,
  ended TIMESTAMPTZ,
  code TEXT NOT NULL,            -- check code of the receipt; empty until paid
  revision BIGINT NOT NULL,
  PRIMARY KEY (payer, id)
);
COMMENT ON TABLE payment IS 'holder: payer; personal: payer, actor';

CREATE TABLE payment_line (
  payer UUID NOT NULL,
  payment UUID NOT NULL,
  charge UUID NOT NULL,
  amount BIGINT NOT NULL CHECK (amount > 0),
  PRIMARY KEY (payer, payment, charge)
);
COMMENT ON TABLE payment_line IS 'holder: payer; personal: payer; narrow';

-- One try at the bank. Its id is the idempotency key that the bank knows it by.
CREATE TABLE attempt (
  payer UUID NOT NULL,
  payment UUID NOT NULL,
  id UUID NOT NULL,
  provider TEXT NOT NULL,
  state TEXT NOT NULL,           -- started, open (the bank has it), paid, declined, expired
  page TEXT NOT NULL,            -- the bank's page; empty until the bank answered
  started TIMESTAMPTZ NOT NULL,
  ended TIMESTAMPTZ,
  PRIMARY KEY (payer, payment, id)
);
COMMENT ON TABLE attempt IS 'holder: payer; personal: payer';

-- Finds the home of an attempt for the bank's message, and of a charge for its page.
CREATE TABLE pay_home (
  id UUID NOT NULL,
  payer UUID NOT NULL,
  payment UUID,                  -- for an attempt
  PRIMARY KEY (id)
);
COMMENT ON TABLE pay_home IS 'holder: none — finds the payer of an attempt, a payment or a charge; narrow';

-- The ledger: a row is balanced by construction, a split is several rows of one movement.
CREATE TABLE transfer (
  holder UUID NOT NULL,          -- the payer, whose payment it is
  movement UUID NOT NULL,        -- the payment or the refund
  line BIGINT NOT NULL,
  debit UUID NOT NULL,           -- account that gives
  credit UUID NOT NULL,          -- account that receives
  amount BIGINT NOT NULL CHECK (amount > 0),
  currency TEXT NOT NULL,
  state TEXT NOT NULL,           -- reserved, posted, void
  at TIMESTAMPTZ NOT NULL,
  act UUID NOT NULL,
  charge UUID,
  CHECK (debit <> credit),
  PRIMARY KEY (holder, movement, line)
);
COMMENT ON TABLE transfer IS 'holder: holder; personal: holder';
