-- The hashes of a batch a second time, as they were signed: by them a check names the row that was changed.
ALTER TABLE exchange_batch ADD COLUMN copy BYTEA;

-- How far the log has been checked. One row: checks go round and round.
CREATE TABLE exchange_check (
  number BIGINT NOT NULL,           -- 1
  next BIGINT NOT NULL,             -- batch with which the next stretch begins
  began TIMESTAMPTZ NOT NULL,       -- the round that is under way
  batches BIGINT NOT NULL,          -- checked in it so far, as messages and faults
  messages BIGINT NOT NULL,
  faults BIGINT NOT NULL,
  ended TIMESTAMPTZ,                -- the last whole round; NULL: there was none
  ended_batches BIGINT NOT NULL,
  ended_messages BIGINT NOT NULL,
  ended_faults BIGINT NOT NULL,
  first_fault TEXT NOT NULL,        -- what was found first, in the last whole round or since; empty: nothing
  PRIMARY KEY (number)
);
COMMENT ON TABLE exchange_check IS 'holder: none — one row about hashes';
