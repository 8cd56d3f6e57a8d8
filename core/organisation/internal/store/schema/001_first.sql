-- An organisation that acts here. Numbers and names are those of the state register, which is open to everybody. Who heads
-- it and who acts for it are mandates (core/mandate), whose giver it is.
CREATE TABLE organisation (
  organisation UUID NOT NULL,
  ogrn TEXT NOT NULL,
  inn TEXT NOT NULL,
  title TEXT NOT NULL,
  source TEXT NOT NULL CHECK (source IN ('certificate', 'register')),
  since TIMESTAMPTZ NOT NULL,
  confirmed TIMESTAMPTZ NOT NULL,   -- when its head last showed that they are
  closed TIMESTAMPTZ,               -- its head has ended its account here, or the register says that it is no more
  version BIGINT NOT NULL,
  PRIMARY KEY (organisation)
);
COMMENT ON TABLE organisation IS 'holder: organisation';

-- A person who is a sole trader. entry is JSON: OGRNIP, INN, name.
CREATE TABLE organisation_trader (
  person UUID NOT NULL,
  entry SEALED NOT NULL,
  confirmed TIMESTAMPTZ NOT NULL,
  PRIMARY KEY (person)
);
COMMENT ON TABLE organisation_trader IS 'holder: person; personal: person';
