-- Keys of programs. Times are milliseconds since 1970, UTC.

-- Only the blake3 hash of a key is kept. `accounts` is a JSON list; NULL means all.
CREATE TABLE keys (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    name       TEXT NOT NULL,
    hash       BLOB NOT NULL UNIQUE,
    scope      TEXT NOT NULL,
    accounts   TEXT,
    origin     TEXT NOT NULL,
    per_minute INTEGER,
    created_at INTEGER NOT NULL,
    expires_at INTEGER,
    used_at    INTEGER,
    revoked_at INTEGER
);
-- A name is free again once its key was revoked.
CREATE UNIQUE INDEX keys_by_name ON keys (name) WHERE revoked_at IS NULL;
