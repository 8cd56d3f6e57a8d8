-- name: ExpectedByID :one
SELECT id, name, payment, kind, provider, amount, currency, met, reference, at, day, state, asked, movement FROM reconcile_expected WHERE id = $1;

-- name: ExpectedByName :many
SELECT id, name, payment, kind, provider, amount, currency, met, reference, at, day, state, asked, movement FROM reconcile_expected WHERE name = $1 ORDER BY id LIMIT 20;

-- name: ExpectedByReference :many
SELECT id, name, payment, kind, provider, amount, currency, met, reference, at, day, state, asked, movement FROM reconcile_expected WHERE reference = $1 AND reference <> '' ORDER BY id LIMIT 20;

-- name: ExpectedOf :one
-- How much is expected because of a payment, an attempt, a refund or a movement of the books, whichever the id is of.
SELECT CAST(COUNT(*) AS BIGINT) AS n FROM reconcile_expected WHERE payment = @what OR id = @what OR name = @what OR movement = @what;

-- name: ExpectedOpen :many
SELECT id, name, payment, kind, provider, amount, currency, met, reference, at, day, state, asked, movement FROM reconcile_expected
WHERE state = 'open' AND (day > @day OR (day = @day AND id > @id)) ORDER BY day, id LIMIT @most;

-- name: ExpectedBySum :many
SELECT id, name, payment, kind, provider, amount, currency, met, reference, at, day, state, asked, movement FROM reconcile_expected
WHERE state = 'open' AND day >= @since AND day <= @until AND amount = @amount AND met = 0 ORDER BY day, id LIMIT 3;

-- name: OnItsWay :many
SELECT provider, kind, currency, CAST(SUM(amount - met) AS BIGINT) AS amount, CAST(COUNT(*) AS BIGINT) AS n, CAST(MIN(day) AS TEXT) AS oldest
FROM reconcile_expected WHERE state = 'open' GROUP BY provider, kind, currency ORDER BY provider, kind, currency;

-- name: PutExpected :exec
INSERT INTO reconcile_expected (id, name, payment, kind, provider, amount, currency, met, reference, at, day, state, asked, movement)
VALUES (@id, @name, @payment, @kind, @provider, @amount, @currency, 0, @reference, @at, @day, @state, @asked, @movement)
ON CONFLICT (id) DO UPDATE SET reference = CASE WHEN excluded.reference = '' THEN reconcile_expected.reference ELSE excluded.reference END,
  state = CASE WHEN reconcile_expected.state = 'met' THEN 'met' ELSE excluded.state END, asked = excluded.asked,
  movement = COALESCE(excluded.movement, reconcile_expected.movement);

-- name: MeetExpected :execrows
UPDATE reconcile_expected SET met = met + @amount, state = CASE WHEN met + @amount = amount THEN 'met' ELSE 'open' END WHERE id = @id;

-- name: InsertStatement :execrows
INSERT INTO reconcile_statement (id, account, bank_id, sequence, since, until, opening, closing, currency, lines, came, went, digest, source, official, loaded, state)
VALUES (@id, @account, @bank_id, @sequence, @since, @until, @opening, @closing, @currency, @lines, @came, @went, @digest, @source, @official, @loaded, 'loading')
ON CONFLICT (id) DO NOTHING;

-- name: StatementByID :one
SELECT id, account, bank_id, sequence, since, until, opening, closing, currency, lines, came, went, digest, source, official, loaded, state FROM reconcile_statement WHERE id = $1;

-- name: Statements :many
SELECT id, account, bank_id, sequence, since, until, opening, closing, currency, lines, came, went, digest, source, official, loaded, state
FROM reconcile_statement WHERE until < @before ORDER BY until DESC, id DESC LIMIT @most;

-- name: StatementDone :exec
UPDATE reconcile_statement SET state = 'done' WHERE id = $1;

-- name: FirstStatement :one
SELECT id, account, bank_id, sequence, since, until, opening, closing, currency, lines, came, went, digest, source, official, loaded, state
FROM reconcile_statement WHERE account = @account ORDER BY until, id LIMIT 1;

-- name: InsertPart :execrows
INSERT INTO reconcile_part (treasury, id, statement, number, day, amount, currency, code, reference, bank_reference, state, met, rest, revision)
VALUES (@treasury, @id, @statement, @number, @day, @amount, @currency, @code, @reference, @bank_reference, @state, @met, @rest, 1)
ON CONFLICT (treasury, id) DO NOTHING;

-- name: InsertPayer :exec
INSERT INTO reconcile_payer (treasury, part, details) VALUES (@treasury, @part, @details);

-- name: PayerOf :one
SELECT treasury, part, details FROM reconcile_payer WHERE treasury = @treasury AND part = @part;

-- name: PartByID :one
SELECT treasury, id, statement, number, day, amount, currency, code, reference, bank_reference, state, met, rest, revision
FROM reconcile_part WHERE treasury = $1 AND id = $2;

-- name: PartsOf :many
SELECT treasury, id, statement, number, day, amount, currency, code, reference, bank_reference, state, met, rest, revision
FROM reconcile_part WHERE treasury = @treasury AND statement = @statement AND number > @after ORDER BY number LIMIT @most;

-- name: PartsIn :many
SELECT treasury, id, statement, number, day, amount, currency, code, reference, bank_reference, state, met, rest, revision
FROM reconcile_part WHERE treasury = @treasury AND state = @state AND (day > @day OR (day = @day AND id > @id)) ORDER BY day, id LIMIT @most;

-- name: PartCounts :many
SELECT state, currency, CAST(COUNT(*) AS BIGINT) AS n, CAST(SUM(rest) AS BIGINT) AS rest FROM reconcile_part WHERE treasury = $1 GROUP BY state, currency ORDER BY state, currency;

-- name: PartCountsOf :many
SELECT state, CAST(COUNT(*) AS BIGINT) AS n, CAST(SUM(amount) AS BIGINT) AS amount, CAST(SUM(rest) AS BIGINT) AS rest
FROM reconcile_part WHERE treasury = $1 AND statement = $2 GROUP BY state ORDER BY state;

-- name: ChangePart :execrows
UPDATE reconcile_part SET state = @state, met = @met, rest = @rest, revision = revision + 1 WHERE treasury = @treasury AND id = @id AND revision = @revision;

-- name: InsertMatch :exec
INSERT INTO reconcile_match (part, expected, amount, how, at) VALUES (@part, @expected, @amount, @how, @at)
ON CONFLICT (part, expected) DO UPDATE SET amount = reconcile_match.amount + excluded.amount;

-- name: InsertAct :exec
INSERT INTO reconcile_act (treasury, part, number, kind, charge, charge_number, amount, official, act, at, why)
VALUES (@treasury, @part, @number, @kind, @charge, @charge_number, @amount, @official, @act, @at, @why);

-- name: ActsOf :many
SELECT treasury, part, number, kind, charge, charge_number, amount, official, act, at, why FROM reconcile_act WHERE treasury = $1 AND part = $2 ORDER BY number;

-- name: InsertPayee :exec
INSERT INTO reconcile_payee (payee, version, name, tax_number, account, bic, member, bank, state, by_official, at, second, judged)
VALUES (@payee, @version, @name, @tax_number, @account, @bic, @member, @bank, 'proposed', @by_official, @at, NULL, NULL);

-- name: Payees :many
SELECT payee, version, name, tax_number, account, bic, member, bank, state, by_official, at, second, judged FROM reconcile_payee
WHERE state = 'proposed' OR state = 'approved' ORDER BY payee, version;

-- name: LastPayee :one
SELECT payee, version, name, tax_number, account, bic, member, bank, state, by_official, at, second, judged FROM reconcile_payee WHERE payee = $1 ORDER BY version DESC LIMIT 1;

-- name: JudgePayee :execrows
UPDATE reconcile_payee SET state = @state, second = @second, judged = @judged WHERE payee = @payee AND version = @version AND state = 'proposed';

-- name: ReplacePayee :exec
UPDATE reconcile_payee SET state = 'replaced' WHERE payee = @payee AND version < @version AND (state = 'approved' OR state = 'proposed');

-- name: InsertPayout :exec
INSERT INTO reconcile_payout (id, day, state, amount, currency, lines, made_by, made, approved_by, approved, sent, answered, answer, revision)
VALUES (@id, @day, 'prepared', @amount, @currency, @lines, @made_by, @made, NULL, NULL, NULL, NULL, '', 1);

-- name: PayoutByID :one
SELECT id, day, state, amount, currency, lines, made_by, made, approved_by, approved, sent, answered, answer, revision FROM reconcile_payout WHERE id = $1;

-- name: Payouts :many
SELECT id, day, state, amount, currency, lines, made_by, made, approved_by, approved, sent, answered, answer, revision FROM reconcile_payout
WHERE id < @before ORDER BY id DESC LIMIT @most;

-- name: PayoutsIn :many
SELECT id, day, state, amount, currency, lines, made_by, made, approved_by, approved, sent, answered, answer, revision FROM reconcile_payout
WHERE state = @state AND id > @after ORDER BY id LIMIT @most;

-- name: ApprovePayout :execrows
UPDATE reconcile_payout SET state = 'approved', approved_by = @approved_by, approved = @approved, revision = revision + 1 WHERE id = @id AND state = 'prepared' AND revision = @revision;

-- name: CancelPayout :execrows
UPDATE reconcile_payout SET state = 'cancelled', answered = @answered, revision = revision + 1 WHERE id = @id AND state = 'prepared' AND revision = @revision;

-- name: SendPayout :execrows
UPDATE reconcile_payout SET state = 'sent', sent = @sent, revision = revision + 1 WHERE id = @id AND state = 'approved';

-- name: AnswerPayout :execrows
UPDATE reconcile_payout SET state = @state, answered = @answered, answer = @answer, revision = revision + 1 WHERE id = @id AND state = 'sent';

-- name: InsertPayoutLine :exec
INSERT INTO reconcile_payout_line (payout, id, payee, part, amount, currency, creditor, state, reason, reference)
VALUES (@payout, @id, @payee, @part, @amount, @currency, @creditor, 'waits', '', '');

-- name: PayoutLines :many
SELECT payout, id, payee, part, amount, currency, creditor, state, reason, reference FROM reconcile_payout_line WHERE payout = $1 ORDER BY id;

-- name: PayoutLineByID :one
SELECT payout, id, payee, part, amount, currency, creditor, state, reason, reference FROM reconcile_payout_line WHERE id = $1;

-- name: ChangePayoutLine :execrows
UPDATE reconcile_payout_line SET state = @state, reason = @reason, reference = @reference WHERE payout = @payout AND id = @id AND state = @was;

-- name: AddIncome :exec
INSERT INTO reconcile_income (day, payee, kind, currency, came, back, lines, gone) VALUES (@day, @payee, @kind, @currency, @came, @back, @lines, @gone)
ON CONFLICT (day, payee, kind, currency) DO UPDATE SET came = reconcile_income.came + excluded.came, back = reconcile_income.back + excluded.back, lines = reconcile_income.lines + excluded.lines,
  gone = reconcile_income.gone + excluded.gone;

-- name: IncomeBetween :many
SELECT day, payee, kind, currency, came, back, lines, gone FROM reconcile_income WHERE day >= @since AND day <= @until ORDER BY day, payee, kind, currency;

-- name: IncomeByPayee :many
SELECT payee, currency, CAST(SUM(came - back) AS BIGINT) AS net FROM reconcile_income GROUP BY payee, currency ORDER BY payee, currency;

-- name: FirstIncome :one
SELECT day FROM reconcile_income ORDER BY day LIMIT 1;

-- name: AddPaid :exec
INSERT INTO reconcile_paid (charge, paid, day) VALUES (@charge, @paid, @day)
ON CONFLICT (charge) DO UPDATE SET paid = reconcile_paid.paid + excluded.paid, day = excluded.day;

-- name: PaidSince :many
SELECT charge, paid, day FROM reconcile_paid WHERE day >= @since AND charge > @after ORDER BY charge LIMIT @most;

-- name: PlaceOf :one
SELECT name, at, movement, line, revision FROM reconcile_place WHERE name = $1;

-- name: InsertPlace :exec
INSERT INTO reconcile_place (name, at, movement, line, revision) VALUES (@name, @at, @movement, @line, 1);

-- name: MovePlace :execrows
UPDATE reconcile_place SET at = @at, movement = @movement, line = @line, revision = revision + 1 WHERE name = @name AND revision = @revision;

-- name: InsertOpenDay :exec
INSERT INTO reconcile_open_day (day, came, back, digest, body, entry, at) VALUES (@day, @came, @back, @digest, @body, @entry, @at);

-- name: OpenDays :many
SELECT day, came, back, digest, body, entry, at FROM reconcile_open_day WHERE day < @before ORDER BY day DESC LIMIT @most;

-- name: OpenDay :one
SELECT day, came, back, digest, body, entry, at FROM reconcile_open_day WHERE day = $1;

-- name: InsertProof :exec
INSERT INTO reconcile_proof (id, at, sound, result) VALUES (@id, @at, @sound, @result);

-- name: Proofs :many
SELECT id, at, sound, result FROM reconcile_proof ORDER BY id DESC LIMIT $1;

-- name: PayoutTotals :many
-- What was paid out of each income and did not come back.
SELECT payee, CAST(SUM(amount) AS BIGINT) AS amount FROM reconcile_payout_line AS l
WHERE payee IS NOT NULL AND (state = 'sent' OR state = 'paid' OR (state = 'waits' AND EXISTS (SELECT 1 FROM reconcile_payout AS p WHERE p.id = l.payout AND p.state <> 'prepared'))) GROUP BY payee ORDER BY payee;

-- name: SentBackWaiting :one
-- What is to be sent back and was not let out yet.
SELECT CAST(COALESCE(SUM(l.amount), 0) AS BIGINT) AS amount FROM reconcile_payout_line AS l JOIN reconcile_payout AS p ON p.id = l.payout
WHERE l.part IS NOT NULL AND l.state = 'waits' AND p.state = 'prepared';

-- name: RestSums :one
SELECT CAST(COALESCE(SUM(CASE WHEN rest > 0 THEN rest ELSE 0 END), 0) AS BIGINT) AS came, CAST(COALESCE(SUM(CASE WHEN rest < 0 THEN rest ELSE 0 END), 0) AS BIGINT) AS went
FROM reconcile_part WHERE treasury = @treasury AND currency = @currency;

-- name: PutWord :exec
INSERT INTO reconcile_word (about, word, official, act, at) VALUES (@about, @word, @official, @act, @at);

-- name: WordOf :one
SELECT about, word, official, act, at FROM reconcile_word WHERE about = @about AND word = @word;

-- name: LastStatement :one
SELECT id, account, bank_id, sequence, since, until, opening, closing, currency, lines, came, went, digest, source, official, loaded, state
FROM reconcile_statement WHERE account = @account AND id <> @id ORDER BY until DESC, id DESC LIMIT 1;

-- name: SettledOf :many
-- What officials put to a charge, and what of it was taken back, in order.
SELECT treasury, part, number, kind, charge, charge_number, amount, official, act, at, why FROM reconcile_act
WHERE treasury = @treasury AND charge = @charge ORDER BY at, part, number;

-- name: PutKnown :exec
INSERT INTO reconcile_known (payee, kind, name_ru, name_en, own) VALUES (@payee, @kind, @name_ru, @name_en, @own)
ON CONFLICT (payee) DO UPDATE SET kind = excluded.kind, name_ru = excluded.name_ru, name_en = excluded.name_en, own = excluded.own;

-- name: KnownPayees :many
SELECT payee, kind, name_ru, name_en, own FROM reconcile_known ORDER BY payee;

-- name: OldestApproved :one
SELECT approved FROM reconcile_payout WHERE state = 'approved' AND approved IS NOT NULL ORDER BY approved LIMIT 1;

-- name: PartIDs :many
SELECT id, number FROM reconcile_part WHERE treasury = @treasury AND statement = @statement AND number > @after ORDER BY number LIMIT @most;
