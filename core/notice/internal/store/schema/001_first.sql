-- What a person was told. The words lie in notice_text but for the title, which lists show.
CREATE TABLE notice (
  person UUID NOT NULL,          -- who is told
  id UUID NOT NULL,              -- by the moment of making, so that the key is the order of the inbox
  repeat TEXT NOT NULL,          -- the cause's own name for it: one cause makes one notice
  holder UUID NOT NULL,          -- in whose account the case lies
  case_id UUID,                  -- NULL: about no case
  version BIGINT NOT NULL,       -- of the case
  topic TEXT NOT NULL,           -- cases, money, documents
  kind TEXT NOT NULL,            -- locale key
  path TEXT NOT NULL,            -- where the button leads
  lang TEXT NOT NULL,            -- of letters, should the person have chosen none
  starts BOOLEAN NOT NULL,       -- a term starts when it reaches the person
  title SEALED NOT NULL,         -- JSON by language
  made TIMESTAMPTZ NOT NULL,
  read_at TIMESTAMPTZ,
  reached TIMESTAMPTZ,           -- first proof of having reached the person
  PRIMARY KEY (person, id),
  UNIQUE (person, repeat)
);
COMMENT ON TABLE notice IS 'holder: person; personal: person; narrow';
CREATE INDEX notice_unread ON notice (person, read_at);
CREATE INDEX notice_case ON notice (person, case_id);

CREATE TABLE notice_text (
  person UUID NOT NULL,
  id UUID NOT NULL,              -- of the notice
  content SEALED NOT NULL,       -- JSON: text and the button's words, by language
  PRIMARY KEY (person, id)
);
COMMENT ON TABLE notice_text IS 'holder: person; personal: person';

-- One sending by one channel. The address is not kept: the job reads it from the account.
CREATE TABLE notice_delivery (
  person UUID NOT NULL,
  id UUID NOT NULL,
  notice UUID NOT NULL,
  channel TEXT NOT NULL,         -- email, sms
  state TEXT NOT NULL,           -- queued, handed, failed
  failure TEXT NOT NULL,         -- temporary, permanent, refused, noaddress; empty: none
  code BIGINT NOT NULL,          -- the provider's answer with a failure; 0: none came
  tries BIGINT NOT NULL,
  receipt TEXT NOT NULL,         -- what the provider calls it
  instead UUID,                  -- the failed delivery in whose place it is
  made TIMESTAMPTZ NOT NULL,
  ended TIMESTAMPTZ,
  PRIMARY KEY (person, id)
);
COMMENT ON TABLE notice_delivery IS 'holder: person; personal: person; narrow';
CREATE INDEX notice_delivery_notice ON notice_delivery (person, notice);

-- What a person has switched on or off; no row: the house's default.
CREATE TABLE notice_wish (
  person UUID NOT NULL,
  topic TEXT NOT NULL,
  channel TEXT NOT NULL,
  wanted BOOLEAN NOT NULL,
  PRIMARY KEY (person, topic, channel)
);
COMMENT ON TABLE notice_wish IS 'holder: person; personal: person; narrow';
