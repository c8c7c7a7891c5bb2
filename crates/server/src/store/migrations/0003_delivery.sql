-- Which of the deliveries that are due is called next. `ready` of one that waits: 0, its time has not come or nobody has looked
-- since; 1, it stands in its lane; 2, it is due, but another one to the same number stands in a lane or is being called.
ALTER TABLE deliveries ADD COLUMN ready INTEGER NOT NULL DEFAULT 0;
ALTER TABLE deliveries ADD COLUMN destination TEXT NOT NULL DEFAULT ''; -- the prefix under whose limit its calls count; '': none
ALTER TABLE deliveries ADD COLUMN held INTEGER NOT NULL DEFAULT 0;      -- 1: kept back by an operator
ALTER TABLE deliveries ADD COLUMN cancel INTEGER NOT NULL DEFAULT 0;    -- 1: its running call shall end
-- How it is called next.
ALTER TABLE deliveries ADD COLUMN numbers TEXT;                         -- JSON: number_key and the alternatives; NULL: just the one
ALTER TABLE deliveries ADD COLUMN number_warnings TEXT;                 -- JSON, of its numbers; NULL: none
ALTER TABLE deliveries ADD COLUMN bit_rate_max INTEGER;                 -- NULL: as fast as both machines can
ALTER TABLE deliveries ADD COLUMN rides TEXT;                           -- in a call: the delivery whose call it shares; NULL: its own
DROP INDEX deliveries_one_call_per_number;
CREATE UNIQUE INDEX deliveries_one_call_per_number ON deliveries (number_key) WHERE state = 'sending' AND rides IS NULL;
DROP INDEX deliveries_to_send;
CREATE INDEX deliveries_to_ready ON deliveries (line, not_before, id) WHERE state = 'waiting' AND ready = 0 AND held = 0;
CREATE INDEX deliveries_ready ON deliveries (line, destination, job, not_before, position) WHERE ready = 1;
CREATE UNIQUE INDEX deliveries_one_ready_per_number ON deliveries (number_key) WHERE ready = 1;
CREATE INDEX deliveries_behind ON deliveries (number_key, priority DESC, not_before, id) WHERE ready = 2;
CREATE INDEX deliveries_in_call_by_customer ON deliveries (customer) WHERE state = 'sending' AND rides IS NULL;
CREATE INDEX deliveries_in_call_by_destination ON deliveries (destination) WHERE state = 'sending' AND rides IS NULL;

-- Whose turn it is: lanes of customers, in these of logins, in these of jobs; a lane is there as long as something is ready in it,
-- that of all customers for ever.
CREATE TABLE lanes (
    line        TEXT NOT NULL,
    destination TEXT NOT NULL,
    priority    INTEGER NOT NULL,
    customer    TEXT NOT NULL COLLATE NOCASE, -- '': the lane of all customers
    login       TEXT NOT NULL,                -- '': the lane of all logins
    job         TEXT NOT NULL,                -- '': the lane of all jobs
    ready       INTEGER NOT NULL,             -- deliveries in it and in those below
    turn        INTEGER NOT NULL,             -- of the lanes beside it the lowest is next
    since       INTEGER NOT NULL,             -- of equal turns the lowest: when its first delivery became due
    clock       INTEGER NOT NULL DEFAULT 0,   -- how often one of those below had its turn
    PRIMARY KEY (line, destination, priority, customer, login, job)
) STRICT, WITHOUT ROWID;
CREATE INDEX lanes_of_lines ON lanes (line, priority, turn, since) WHERE customer = '';
CREATE INDEX lanes_of_customers ON lanes (line, destination, priority, turn, since) WHERE customer <> '' AND login = '';
CREATE INDEX lanes_of_logins ON lanes (line, destination, priority, customer, turn, since) WHERE login <> '' AND job = '';
CREATE INDEX lanes_of_jobs ON lanes (line, destination, priority, customer, login, turn, since) WHERE job <> '';

ALTER TABLE attempts ADD COLUMN dial TEXT;              -- what was dialled; NULL: the delivery's only number
ALTER TABLE attempts ADD COLUMN q850 INTEGER;           -- the cause the telephone network gave
ALTER TABLE attempts ADD COLUMN bit_rate INTEGER;       -- the last one agreed on
ALTER TABLE attempts ADD COLUMN pages_repeated INTEGER NOT NULL DEFAULT 0; -- of a cover page that had arrived already

ALTER TABLE customers ADD COLUMN channels INTEGER;      -- calls at the same time; NULL: no limit but the lines'
ALTER TABLE customers ADD COLUMN quiet_hours TEXT;      -- when nobody is called, by the destination's clock
ALTER TABLE customers ADD COLUMN repeat_cover INTEGER NOT NULL DEFAULT 0;
ALTER TABLE customers ADD COLUMN share_calls INTEGER NOT NULL DEFAULT 0;
ALTER TABLE customers ADD COLUMN retry TEXT;            -- JSON: what differs from the configured rules

-- Requests that are made once, however often they are sent; known as long as their job is.
CREATE TABLE submissions (
    login  TEXT NOT NULL,
    key    TEXT NOT NULL,                -- as the client chose it
    sha256 BLOB NOT NULL,                -- of the body
    job    TEXT NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
    PRIMARY KEY (login, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX submissions_by_job ON submissions (job);

-- Numbers that must not be faxed. What is imported is a part that is in force as a whole or not at all; the entries of all parts of a
-- list that are in force are the list.
CREATE TABLE lists (
    id       INTEGER PRIMARY KEY,
    name     TEXT NOT NULL,                -- operator, robinson, ecofax; customer
    customer TEXT NOT NULL COLLATE NOCASE, -- whose it is; '': the house's
    UNIQUE (customer, name)
) STRICT;

CREATE TABLE list_parts (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    list       INTEGER NOT NULL REFERENCES lists (id),
    state      TEXT NOT NULL,              -- importing, in_force; retired: its entries are being removed
    entries    INTEGER NOT NULL DEFAULT 0,
    started_at INTEGER NOT NULL
) STRICT;
CREATE INDEX list_parts_by_list ON list_parts (list, state);

CREATE TABLE list_entries (
    list       INTEGER NOT NULL,
    number_key TEXT NOT NULL,              -- as dialled, or the beginning of numbers and *
    part       INTEGER NOT NULL,
    comment    TEXT,
    dated      TEXT,                       -- yyyy-mm-dd
    added_at   INTEGER NOT NULL,
    PRIMARY KEY (list, number_key, part)
) STRICT, WITHOUT ROWID;
