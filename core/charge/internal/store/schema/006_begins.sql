-- A watch of before had no beginning, and 004 gave a plate's the day on which it was last put, which is later than the bills
-- that it was saved by. One of a register has none until the register says it; a saved one sees from the oldest bill that is still to be
-- paid. Whoever began by a day of the city is not met: since is a moment.
UPDATE charge_watch SET begins = NULL WHERE means = 'plate' AND source = 'register' AND begins = since;
UPDATE charge_watch SET begins = COALESCE((SELECT MIN(bill.decided) FROM bill WHERE bill.home = charge_watch.home AND bill.state IN ('due', 'part') AND bill.decided < charge_watch.since), begins)
WHERE means = 'plate' AND source = 'saved' AND begins = since;
UPDATE charge_watcher SET begins = (SELECT charge_watch.begins FROM charge_watch WHERE charge_watch.person = charge_watcher.person AND charge_watch.home = charge_watcher.home)
WHERE EXISTS (SELECT 1 FROM charge_watch WHERE charge_watch.person = charge_watcher.person AND charge_watch.home = charge_watcher.home AND charge_watch.means = 'plate');
