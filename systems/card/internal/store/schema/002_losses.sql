-- Spent money of top-ups that the bank took back: when it did so last, and all such for the carrier's desk.
ALTER TABLE card_top_up ADD COLUMN taken TIMESTAMPTZ;
CREATE INDEX card_top_up_by_loss ON card_top_up (lost, person, charge);
