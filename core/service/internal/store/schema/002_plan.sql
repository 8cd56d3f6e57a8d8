-- Why a version was made current, in the words of who did it.
ALTER TABLE city_switch ADD COLUMN note TEXT NOT NULL DEFAULT '';

-- A version that becomes current at a moment to come.
CREATE TABLE city_plan (
  id UUID NOT NULL,
  hash TEXT NOT NULL,
  at TIMESTAMPTZ NOT NULL,
  note TEXT NOT NULL,
  made TIMESTAMPTZ NOT NULL,
  act UUID NOT NULL,
  by_kind TEXT NOT NULL,         -- act.Kind: official, system
  by_official UUID,              -- the administrator in office; NULL for the system
  channel TEXT NOT NULL,
  state TEXT NOT NULL,           -- waiting, done, cancelled
  closed TIMESTAMPTZ,            -- when it was done or cancelled
  PRIMARY KEY (id)
);
COMMENT ON TABLE city_plan IS 'holder: none — planned changes of the city''s version, public acts of office; narrow';
