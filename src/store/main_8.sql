-- Who is told of what happens, each thing at least once: web addresses of the user's, and commands of `inbox watch`.
-- Times are milliseconds since 1970, UTC.

-- `message` and `line` (of the audit log) are the last of which was written down whether this one is to be told.
CREATE TABLE followers (
    name      TEXT PRIMARY KEY, -- `hook/NAME`, or `watch/ACCOUNT:` and a hash of the command
    command   TEXT,
    message   INTEGER NOT NULL,
    line      INTEGER NOT NULL,
    failing   INTEGER,          -- since when nothing works
    error     TEXT,
    disabled  INTEGER,          -- since when it is told nothing more
    secret_at INTEGER           -- when its secret was made
) WITHOUT ROWID;

-- One row per thing to tell; of what happened only its name is kept. `due` is NULL once nothing is tried any more.
CREATE TABLE tellings (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    follower TEXT NOT NULL,
    key      TEXT NOT NULL UNIQUE, -- what the one who is told knows it by
    event    TEXT NOT NULL,        -- `m1423` or `a17`
    thread   INTEGER,              -- two of one thread are not told at a time
    at       INTEGER NOT NULL,
    due      INTEGER,
    tries    INTEGER NOT NULL DEFAULT 0,
    error    TEXT,
    tried_at INTEGER,
    told_at  INTEGER,
    owner    TEXT
);
CREATE INDEX tellings_of ON tellings (follower, id);
CREATE INDEX tellings_due ON tellings (follower, due) WHERE due IS NOT NULL;
CREATE INDEX tellings_owned ON tellings (owner) WHERE owner IS NOT NULL;
CREATE INDEX tellings_given_up ON tellings (at) WHERE due IS NULL AND told_at IS NULL;
CREATE INDEX tellings_told ON tellings (told_at) WHERE told_at IS NOT NULL;
