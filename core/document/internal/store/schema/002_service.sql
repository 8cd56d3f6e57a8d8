-- The service that a file or a document belongs to: a mandate may be for some services alone. Of a file that was sent
-- before this was kept, nothing is known: a mandate for all services opens it.
ALTER TABLE document_blob ADD COLUMN service TEXT NOT NULL DEFAULT '';
ALTER TABLE document_home ADD COLUMN service TEXT NOT NULL DEFAULT '';
UPDATE document_home SET service = COALESCE(
  (SELECT r.service FROM document_result AS r WHERE r.holder = document_home.holder AND r.id = document_home.result), '');
