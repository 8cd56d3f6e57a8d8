-- The newest checkpoints that witnesses have signed: 'newest' has at least one of them, 'quorum' as many as the operator
-- wants. note is the signed checkpoint with their lines; confirmed is when they signed it last; since is when the city
-- first asked. The row 'quorum' also says which node asks, until when; then any other may.
CREATE TABLE journal_confirmed (
  name TEXT NOT NULL,
  size BIGINT NOT NULL,
  root BYTEA NOT NULL,
  note TEXT NOT NULL,
  confirmed TIMESTAMPTZ,
  since TIMESTAMPTZ NOT NULL,
  node UUID NOT NULL,
  until TIMESTAMPTZ NOT NULL,
  PRIMARY KEY (name)
);
COMMENT ON TABLE journal_confirmed IS 'holder: none — checkpoints of the public log that witnesses signed; narrow';

-- How each witness stands, by its verifier key: the size that it signed last and when, and what it said instead of
-- signing since then. ahead is a size beyond ours that it says it has signed.
CREATE TABLE journal_witness (
  witness TEXT NOT NULL,
  size BIGINT NOT NULL,
  confirmed TIMESTAMPTZ,
  trouble TEXT NOT NULL,
  ahead BIGINT NOT NULL,
  since TIMESTAMPTZ,
  PRIMARY KEY (witness)
);
COMMENT ON TABLE journal_witness IS 'holder: none — how the witnesses of the public log stand; narrow';
