-- The city's own keys, each wrapped by a master key that lies outside the database. A retired key has lost its secret;
-- its public half, where it has one, stays, so that what it signed can still be checked.
CREATE TABLE city_key (
  purpose TEXT NOT NULL,
  number BIGINT NOT NULL,
  starts TIMESTAMPTZ NOT NULL,
  retired TIMESTAMPTZ,
  kek TEXT NOT NULL,
  wrapped BYTEA,
  public BYTEA,
  PRIMARY KEY (purpose, number)
);
COMMENT ON TABLE city_key IS 'holder: none — the keys of the city itself';

-- One key for each holder, wrapped by the city's key of the number city_key. An erased holder keeps a row without a key,
-- so that none is ever made again.
CREATE TABLE holder_key (
  holder UUID NOT NULL,
  city_key BIGINT NOT NULL,
  wrapped BYTEA,
  erased TIMESTAMPTZ,
  PRIMARY KEY (holder)
);
COMMENT ON TABLE holder_key IS 'holder: holder; narrow';
CREATE INDEX holder_key_by_city_key ON holder_key (city_key, holder);
