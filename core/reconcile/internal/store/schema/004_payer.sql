-- What the bank says of a line beside its sum: who paid, from which account and for what. Whoever reads it is on the treasury's record.
CREATE TABLE reconcile_payer (
  treasury UUID NOT NULL,
  part UUID NOT NULL,
  details SEALED NOT NULL,
  PRIMARY KEY (treasury, part)
);
COMMENT ON TABLE reconcile_payer IS 'holder: treasury; personal: treasury';
INSERT INTO reconcile_payer (treasury, part, details) SELECT treasury, id, details FROM reconcile_part WHERE details IS NOT NULL;
ALTER TABLE reconcile_part DROP COLUMN details;
