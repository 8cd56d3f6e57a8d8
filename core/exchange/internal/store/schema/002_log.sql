-- What went over the wire: one row a try, with the question and, if there was one, the answer, byte for byte. It goes with the
-- person; its hashes in exchange_leaf stay.
CREATE TABLE exchange_message (
  holder UUID NOT NULL,             -- the person it is about
  id UUID NOT NULL,                 -- of the try, in exchange_leaf too
  case_id UUID,                     -- NULL: for the account itself
  asking UUID NOT NULL,             -- the idempotency key: tries of one question have the same
  side TEXT NOT NULL CHECK (side IN ('asked', 'answered')),
  peer TEXT NOT NULL,               -- key of the agency that was asked, or the member that asked
  register TEXT NOT NULL,
  at TIMESTAMPTZ NOT NULL,
  trouble TEXT NOT NULL,
  messages SEALED NOT NULL,         -- JSON: head, body and salt of the question and of the answer
  PRIMARY KEY (holder, id)
);
COMMENT ON TABLE exchange_message IS 'holder: holder; personal: holder';

-- The hashes of messages, in the order in which they were signed. A leaf says nothing of a message without its salt.
CREATE TABLE exchange_leaf (
  id UUID NOT NULL,
  batch BIGINT NOT NULL,            -- 0: waits to be signed
  question BYTEA NOT NULL,          -- SHA-512
  answer BYTEA,                     -- NULL: there was none
  PRIMARY KEY (id)
);
COMMENT ON TABLE exchange_leaf IS 'holder: none — hashes of all messages, which outlive the persons; narrow';
CREATE INDEX exchange_leaf_batch ON exchange_leaf (batch, id);

-- Signed batches of messages. The first leaf of each is the top of the one before, so that they make a chain.
CREATE TABLE exchange_batch (
  number BIGINT NOT NULL,           -- 1 and up
  previous BYTEA NOT NULL,          -- top of the batch before; of the first: zeroes
  leaves BIGINT NOT NULL,           -- rows of exchange_leaf
  top BYTEA,                        -- NULL: not signed yet
  signed TIMESTAMPTZ,
  signatures BYTEA,                 -- META-INF/signatures.xml
  PRIMARY KEY (number)
);
COMMENT ON TABLE exchange_batch IS 'holder: none — signatures over hashes of all messages';
