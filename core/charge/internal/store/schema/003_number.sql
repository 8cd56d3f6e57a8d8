-- The payee's own number as it is looked for: without spaces and hyphens, in capitals. Of what stands already
-- small letters stay, and such a number is found as it was written.
ALTER TABLE bill_home ADD COLUMN plain TEXT NOT NULL DEFAULT '';
UPDATE bill_home SET plain = REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(external, '-', ''), '.', ''), '/', ''), ' ', ''), '_', '') WHERE external <> '';
CREATE INDEX bill_home_by_plain ON bill_home (plain);

-- A long number is one bill's. Short ones, as they were once, may have come twice.
CREATE UNIQUE INDEX bill_home_one_number ON bill_home (number) WHERE length(number) > 10;
