-- Finds the monthly gifts whose day went by without their job.
CREATE INDEX charity_monthly_by_next ON charity_monthly (state, next);
