-- What decides about a send, what all processes share, and what was done. Times are milliseconds since 1970, UTC.

-- Where an item comes from and what was allowed -------------------------------------------------------------------

-- The agent's name where an agent asked.
ALTER TABLE sends ADD COLUMN asked_by TEXT;
-- When its text and recipients were erased.
ALTER TABLE items ADD COLUMN erased_at INTEGER;
-- Hash of recipients and rendered content that a person approved.
ALTER TABLE items ADD COLUMN approved_hash BLOB;
-- When the cap of recipients per hour let it pass.
ALTER TABLE items ADD COLUMN passed_at INTEGER;
CREATE INDEX items_passed ON items (passed_at) WHERE passed_at IS NOT NULL;
CREATE INDEX attempts_by_time ON attempts (at);
CREATE INDEX recipients_by_address ON recipients (email COLLATE NOCASE);

-- Addresses that want nothing more, on any channel.
CREATE TABLE suppressions (
    address TEXT PRIMARY KEY,
    why     TEXT NOT NULL,
    source  TEXT NOT NULL,
    at      INTEGER NOT NULL
) WITHOUT ROWID;

-- The account it was staged for, once another took it over.
ALTER TABLE items ADD COLUMN moved_from TEXT;
-- blake3 of an item's bytes.
ALTER TABLE items ADD COLUMN bytes_hash BLOB;

-- What was done, never changed: a row's hash is blake3 of the hex of the hash before and its line. The line holds the
-- hash of `private`, which is NULL once it was erased.
CREATE TABLE audit (
    n       INTEGER PRIMARY KEY,
    at      INTEGER NOT NULL,
    item    INTEGER,
    line    TEXT NOT NULL,
    private TEXT,
    hash    BLOB NOT NULL
);
CREATE INDEX audit_of ON audit (item) WHERE item IS NOT NULL;

-- How many rows `audit` has and the hash of the last: rows taken from its end show, too.
CREATE TABLE audit_head (
    one   INTEGER PRIMARY KEY CHECK (one = 1),
    count INTEGER NOT NULL,
    hash  BLOB NOT NULL
);
INSERT INTO audit_head VALUES (1, 0, zeroblob(32));

-- Budgets and circuits, shared by all processes -------------------------------------------------------------------

-- What went within each limit: when, and how much. While it is under way it has an owner and counts as of now.
CREATE TABLE budgets (
    id    INTEGER PRIMARY KEY,
    scope TEXT NOT NULL,
    per   INTEGER NOT NULL,
    at    INTEGER NOT NULL,
    cost  INTEGER NOT NULL,
    owner TEXT
);
CREATE INDEX budgets_of ON budgets (scope, per, at);

-- How an account's provider did since it last answered; open since `opened`, tried again at `until`.
CREATE TABLE circuits (
    account     TEXT PRIMARY KEY,
    server      TEXT NOT NULL,
    failures    INTEGER NOT NULL,
    opened      INTEGER,
    probes      INTEGER NOT NULL,
    until       INTEGER NOT NULL,
    why         TEXT NOT NULL,
    prober      TEXT,
    probe_until INTEGER
) WITHOUT ROWID;

-- What `on_failure` is to be told, once for each key; `told_at` once it was.
CREATE TABLE failures (
    id          INTEGER PRIMARY KEY,
    key         TEXT NOT NULL UNIQUE,
    document    TEXT NOT NULL,
    at          INTEGER NOT NULL,
    owner       TEXT,
    owner_until INTEGER,
    told_at     INTEGER
);
CREATE INDEX failures_untold ON failures (id) WHERE told_at IS NULL;
-- Sent by the command of `on_failure` itself.
ALTER TABLE sends ADD COLUMN from_hook INTEGER NOT NULL DEFAULT 0;

-- Who drains -------------------------------------------------------------------------------------------------------

CREATE TABLE runners (
    name TEXT PRIMARY KEY,
    at   INTEGER NOT NULL
) WITHOUT ROWID;

-- Batches and alerts -----------------------------------------------------------------------------------------------

-- One bulk send. `state`: staging (nothing of it leaves yet), open, paused, cancelled.
CREATE TABLE batches (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    name        TEXT NOT NULL UNIQUE,
    -- Hash of everything its messages are made of.
    hash        BLOB NOT NULL,
    state       TEXT NOT NULL,
    origin      TEXT NOT NULL,
    asked_by    TEXT,
    -- It is paused after so many failed items since it was last resumed; 0 is never.
    pause_after INTEGER NOT NULL,
    failures    INTEGER NOT NULL DEFAULT 0,
    created_at  INTEGER NOT NULL
);
-- The batch a send is a row of, and the line of the file that row begins on.
ALTER TABLE sends ADD COLUMN batch INTEGER REFERENCES batches (id);
ALTER TABLE sends ADD COLUMN line INTEGER;
CREATE UNIQUE INDEX sends_of_batch ON sends (batch, line) WHERE batch IS NOT NULL;
-- Its batch is staging or paused: it goes nowhere by itself.
ALTER TABLE items ADD COLUMN paused INTEGER NOT NULL DEFAULT 0;
DROP INDEX items_due;
CREATE INDEX items_due ON items (state, paused, next_at);

-- The last send of a key that was let through, and how many repeats of it were not.
CREATE TABLE alerts (
    key     TEXT PRIMARY KEY,
    send    INTEGER NOT NULL REFERENCES sends (id),
    at      INTEGER NOT NULL,
    repeats INTEGER NOT NULL
) WITHOUT ROWID;
-- The message that began the thread of a condition, for each circle of people.
CREATE TABLE thread_keys (
    key        TEXT NOT NULL,
    people     TEXT NOT NULL,
    message_id TEXT NOT NULL,
    PRIMARY KEY (key, people)
) WITHOUT ROWID;

-- What is done once a day, whoever comes first -----------------------------------------------------------------------

CREATE TABLE daily (
    name TEXT PRIMARY KEY,
    at   INTEGER NOT NULL
) WITHOUT ROWID;
