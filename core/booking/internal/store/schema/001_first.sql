-- What is booked: kept when the city's next version has it no more, so that nobody's appointment is forgotten.
CREATE TABLE booking_resource (
  resource UUID NOT NULL,        -- derived from the key
  key TEXT NOT NULL,
  agency UUID NOT NULL,          -- that keeps it
  PRIMARY KEY (resource)
);
COMMENT ON TABLE booking_resource IS 'holder: resource; narrow';

-- A place that is taken at one time. That two people can't have it is this table's key, and nothing else.
CREATE TABLE booking_place (
  resource UUID NOT NULL,
  start TIMESTAMPTZ NOT NULL,
  number BIGINT NOT NULL CHECK (number > 0), -- of the place, from 1
  booking UUID NOT NULL,
  ends TIMESTAMPTZ NOT NULL,
  until TIMESTAMPTZ,             -- when a hold gives the place up; NULL: it is booked
  PRIMARY KEY (resource, start, number)
);
COMMENT ON TABLE booking_place IS 'holder: resource; narrow';

-- An appointment, or the hold that may become one. Its home is the resource.
CREATE TABLE booking (
  resource UUID NOT NULL,
  id UUID NOT NULL,
  key TEXT NOT NULL,             -- of the resource
  agency UUID NOT NULL,
  person UUID NOT NULL,          -- who comes
  applicant UUID NOT NULL,       -- who booked, and is told
  case_id UUID,                  -- NULL: booked without a service
  service TEXT NOT NULL,         -- key; empty without a service
  definition TEXT NOT NULL,      -- hash of the city version that offered the time
  lang TEXT NOT NULL,
  start TIMESTAMPTZ NOT NULL,
  ends TIMESTAMPTZ NOT NULL,
  number BIGINT NOT NULL,        -- of the place
  state TEXT NOT NULL,           -- held, booked, cancelled, attended, missed
  until TIMESTAMPTZ,             -- of a hold
  made TIMESTAMPTZ NOT NULL,
  changed TIMESTAMPTZ NOT NULL,
  vanished TIMESTAMPTZ,          -- when the person was told that the timetable has this time no more
  ended_by TEXT NOT NULL,        -- person, agency; empty while it stands
  revision BIGINT NOT NULL,
  PRIMARY KEY (resource, id)
);
COMMENT ON TABLE booking IS 'holder: resource; personal: person, applicant';
CREATE INDEX booking_by_start ON booking (resource, start, id);
CREATE INDEX booking_by_person ON booking (resource, person, start);

-- Finds the home of a booking, and the bookings of a case.
CREATE TABLE booking_home (
  id UUID NOT NULL,
  resource UUID NOT NULL,
  case_id UUID,
  PRIMARY KEY (id)
);
COMMENT ON TABLE booking_home IS 'holder: none — finds the resource of a booking by its id or its case; narrow';
CREATE INDEX booking_home_by_case ON booking_home (case_id, id);

-- A person's copy of a booking, made by its events.
CREATE TABLE booking_visit (
  person UUID NOT NULL,
  id UUID NOT NULL,
  resource UUID NOT NULL,
  start TIMESTAMPTZ NOT NULL,
  state TEXT NOT NULL,
  revision BIGINT NOT NULL,
  PRIMARY KEY (person, id)
);
COMMENT ON TABLE booking_visit IS 'holder: person; personal: person; narrow';
CREATE INDEX booking_visit_by_start ON booking_visit (person, start, id);
