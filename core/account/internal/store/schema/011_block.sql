-- Accounts that let nobody in. 'frozen' is its owner's word (this was not me), 'blocked' the city's. A way in that was
-- there before cause may open a frozen one again. note is the number of the order, sealed by the account's key.
CREATE TABLE account_block (
  account UUID NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('frozen', 'blocked')),
  reason TEXT NOT NULL,
  note SEALED,
  official UUID,
  since TIMESTAMPTZ NOT NULL,
  cause TIMESTAMPTZ NOT NULL,
  PRIMARY KEY (account, kind)
);
COMMENT ON TABLE account_block IS 'holder: account; narrow';

-- Links of letters by which an owner says that it was not them. The hash alone is kept; each is good once.
CREATE TABLE not_me (
  hash BYTEA NOT NULL,
  person UUID NOT NULL,
  made TIMESTAMPTZ NOT NULL,
  until TIMESTAMPTZ NOT NULL,
  used TIMESTAMPTZ,
  PRIMARY KEY (hash)
);
COMMENT ON TABLE not_me IS 'holder: none — lookup by the hash of a token that came by letter; narrow';
CREATE INDEX not_me_by_end ON not_me (until);
