-- A month's payouts are found among its gifts; sums by day have a table of their own.
DROP INDEX charity_entry_by_day;
CREATE INDEX charity_entry_by_kind_day ON charity_entry (fund, kind, day);
