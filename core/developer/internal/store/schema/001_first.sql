-- A key by which a program of an agency calls the city. The key itself is shown once and kept nowhere. made_by and
-- revoked_by are acts of office.
CREATE TABLE developer_key (
  agency UUID NOT NULL,
  id UUID NOT NULL,
  name TEXT NOT NULL,            -- what it is for, as its maker says
  test BOOLEAN NOT NULL,         -- of the sandbox
  scopes TEXT NOT NULL,          -- parted by spaces
  addresses TEXT NOT NULL,       -- networks that it may come from, parted by spaces; empty: any
  per_minute BIGINT NOT NULL,    -- requests; 0: the common limit
  hint TEXT NOT NULL,            -- its last letters, to tell keys apart
  follows UUID,                  -- the key in whose place it came
  made_by UUID NOT NULL,
  made TIMESTAMPTZ NOT NULL,
  expires TIMESTAMPTZ NOT NULL,
  used TIMESTAMPTZ,              -- last, to the minute
  revoked TIMESTAMPTZ,
  revoked_by UUID,
  PRIMARY KEY (agency, id)
);
COMMENT ON TABLE developer_key IS 'holder: agency; narrow';

-- Finds a key by what a program shows.
CREATE TABLE developer_key_hash (
  hash KEYED NOT NULL,
  agency UUID NOT NULL,
  id UUID NOT NULL,
  PRIMARY KEY (hash)
);
COMMENT ON TABLE developer_key_hash IS 'holder: none — found before it is known whose it is; narrow';

-- Where an agency takes messages. A secret that was changed signs beside the new one until old_until.
CREATE TABLE developer_endpoint (
  agency UUID NOT NULL,
  id UUID NOT NULL,
  test BOOLEAN NOT NULL,         -- hears of the sandbox alone
  url TEXT NOT NULL,
  name TEXT NOT NULL,
  types TEXT NOT NULL,           -- kinds of event, parted by spaces
  state TEXT NOT NULL CHECK (state IN ('on', 'off', 'paused')),
  secret SEALED NOT NULL,
  old_secret SEALED,
  old_until TIMESTAMPTZ,
  made_by UUID NOT NULL,
  made TIMESTAMPTZ NOT NULL,
  heard TIMESTAMPTZ,             -- the last message that it took
  failing TIMESTAMPTZ,           -- since when it takes none; NULL: it took the last one
  failures BIGINT NOT NULL,      -- in a row
  version BIGINT NOT NULL,
  PRIMARY KEY (agency, id)
);
COMMENT ON TABLE developer_endpoint IS 'holder: agency';

-- What happened, as endpoints are told of it: ids and kinds, nothing of a person.
CREATE TABLE developer_message (
  agency UUID NOT NULL,
  id UUID NOT NULL,
  type TEXT NOT NULL,
  body TEXT NOT NULL,            -- what is sent, byte for byte at every try
  at TIMESTAMPTZ NOT NULL,
  PRIMARY KEY (agency, id)
);
COMMENT ON TABLE developer_message IS 'holder: agency; narrow';
CREATE INDEX developer_message_by_time ON developer_message (at, agency, id);

-- A message for one endpoint. next is when it is tried; NULL: it is over. A try under way has next in the near future, so that
-- another node takes it over when this one dies.
CREATE TABLE developer_delivery (
  agency UUID NOT NULL,
  endpoint UUID NOT NULL,
  message UUID NOT NULL,
  type TEXT NOT NULL,
  at TIMESTAMPTZ NOT NULL,       -- of the message
  state TEXT NOT NULL CHECK (state IN ('waiting', 'taken', 'failed')),
  tries BIGINT NOT NULL,
  since BIGINT NOT NULL,         -- how many tries there were when it was sent anew
  next TIMESTAMPTZ,
  status BIGINT NOT NULL,        -- of the last answer; 0: none
  why TEXT NOT NULL,             -- what went wrong last
  PRIMARY KEY (agency, endpoint, message)
);
COMMENT ON TABLE developer_delivery IS 'holder: agency; narrow';
CREATE INDEX developer_delivery_by_next ON developer_delivery (agency, endpoint, next, message);
CREATE INDEX developer_delivery_by_time ON developer_delivery (at, agency, endpoint, message);

-- One try. It stands here before anything leaves; why is 'unknown' until the answer is written down.
CREATE TABLE developer_try (
  agency UUID NOT NULL,
  endpoint UUID NOT NULL,
  message UUID NOT NULL,
  number BIGINT NOT NULL,
  at TIMESTAMPTZ NOT NULL,
  status BIGINT NOT NULL,
  took BIGINT NOT NULL,          -- milliseconds
  why TEXT NOT NULL,
  PRIMARY KEY (agency, endpoint, message, number)
);
COMMENT ON TABLE developer_try IS 'holder: agency; narrow';
CREATE INDEX developer_try_by_time ON developer_try (at, agency, endpoint, message, number);

-- A payment of the sandbox: no money, no bank, no books.
CREATE TABLE developer_payment (
  agency UUID NOT NULL,
  id UUID NOT NULL,
  charge UUID NOT NULL,
  amount BIGINT NOT NULL CHECK (amount > 0),   -- minor units
  currency TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('waiting', 'taken', 'failed', 'refunded', 'disputed')),
  reason TEXT NOT NULL,          -- of a failure
  made TIMESTAMPTZ NOT NULL,
  due TIMESTAMPTZ,               -- when it goes on by itself; NULL: it does not
  PRIMARY KEY (agency, id)
);
COMMENT ON TABLE developer_payment IS 'holder: agency; narrow';
