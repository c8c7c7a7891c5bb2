-- Of the deliveries to one number one of each customer may stand in a lane: where one customer's channels are all in use, another's turn
-- comes.
DROP INDEX deliveries_one_ready_per_number;
CREATE UNIQUE INDEX deliveries_one_ready_per_number ON deliveries (number_key, customer) WHERE ready = 1;
DROP INDEX deliveries_behind;
CREATE INDEX deliveries_behind ON deliveries (number_key, priority, customer, not_before, id) WHERE ready = 2;
-- A customer's lane stays when nothing is ready in it, as that of all customers does, and remembers whether he had his turn.
DROP INDEX lanes_of_customers;
CREATE INDEX lanes_of_customers ON lanes (line, destination, priority, turn, since) WHERE customer <> '' AND login = '' AND ready > 0;
