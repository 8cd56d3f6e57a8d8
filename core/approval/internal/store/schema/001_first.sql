-- Sign-ins that wait for a yes from another device. visit is the browser that began it, near and wide its network, asked
-- (sealed by this module's own key) what it says of itself and the contact or account that it wants. known: the
-- person has signed in by that browser before. person is nobody until somebody answers a QR code, or until it is found whom the
-- question goes to.
CREATE TABLE approval (
  id UUID NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('qr', 'first', 'second')),
  visit KEYED NOT NULL,
  near KEYED,
  wide KEYED,
  asked SEALED NOT NULL,
  known BOOLEAN NOT NULL,
  number BIGINT NOT NULL CHECK (number >= 10 AND number <= 99),
  choices TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('waiting', 'approved', 'refused', 'used')),
  because TEXT NOT NULL CHECK (because IN ('', 'no', 'wrong', 'not_me')),
  person UUID,
  account UUID,
  way UUID,
  level BIGINT NOT NULL,
  strong BOOLEAN NOT NULL,
  begun TIMESTAMPTZ NOT NULL,
  until TIMESTAMPTZ NOT NULL,
  PRIMARY KEY (id)
);
COMMENT ON TABLE approval IS 'holder: none — begins before anybody is known and lives three minutes; personal: person';
CREATE INDEX approval_by_visit ON approval (visit, kind, id);
CREATE INDEX approval_by_person ON approval (person, until);
CREATE INDEX approval_by_end ON approval (until);

-- Until when a person is asked nothing by browsers that they have never signed in by.
CREATE TABLE approval_mute (
  person UUID NOT NULL,
  until TIMESTAMPTZ NOT NULL,
  PRIMARY KEY (person)
);
COMMENT ON TABLE approval_mute IS 'holder: person; personal: person; narrow';

-- The city's one pair of keys for web push (VAPID), made once: browsers take messages from its holder alone.
CREATE TABLE approval_key (
  one BIGINT NOT NULL CHECK (one = 1),
  secret SEALED NOT NULL,
  made TIMESTAMPTZ NOT NULL,
  PRIMARY KEY (one)
);
COMMENT ON TABLE approval_key IS 'holder: none — the key is the city''s own; narrow';
