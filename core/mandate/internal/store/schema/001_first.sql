-- Who may act for the giver. ends is the first day on which the mandate does not hold, 2031-04-05. It is plain although a
-- child's birthday can be told from it, because a permission is checked inside a transaction, where nothing is
-- unsealed; the row names nobody but by ids.
CREATE TABLE mandate (
  giver UUID NOT NULL,
  id UUID NOT NULL,
  taker UUID NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('parent')),
  scopes TEXT NOT NULL,
  source TEXT NOT NULL,
  since TIMESTAMPTZ NOT NULL,
  ends TEXT NOT NULL,
  ended TIMESTAMPTZ,
  version BIGINT NOT NULL,
  PRIMARY KEY (giver, id),
  UNIQUE (giver, taker, kind)
);
COMMENT ON TABLE mandate IS 'holder: giver';

-- The taker's copy, made by the mandate's event: whose mandates a person has. It decides nothing.
CREATE TABLE mandate_taken (
  taker UUID NOT NULL,
  giver UUID NOT NULL,
  id UUID NOT NULL,
  version BIGINT NOT NULL,
  live BOOLEAN NOT NULL,
  PRIMARY KEY (taker, giver, id)
);
COMMENT ON TABLE mandate_taken IS 'holder: taker; narrow';
