-- The books are core/ledger's. What stood here moves there, with its balances.
INSERT INTO ledger_transfer (holder, movement, line, debit, credit, amount, currency, state, entered, ended, act, about)
SELECT holder, movement, line, debit, credit, amount, currency, state, at, at, act, charge FROM transfer;
INSERT INTO ledger_balance (account, bucket, bound, currency, debits, credits, debits_reserved, credits_reserved)
SELECT account, 0, 0, currency, SUM(debits), SUM(credits), 0, 0
FROM (SELECT debit AS account, currency, amount AS debits, 0 AS credits FROM transfer UNION ALL SELECT credit, currency, 0, amount FROM transfer) AS moved
GROUP BY account, currency;
DROP TABLE transfer;
