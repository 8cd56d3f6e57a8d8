-- The name under which the city signs: one row, never changed.
CREATE TABLE seal_city (
  place TEXT NOT NULL,           -- city
  name TEXT NOT NULL,
  since TIMESTAMPTZ NOT NULL,
  PRIMARY KEY (place)
);
COMMENT ON TABLE seal_city IS 'holder: none — the name of the city, one row; narrow';
