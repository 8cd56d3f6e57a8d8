-- The PDF of a document, drawn when somebody first reads it. Its bytes lie in kit/blob.
CREATE TABLE document_paper (
  holder UUID NOT NULL,
  result UUID NOT NULL,
  blob UUID NOT NULL,
  drawn TIMESTAMPTZ NOT NULL,
  PRIMARY KEY (holder, result)
);
COMMENT ON TABLE document_paper IS 'holder: holder; narrow';
INSERT INTO document_paper (holder, result, blob, drawn) SELECT holder, id, blob, issued FROM document_result;
ALTER TABLE document_result DROP COLUMN blob;
ALTER TABLE document_result DROP COLUMN size;
ALTER TABLE document_result DROP COLUMN hash;
