-- comms.db: what was or will be sent. Times are milliseconds since 1970, UTC.

-- One row per `send`: what the caller asked for, and the key that makes it happen once.
CREATE TABLE sends (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    key          TEXT UNIQUE,
    origin       TEXT NOT NULL,
    content_hash BLOB NOT NULL,
    created_at   INTEGER NOT NULL
);

-- One row per channel, account and rendered message. AUTOINCREMENT: an id (o17) is never given twice.
CREATE TABLE items (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    send        INTEGER NOT NULL REFERENCES sends (id),
    account     TEXT NOT NULL,
    channel     TEXT NOT NULL,
    sender      TEXT NOT NULL,
    subject     TEXT NOT NULL,
    message_id  TEXT NOT NULL,
    own_id      TEXT NOT NULL UNIQUE,
    attachments TEXT NOT NULL,
    size_bytes  INTEGER NOT NULL,
    state       TEXT NOT NULL,
    held_by     TEXT,
    next_at     INTEGER,
    tries       INTEGER NOT NULL DEFAULT 0,
    error_code  TEXT,
    error       TEXT,
    hint        TEXT,
    lease_owner TEXT,
    lease_until INTEGER,
    file_copy   INTEGER NOT NULL DEFAULT 0,
    filed_at    INTEGER,
    created_at  INTEGER NOT NULL,
    updated_at  INTEGER NOT NULL
);
CREATE INDEX items_due ON items (state, next_at);
CREATE INDEX items_by_send ON items (send);
CREATE INDEX items_by_message_id ON items (message_id);

-- The rendered bytes, apart from the rows that lists read.
CREATE TABLE item_bytes (
    item INTEGER PRIMARY KEY REFERENCES items (id) ON DELETE CASCADE,
    raw  BLOB NOT NULL
);

CREATE TABLE recipients (
    item   INTEGER NOT NULL REFERENCES items (id) ON DELETE CASCADE,
    n      INTEGER NOT NULL,
    place  TEXT NOT NULL,
    name   TEXT,
    email  TEXT NOT NULL,
    state  TEXT NOT NULL,
    code   INTEGER,
    words  TEXT,
    PRIMARY KEY (item, n)
) WITHOUT ROWID;

CREATE TABLE attempts (
    id      INTEGER PRIMARY KEY,
    item    INTEGER NOT NULL REFERENCES items (id) ON DELETE CASCADE,
    at      INTEGER NOT NULL,
    outcome TEXT NOT NULL,
    words   TEXT NOT NULL
);
CREATE INDEX attempts_by_item ON attempts (item);
