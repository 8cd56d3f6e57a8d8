-- The case that an application is about: an appeal's, or the one whose result is renewed. NULL: none.
ALTER TABLE draft ADD COLUMN about UUID;
