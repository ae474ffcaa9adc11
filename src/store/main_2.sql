-- What is known of each OAuth login without asking anyone; nothing secret.
CREATE TABLE logins (
    account      TEXT PRIMARY KEY,
    scopes       TEXT NOT NULL DEFAULT '[]',
    expires_at   INTEGER,
    logged_in_at INTEGER,
    refreshed_at INTEGER,
    error        TEXT,
    hint         TEXT,
    error_at     INTEGER
) WITHOUT ROWID;
