-- How many persons were shown by the same look: one, or those of a list or of what a search found.
ALTER TABLE look ADD COLUMN among BIGINT NOT NULL DEFAULT 1;
-- An agency's own looks, for its head.
CREATE INDEX look_by_agency ON look (agency, hour);
