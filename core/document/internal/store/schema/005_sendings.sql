-- A file that is being sent in parts, over a line that may break. It goes when the file is in and its time is over.
CREATE TABLE document_sending (
  holder UUID NOT NULL,
  id UUID NOT NULL,
  purpose UUID NOT NULL,         -- the draft
  service TEXT NOT NULL,
  field TEXT NOT NULL,           -- of the form
  sender UUID NOT NULL,          -- who sends, and alone may go on
  name SEALED NOT NULL,
  length BIGINT NOT NULL,        -- bytes in all
  received BIGINT NOT NULL,      -- bytes that are on the disk
  done BOOLEAN NOT NULL,         -- the file is in
  until TIMESTAMPTZ NOT NULL,    -- when it is forgotten
  PRIMARY KEY (holder, id)
);
COMMENT ON TABLE document_sending IS 'holder: holder; personal: holder, sender';

-- A part of it. Its bytes lie in kit/blob.
CREATE TABLE document_part (
  holder UUID NOT NULL,
  sending UUID NOT NULL,
  start BIGINT NOT NULL,         -- of its first byte in the file
  blob UUID NOT NULL,
  size BIGINT NOT NULL,
  PRIMARY KEY (holder, sending, start)
);
COMMENT ON TABLE document_part IS 'holder: holder; narrow';

-- Finds a sending by its id, which its address names.
CREATE TABLE document_sending_home (
  sending UUID NOT NULL,
  holder UUID NOT NULL,
  until TIMESTAMPTZ NOT NULL,
  PRIMARY KEY (sending)
);
COMMENT ON TABLE document_sending_home IS 'holder: none — finds the holder of a sending by its id; narrow';
CREATE INDEX document_sending_home_until ON document_sending_home (until);
