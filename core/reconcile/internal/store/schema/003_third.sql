-- The payees that the city has ever named: one that its files name no more still has its account, and what lies there.
CREATE TABLE reconcile_known (
  payee UUID NOT NULL,
  kind TEXT NOT NULL,            -- agency, fund, provider
  name_ru TEXT NOT NULL,
  name_en TEXT NOT NULL,
  own BOOLEAN NOT NULL,          -- no daily payout takes its money
  PRIMARY KEY (payee)
);
COMMENT ON TABLE reconcile_known IS 'holder: none — agencies, funds and companies that the city takes income for';
CREATE INDEX reconcile_expected_sum ON reconcile_expected (state, amount, day, id);
CREATE INDEX reconcile_expected_payment ON reconcile_expected (payment, id);
CREATE INDEX reconcile_payout_approved ON reconcile_payout (state, approved);
