-- Visits to a service centre. person is served, official serves. document is the kind of the document that was seen and
-- tail its last digits; consent is how the person agreed to a session: by a code sent to their phone, or on paper, whose
-- number is in note. served_by is the official as the person knows them. done says what was done, in words of this module.
CREATE TABLE visit (
  person UUID NOT NULL,
  id UUID NOT NULL,
  official UUID NOT NULL,
  place TEXT NOT NULL,
  document TEXT NOT NULL,
  tail SEALED,
  served_by SEALED,
  opened TIMESTAMPTZ NOT NULL,
  proved TIMESTAMPTZ,
  consent TEXT NOT NULL CHECK (consent IN ('', 'code', 'paper')),
  note SEALED,
  session UUID,
  begun TIMESTAMPTZ,
  ended TIMESTAMPTZ,
  done TEXT NOT NULL,
  PRIMARY KEY (person, id)
);
COMMENT ON TABLE visit IS 'holder: person; personal: person';

-- Whose visit it is, and who serves.
CREATE TABLE visit_home (
  id UUID NOT NULL,
  person UUID NOT NULL,
  official UUID NOT NULL,
  PRIMARY KEY (id)
);
COMMENT ON TABLE visit_home IS 'holder: none — lookup of a visit by its id; narrow';

-- The visits that an official has open.
CREATE TABLE visit_desk (
  official UUID NOT NULL,
  id UUID NOT NULL,
  person UUID NOT NULL,
  place TEXT NOT NULL,
  opened TIMESTAMPTZ NOT NULL,
  PRIMARY KEY (official, id)
);
COMMENT ON TABLE visit_desk IS 'holder: official; personal: person; narrow';

-- How an official's session comes back to their browser after a visit that had a session there. hash is of the browser's
-- cookie; the rest is what the official's session was when it was closed.
CREATE TABLE visit_return (
  hash BYTEA NOT NULL,
  visit UUID NOT NULL,
  person UUID NOT NULL,
  session UUID NOT NULL,
  official UUID NOT NULL,
  account UUID NOT NULL,
  agency UUID NOT NULL,
  role TEXT NOT NULL,
  level BIGINT NOT NULL,
  methods TEXT NOT NULL,
  strong BOOLEAN NOT NULL,
  proved TIMESTAMPTZ NOT NULL,
  ends TIMESTAMPTZ NOT NULL,
  until TIMESTAMPTZ NOT NULL,
  PRIMARY KEY (hash)
);
COMMENT ON TABLE visit_return IS 'holder: none — found by the hash of a cookie, when nobody is signed in';
CREATE INDEX visit_return_by_end ON visit_return (until);
