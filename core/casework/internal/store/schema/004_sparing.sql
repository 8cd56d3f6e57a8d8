-- Whether the case ever had a question and a pause: most have none, and then neither is looked for. Of older cases nothing
-- is known.
ALTER TABLE case_file ADD COLUMN questioned BOOLEAN NOT NULL DEFAULT TRUE;
ALTER TABLE case_file ADD COLUMN stopped BOOLEAN NOT NULL DEFAULT TRUE;
