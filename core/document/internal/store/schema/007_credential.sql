-- A list of bits that tells strangers which credentials were revoked, a place of it for each credential. Its secret is made
-- of its number and the city's key.
CREATE TABLE document_status_list (
  number BIGINT NOT NULL,
  opened TIMESTAMPTZ NOT NULL,
  PRIMARY KEY (number)
);
COMMENT ON TABLE document_status_list IS 'holder: none — lists of places that name nobody';

-- Where a document's credential stands in a list. A document has one place, given when its credential is first fetched.
CREATE TABLE document_place (
  list BIGINT NOT NULL,
  place BIGINT NOT NULL,         -- drawn by lot
  result UUID NOT NULL,
  revoked BOOLEAN NOT NULL,
  PRIMARY KEY (list, place),
  UNIQUE (result)
);
COMMENT ON TABLE document_place IS 'holder: none — tells whether the document of a place stands, and names nobody; narrow';
CREATE INDEX document_place_revoked ON document_place (list, revoked, place);
