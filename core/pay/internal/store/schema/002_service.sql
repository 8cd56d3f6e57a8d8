-- The service that a charge, a payment or an attempt belongs to: a mandate may be for some services alone.
ALTER TABLE pay_home ADD COLUMN service TEXT NOT NULL DEFAULT '';
UPDATE pay_home SET service = COALESCE(
  (SELECT c.service FROM charge AS c WHERE c.payer = pay_home.payer AND c.id = pay_home.id),
  (SELECT MIN(c.service) FROM payment_line AS l JOIN charge AS c ON c.payer = l.payer AND c.id = l.charge
    WHERE l.payer = pay_home.payer AND l.payment = pay_home.payment), '');
