-- name: InsertTransfer :exec
-- Nothing comes into a day that is closed: what would, ends at the first moment after it.
INSERT INTO ledger_transfer (holder, movement, line, debit, credit, amount, currency, state, entered, ended, act, about)
VALUES (@holder, @movement, @line, @debit, @credit, @amount, @currency, @state, @entered, CASE WHEN (SELECT d.until FROM ledger_day AS d ORDER BY d.day DESC LIMIT 1) > sqlc.narg(ended) THEN (SELECT d.until FROM ledger_day AS d ORDER BY d.day DESC LIMIT 1) ELSE sqlc.narg(ended) END, @act, @about)
ON CONFLICT (holder, movement, line) DO NOTHING;

-- name: AddTransfer :exec
INSERT INTO ledger_transfer (holder, movement, line, debit, credit, amount, currency, state, entered, ended, act, about)
VALUES (@holder, @movement, @line, @debit, @credit, @amount, @currency, @state, @entered, CASE WHEN (SELECT d.until FROM ledger_day AS d ORDER BY d.day DESC LIMIT 1) > sqlc.narg(ended) THEN (SELECT d.until FROM ledger_day AS d ORDER BY d.day DESC LIMIT 1) ELSE sqlc.narg(ended) END, @act, @about);

-- name: EndTransfers :execrows
UPDATE ledger_transfer SET state = @state, ended = CASE WHEN (SELECT d.until FROM ledger_day AS d ORDER BY d.day DESC LIMIT 1) > sqlc.narg(ended) THEN (SELECT d.until FROM ledger_day AS d ORDER BY d.day DESC LIMIT 1) ELSE sqlc.narg(ended) END
WHERE holder = @holder AND movement = @movement AND state = 'reserved';

-- name: SameLine :one
-- counts only
SELECT CAST(COUNT(*) AS BIGINT) AS lines, CAST(COALESCE(SUM(CASE WHEN line = @line AND debit = @debit AND credit = @credit AND amount = @amount AND currency = @currency AND (state = @state OR state = @or_state) THEN 1 ELSE 0 END), 0) AS BIGINT) AS same
FROM ledger_transfer WHERE holder = @holder AND movement = @movement;

-- name: TransfersOf :many
SELECT holder, movement, line, debit, credit, amount, currency, state, entered, ended, act, about
FROM ledger_transfer WHERE holder = @holder ORDER BY movement, line;

-- name: MoveBalance :exec
-- For an account without a bound: its row appears with its first transfer.
INSERT INTO ledger_balance (account, bucket, bound, currency, debits, credits, debits_reserved, credits_reserved)
VALUES (@account, @bucket, 0, @currency, @debits, @credits, @debits_reserved, @credits_reserved)
ON CONFLICT (account, bucket) DO UPDATE SET debits = ledger_balance.debits + excluded.debits, credits = ledger_balance.credits + excluded.credits,
  debits_reserved = ledger_balance.debits_reserved + excluded.debits_reserved, credits_reserved = ledger_balance.credits_reserved + excluded.credits_reserved;

-- name: MoveOpen :execrows
-- For a row that is there: of an account with a bound, or one that holds a reservation.
UPDATE ledger_balance SET bound = @bound, debits = debits + @debits, credits = credits + @credits,
  debits_reserved = debits_reserved + @debits_reserved, credits_reserved = credits_reserved + @credits_reserved
WHERE account = @account AND bucket = @bucket AND currency = @currency;

-- name: OpenBounded :exec
INSERT INTO ledger_balance (account, bucket, bound, currency, debits, credits, debits_reserved, credits_reserved)
VALUES (@account, 0, @bound, @currency, 0, 0, 0, 0) ON CONFLICT (account, bucket) DO NOTHING;

-- name: BalanceOf :many
SELECT account, bucket, bound, currency, debits, credits, debits_reserved, credits_reserved FROM ledger_balance WHERE account = @account ORDER BY bucket;

-- name: BalanceRows :one
SELECT CAST(COUNT(*) AS BIGINT) AS n FROM ledger_balance;

-- name: Off :one
SELECT CAST(COALESCE(SUM(credits - debits), 0) AS BIGINT) AS net FROM ledger_balance;

-- name: Balances :many
SELECT account, CAST(SUM(debits) AS BIGINT) AS debits, CAST(SUM(credits) AS BIGINT) AS credits,
  CAST(SUM(debits_reserved) AS BIGINT) AS debits_reserved, CAST(SUM(credits_reserved) AS BIGINT) AS credits_reserved
FROM ledger_balance WHERE account >= @first AND account <= @last GROUP BY account ORDER BY account;

-- name: DebitsBetween :many
-- counts only
SELECT debit AS account, CAST(SUM(amount) AS BIGINT) AS amount, CAST(COUNT(*) AS BIGINT) AS transfers FROM ledger_transfer
WHERE ended >= @since AND ended < @until AND state = 'posted' AND debit >= @first AND debit <= @last GROUP BY debit ORDER BY debit;

-- name: CreditsBetween :many
-- counts only
SELECT credit AS account, CAST(SUM(amount) AS BIGINT) AS amount, CAST(COUNT(*) AS BIGINT) AS transfers FROM ledger_transfer
WHERE ended >= @since AND ended < @until AND state = 'posted' AND credit >= @first AND credit <= @last GROUP BY credit ORDER BY credit;

-- name: TotalBetween :one
-- counts only
SELECT CAST(COUNT(*) AS BIGINT) AS transfers, CAST(COALESCE(SUM(amount), 0) AS BIGINT) AS amount FROM ledger_transfer
WHERE ended >= @since AND ended < @until AND state = 'posted';

-- name: ReservedDebits :many
-- counts only
SELECT debit AS account, CAST(SUM(amount) AS BIGINT) AS amount FROM ledger_transfer
WHERE ended IS NULL AND debit >= @first AND debit <= @last GROUP BY debit ORDER BY debit;

-- name: ReservedCredits :many
-- counts only
SELECT credit AS account, CAST(SUM(amount) AS BIGINT) AS amount FROM ledger_transfer
WHERE ended IS NULL AND credit >= @first AND credit <= @last GROUP BY credit ORDER BY credit;

-- name: MovedBetween :one
-- counts only
SELECT CAST(COALESCE(SUM(CASE WHEN debit = @account THEN amount ELSE 0 END), 0) AS BIGINT) AS debits,
  CAST(COALESCE(SUM(CASE WHEN credit = @account THEN amount ELSE 0 END), 0) AS BIGINT) AS credits
FROM ledger_transfer WHERE ended >= @since AND ended < @until AND state = 'posted' AND (debit = @account OR credit = @account);

-- name: ClosingBefore :one
SELECT account, day, debits, credits, transfers FROM ledger_closing WHERE account = @account AND day <= @day ORDER BY day DESC LIMIT 1;

-- name: LastClosings :many
-- The last one of each account that has a balance, up to a closed day: those of a later one are not whole yet.
SELECT c.account, c.day, c.debits, c.credits, c.transfers
FROM (SELECT b.account FROM ledger_balance AS b WHERE b.account >= @first AND b.account <= @last GROUP BY b.account) AS m
JOIN ledger_closing AS c ON c.account = m.account AND c.day = (SELECT MAX(o.day) FROM ledger_closing AS o WHERE o.account = m.account AND o.day <= @day)
ORDER BY c.account;

-- name: ClosingsOfGivers :many
-- counts only
-- The last closings before a day of the accounts that gave on it.
SELECT c.account, c.day, c.debits, c.credits, c.transfers
FROM (SELECT t.debit AS account FROM ledger_transfer AS t WHERE t.ended >= @since AND t.ended < @until AND t.state = 'posted' AND t.debit >= @first AND t.debit <= @last GROUP BY t.debit) AS m
JOIN ledger_closing AS c ON c.account = m.account AND c.day = (SELECT MAX(o.day) FROM ledger_closing AS o WHERE o.account = m.account AND o.day < @day)
ORDER BY c.account;

-- name: ClosingsOfTakers :many
-- counts only
-- The last closings before a day of the accounts that took on it.
SELECT c.account, c.day, c.debits, c.credits, c.transfers
FROM (SELECT t.credit AS account FROM ledger_transfer AS t WHERE t.ended >= @since AND t.ended < @until AND t.state = 'posted' AND t.credit >= @first AND t.credit <= @last GROUP BY t.credit) AS m
JOIN ledger_closing AS c ON c.account = m.account AND c.day = (SELECT MAX(o.day) FROM ledger_closing AS o WHERE o.account = m.account AND o.day < @day)
ORDER BY c.account;

-- name: PutClosing :exec
-- Again after a closing that broke off, or by two nodes at once: the later count stays, for transfers only come.
INSERT INTO ledger_closing (account, day, debits, credits, transfers) VALUES (@account, @day, @debits, @credits, @transfers)
ON CONFLICT (account, day) DO UPDATE SET debits = excluded.debits, credits = excluded.credits, transfers = excluded.transfers
WHERE excluded.transfers >= ledger_closing.transfers;

-- name: InsertDay :exec
INSERT INTO ledger_day (day, since, until, transfers, amount, digest, closed) VALUES (@day, @since, @until, @transfers, @amount, @digest, @closed);

-- name: ClosedDay :one
SELECT day FROM ledger_day WHERE day = @day;

-- name: LastDay :one
SELECT day, since, until, transfers, amount, digest, closed FROM ledger_day ORDER BY day DESC LIMIT 1;

-- name: DayUntil :one
SELECT day, since, until, transfers, amount, digest, closed FROM ledger_day WHERE until <= @at ORDER BY day DESC LIMIT 1;

-- name: FirstTransfer :one
-- counts only
SELECT ended FROM ledger_transfer WHERE ended IS NOT NULL ORDER BY ended LIMIT 1;

-- name: PostedAfter :many
-- counts only
SELECT movement, line, debit, credit, amount, currency, ended, about FROM ledger_transfer
WHERE state = 'posted' AND ended >= @since AND ended < @until AND (ended > @since OR movement > @movement OR (movement = @movement AND line > @line))
ORDER BY ended, movement, line LIMIT @most;
