-- A refund that the bank refused is final under its number: asking again is a new number at the bank.
ALTER TABLE refund ADD COLUMN tries BIGINT NOT NULL DEFAULT 0;           -- how often it was asked for again

-- Lists are by time: an id that was derived from a key tells no time.
CREATE INDEX payment_time ON payment (payer, started, id);
CREATE INDEX income_line_time ON income_line (payee, at, payment, charge);
CREATE INDEX income_line_state_time ON income_line (payee, state, at, payment, charge);
DROP INDEX income_line_state;
CREATE INDEX charge_payment_state ON charge_payment (home, charge, state, payment);
