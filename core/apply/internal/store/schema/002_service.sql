-- The service that is applied for: a mandate may be for some services alone.
ALTER TABLE draft_home ADD COLUMN service TEXT NOT NULL DEFAULT '';
UPDATE draft_home SET service = COALESCE((SELECT d.service FROM draft AS d WHERE d.holder = draft_home.holder AND d.id = draft_home.id), '');
