-- Everybody the city deals with, whether they sign in or not. profile is JSON: name, birth date, SNILS, phone, e-mail.
CREATE TABLE person_file (
  person UUID NOT NULL,
  profile SEALED NOT NULL,
  level BIGINT NOT NULL CHECK (level >= 0 AND level <= 3),
  lang TEXT NOT NULL,
  signs_in BOOLEAN NOT NULL,
  version BIGINT NOT NULL,
  made TIMESTAMPTZ NOT NULL,
  confirmed TIMESTAMPTZ,
  PRIMARY KEY (person)
);
COMMENT ON TABLE person_file IS 'holder: person; personal: person; narrow';

-- The one person of a SNILS. Merging two records of one person moves this row.
CREATE TABLE person_key (
  snils KEYED NOT NULL,
  person UUID NOT NULL,
  PRIMARY KEY (snils)
);
COMMENT ON TABLE person_key IS 'holder: none — lookup by keyed hash, when only the number is known; narrow';

-- A way to sign in. It is not the person: after a merge two accounts lead to one. password is argon2id in PHC form.
CREATE TABLE account (
  account UUID NOT NULL,
  person UUID NOT NULL,
  password TEXT NOT NULL,
  made TIMESTAMPTZ NOT NULL,
  PRIMARY KEY (account)
);
COMMENT ON TABLE account IS 'holder: account; narrow';

-- Which account a confirmed e-mail or phone signs into. The contact itself is in the person's profile.
CREATE TABLE contact (
  contact KEYED NOT NULL,
  channel TEXT NOT NULL CHECK (channel IN ('email', 'phone')),
  account UUID NOT NULL,
  person UUID NOT NULL,
  since TIMESTAMPTZ NOT NULL,
  PRIMARY KEY (contact)
);
COMMENT ON TABLE contact IS 'holder: none — lookup by keyed hash, before anybody is known; narrow';

-- Sessions. level is how sure the sign-in itself was; what a session may is never more than the person's level.
CREATE TABLE session (
  person UUID NOT NULL,
  id UUID NOT NULL,
  account UUID NOT NULL,
  agency UUID,
  role TEXT NOT NULL,
  level BIGINT NOT NULL,
  channel TEXT NOT NULL,
  csrf BYTEA NOT NULL,
  device SEALED,
  started TIMESTAMPTZ NOT NULL,
  seen TIMESTAMPTZ NOT NULL,
  ends TIMESTAMPTZ NOT NULL,
  closed TIMESTAMPTZ,
  PRIMARY KEY (person, id)
);
COMMENT ON TABLE session IS 'holder: person; personal: person';

-- Which session a token opens; the hash alone is kept. The row goes when the session is swept.
CREATE TABLE session_token (
  hash BYTEA NOT NULL,
  person UUID NOT NULL,
  session_id UUID NOT NULL,
  ends TIMESTAMPTZ NOT NULL,
  PRIMARY KEY (hash)
);
COMMENT ON TABLE session_token IS 'holder: none — lookup by the hash of a token, before anybody is known; narrow';
CREATE INDEX session_token_by_end ON session_token (ends);

-- One-time codes, as a keyed hash. letter is the contact and the code to send, sealed by the city's key; it goes when
-- the code is used.
CREATE TABLE challenge (
  id UUID NOT NULL,
  purpose TEXT NOT NULL CHECK (purpose IN ('enter', 'contact')),
  contact KEYED NOT NULL,
  channel TEXT NOT NULL CHECK (channel IN ('email', 'phone')),
  person UUID,
  code BYTEA NOT NULL,
  letter BYTEA,
  tries BIGINT NOT NULL CHECK (tries >= 0 AND tries <= 5),
  until TIMESTAMPTZ NOT NULL,
  used TIMESTAMPTZ,
  PRIMARY KEY (id)
);
COMMENT ON TABLE challenge IS 'holder: none — a code is sent before anybody is known';
CREATE INDEX challenge_by_end ON challenge (until);

-- Tries of what must not be guessed. key is a hash.
CREATE TABLE counter (
  guard TEXT NOT NULL,
  key BYTEA NOT NULL,
  tries BIGINT NOT NULL,
  until TIMESTAMPTZ NOT NULL,
  PRIMARY KEY (guard, key)
);
COMMENT ON TABLE counter IS 'holder: none — counts before anybody is known; narrow';
CREATE INDEX counter_by_end ON counter (until);

-- Typed forms that wait for their person to sign in. The key that opens one is in the person's cookie alone.
CREATE TABLE held_form (
  key BYTEA NOT NULL,
  form BYTEA NOT NULL,
  until TIMESTAMPTZ NOT NULL,
  PRIMARY KEY (key)
);
COMMENT ON TABLE held_form IS 'holder: none — kept before anybody is known';
CREATE INDEX held_form_by_end ON held_form (until);

-- Answers to API calls that may be repeated. claimed bars a second run until then; answered tells that it is done.
CREATE TABLE repeat_call (
  person UUID NOT NULL,
  operation TEXT NOT NULL,
  key BYTEA NOT NULL,
  body BYTEA NOT NULL,
  claimed TIMESTAMPTZ NOT NULL,
  answered BOOLEAN NOT NULL,
  status BIGINT NOT NULL,
  kind TEXT NOT NULL,
  answer SEALED,
  until TIMESTAMPTZ NOT NULL,
  PRIMARY KEY (person, operation, key)
);
COMMENT ON TABLE repeat_call IS 'holder: person; personal: person';
CREATE INDEX repeat_call_by_end ON repeat_call (until);
