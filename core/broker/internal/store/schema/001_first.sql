-- Outside providers that the administrator added. secret is the client's, sealed by the city's key; claims is JSON: which
-- claim of the provider says what; accepted is the acr values that lend the level, parted by spaces.
CREATE TABLE provider (
  agency UUID NOT NULL,
  key TEXT NOT NULL,
  issuer TEXT NOT NULL,
  client TEXT NOT NULL,
  secret SEALED,
  scopes TEXT NOT NULL,
  title_ru TEXT NOT NULL,
  title_en TEXT NOT NULL,
  level BIGINT NOT NULL CHECK (level >= 1 AND level <= 3),
  accepted TEXT NOT NULL,
  claims TEXT NOT NULL,
  registers BOOLEAN NOT NULL,
  strong BOOLEAN NOT NULL,
  working BOOLEAN NOT NULL,
  version BIGINT NOT NULL,
  changed TIMESTAMPTZ NOT NULL,
  PRIMARY KEY (agency, key)
);
COMMENT ON TABLE provider IS 'holder: agency';

-- What a browser was sent to a provider with (asked), and what the provider then said (found). hash is of the state or of
-- the ticket that stands in the address; browser is of the cookie without which it is worth nothing. kept is sealed by
-- the city's key. A row is used once.
CREATE TABLE provider_try (
  hash BYTEA NOT NULL,
  browser BYTEA NOT NULL,
  stage TEXT NOT NULL CHECK (stage IN ('asked', 'found')),
  kept BYTEA NOT NULL,
  until TIMESTAMPTZ NOT NULL,
  used TIMESTAMPTZ,
  PRIMARY KEY (hash)
);
COMMENT ON TABLE provider_try IS 'holder: none — begun before anybody is known';
CREATE INDEX provider_try_by_end ON provider_try (until);

-- Who came by which session (sid) or subject of a provider, so that the provider can end what it began. mark is a keyed
-- hash of either.
CREATE TABLE provider_entry (
  mark KEYED NOT NULL,
  id UUID NOT NULL,
  person UUID NOT NULL,
  account UUID NOT NULL,
  way UUID NOT NULL,
  entered TIMESTAMPTZ NOT NULL,
  until TIMESTAMPTZ NOT NULL,
  PRIMARY KEY (mark, id)
);
COMMENT ON TABLE provider_entry IS 'holder: none — lookup by keyed hash of what a provider says; narrow';
CREATE INDEX provider_entry_by_end ON provider_entry (until);
CREATE INDEX provider_entry_by_way ON provider_entry (way);

-- Logout tokens that were taken, by a hash of issuer and jti: one is good once.
CREATE TABLE provider_logout (
  hash BYTEA NOT NULL,
  until TIMESTAMPTZ NOT NULL,
  PRIMARY KEY (hash)
);
COMMENT ON TABLE provider_logout IS 'holder: none — about the provider''s message, not a person; narrow';
CREATE INDEX provider_logout_by_end ON provider_logout (until);
