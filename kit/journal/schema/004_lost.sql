-- Whoever has the receipt of a lost act asks by its leaf.
CREATE INDEX journal_lost_by_leaf ON journal_lost (leaf);
