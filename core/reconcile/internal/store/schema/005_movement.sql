-- Which movement of the books it is: the net under lost events asks by it. NULL: a payout, or it was written down before.
ALTER TABLE reconcile_expected ADD COLUMN movement UUID;
CREATE INDEX reconcile_expected_movement ON reconcile_expected (movement, id);
