-- Whom an account was opened for, once a merge has moved it; NULL while none has.
ALTER TABLE account ADD COLUMN origin UUID;

-- A merge moves an account's contacts with it.
CREATE INDEX contact_by_account ON contact (account);

-- Persons who turned out to be one. person is kept; merged is another record of the same person, whose things stay where
-- they are and count as the kept one's own until the merge is undone.
CREATE TABLE person_merge (
  person UUID NOT NULL,
  id UUID NOT NULL,
  merged UUID NOT NULL,
  how TEXT NOT NULL CHECK (how IN ('self', 'centre', 'number')),
  official UUID,
  since TIMESTAMPTZ NOT NULL,
  undone TIMESTAMPTZ,
  PRIMARY KEY (person, id)
);
COMMENT ON TABLE person_merge IS 'holder: person; personal: person, merged; narrow';

-- Whom a merged person is now. One row a merged person, so that nobody is merged into two.
CREATE TABLE person_led (
  merged UUID NOT NULL,
  person UUID NOT NULL,
  merge UUID NOT NULL,
  PRIMARY KEY (merged)
);
COMMENT ON TABLE person_led IS 'holder: none — lookup from an id that was merged; narrow';

-- Merges that wait for a sign-in to the other account. hash is of the cookie of the browser that began.
CREATE TABLE merge_try (
  hash BYTEA NOT NULL,
  account UUID NOT NULL,
  person UUID NOT NULL,
  until TIMESTAMPTZ NOT NULL,
  PRIMARY KEY (hash)
);
COMMENT ON TABLE merge_try IS 'holder: none — found by the hash of a cookie, whoever is signed in; narrow';
CREATE INDEX merge_try_by_end ON merge_try (until);
