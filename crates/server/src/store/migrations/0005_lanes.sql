-- Of the deliveries to one number one of each customer may stand in a lane: where one customer's channels are all in use, another's turn
-- comes.
DROP INDEX deliveries_one_ready_per_number;
CREATE UNIQUE INDEX deliveries_one_ready_per_number ON deliveries (number_key, customer) WHERE ready = 1;
DROP INDEX deliveries_behind;
CREATE INDEX deliveries_behind ON deliveries (number_key, priority, customer, not_before, id) WHERE ready = 2;
