-- The sandbox's payments are forgotten in time.
CREATE INDEX developer_payment_by_time ON developer_payment (made, agency, id);
