-- A payment pays lines of many charges, of several homes and payees. The charges themselves are core/charge's: see 005.
ALTER TABLE payment ADD COLUMN method TEXT NOT NULL DEFAULT 'page';      -- page, card, qr, wallet
ALTER TABLE payment ADD COLUMN guest BOOLEAN NOT NULL DEFAULT FALSE;     -- the payer has no account
ALTER TABLE payment ADD COLUMN refunded BIGINT NOT NULL DEFAULT 0;       -- of amount: given back, or on its way back
ALTER TABLE payment ADD COLUMN disputed BIGINT NOT NULL DEFAULT 0;       -- of amount: the payer's bank asks for it, or took it
ALTER TABLE payment ADD COLUMN lang TEXT NOT NULL DEFAULT 'ru';
ALTER TABLE payment ADD COLUMN email SEALED;                             -- where the receipt goes too
ALTER TABLE payment ADD COLUMN fiscal TEXT NOT NULL DEFAULT '';          -- the fiscal operator's receipt, JSON; empty: none yet

ALTER TABLE payment_line ADD COLUMN home UUID;
ALTER TABLE payment_line ADD COLUMN payee UUID;
ALTER TABLE payment_line ADD COLUMN number TEXT NOT NULL DEFAULT '';     -- the charge's public number
ALTER TABLE payment_line ADD COLUMN title TEXT NOT NULL DEFAULT '{}';    -- JSON by language, as the charge was called when it was paid
ALTER TABLE payment_line ADD COLUMN kind TEXT NOT NULL DEFAULT 'fee';
ALTER TABLE payment_line ADD COLUMN service TEXT NOT NULL DEFAULT '';
ALTER TABLE payment_line ADD COLUMN subject UUID;
ALTER TABLE payment_line ADD COLUMN taken BIGINT NOT NULL DEFAULT 0;     -- of amount: counted for the charge; the rest was a surplus
ALTER TABLE payment_line ADD COLUMN refunded BIGINT NOT NULL DEFAULT 0;  -- of taken: went back
ALTER TABLE payment_line ADD COLUMN disputed BIGINT NOT NULL DEFAULT 0;  -- of taken: lost in a dispute

ALTER TABLE attempt ADD COLUMN method TEXT NOT NULL DEFAULT 'page';
ALTER TABLE attempt ADD COLUMN card UUID;                                -- saved card that pays
ALTER TABLE attempt ADD COLUMN save BOOLEAN NOT NULL DEFAULT FALSE;      -- keep the card for later
ALTER TABLE attempt ADD COLUMN qr TEXT NOT NULL DEFAULT '';              -- what the code says
ALTER TABLE attempt ADD COLUMN reference TEXT NOT NULL DEFAULT '';       -- the bank's number, as its statement names it
ALTER TABLE attempt ADD COLUMN reason TEXT NOT NULL DEFAULT '';          -- why it was declined

-- Money on its way back: a part of what was paid for a charge, a surplus, or what the bank took back by itself.
CREATE TABLE refund (
  payer UUID NOT NULL,
  id UUID NOT NULL,
  payment UUID NOT NULL,
  attempt UUID NOT NULL,         -- whose money it is
  charge UUID,                   -- none: a surplus, or a whole reversal
  payee UUID,                    -- whose income it was
  amount BIGINT NOT NULL CHECK (amount > 0),
  currency TEXT NOT NULL,
  kind TEXT NOT NULL,            -- decided, surplus, reversed
  reason SEALED,                 -- why, in words of who decided
  decided_by UUID,               -- the official; none: a rule
  state TEXT NOT NULL,           -- asked, given, refused (by the bank, for good)
  asked TIMESTAMPTZ NOT NULL,
  ended TIMESTAMPTZ,
  reference TEXT NOT NULL,       -- the bank's number of it, as its statement names it
  fiscal TEXT NOT NULL,          -- the fiscal operator's receipt of the return, JSON; empty: none
  PRIMARY KEY (payer, id)
);
COMMENT ON TABLE refund IS 'holder: payer; personal: payer, decided_by';

-- A payer's bank asks for the money of an attempt.
CREATE TABLE dispute (
  payer UUID NOT NULL,
  attempt UUID NOT NULL,
  payment UUID NOT NULL,
  amount BIGINT NOT NULL CHECK (amount > 0),
  currency TEXT NOT NULL,
  state TEXT NOT NULL,           -- open, won, lost: of the city
  answer SEALED,                 -- what the city says to it
  answered_by UUID,
  answered TIMESTAMPTZ,
  opened TIMESTAMPTZ NOT NULL,
  ended TIMESTAMPTZ,
  PRIMARY KEY (payer, attempt)
);
COMMENT ON TABLE dispute IS 'holder: payer; personal: payer, answered_by';

-- A card that may be charged again. Its number is not here: the bank keeps it under the token.
CREATE TABLE saved_card (
  payer UUID NOT NULL,
  id UUID NOT NULL,
  provider TEXT NOT NULL,
  token SEALED NOT NULL,
  label SEALED NOT NULL,         -- "•• 4242"
  expires TEXT NOT NULL,         -- year and month: 2028-05
  added TIMESTAMPTZ NOT NULL,
  PRIMARY KEY (payer, id)
);
COMMENT ON TABLE saved_card IS 'holder: payer; personal: payer';

-- The payments of a charge, whoever pays: while one is open, no second one is begun.
CREATE TABLE charge_payment (
  home UUID NOT NULL,
  charge UUID NOT NULL,
  payment UUID NOT NULL,
  amount BIGINT NOT NULL,
  state TEXT NOT NULL,           -- open, paid, failed
  begun TIMESTAMPTZ NOT NULL,
  PRIMARY KEY (home, charge, payment)
);
COMMENT ON TABLE charge_payment IS 'holder: home; narrow';

-- What a payee received, line by line, newest last: the list of its desk. It follows the payments by a job.
CREATE TABLE income_line (
  payee UUID NOT NULL,
  payment UUID NOT NULL,
  charge UUID NOT NULL,
  number TEXT NOT NULL,
  title TEXT NOT NULL,
  kind TEXT NOT NULL,
  service TEXT NOT NULL,
  amount BIGINT NOT NULL,        -- taken for the charge
  refunded BIGINT NOT NULL,
  currency TEXT NOT NULL,
  state TEXT NOT NULL,           -- paid, part_back, back, disputed
  method TEXT NOT NULL,
  at TIMESTAMPTZ NOT NULL,
  PRIMARY KEY (payee, payment, charge)
);
COMMENT ON TABLE income_line IS 'holder: payee';
CREATE INDEX income_line_state ON income_line (payee, state, payment);

-- Finds a receipt by its check code.
CREATE TABLE pay_code (
  code TEXT NOT NULL,
  payment UUID NOT NULL,
  payer UUID NOT NULL,
  PRIMARY KEY (code)
);
COMMENT ON TABLE pay_code IS 'holder: none — finds the payment of a check code; narrow';

-- What stood before: each payment had one line, of the payer''s own charge.
UPDATE payment_line SET
  home = payer,
  payee = (SELECT c.agency FROM charge AS c WHERE c.payer = payment_line.payer AND c.id = payment_line.charge),
  number = COALESCE((SELECT c.number FROM charge AS c WHERE c.payer = payment_line.payer AND c.id = payment_line.charge), ''),
  title = COALESCE((SELECT c.title FROM charge AS c WHERE c.payer = payment_line.payer AND c.id = payment_line.charge), '{}'),
  service = COALESCE((SELECT c.service FROM charge AS c WHERE c.payer = payment_line.payer AND c.id = payment_line.charge), ''),
  subject = (SELECT c.subject FROM charge AS c WHERE c.payer = payment_line.payer AND c.id = payment_line.charge);
UPDATE payment_line SET taken = amount WHERE EXISTS (
  SELECT 1 FROM charge AS c WHERE c.payer = payment_line.payer AND c.id = payment_line.charge AND c.payment = payment_line.payment AND c.state IN ('paid', 'refunded'));
UPDATE payment_line SET refunded = amount WHERE EXISTS (
  SELECT 1 FROM charge AS c WHERE c.payer = payment_line.payer AND c.id = payment_line.charge AND c.payment = payment_line.payment AND c.state = 'refunded');
INSERT INTO refund (payer, id, payment, attempt, charge, payee, amount, currency, kind, reason, decided_by, state, asked, ended, reference, fiscal)
SELECT p.payer, a.id, p.id, a.id, NULL, NULL, p.amount, p.currency, 'surplus', NULL, NULL,
  CASE WHEN p.state = 'surplus' THEN 'asked' ELSE 'given' END, p.ended, CASE WHEN p.state = 'surplus' THEN NULL ELSE p.ended END, '', ''
FROM payment AS p JOIN attempt AS a ON a.payer = p.payer AND a.payment = p.id AND a.state = 'paid'
WHERE p.state IN ('surplus', 'refunded');
UPDATE payment SET refunded = amount WHERE state IN ('surplus', 'refunded');
UPDATE payment SET state = 'paid' WHERE state = 'surplus';
INSERT INTO pay_home (id, payer, payment, service)
SELECT r.id, r.payer, r.payment, '' FROM refund AS r WHERE NOT EXISTS (SELECT 1 FROM pay_home AS h WHERE h.id = r.id);
INSERT INTO charge_payment (home, charge, payment, amount, state, begun)
SELECT l.payer, l.charge, l.payment, l.amount, CASE WHEN p.state = 'open' THEN 'open' WHEN p.state = 'failed' THEN 'failed' ELSE 'paid' END, p.started
FROM payment_line AS l JOIN payment AS p ON p.payer = l.payer AND p.id = l.payment;
INSERT INTO pay_code (code, payment, payer) SELECT code, id, payer FROM payment WHERE code <> '' ON CONFLICT (code) DO NOTHING;
INSERT INTO income_line (payee, payment, charge, number, title, kind, service, amount, refunded, currency, state, method, at)
SELECT l.payee, l.payment, l.charge, l.number, l.title, l.kind, l.service, l.taken, l.refunded, p.currency,
  CASE WHEN l.refunded > 0 THEN 'back' ELSE 'paid' END, p.method, p.ended
FROM payment_line AS l JOIN payment AS p ON p.payer = l.payer AND p.id = l.payment WHERE l.taken > 0;
DELETE FROM pay_home WHERE payment IS NULL;

-- What is owed is core/charge's.
INSERT INTO bill (home, id, number, external, payee, kind, service, subject, period, amount, currency, title, terms, details, proof, state, paid, given, forgiven, issued, due, settled, test, revision)
SELECT payer, id, number, '', agency, 'fee', service, subject, '', amount, currency, title, '', NULL, NULL, state,
  CASE WHEN state IN ('paid', 'refunded') THEN amount ELSE 0 END, CASE WHEN state = 'refunded' THEN amount ELSE 0 END,
  CASE WHEN state = 'refunded' THEN amount ELSE 0 END, issued, due, settled, FALSE, revision
FROM charge;
INSERT INTO bill_part (home, charge, payment, amount, given, forgiven, reversed, at, entered)
SELECT payer, id, payment, amount, CASE WHEN state = 'refunded' THEN amount ELSE 0 END, CASE WHEN state = 'refunded' THEN amount ELSE 0 END, 0, settled, settled
FROM charge WHERE payment IS NOT NULL AND state IN ('paid', 'refunded');
INSERT INTO bill_home (id, home, payee, kind, service, number, external, test)
SELECT id, payer, agency, 'fee', service, number, '', FALSE FROM charge;
DROP TABLE charge;
