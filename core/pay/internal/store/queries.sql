-- name: InsertHome :exec
INSERT INTO pay_home (id, payer, payment, service) VALUES ($1, $2, $3, $4) ON CONFLICT (id) DO NOTHING;

-- name: HomeOf :one
SELECT id, payer, payment, service FROM pay_home WHERE id = $1;

-- name: InsertPayment :execrows
INSERT INTO payment (payer, id, actor, amount, currency, state, started, ended, code, revision, method, guest, refunded, disputed, lang, email, fiscal, token, found)
VALUES (@payer, @id, @actor, @amount, @currency, 'open', @started, NULL, '', 1, @method, @guest, 0, 0, @lang, @email, '', @token, @found)
ON CONFLICT (payer, id) DO NOTHING;

-- name: InsertPaymentLine :exec
INSERT INTO payment_line (payer, payment, charge, amount, home, payee, number, title, kind, service, subject, taken, refunded, disputed)
VALUES (@payer, @payment, @charge, @amount, @home, @payee, @number, @title, @kind, @service, @subject, 0, 0, 0);

-- name: PaymentByID :one
SELECT payer, id, actor, amount, currency, state, started, ended, code, revision, method, guest, refunded, disputed, lang, email, fiscal, token, found
FROM payment WHERE payer = $1 AND id = $2;

-- name: PaymentsOf :many
SELECT payer, id, actor, amount, currency, state, started, ended, code, revision, method, guest, refunded, disputed, lang, email, fiscal, token, found
FROM payment WHERE payer = @payer AND started <= @at AND (started < @at OR id < @before) ORDER BY payer, started DESC, id DESC LIMIT @most;

-- name: LinesOf :many
SELECT payer, payment, charge, amount, home, payee, number, title, kind, service, subject, taken, refunded, disputed
FROM payment_line WHERE payer = $1 AND payment = $2 ORDER BY charge;

-- name: TakeLine :exec
UPDATE payment_line SET taken = @taken WHERE payer = @payer AND payment = @payment AND charge = @charge;

-- name: RefundLine :execrows
UPDATE payment_line SET refunded = refunded + @amount
WHERE payer = @payer AND payment = @payment AND charge = @charge AND taken - refunded - disputed >= @amount;

-- name: LoseLine :execrows
UPDATE payment_line SET disputed = disputed + @amount
WHERE payer = @payer AND payment = @payment AND charge = @charge AND taken - refunded - disputed >= @amount;

-- name: FailPayment :execrows
UPDATE payment SET state = 'failed', ended = @ended, revision = revision + 1 WHERE payer = @payer AND id = @id AND state = 'open';

-- name: PayPayment :execrows
UPDATE payment SET state = 'paid', ended = @ended, code = @code, refunded = @refunded, revision = revision + 1
WHERE payer = @payer AND id = @id AND (state = 'open' OR state = 'failed');

-- name: RefundPayment :execrows
UPDATE payment SET refunded = refunded + @amount, revision = revision + 1
WHERE payer = @payer AND id = @id AND state = 'paid' AND amount - refunded - disputed >= @amount;

-- name: DisputePayment :exec
UPDATE payment SET disputed = disputed + @amount, revision = revision + 1 WHERE payer = @payer AND id = @id;

-- name: ReturnPayment :execrows
UPDATE payment SET state = 'refunded', revision = revision + 1 WHERE payer = @payer AND id = @id AND state = 'paid' AND refunded + disputed = amount;

-- name: WipeEmail :exec
UPDATE payment SET email = NULL WHERE payer = @payer AND id = @id AND guest;

-- name: SetFiscal :exec
UPDATE payment SET fiscal = @fiscal, revision = revision + 1 WHERE payer = @payer AND id = @id;

-- name: InsertAttempt :exec
INSERT INTO attempt (payer, payment, id, provider, state, page, started, ended, method, card, save, qr, reference, reason)
VALUES (@payer, @payment, @id, @provider, 'started', '', @started, NULL, @method, @card, @save, '', '', '');

-- name: AttemptByID :one
SELECT payer, payment, id, provider, state, page, started, ended, method, card, save, qr, reference, reason
FROM attempt WHERE payer = $1 AND payment = $2 AND id = $3;

-- name: AttemptsOf :many
SELECT payer, payment, id, provider, state, page, started, ended, method, card, save, qr, reference, reason
FROM attempt WHERE payer = $1 AND payment = $2 ORDER BY id DESC;

-- name: OpenAttempt :execrows
UPDATE attempt SET state = 'open', page = @page, qr = @qr, reference = @reference
WHERE payer = @payer AND payment = @payment AND id = @id AND state = 'started';

-- name: EndAttempt :execrows
UPDATE attempt SET state = @state, ended = @ended, reason = @reason WHERE payer = @payer AND payment = @payment AND id = @id AND (state = 'started' OR state = 'open');

-- name: PayAttempt :execrows
UPDATE attempt SET state = 'paid', ended = @ended, reference = @reference, reason = @reason
WHERE payer = @payer AND payment = @payment AND id = @id AND state <> 'paid' AND state <> 'reversed';

-- name: VoidAttempt :execrows
UPDATE attempt SET state = 'reversed', ended = @ended WHERE payer = @payer AND payment = @payment AND id = @id AND state <> 'paid' AND state <> 'reversed';

-- name: ReverseAttempt :execrows
UPDATE attempt SET state = 'reversed', ended = @ended WHERE payer = @payer AND payment = @payment AND id = @id AND state = 'paid';

-- name: ReversePayment :execrows
UPDATE payment SET state = 'reversed', revision = revision + 1 WHERE payer = @payer AND id = @id AND state = 'paid';

-- name: InsertTry :exec
INSERT INTO charge_payment (home, charge, payment, amount, state, begun) VALUES (@home, @charge, @payment, @amount, 'open', @begun);

-- name: TriesIn :many
SELECT home, charge, payment, amount, state, begun FROM charge_payment WHERE home = @home AND charge = @charge AND state = @state ORDER BY home, charge, state, payment DESC;

-- name: EndTry :exec
UPDATE charge_payment SET state = @state WHERE home = @home AND charge = @charge AND payment = @payment;

-- name: InsertRefund :execrows
INSERT INTO refund (payer, id, payment, attempt, charge, payee, amount, currency, kind, reason, decided_by, state, asked, ended, reference, fiscal, tries)
VALUES (@payer, @id, @payment, @attempt, @charge, @payee, @amount, @currency, @kind, @reason, @decided_by, @state, @asked, @ended, '', '', 0)
ON CONFLICT (payer, id) DO NOTHING;

-- name: RefundByID :one
SELECT payer, id, payment, attempt, charge, payee, amount, currency, kind, reason, decided_by, state, asked, ended, reference, fiscal, tries FROM refund WHERE payer = $1 AND id = $2;

-- name: RefundsOf :many
SELECT payer, id, payment, attempt, charge, payee, amount, currency, kind, reason, decided_by, state, asked, ended, reference, fiscal, tries
FROM refund WHERE payer = $1 ORDER BY payer, id;

-- name: SetRefundFiscal :exec
UPDATE refund SET fiscal = @fiscal WHERE payer = @payer AND id = @id;

-- name: EndRefund :execrows
UPDATE refund SET state = @state, ended = @ended, reference = @reference WHERE payer = @payer AND id = @id AND state = 'asked';

-- name: CloseRefund :execrows
UPDATE refund SET state = 'given', ended = @ended, kind = @kind WHERE payer = @payer AND id = @id AND state <> 'given';

-- name: ShrinkRefund :execrows
UPDATE refund SET amount = amount - @less WHERE payer = @payer AND id = @id AND state = 'refused' AND amount > @less;

-- name: UncountRefund :exec
UPDATE payment SET refunded = refunded - @amount, revision = revision + 1 WHERE payer = @payer AND id = @id;

-- name: AskRefundAgain :execrows
UPDATE refund SET state = 'asked', ended = NULL, tries = tries + 1 WHERE payer = @payer AND id = @id AND state = 'refused';

-- name: InsertDispute :execrows
INSERT INTO dispute (payer, attempt, payment, amount, currency, state, answer, answered_by, answered, opened, ended, moves)
VALUES (@payer, @attempt, @payment, @amount, @currency, 'open', NULL, NULL, NULL, @opened, NULL, 0)
ON CONFLICT (payer, attempt) DO NOTHING;

-- name: DisputeOf :one
SELECT payer, attempt, payment, amount, currency, state, answer, answered_by, answered, opened, ended, moves FROM dispute WHERE payer = $1 AND attempt = $2;

-- name: DisputesOf :many
SELECT payer, attempt, payment, amount, currency, state, answer, answered_by, answered, opened, ended, moves FROM dispute WHERE payer = $1 ORDER BY payer, attempt;

-- name: EndDispute :execrows
UPDATE dispute SET state = @state, ended = @ended WHERE payer = @payer AND attempt = @attempt AND state = 'open';

-- name: MoveDispute :exec
UPDATE dispute SET state = 'open', amount = @amount, ended = NULL, moves = moves + 1 WHERE payer = @payer AND attempt = @attempt;

-- name: PutAnswer :exec
INSERT INTO dispute_answer (payer, attempt, payee, answer, answered_by, answered) VALUES (@payer, @attempt, @payee, @answer, @answered_by, @answered)
ON CONFLICT (payer, attempt, payee) DO UPDATE SET answer = excluded.answer, answered_by = excluded.answered_by, answered = excluded.answered;

-- name: AnswersOf :many
SELECT payer, attempt, payee, answer, answered_by, answered FROM dispute_answer WHERE payer = $1 AND attempt = $2 ORDER BY payee;

-- name: InsertCard :exec
INSERT INTO saved_card (payer, id, provider, token, label, expires, added) VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (payer, id) DO UPDATE SET token = excluded.token, label = excluded.label, expires = excluded.expires;

-- name: CardsOf :many
SELECT payer, id, provider, token, label, expires, added FROM saved_card WHERE payer = $1 ORDER BY payer, id;

-- name: DropCard :execrows
DELETE FROM saved_card WHERE payer = $1 AND id = $2;

-- name: PutIncome :exec
INSERT INTO income_line (payee, payment, charge, number, title, kind, service, amount, refunded, currency, state, method, at)
VALUES (@payee, @payment, @charge, @number, @title, @kind, @service, @amount, @refunded, @currency, @state, @method, @at)
ON CONFLICT (payee, payment, charge) DO UPDATE SET amount = excluded.amount, refunded = excluded.refunded, state = excluded.state;

-- name: IncomeOf :many
SELECT payee, payment, charge, number, title, kind, service, amount, refunded, currency, state, method, at
FROM income_line WHERE payee = @payee AND at <= @at AND (at < @at OR payment < @before) ORDER BY payee, at DESC, payment DESC, charge DESC LIMIT @most;

-- name: IncomeInState :many
SELECT payee, payment, charge, number, title, kind, service, amount, refunded, currency, state, method, at
FROM income_line WHERE payee = @payee AND state = @state AND at <= @at AND (at < @at OR payment < @before) ORDER BY payee, state, at DESC, payment DESC, charge DESC LIMIT @most;

-- name: IncomeByPayment :many
SELECT payee, payment, charge, number, title, kind, service, amount, refunded, currency, state, method, at
FROM income_line WHERE payee = @payee AND payment = @payment ORDER BY charge;

-- name: InsertCode :execrows
INSERT INTO pay_code (code, payment, payer) VALUES ($1, $2, $3) ON CONFLICT (code) DO NOTHING;

-- name: CodeOf :one
SELECT code, payment, payer FROM pay_code WHERE code = $1;
