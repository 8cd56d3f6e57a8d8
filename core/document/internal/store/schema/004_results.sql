-- What a result is beside a document: an entry of a list, a right that programs ask about, a refusal; and the document
-- that stands in its place, by number, or in whose place it stands.
ALTER TABLE document_result ADD COLUMN form TEXT NOT NULL DEFAULT '';
ALTER TABLE document_result ADD COLUMN list TEXT NOT NULL DEFAULT '';
ALTER TABLE document_result ADD COLUMN opens TEXT NOT NULL DEFAULT '';
ALTER TABLE document_result ADD COLUMN replaces TEXT NOT NULL DEFAULT '';
ALTER TABLE document_result ADD COLUMN replaced TEXT NOT NULL DEFAULT '';

-- The agency whose officials may look at a result and revoke it.
ALTER TABLE document_home ADD COLUMN agency UUID;
UPDATE document_home SET agency =
  (SELECT r.agency FROM document_result AS r WHERE r.holder = document_home.holder AND r.id = document_home.result);

-- A line of one of the city's lists. It holds what the list tells everybody and nothing else: of a list that is not
-- public, number and dates alone, and officials read the document itself.
CREATE TABLE document_entry (
  list UUID NOT NULL,            -- by its key
  number TEXT NOT NULL,
  result UUID NOT NULL,
  since TEXT NOT NULL,           -- civil dates
  until TEXT NOT NULL,           -- empty: no end
  ended TEXT NOT NULL,           -- the day it was revoked; empty: it was not
  facts TEXT NOT NULL,           -- JSON: the public facts
  words TEXT NOT NULL,           -- number and values in small letters, for search
  PRIMARY KEY (list, number)
);
COMMENT ON TABLE document_entry IS 'holder: list';
CREATE INDEX document_entry_since ON document_entry (list, since, number);
