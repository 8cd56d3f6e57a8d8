-- What a case that has not ended keeps, so that counting versions reads this narrow list and no case.
ALTER TABLE case_watch ADD COLUMN service TEXT NOT NULL DEFAULT '';
ALTER TABLE case_watch ADD COLUMN definition TEXT NOT NULL DEFAULT '';
UPDATE case_watch SET
  service = COALESCE((SELECT f.service FROM case_file AS f WHERE f.holder = case_watch.holder AND f.id = case_watch.id), ''),
  definition = COALESCE((SELECT f.definition FROM case_file AS f WHERE f.holder = case_watch.holder AND f.id = case_watch.id), '');
