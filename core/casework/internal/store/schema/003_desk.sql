-- The district of a free task, for the list of what an official can take. Empty once somebody has it: a case of another
-- district that was given to an official is hidden from nobody whose it is.
ALTER TABLE desk_line ADD COLUMN for_district TEXT NOT NULL DEFAULT '';
