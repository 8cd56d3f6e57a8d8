-- A flat that gets bills. Its home is that of its account number (core/charge); where it is, whose and its number are sealed.
CREATE TABLE utility_flat (
  home UUID NOT NULL,
  house TEXT NOT NULL,           -- of the address register: street:house
  class BIGINT NOT NULL,         -- of its area, from 0, for comparison
  area BIGINT NOT NULL CHECK (area >= 0),   -- millionths of a m²
  people BIGINT NOT NULL CHECK (people >= 0), -- registered
  no_meter BOOLEAN NOT NULL,     -- a meter can't be put in
  tariffs TEXT NOT NULL,         -- keys, separated by spaces
  details SEALED NOT NULL,       -- account number, flat, owners with their shares
  since TEXT NOT NULL,           -- first day of its bills
  until TEXT NOT NULL,           -- last day; empty: none
  revision BIGINT NOT NULL,
  PRIMARY KEY (home)
);
COMMENT ON TABLE utility_flat IS 'holder: home; personal: home';
CREATE INDEX utility_flat_by_house ON utility_flat (house, home);

-- A meter of a flat.
CREATE TABLE utility_meter (
  home UUID NOT NULL,
  id UUID NOT NULL,
  tariff TEXT NOT NULL,
  number TEXT NOT NULL,
  zones TEXT NOT NULL,           -- day night, or empty
  first TEXT NOT NULL,           -- what the dials showed when it was put in: thousandths by zone
  verified TEXT NOT NULL,        -- until when its verification is good
  since TEXT NOT NULL,
  until TEXT NOT NULL,           -- when it was taken out; empty: it is there
  PRIMARY KEY (home, id)
);
COMMENT ON TABLE utility_meter IS 'holder: home; personal: home';

-- What a dial showed, as somebody gave it. Nothing is altered: a later row stands in place of an earlier one.
CREATE TABLE utility_reading (
  home UUID NOT NULL,
  period TEXT NOT NULL,
  id UUID NOT NULL,
  meter UUID NOT NULL,
  zone TEXT NOT NULL,
  value BIGINT NOT NULL CHECK (value >= 0), -- millionths
  day TEXT NOT NULL,
  source TEXT NOT NULL,          -- resident, agency, import
  state TEXT NOT NULL,           -- taken; asked, the resident is asked whether it is right; review, the agency looks at it; refused
  doubt TEXT NOT NULL,           -- why it is odd: lower, high; empty: it is not
  author UUID,
  at TIMESTAMPTZ NOT NULL,
  PRIMARY KEY (home, period, id)
);
COMMENT ON TABLE utility_reading IS 'holder: home; personal: home, author';
CREATE INDEX utility_reading_by_state ON utility_reading (state, home, id);

-- Up to where each dial is billed, and what it used in the months before: what the next bill is made from.
CREATE TABLE utility_state (
  home UUID NOT NULL,
  period TEXT NOT NULL,          -- the last that was billed
  content SEALED NOT NULL,
  PRIMARY KEY (home)
);
COMMENT ON TABLE utility_state IS 'holder: home; personal: home';

-- A benefit of somebody in the flat. What it is is sealed: it may tell of health.
CREATE TABLE utility_benefit (
  home UUID NOT NULL,
  id UUID NOT NULL,
  since TEXT NOT NULL,
  until TEXT NOT NULL,           -- last day; empty: none
  details SEALED NOT NULL,
  PRIMARY KEY (home, id)
);
COMMENT ON TABLE utility_benefit IS 'holder: home; personal: home';

-- A recalculation, which the bill of its period takes in.
CREATE TABLE utility_recalculation (
  home UUID NOT NULL,
  id UUID NOT NULL,
  period TEXT NOT NULL,
  details SEALED NOT NULL,
  author UUID,                   -- official; NULL: what an earlier bill carried over
  at TIMESTAMPTZ NOT NULL,
  PRIMARY KEY (home, id)
);
COMMENT ON TABLE utility_recalculation IS 'holder: home; personal: home, author';

-- A bill. It is never altered; a correction is the next version.
CREATE TABLE utility_bill (
  home UUID NOT NULL,
  period TEXT NOT NULL,
  version BIGINT NOT NULL,
  id UUID NOT NULL,
  total BIGINT NOT NULL CHECK (total >= 0),
  content SEALED NOT NULL,       -- inputs and lines, compressed JSON
  issued TIMESTAMPTZ NOT NULL,
  PRIMARY KEY (home, period, version)
);
COMMENT ON TABLE utility_bill IS 'holder: home; personal: home';

-- What flats of a class in a house came to: sums, for comparison. Shown only for enough flats.
CREATE TABLE utility_similar (
  house TEXT NOT NULL,
  class BIGINT NOT NULL,
  period TEXT NOT NULL,
  kind TEXT NOT NULL,            -- of the service; empty: the whole bill
  flats BIGINT NOT NULL,
  total BIGINT NOT NULL,
  PRIMARY KEY (house, class, period, kind)
);
COMMENT ON TABLE utility_similar IS 'holder: none — sums over flats that name none';

-- The making of a month's bills.
CREATE TABLE utility_run (
  agency UUID NOT NULL,
  period TEXT NOT NULL,
  id UUID NOT NULL,
  author UUID,
  state TEXT NOT NULL,           -- running, done
  cursor UUID,                   -- the last flat done
  flats BIGINT NOT NULL,         -- there were when it began
  done BIGINT NOT NULL,
  made BIGINT NOT NULL,          -- bills, of done
  failed BIGINT NOT NULL,
  total BIGINT NOT NULL,         -- of the bills, kopecks
  started TIMESTAMPTZ NOT NULL,
  ended TIMESTAMPTZ,
  PRIMARY KEY (agency, period)
);
COMMENT ON TABLE utility_run IS 'holder: agency; personal: author';

-- Flats of which no bill could be made, and why.
CREATE TABLE utility_fault (
  agency UUID NOT NULL,
  period TEXT NOT NULL,
  home UUID NOT NULL,
  reason TEXT NOT NULL,          -- a code
  PRIMARY KEY (agency, period, home)
);
COMMENT ON TABLE utility_fault IS 'holder: agency; personal: home';
