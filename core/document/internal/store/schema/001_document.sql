-- A file that somebody sent. Its bytes lie in kit/blob under the row's id.
CREATE TABLE document_file (
  holder UUID NOT NULL,
  purpose UUID NOT NULL,         -- the draft, which becomes the case
  id UUID NOT NULL,              -- of the blob too
  field TEXT NOT NULL,           -- of the form, or where else it was asked
  sender UUID,                   -- who sent it
  name SEALED NOT NULL,
  kind TEXT NOT NULL,            -- by content, as definitions name it: pdf, jpg
  media TEXT NOT NULL,           -- MIME type by content
  size BIGINT NOT NULL,
  hash BYTEA NOT NULL,           -- SHA-256 of the content
  made TIMESTAMPTZ NOT NULL,
  kept BOOLEAN NOT NULL,         -- the application is in: it can't be removed
  PRIMARY KEY (holder, purpose, id)
);
COMMENT ON TABLE document_file IS 'holder: holder; personal: holder, sender';

-- Blobs that rows name: all others are swept.
CREATE TABLE document_blob (
  blob UUID NOT NULL,
  holder UUID NOT NULL,
  purpose UUID,                  -- of an uploaded file
  result UUID,                   -- whose PDF it is
  PRIMARY KEY (blob)
);
COMMENT ON TABLE document_blob IS 'holder: none — finds the row of a blob, for the sweep and for a file named by its id alone; narrow';

-- A document that was issued.
CREATE TABLE document_result (
  holder UUID NOT NULL,
  id UUID NOT NULL,
  subject UUID,                  -- the case
  service TEXT NOT NULL,
  kind TEXT NOT NULL,            -- key of the result in the definition
  agency UUID,
  number TEXT NOT NULL,
  valid_from TEXT NOT NULL,      -- civil dates; an empty valid_until has no end
  valid_until TEXT NOT NULL,
  lang TEXT NOT NULL,            -- of the PDF
  issued TIMESTAMPTZ NOT NULL,
  revoked TIMESTAMPTZ,
  reason SEALED,                 -- of the revocation
  body SEALED NOT NULL,          -- title, text, facts, token, salt
  digest BYTEA NOT NULL,         -- that the token carries
  blob UUID NOT NULL,            -- of the PDF
  size BIGINT NOT NULL,
  hash BYTEA NOT NULL,           -- SHA-256 of the PDF
  revision BIGINT NOT NULL,
  PRIMARY KEY (holder, id)
);
COMMENT ON TABLE document_result IS 'holder: holder; personal: holder';

-- Finds a result by its number, which the public knows it by.
CREATE TABLE document_number (
  number TEXT NOT NULL,
  holder UUID NOT NULL,
  result UUID NOT NULL,
  PRIMARY KEY (number)
);
COMMENT ON TABLE document_number IS 'holder: none — finds the holder of a result by its number; narrow';

-- Finds a result by its id: of its page, and of the code on paper.
CREATE TABLE document_home (
  result UUID NOT NULL,
  holder UUID NOT NULL,
  PRIMARY KEY (result)
);
COMMENT ON TABLE document_home IS 'holder: none — finds the holder of a result by its id; narrow';
