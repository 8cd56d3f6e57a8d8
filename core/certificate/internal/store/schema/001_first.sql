-- What a browser showed: a certificate that came by a connection (stage 'ticket', a minute), or one that was checked and
-- waits for its person's word (stage 'shown'). hash is of the ticket in the address, or of the cookie. visit is of the
-- browser's visit. kept is sealed by the city's key. A row is used once.
CREATE TABLE certificate_shown (
  hash BYTEA NOT NULL,
  stage TEXT NOT NULL CHECK (stage IN ('ticket', 'shown')),
  visit BYTEA NOT NULL,
  kept BYTEA NOT NULL,
  until TIMESTAMPTZ NOT NULL,
  used TIMESTAMPTZ,
  PRIMARY KEY (hash)
);
COMMENT ON TABLE certificate_shown IS 'holder: none — shown before anybody is known';
CREATE INDEX certificate_shown_by_end ON certificate_shown (until);

-- Challenges that were answered: one is good once. hash is of the challenge.
CREATE TABLE certificate_challenge (
  hash BYTEA NOT NULL,
  until TIMESTAMPTZ NOT NULL,
  PRIMARY KEY (hash)
);
COMMENT ON TABLE certificate_challenge IS 'holder: none — answered before anybody is known; narrow';
CREATE INDEX certificate_challenge_by_end ON certificate_challenge (until);

-- Lists of revoked certificates as their authorities publish them, by address. The times are the list's own; fetched and
-- tried are the city's.
CREATE TABLE revocation_list (
  address TEXT NOT NULL,
  issuer TEXT NOT NULL,
  number TEXT NOT NULL,
  this_update TIMESTAMPTZ,
  next_update TIMESTAMPTZ,
  entries BIGINT NOT NULL,
  fetched TIMESTAMPTZ,
  tried TIMESTAMPTZ,
  fault TEXT NOT NULL,
  asked TIMESTAMPTZ NOT NULL,
  PRIMARY KEY (address)
);
COMMENT ON TABLE revocation_list IS 'holder: none — published lists of authorities; narrow';

-- The lists themselves, DER.
CREATE TABLE revocation_list_body (
  address TEXT NOT NULL,
  body BYTEA NOT NULL,
  PRIMARY KEY (address)
);
COMMENT ON TABLE revocation_list_body IS 'holder: none — published lists of authorities';

-- How often certificates were refused, by hour and reason: counts of nobody.
CREATE TABLE certificate_refusal (
  hour TIMESTAMPTZ NOT NULL,
  road TEXT NOT NULL,
  reason TEXT NOT NULL,
  authority TEXT NOT NULL,
  n BIGINT NOT NULL,
  PRIMARY KEY (hour, road, reason, authority)
);
COMMENT ON TABLE certificate_refusal IS 'holder: none — counts of nobody; narrow';
