-- Sites that sign people in through the city. body is JSON: name, purpose, addresses, scopes, hashes of secrets; nothing
-- of a person.
CREATE TABLE openid_client (
  id UUID NOT NULL,
  active BOOLEAN NOT NULL,
  body TEXT NOT NULL,
  made TIMESTAMPTZ NOT NULL,
  version BIGINT NOT NULL,
  PRIMARY KEY (id)
);
COMMENT ON TABLE openid_client IS 'holder: none — sites are registered by the city, read at every sign-in';

-- How the messages that a session is over went, so that an administrator sees a site which does not hear.
CREATE TABLE openid_client_call (
  client UUID NOT NULL,
  heard TIMESTAMPTZ,
  failed TIMESTAMPTZ,
  failure TEXT NOT NULL,
  times BIGINT NOT NULL,
  PRIMARY KEY (client)
);
COMMENT ON TABLE openid_client_call IS 'holder: none — belongs to the client; narrow';

-- Keys that sign. secret is wiped when the key has retired; the public half stays to check old hints by.
CREATE TABLE openid_signing_key (
  issuer UUID NOT NULL,
  kid TEXT NOT NULL,
  alg TEXT NOT NULL CHECK (alg IN ('ES256', 'RS256')),
  public TEXT NOT NULL,
  secret SEALED,
  made TIMESTAMPTZ NOT NULL,
  starts TIMESTAMPTZ NOT NULL,
  PRIMARY KEY (issuer, kid)
);
COMMENT ON TABLE openid_signing_key IS 'holder: issuer';

-- Requests that wait for their person. key is the hash of a reference that the browser alone has; body is sealed by the
-- reference itself, so that the row opens to nobody else. visit is the hash of the browser's cookie; empty for a request
-- that its site has pushed and no browser has brought yet.
CREATE TABLE openid_request (
  key BYTEA NOT NULL,
  visit BYTEA,
  client UUID NOT NULL,
  body BYTEA NOT NULL,
  until TIMESTAMPTZ NOT NULL,
  PRIMARY KEY (key)
);
COMMENT ON TABLE openid_request IS 'holder: none — asked before anybody is known';
CREATE INDEX openid_request_by_end ON openid_request (until);

-- What a person let a site have, remembered, with when the site last got something.
CREATE TABLE openid_connection (
  person UUID NOT NULL,
  client UUID NOT NULL,
  granted TEXT NOT NULL,
  offered TEXT NOT NULL,
  first TIMESTAMPTZ NOT NULL,
  used TIMESTAMPTZ NOT NULL,
  version BIGINT NOT NULL,
  PRIMARY KEY (person, client)
);
COMMENT ON TABLE openid_connection IS 'holder: person; personal: person; narrow';

-- A family of tokens: all that came of one consent at one sign-in. turn counts refreshes; only the refresh token of the
-- present turn is good. ended kills the whole family at once.
CREATE TABLE openid_family (
  person UUID NOT NULL,
  id UUID NOT NULL,
  client UUID NOT NULL,
  session_id UUID NOT NULL,
  offline BOOLEAN NOT NULL,
  scopes TEXT NOT NULL,
  claims TEXT NOT NULL,
  nonce TEXT NOT NULL,
  acr TEXT NOT NULL,
  amr TEXT NOT NULL,
  authed TIMESTAMPTZ NOT NULL,
  proof TEXT NOT NULL,
  turn BIGINT NOT NULL,
  turned TIMESTAMPTZ NOT NULL,
  until TIMESTAMPTZ NOT NULL,
  made TIMESTAMPTZ NOT NULL,
  ended TIMESTAMPTZ,
  PRIMARY KEY (person, id)
);
COMMENT ON TABLE openid_family IS 'holder: person; personal: person';
CREATE INDEX openid_family_by_client ON openid_family (person, client);
CREATE INDEX openid_family_by_session ON openid_family (person, session_id);
CREATE INDEX openid_family_by_end ON openid_family (until);

-- Codes that a browser brings to its site, once. The hash alone is kept; a used one stays until its end, so that a second
-- use is known for what it is.
CREATE TABLE openid_code (
  hash BYTEA NOT NULL,
  person UUID NOT NULL,
  family UUID NOT NULL,
  client UUID NOT NULL,
  redirect TEXT NOT NULL,
  challenge TEXT NOT NULL,
  until TIMESTAMPTZ NOT NULL,
  used TIMESTAMPTZ,
  PRIMARY KEY (hash)
);
COMMENT ON TABLE openid_code IS 'holder: none — lookup by the hash of a code, before anybody is known';
CREATE INDEX openid_code_by_end ON openid_code (until);

-- Access and refresh tokens by their hash.
CREATE TABLE openid_token (
  hash BYTEA NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('access', 'refresh')),
  person UUID NOT NULL,
  family UUID NOT NULL,
  turn BIGINT NOT NULL,
  made TIMESTAMPTZ NOT NULL,
  until TIMESTAMPTZ NOT NULL,
  PRIMARY KEY (hash)
);
COMMENT ON TABLE openid_token IS 'holder: none — lookup by the hash of a token, before anybody is known; narrow';
CREATE INDEX openid_token_by_end ON openid_token (until);

-- Devices without a keyboard that ask to sign in. code is what a person types, keyed.
CREATE TABLE openid_device (
  hash BYTEA NOT NULL,
  code KEYED NOT NULL,
  client UUID NOT NULL,
  scopes TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('waits', 'allowed', 'refused', 'used')),
  person UUID,
  family UUID,
  pause BIGINT NOT NULL,
  asked TIMESTAMPTZ NOT NULL,
  until TIMESTAMPTZ NOT NULL,
  PRIMARY KEY (hash)
);
COMMENT ON TABLE openid_device IS 'holder: none — asked before anybody is known';
CREATE UNIQUE INDEX openid_device_by_code ON openid_device (code);
CREATE INDEX openid_device_by_end ON openid_device (until);

-- Names of proofs that were used: assertions and DPoP proofs are good once.
CREATE TABLE openid_proof (
  hash BYTEA NOT NULL,
  until TIMESTAMPTZ NOT NULL,
  PRIMARY KEY (hash)
);
COMMENT ON TABLE openid_proof IS 'holder: none — kept before anybody is known; narrow';
CREATE INDEX openid_proof_by_end ON openid_proof (until);
