-- Who has lost their second step and asked to do without it: one at a time for an account. ready is when it may be used.
CREATE TABLE recovery (
  account UUID NOT NULL,
  id UUID NOT NULL,
  person UUID NOT NULL,
  since TIMESTAMPTZ NOT NULL,
  ready TIMESTAMPTZ NOT NULL,
  until TIMESTAMPTZ NOT NULL,
  ended TIMESTAMPTZ,
  outcome TEXT NOT NULL CHECK (outcome IN ('', 'used', 'cancelled')),
  PRIMARY KEY (account, id)
);
COMMENT ON TABLE recovery IS 'holder: account; personal: person';

-- Which recovery the link of a letter cancels.
CREATE TABLE recovery_token (
  hash BYTEA NOT NULL,
  account UUID NOT NULL,
  recovery UUID NOT NULL,
  until TIMESTAMPTZ NOT NULL,
  PRIMARY KEY (hash)
);
COMMENT ON TABLE recovery_token IS 'holder: none — lookup by the hash of a token, before anybody is known; narrow';
CREATE INDEX recovery_token_by_end ON recovery_token (until);
