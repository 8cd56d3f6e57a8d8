-- A search for the people of a case begins by their entries, however many others have the same value.
CREATE INDEX register_home_holder ON register_home (holder, entry);
