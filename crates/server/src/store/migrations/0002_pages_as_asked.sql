-- Stationery is what customers install for their pages: cover page templates and overlays. A customer's stationery has a
-- revision that grows with whatever is installed or removed; a job that uses some keeps the revision it was accepted under,
-- and so finds what was there then.
ALTER TABLE customers ADD COLUMN stationery INTEGER NOT NULL DEFAULT 0;

CREATE TABLE templates (
    customer   TEXT NOT NULL COLLATE NOCASE REFERENCES customers (number),
    name       TEXT NOT NULL,
    version    INTEGER NOT NULL,         -- the revision that brought it
    removed    INTEGER,                  -- the revision that removed or replaced it; NULL: it is in force
    source     TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (customer, name, version)
) STRICT;
CREATE UNIQUE INDEX templates_in_force ON templates (customer, name) WHERE removed IS NULL;
CREATE INDEX templates_to_sweep ON templates (removed) WHERE removed IS NOT NULL;

CREATE TABLE overlays (
    id         INTEGER PRIMARY KEY,
    customer   TEXT NOT NULL COLLATE NOCASE REFERENCES customers (number),
    name       TEXT NOT NULL,
    version    INTEGER NOT NULL,
    removed    INTEGER,
    kind       TEXT NOT NULL,
    original   BLOB NOT NULL,            -- as it was given
    created_at INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX overlays_by_version ON overlays (customer, name, version);
CREATE UNIQUE INDEX overlays_in_force ON overlays (customer, name) WHERE removed IS NULL;
CREATE INDEX overlays_to_sweep ON overlays (removed) WHERE removed IS NOT NULL;

CREATE TABLE overlay_pages (
    overlay    INTEGER NOT NULL REFERENCES overlays (id) ON DELETE CASCADE,
    paper      TEXT NOT NULL,
    resolution TEXT NOT NULL,
    width      INTEGER NOT NULL,
    rows       INTEGER NOT NULL,
    row_index  BLOB NOT NULL,            -- as in `pages`
    code       BLOB NOT NULL,            -- T.6
    PRIMARY KEY (overlay, paper, resolution)
) STRICT;

ALTER TABLE jobs ADD COLUMN stationery INTEGER;   -- the revision it was accepted under; NULL: it uses none
ALTER TABLE jobs ADD COLUMN warnings TEXT;        -- JSON, once prepared; NULL: none
CREATE INDEX jobs_with_stationery ON jobs (customer) WHERE stationery IS NOT NULL AND state <> 'finished';

-- Documents by URL are fetched before the job is prepared.
ALTER TABLE jobs ADD COLUMN to_fetch INTEGER NOT NULL DEFAULT 0;  -- 1: some document is still to be fetched
ALTER TABLE jobs ADD COLUMN fetches INTEGER NOT NULL DEFAULT 0;   -- tries that did not get everything
ALTER TABLE jobs ADD COLUMN fetch_at INTEGER NOT NULL DEFAULT 0;  -- not before this time
ALTER TABLE documents ADD COLUMN url TEXT;                        -- where it is fetched from; NULL: it came with the job
ALTER TABLE documents ADD COLUMN fetched INTEGER;                 -- the lease under which it was; NULL with a URL: not yet
DROP INDEX jobs_to_prepare;
CREATE INDEX jobs_to_prepare ON jobs (to_fetch, priority DESC, id) WHERE state = 'accepted';

ALTER TABLE deliveries ADD COLUMN cover_pages INTEGER NOT NULL DEFAULT 0; -- of its own cover page, once composed
ALTER TABLE deliveries ADD COLUMN warnings TEXT;                          -- JSON, of its cover page; NULL: none
ALTER TABLE deliveries ADD COLUMN uncomposed INTEGER NOT NULL DEFAULT 0;  -- how often its own pages could not be composed
