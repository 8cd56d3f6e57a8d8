-- What opens the payment of somebody without an account: its id is told to payees and banks, this to nobody but the payer.
ALTER TABLE payment ADD COLUMN token BYTEA;                              -- SHA-256 of it; none: the payer has an account
-- Begun by somebody who found the bill and need not owe it: gives way to who watches it.
ALTER TABLE payment ADD COLUMN found BOOLEAN NOT NULL DEFAULT FALSE;
UPDATE payment SET found = guest;

-- A dispute may grow, and be opened anew after it was won: amount is what it is about now.
ALTER TABLE dispute ADD COLUMN moves BIGINT NOT NULL DEFAULT 0;          -- how often its amount was put aside beyond the first time

-- What each payee of the payment says to a dispute: its own words alone. What dispute.answer holds was said before these rows.
CREATE TABLE dispute_answer (
  payer UUID NOT NULL,
  attempt UUID NOT NULL,
  payee UUID NOT NULL,
  answer SEALED NOT NULL,
  answered_by UUID NOT NULL,
  answered TIMESTAMPTZ NOT NULL,
  PRIMARY KEY (payer, attempt, payee)
);
COMMENT ON TABLE dispute_answer IS 'holder: payer; personal: payer, answered_by';
