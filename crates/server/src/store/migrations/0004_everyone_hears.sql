-- Destinations, notices (pushes and mails), reports.

-- What calls to a number taught, for all customers together.
CREATE TABLE destinations (
    number_key TEXT PRIMARY KEY,
    memory     TEXT NOT NULL,            -- JSON
    forget_at  INTEGER                   -- NULL: never
) STRICT, WITHOUT ROWID;
CREATE INDEX destinations_to_forget ON destinations (forget_at) WHERE forget_at IS NOT NULL;

-- Which customer called which number: what it may be shown of it.
CREATE TABLE destination_calls (
    customer   TEXT NOT NULL COLLATE NOCASE,
    number_key TEXT NOT NULL,
    called_at  INTEGER NOT NULL,
    ok_at      INTEGER,
    failed_at  INTEGER,
    PRIMARY KEY (customer, number_key)
) STRICT, WITHOUT ROWID;
CREATE INDEX destination_calls_to_forget ON destination_calls (called_at);

-- What others are to be told of a finished job, and how that goes.
DROP TABLE events;
CREATE TABLE notices (
    number           INTEGER PRIMARY KEY AUTOINCREMENT,
    job              TEXT NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
    kind             TEXT NOT NULL,      -- push, mail
    state            TEXT NOT NULL,      -- waiting, telling; told, failed
    not_before       INTEGER NOT NULL,
    since            INTEGER NOT NULL,   -- tries are counted from here: the job's end, or when it was to be told again
    tries            INTEGER NOT NULL DEFAULT 0,
    tries_before     INTEGER NOT NULL DEFAULT 0, -- before it was to be told again
    lease_owner      TEXT,
    lease_expires_at INTEGER,
    lease_number     INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE UNIQUE INDEX notices_by_job ON notices (job, kind);
CREATE INDEX notices_to_tell ON notices (kind, not_before, number) WHERE state = 'waiting';
CREATE INDEX notices_telling ON notices (lease_expires_at) WHERE state = 'telling';

CREATE TABLE notice_tries (
    notice   INTEGER NOT NULL REFERENCES notices (number) ON DELETE CASCADE,
    number   INTEGER NOT NULL,           -- from 1
    at       INTEGER NOT NULL,
    ended_at INTEGER,                    -- NULL: it was cut off
    code     INTEGER,                    -- what HTTP or SMTP answered
    result   TEXT,                       -- in words
    PRIMARY KEY (notice, number)
) STRICT, WITHOUT ROWID;

ALTER TABLE customers ADD COLUMN push_layout TEXT NOT NULL DEFAULT 'xml';
ALTER TABLE customers ADD COLUMN push_signing_key BLOB;                  -- sealed
ALTER TABLE customers ADD COLUMN language TEXT NOT NULL DEFAULT 'en';    -- of mails
ALTER TABLE customers ADD COLUMN mail_proof INTEGER NOT NULL DEFAULT 0;  -- mails bring proofs of transmission

-- A report that its login deleted; the job goes on, and is kept as long as others.
ALTER TABLE jobs ADD COLUMN report_deleted INTEGER NOT NULL DEFAULT 0;
-- The data centre it is shown in, where names of hosts stand for some.
ALTER TABLE jobs ADD COLUMN centre TEXT;
DROP INDEX jobs_finished_by_login;
CREATE INDEX jobs_reported ON jobs (login, finished_at, id) WHERE state = 'finished' AND report_deleted = 0;
CREATE INDEX jobs_reported_by_centre ON jobs (login, centre, finished_at, id)
    WHERE state = 'finished' AND report_deleted = 0 AND centre IS NOT NULL;
-- Finished deliveries, in the order of their jobs' ends.
CREATE INDEX jobs_finished ON jobs (finished_at, id) WHERE state = 'finished';
-- A job of another login is looked for exactly as one that is not there.
CREATE UNIQUE INDEX jobs_by_login ON jobs (login, id) WHERE report_deleted = 0;
