CREATE TABLE case_file (
  holder UUID NOT NULL,
  id UUID NOT NULL,
  applicant UUID,
  kind TEXT NOT NULL,
  amount BIGINT NOT NULL,
  open BOOLEAN NOT NULL,
  due TIMESTAMPTZ,
  made TIMESTAMPTZ NOT NULL,
  answers SEALED,
  mail KEYED NOT NULL,
  raw BYTEA,
  PRIMARY KEY (holder, id),
  UNIQUE (holder, kind)
);
COMMENT ON TABLE case_file IS 'holder: holder; personal: holder, applicant; narrow';
CREATE UNIQUE INDEX case_mail ON case_file (holder, mail) WHERE open;

CREATE TABLE note (
  holder UUID NOT NULL,
  id UUID NOT NULL,
  case_id UUID NOT NULL,
  body TEXT NOT NULL,
  PRIMARY KEY (holder, id)
);
COMMENT ON TABLE note IS 'holder: holder';
