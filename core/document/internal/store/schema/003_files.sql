-- What the city found out about a file: whether the virus scanner has looked at it, how many pages a PDF has, and a small
-- picture of it. Of a file that came before, nothing of this is known.
ALTER TABLE document_file ADD COLUMN state TEXT NOT NULL DEFAULT '';
ALTER TABLE document_file ADD COLUMN pages BIGINT NOT NULL DEFAULT 0;
ALTER TABLE document_file ADD COLUMN preview UUID;
