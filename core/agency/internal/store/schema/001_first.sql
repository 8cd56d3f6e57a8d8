-- Who acts for an agency. A role is a public office: the row holds ids and words of office, and no data about the
-- person, so that a permission can be checked by reading it without a look.
CREATE TABLE official (
  agency UUID NOT NULL,
  person UUID NOT NULL,
  role TEXT NOT NULL CHECK (role IN ('clerk', 'officer', 'head', 'admin')),
  queues TEXT NOT NULL,
  since TIMESTAMPTZ NOT NULL,
  PRIMARY KEY (agency, person)
);
COMMENT ON TABLE official IS 'holder: agency; narrow';
CREATE INDEX official_by_person ON official (person, agency);
