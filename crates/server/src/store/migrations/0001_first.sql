-- Times are microseconds since 1970 in UTC. Words in `state` and `status` are those of the module `jobs`.

-- What must stay the same for the life of a database, such as the name of the key that sealed its secrets.
CREATE TABLE facts (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE customers (
    number           TEXT PRIMARY KEY COLLATE NOCASE,
    paper            TEXT NOT NULL DEFAULT 'A4',
    resolution       TEXT NOT NULL DEFAULT 'HIGH',
    csid             TEXT,
    header           TEXT,
    cost_centre      TEXT,
    zone             TEXT NOT NULL DEFAULT 'UTC',
    country          TEXT,
    default_cover    TEXT,
    push_url         TEXT,
    push_method      TEXT NOT NULL DEFAULT 'NONE',
    push_principal   TEXT,
    push_credentials BLOB,               -- sealed
    push_token_url   TEXT,
    blank_pages      TEXT NOT NULL DEFAULT 'keep',
    test_mode        INTEGER NOT NULL DEFAULT 0,
    retention_days   INTEGER NOT NULL DEFAULT 30,
    created_at       INTEGER NOT NULL
) STRICT;

CREATE TABLE logins (
    name          TEXT PRIMARY KEY,
    customer      TEXT NOT NULL COLLATE NOCASE REFERENCES customers (number),
    password_hash TEXT NOT NULL,         -- argon2, PHC string
    allowed       TEXT NOT NULL,         -- JSON list of networks; empty: from anywhere
    created_at    INTEGER NOT NULL
) STRICT;
CREATE INDEX logins_by_customer ON logins (customer);

CREATE TABLE jobs (
    id               TEXT PRIMARY KEY,
    customer         TEXT NOT NULL COLLATE NOCASE REFERENCES customers (number),
    login            TEXT NOT NULL,
    state            TEXT NOT NULL,      -- accepted, preparing, prepared, finished
    priority         INTEGER NOT NULL,
    accepted_at      INTEGER NOT NULL,
    valid_from       INTEGER NOT NULL,
    valid_until      INTEGER NOT NULL,
    finished_at      INTEGER,
    purge_at         INTEGER,            -- set when finished
    open_deliveries  INTEGER NOT NULL,   -- not final yet
    pages            INTEGER NOT NULL DEFAULT 0,
    reference        TEXT NOT NULL,      -- JSON
    transport        TEXT NOT NULL,      -- JSON
    rendering        TEXT NOT NULL,      -- JSON
    report_mail      TEXT,               -- JSON
    push_url         TEXT,
    push_method      TEXT,
    push_principal   TEXT,
    push_credentials BLOB,               -- sealed
    customer_reference TEXT,
    report           TEXT,               -- JSON, once finished
    -- The claim of the stage that prepares.
    lease_owner      TEXT,
    lease_expires_at INTEGER,
    lease_number     INTEGER NOT NULL DEFAULT 0,
    preparations     INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX jobs_to_prepare ON jobs (priority DESC, id) WHERE state = 'accepted';
CREATE INDEX jobs_in_preparation ON jobs (lease_expires_at) WHERE state = 'preparing';
CREATE INDEX jobs_to_purge ON jobs (purge_at) WHERE purge_at IS NOT NULL;
CREATE INDEX jobs_finished_by_login ON jobs (customer, login, finished_at, id) WHERE state = 'finished';

CREATE TABLE documents (
    job     TEXT NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
    number  INTEGER NOT NULL,            -- from 0, in the order they are joined
    name    TEXT NOT NULL,
    kind    TEXT NOT NULL,
    charset TEXT NOT NULL,
    size    INTEGER NOT NULL,
    sha256  BLOB NOT NULL,
    data    BLOB,                        -- NULL: in the blob `document-<number>`
    PRIMARY KEY (job, number)
) STRICT;

CREATE TABLE pages (
    job        TEXT NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
    variant    INTEGER NOT NULL,
    number     INTEGER NOT NULL,         -- from 0
    lease      INTEGER NOT NULL,         -- the preparation that made it
    width      INTEGER NOT NULL,
    rows       INTEGER NOT NULL,
    resolution TEXT NOT NULL,
    row_index  BLOB NOT NULL,            -- bit offset of every 64th row, 8 octets each, low octet first
    size       INTEGER NOT NULL,
    code       BLOB,                     -- T.6; NULL: in the blob `page-<variant>-<number>-<lease>`
    PRIMARY KEY (job, variant, number)
) STRICT;

CREATE TABLE deliveries (
    id                  TEXT PRIMARY KEY,
    job                 TEXT NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
    position            INTEGER NOT NULL, -- in the request, from 0
    customer            TEXT NOT NULL COLLATE NOCASE,
    login               TEXT NOT NULL,
    number              TEXT NOT NULL,    -- as submitted
    alternative_numbers TEXT,             -- JSON; NULL: none
    properties          TEXT,             -- JSON; NULL: none
    number_key          TEXT NOT NULL,    -- what is dialled: 00 and digits
    line                TEXT,             -- NULL: not decided, or none leads to the number
    priority            INTEGER NOT NULL,
    state               TEXT NOT NULL,    -- accepted, waiting, held, sending; sent, failed, cancelled
    not_before          INTEGER NOT NULL,
    valid_until         INTEGER NOT NULL,
    attempts            INTEGER NOT NULL DEFAULT 0,
    confirmed           INTEGER NOT NULL DEFAULT 0, -- pages confirmed; also the first unconfirmed page
    -- Final.
    status              TEXT,             -- the API's word
    reason              TEXT,
    finished_at         INTEGER,
    -- The claim of the stage that sends.
    lease_owner         TEXT,
    lease_expires_at    INTEGER,
    lease_number        INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE UNIQUE INDEX deliveries_in_order ON deliveries (job, position);
-- One call per number at a time.
CREATE UNIQUE INDEX deliveries_one_call_per_number ON deliveries (number_key) WHERE state = 'sending';
CREATE INDEX deliveries_to_send ON deliveries (line, priority, not_before, id) WHERE state = 'waiting';
CREATE INDEX deliveries_in_call ON deliveries (lease_expires_at) WHERE state = 'sending';
CREATE INDEX deliveries_to_expire ON deliveries (valid_until) WHERE state IN ('accepted', 'waiting', 'held');

CREATE TABLE attempts (
    delivery        TEXT NOT NULL REFERENCES deliveries (id) ON DELETE CASCADE,
    number          INTEGER NOT NULL,    -- from 1
    line            TEXT NOT NULL,
    owner           TEXT NOT NULL,
    started_at      INTEGER NOT NULL,
    answered_at     INTEGER,
    ended_at        INTEGER,
    outcome         TEXT,                -- JSON; NULL while the call runs
    sip_status      INTEGER,
    remote_id       TEXT,
    first_page      INTEGER NOT NULL,
    pages_confirmed INTEGER NOT NULL DEFAULT 0,
    in_doubt        INTEGER,             -- page whose end-of-page command left and was not confirmed
    ladder          TEXT,                -- JSON
    PRIMARY KEY (delivery, number)
) STRICT;

-- What others shall be told (push, mail), in the order it happened.
CREATE TABLE events (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    job    TEXT NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
    kind   TEXT NOT NULL,
    at     INTEGER NOT NULL
) STRICT;
CREATE INDEX events_by_job ON events (job);
