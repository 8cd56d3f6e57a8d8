-- What a correction found: the sum and the day to pay before and after it. Of older rows nobody knows: 0 and empty.
ALTER TABLE bill_change ADD COLUMN was BIGINT NOT NULL DEFAULT 0;
ALTER TABLE bill_change ADD COLUMN was_due TIMESTAMPTZ;
ALTER TABLE bill_change ADD COLUMN due TIMESTAMPTZ;

-- What somebody is still to be told of a bill; it is gone in the Write that tells it.
CREATE TABLE charge_news (
  person UUID NOT NULL,
  charge UUID NOT NULL,
  revision BIGINT NOT NULL,      -- of the bill, that the change made
  home UUID NOT NULL,
  step TEXT NOT NULL,            -- due, corrected, cancelled, given, reversed
  at TIMESTAMPTZ NOT NULL,
  PRIMARY KEY (person, charge, revision)
);
COMMENT ON TABLE charge_news IS 'holder: person; personal: person; narrow';
