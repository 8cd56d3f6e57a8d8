-- What a register tells about a person for a case. One row a certificate a case; asking again changes the row.
CREATE TABLE certificate (
  holder UUID NOT NULL,             -- the person it is about
  case_id UUID NOT NULL,            -- the case or the draft: the same id
  certificate TEXT NOT NULL,        -- key in the service's definition
  id UUID NOT NULL,                 -- of the asking: the register's idempotency key
  case_holder UUID NOT NULL,        -- in whose account the case lies
  applicant UUID NOT NULL,          -- who files it
  agency UUID NOT NULL,             -- that works the case: on whose behalf the register is asked
  service TEXT NOT NULL,
  register TEXT NOT NULL,
  early BOOLEAN NOT NULL,           -- asked to prefill a form
  state TEXT NOT NULL,              -- asked, known, failed
  trouble TEXT NOT NULL,            -- of the last try: silent, refused, wrong_schema, not_found, breaker, absent, closed; else empty
  asked TIMESTAMPTZ NOT NULL,
  answered TIMESTAMPTZ,             -- when it became known or failed
  valid TIMESTAMPTZ,                -- until when a known one is fresh, and an early one that failed is left alone
  tries BIGINT NOT NULL,            -- requests sent
  parameters SEALED NOT NULL,       -- JSON: name and value
  question KEYED NOT NULL,          -- register and parameters, to tell the same question from another
  reply SEALED,                     -- JSON of the declared values; NULL unless known
  needed TEXT NOT NULL,             -- JSON by language: why; the same for everybody
  revision BIGINT NOT NULL,
  PRIMARY KEY (holder, case_id, certificate)
);
COMMENT ON TABLE certificate IS 'holder: holder; personal: holder';
