-- When a payee decided that something is owed: of whoever a car was then, theirs is the fine.
ALTER TABLE bill ADD COLUMN decided TIMESTAMPTZ;
UPDATE bill SET decided = issued;
ALTER TABLE bill_home ADD COLUMN decided TIMESTAMPTZ;
UPDATE bill_home SET decided = (SELECT bill.issued FROM bill WHERE bill.home = bill_home.home AND bill.id = bill_home.id);

-- A watch sees the bills that were decided between begins and ends; empty: no bound. A plate's is from when the car is the person's
-- until it is theirs no more. named: when a register last said that it is.
ALTER TABLE charge_watch ADD COLUMN begins TIMESTAMPTZ;
ALTER TABLE charge_watch ADD COLUMN ends TIMESTAMPTZ;
ALTER TABLE charge_watch ADD COLUMN named TIMESTAMPTZ;
UPDATE charge_watch SET begins = since WHERE means = 'plate';
UPDATE charge_watch SET named = since WHERE source = 'register';
ALTER TABLE charge_watcher ADD COLUMN begins TIMESTAMPTZ;
ALTER TABLE charge_watcher ADD COLUMN ends TIMESTAMPTZ;
UPDATE charge_watcher SET begins = (SELECT charge_watch.begins FROM charge_watch WHERE charge_watch.person = charge_watcher.person AND charge_watch.home = charge_watcher.home);
CREATE INDEX charge_watch_by_end ON charge_watch (ends);

-- What is open at a home is found without what was settled long ago; an agency's list, without what it is not narrowed to.
CREATE INDEX bill_open ON bill (home, issued, id) WHERE state = 'due' OR state = 'part';
CREATE INDEX bill_of_payee ON bill (payee, test, issued, id);
CREATE INDEX bill_of_payee_by_state ON bill (payee, test, state, issued, id);
CREATE INDEX bill_of_payee_by_kind ON bill (payee, test, kind, issued, id);
DROP INDEX bill_by_payee;
