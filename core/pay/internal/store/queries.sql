-- name: InsertCharge :execrows
INSERT INTO charge (payer, id, number, agency, service, subject, amount, currency, title, state, issued, due, settled, payment, revision)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'due', $10, $11, NULL, NULL, 1)
ON CONFLICT (payer, id) DO NOTHING;

-- name: InsertHome :exec
INSERT INTO pay_home (id, payer, payment, service) VALUES ($1, $2, $3, $4) ON CONFLICT (id) DO NOTHING;

-- name: HomeOf :one
SELECT id, payer, payment, service FROM pay_home WHERE id = $1;

-- name: ChargeByID :one
SELECT payer, id, number, agency, service, subject, amount, currency, title, state, issued, due, settled, payment, revision
FROM charge WHERE payer = $1 AND id = $2;

-- name: ChargesOf :many
SELECT payer, id, number, agency, service, subject, amount, currency, title, state, issued, due, settled, payment, revision
FROM charge WHERE payer = $1 ORDER BY payer, id DESC LIMIT $2;

-- name: SettleCharge :execrows
UPDATE charge SET state = 'paid', settled = $3, payment = $4, revision = revision + 1 WHERE payer = $1 AND id = $2 AND state = 'due';

-- name: CancelCharge :execrows
UPDATE charge SET state = 'cancelled', settled = $3, revision = revision + 1 WHERE payer = $1 AND id = $2 AND state = 'due';

-- name: RefundCharge :execrows
UPDATE charge SET state = 'refunded', revision = revision + 1 WHERE payer = $1 AND id = $2 AND payment = $3 AND state = 'paid';

-- name: RefundPayment :execrows
UPDATE payment SET state = 'surplus', revision = revision + 1 WHERE payer = $1 AND id = $2 AND state = 'paid';

-- name: InsertPayment :exec
INSERT INTO payment (payer, id, actor, amount, currency, state, started, ended, code, revision)
VALUES ($1, $2, $3, $4, $5, 'open', $6, NULL, '', 1);

-- name: InsertPaymentLine :exec
INSERT INTO payment_line (payer, payment, charge, amount) VALUES ($1, $2, $3, $4);

-- name: PaymentByID :one
SELECT payer, id, actor, amount, currency, state, started, ended, code, revision FROM payment WHERE payer = $1 AND id = $2;

-- name: LinesOf :many
SELECT payer, payment, charge, amount FROM payment_line WHERE payer = $1 AND payment = $2 ORDER BY charge;

-- name: LinesOfCharge :many
SELECT payer, payment, charge, amount FROM payment_line WHERE payer = $1 AND charge = $2 ORDER BY payment DESC;

-- name: EndPayment :execrows
UPDATE payment SET state = @state, ended = @ended, code = @code, revision = revision + 1 WHERE payer = @payer AND id = @id AND state = @was;

-- name: InsertAttempt :exec
INSERT INTO attempt (payer, payment, id, provider, state, page, started, ended) VALUES ($1, $2, $3, $4, 'started', '', $5, NULL);

-- name: AttemptByID :one
SELECT payer, payment, id, provider, state, page, started, ended FROM attempt WHERE payer = $1 AND payment = $2 AND id = $3;

-- name: AttemptsOf :many
SELECT payer, payment, id, provider, state, page, started, ended FROM attempt WHERE payer = $1 AND payment = $2 ORDER BY id DESC;

-- name: OpenAttempt :execrows
UPDATE attempt SET state = 'open', page = $4 WHERE payer = $1 AND payment = $2 AND id = $3 AND state = 'started';

-- name: EndAttempt :execrows
UPDATE attempt SET state = $4, ended = $5 WHERE payer = $1 AND payment = $2 AND id = $3 AND (state = 'started' OR state = 'open');

-- name: PayAttempt :execrows
UPDATE attempt SET state = 'paid', ended = $4 WHERE payer = $1 AND payment = $2 AND id = $3 AND state <> 'paid';

-- name: PayPayment :execrows
UPDATE payment SET state = @state, ended = @ended, code = @code, revision = revision + 1
WHERE payer = @payer AND id = @id AND (state = 'open' OR state = 'failed');

-- name: CountDue :one
-- counts only
SELECT CAST(COUNT(*) AS BIGINT) AS due FROM (SELECT id FROM charge WHERE payer = @payer AND state = 'due' LIMIT @most) AS few;
