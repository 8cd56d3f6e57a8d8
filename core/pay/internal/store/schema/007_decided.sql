-- The bills that 004 brought over were decided when they were issued. core/charge's own file of that ran before them, on no rows.
UPDATE bill SET decided = issued WHERE decided IS NULL;
UPDATE bill_home SET decided = (SELECT bill.decided FROM bill WHERE bill.home = bill_home.home AND bill.id = bill_home.id) WHERE decided IS NULL;
