-- What a fund's books come to on a day, so that nobody adds gifts up to read of them.
CREATE TABLE charity_day (
  fund UUID NOT NULL,
  day TEXT NOT NULL,              -- in the city
  kind TEXT NOT NULL,             -- of the entries
  amount BIGINT NOT NULL,
  entries BIGINT NOT NULL,
  PRIMARY KEY (fund, day, kind)
);
COMMENT ON TABLE charity_day IS 'holder: fund; narrow';
INSERT INTO charity_day (fund, day, kind, amount, entries)
SELECT fund, day, kind, CAST(SUM(amount) AS BIGINT), CAST(COUNT(*) AS BIGINT) FROM charity_entry GROUP BY fund, day, kind;

-- What was asked and paid out of one line of an appeal's budget.
CREATE TABLE charity_line (
  fund UUID NOT NULL,
  appeal UUID NOT NULL,
  line TEXT NOT NULL,
  asked BIGINT NOT NULL CHECK (asked >= 0), -- payouts that wait for the city
  paid BIGINT NOT NULL CHECK (paid >= 0),
  PRIMARY KEY (fund, appeal, line)
);
COMMENT ON TABLE charity_line IS 'holder: fund; narrow';
INSERT INTO charity_line (fund, appeal, line, asked, paid)
SELECT fund, appeal, line, CAST(SUM(CASE WHEN state = 'asked' THEN amount ELSE 0 END) AS BIGINT), CAST(SUM(CASE WHEN state = 'paid' THEN amount ELSE 0 END) AS BIGINT)
FROM charity_payout GROUP BY fund, appeal, line;

-- Where a gift lies in its purse without reading the others: what came before it, also what has gone back since.
ALTER TABLE charity_entry ADD COLUMN ahead BIGINT NOT NULL DEFAULT 0;
ALTER TABLE charity_purse ADD COLUMN came BIGINT NOT NULL DEFAULT 0; -- all gifts that ever came
UPDATE charity_entry SET ahead = before.ahead FROM (
  SELECT fund, id, part,
    CAST(COALESCE(SUM(amount) OVER (PARTITION BY fund, appeal ORDER BY place ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS BIGINT) AS ahead
  FROM charity_entry WHERE kind = 'gift') AS before
WHERE charity_entry.kind = 'gift' AND charity_entry.fund = before.fund AND charity_entry.id = before.id AND charity_entry.part = before.part;
UPDATE charity_purse SET came = COALESCE((
  SELECT CAST(SUM(e.amount) AS BIGINT) FROM charity_entry AS e
  WHERE e.fund = charity_purse.fund AND e.appeal = charity_purse.appeal AND e.kind = 'gift'), 0);
CREATE INDEX charity_entry_by_kind ON charity_entry (fund, appeal, kind, place);
CREATE INDEX charity_appeal_of_fund ON charity_appeal (fund, state, id);

-- What a verified fund wants to say of itself from now on: shown when an official has looked at it.
CREATE TABLE charity_change (
  fund UUID NOT NULL,
  id UUID NOT NULL,
  body TEXT NOT NULL,             -- JSON, as that of the fund
  asked TIMESTAMPTZ NOT NULL,
  PRIMARY KEY (fund)
);
COMMENT ON TABLE charity_change IS 'holder: fund';
CREATE INDEX charity_change_by_time ON charity_change (asked, fund);
CREATE INDEX charity_decision_by_object ON charity_decision (fund, object, at);
