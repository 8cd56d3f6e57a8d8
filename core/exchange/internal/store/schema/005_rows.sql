-- Of which person's row a hash is, so that a row that is gone is told from one that was erased with its person, and when the
-- row was erased. The holder is NULL where there never was a row: the city was asked about somebody whom it does not know.
ALTER TABLE exchange_leaf ADD COLUMN holder UUID;
ALTER TABLE exchange_leaf ADD COLUMN erased TIMESTAMPTZ;
CREATE INDEX exchange_message_by_id ON exchange_message (id);
UPDATE exchange_leaf SET holder = (SELECT m.holder FROM exchange_message AS m WHERE m.id = exchange_leaf.id);
DROP INDEX exchange_message_by_id;

-- How a batch was signed. 0: its hashes alone; 1: the list of its rows too.
ALTER TABLE exchange_batch ADD COLUMN form BIGINT NOT NULL DEFAULT 0;

-- What X-Road-Issue named when the city was asked: a case's public number, or an agreement's. Empty: the city asked.
ALTER TABLE exchange_message ADD COLUMN purpose TEXT NOT NULL DEFAULT '';
