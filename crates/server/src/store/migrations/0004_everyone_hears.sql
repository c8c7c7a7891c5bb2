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
