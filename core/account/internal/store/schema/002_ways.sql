-- How a session was begun and made stronger: methods parted by spaces, the moment of the last proof, the browser, where
-- from, and the official who began it for a person at a service centre.
ALTER TABLE session ADD COLUMN methods TEXT NOT NULL DEFAULT '';
ALTER TABLE session ADD COLUMN strong BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE session ADD COLUMN proved TIMESTAMPTZ;
ALTER TABLE session ADD COLUMN device_id UUID;
ALTER TABLE session ADD COLUMN place SEALED;
ALTER TABLE session ADD COLUMN by_official UUID;

-- When a second step is asked: '' by risk, 'always', 'needed' only where a service needs it.
ALTER TABLE account ADD COLUMN second TEXT NOT NULL DEFAULT '';

-- Which accounts lead to a person. The account's own row says so too; a merge moves both.
CREATE TABLE person_account (
  person UUID NOT NULL,
  account UUID NOT NULL,
  PRIMARY KEY (person, account)
);
COMMENT ON TABLE person_account IS 'holder: person; narrow';
INSERT INTO person_account (person, account) SELECT person, account FROM account;

-- Ways in beside contacts and the password. secret is the method's own, sealed by the account's key. alone: lets in by
-- itself; second: may be the second step.
CREATE TABLE way (
  account UUID NOT NULL,
  id UUID NOT NULL,
  method TEXT NOT NULL,
  name SEALED,
  secret SEALED,
  key KEYED,
  alone BOOLEAN NOT NULL,
  second BOOLEAN NOT NULL,
  added TIMESTAMPTZ NOT NULL,
  used TIMESTAMPTZ,
  version BIGINT NOT NULL,
  PRIMARY KEY (account, id)
);
COMMENT ON TABLE way IS 'holder: account';

-- Which way a passkey, an outside provider's subject or a certificate is.
CREATE TABLE way_key (
  key KEYED NOT NULL,
  account UUID NOT NULL,
  way UUID NOT NULL,
  PRIMARY KEY (key)
);
COMMENT ON TABLE way_key IS 'holder: none — lookup by keyed hash, before anybody is known; narrow';

-- Browsers that a person has signed in by. method is what they used there last.
CREATE TABLE device (
  person UUID NOT NULL,
  id UUID NOT NULL,
  hash BYTEA NOT NULL,
  account UUID NOT NULL,
  name SEALED,
  method TEXT NOT NULL,
  first TIMESTAMPTZ NOT NULL,
  seen TIMESTAMPTZ NOT NULL,
  PRIMARY KEY (person, id)
);
COMMENT ON TABLE device IS 'holder: person; personal: person';

-- Who has signed in by the browser whose cookie has the hash.
CREATE TABLE device_key (
  hash BYTEA NOT NULL,
  person UUID NOT NULL,
  device UUID NOT NULL,
  seen TIMESTAMPTZ NOT NULL,
  PRIMARY KEY (hash, person)
);
COMMENT ON TABLE device_key IS 'holder: none — lookup by the hash of a cookie, before anybody is known; narrow';
CREATE INDEX device_key_by_seen ON device_key (seen);

-- Sign-ins that wait for their second step. hash is of the cookie of the browser that began.
CREATE TABLE sign_in (
  hash BYTEA NOT NULL,
  account UUID NOT NULL,
  person UUID NOT NULL,
  method TEXT NOT NULL,
  way UUID,
  level BIGINT NOT NULL,
  back TEXT NOT NULL,
  made_now BOOLEAN NOT NULL,
  until TIMESTAMPTZ NOT NULL,
  PRIMARY KEY (hash)
);
COMMENT ON TABLE sign_in IS 'holder: none — nobody is signed in yet';
CREATE INDEX sign_in_by_end ON sign_in (until);

-- How many sign-ins began, chose a method, were let in: counts of a day, nobody's.
CREATE TABLE funnel (
  day TEXT NOT NULL,
  step TEXT NOT NULL,
  method TEXT NOT NULL,
  n BIGINT NOT NULL,
  PRIMARY KEY (day, step, method)
);
COMMENT ON TABLE funnel IS 'holder: none — counts of nobody; narrow';
