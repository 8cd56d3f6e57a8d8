-- A look by an official that a declared rule finds unusual, in one hour. Words of office: it names the official and the case,
-- and nobody who was looked at. words are what the head says of it, under the agency's key.
CREATE TABLE desk_unusual (
  agency UUID NOT NULL,
  id UUID NOT NULL,              -- made of the rule, the official, the hour and the case: finding it again changes nothing
  rule TEXT NOT NULL,
  official UUID NOT NULL,
  hour TIMESTAMPTZ NOT NULL,
  case_number TEXT NOT NULL,     -- empty: about no one case
  looks BIGINT NOT NULL,
  people BIGINT NOT NULL,
  usual BIGINT NOT NULL,         -- people an hour that are usual for the official; for the rule that compares
  state TEXT NOT NULL CHECK (state IN ('open', 'explained', 'inquiry', 'founded', 'unfounded')),
  words SEALED,
  marked_by UUID,
  marked TIMESTAMPTZ,
  found TIMESTAMPTZ NOT NULL,
  PRIMARY KEY (agency, id)
);
COMMENT ON TABLE desk_unusual IS 'holder: agency; narrow';
CREATE INDEX desk_unusual_by_hour ON desk_unusual (agency, hour);

-- Until which hour an agency's looks were gone through.
CREATE TABLE desk_unusual_mark (
  agency UUID NOT NULL,
  until TIMESTAMPTZ NOT NULL,
  PRIMARY KEY (agency)
);
COMMENT ON TABLE desk_unusual_mark IS 'holder: agency; narrow';
