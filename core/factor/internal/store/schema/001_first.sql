-- Questions that wait for their answer, each taken once: a challenge to a passkey, or the key of an authenticator app that
-- is being added. visit is the hash of the browser's visit, or of the session, that was asked. state is what the answer is
-- checked against and no secret: the browser has it too. secret is the app's key.
CREATE TABLE factor_question (
  id UUID NOT NULL,
  purpose TEXT NOT NULL CHECK (purpose IN ('enter', 'second', 'add', 'app')),
  visit BYTEA NOT NULL,
  account UUID,
  state BYTEA NOT NULL,
  secret SEALED,
  until TIMESTAMPTZ NOT NULL,
  PRIMARY KEY (id)
);
COMMENT ON TABLE factor_question IS 'holder: none — a passkey is asked before anybody is known';
CREATE INDEX factor_question_by_end ON factor_question (until);

-- One-time recovery codes, as keyed hashes.
CREATE TABLE recovery_code (
  account UUID NOT NULL,
  code KEYED NOT NULL,
  made TIMESTAMPTZ NOT NULL,
  used TIMESTAMPTZ,
  PRIMARY KEY (account, code)
);
COMMENT ON TABLE recovery_code IS 'holder: account; narrow';
