-- How many parts went back, so that what one person had back is not published. Of what was added up before, one is sure.
ALTER TABLE reconcile_income ADD COLUMN gone BIGINT NOT NULL DEFAULT 0;
UPDATE reconcile_income SET gone = 1 WHERE back > 0;
