-- What providers tell by themselves, and what messages cost. Times are milliseconds since 1970, UTC.

-- One row per event, written before its provider is answered. `due`: when it is to be worked on, NULL once it was.
CREATE TABLE events (
    id          INTEGER PRIMARY KEY,
    account     TEXT NOT NULL,
    -- What its provider tells repeats by.
    event       TEXT NOT NULL,
    body        BLOB NOT NULL,
    received_at INTEGER NOT NULL,
    due         INTEGER,
    tries       INTEGER NOT NULL DEFAULT 0,
    error       TEXT,
    done_at     INTEGER,
    UNIQUE (account, event)
);
CREATE INDEX events_due ON events (due, id) WHERE due IS NOT NULL;
CREATE INDEX events_done ON events (done_at) WHERE done_at IS NOT NULL;

-- Only ever grow. `label` is the value that tells counters of one name and account apart.
CREATE TABLE counters (
    name    TEXT NOT NULL,
    account TEXT NOT NULL,
    label   TEXT NOT NULL,
    value   INTEGER NOT NULL,
    PRIMARY KEY (name, account, label)
) WITHOUT ROWID;

-- What the provider last said of a part: queued, sent, delivered, read, undelivered; and why, where it says so.
ALTER TABLE parts ADD COLUMN reported TEXT;
ALTER TABLE parts ADD COLUMN code TEXT;
ALTER TABLE parts ADD COLUMN words TEXT;
