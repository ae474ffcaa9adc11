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

-- What became of what was sent, and what it cost ------------------------------------------------------------------

-- What providers said later of messages by their own ids; also of one that nobody here knows (yet) by that id.
CREATE TABLE reports (
    account      TEXT NOT NULL,
    remote       TEXT NOT NULL,
    state        TEXT NOT NULL,
    delivered_at INTEGER,
    read_at      INTEGER,
    code         TEXT,
    words        TEXT,
    billed       INTEGER, -- millionths
    currency     TEXT,
    segments     INTEGER,
    pricing      TEXT,    -- what the provider said of its price, as it said it
    at           INTEGER NOT NULL,
    PRIMARY KEY (account, remote)
) WITHOUT ROWID;
CREATE INDEX reports_billed ON reports (at) WHERE billed IS NOT NULL;
ALTER TABLE items ADD COLUMN delivered_at INTEGER;
ALTER TABLE items ADD COLUMN read_at INTEGER;

-- What each part of an item costs by the prices known here. `part` is where it begins, as in `parts`.
CREATE TABLE charges (
    item     INTEGER NOT NULL REFERENCES items (id) ON DELETE CASCADE,
    part     INTEGER NOT NULL,
    provider TEXT NOT NULL,
    country  TEXT,
    kind     TEXT NOT NULL,
    units    INTEGER NOT NULL,
    free     INTEGER NOT NULL, -- of the units, within an allowance
    estimate INTEGER,          -- millionths; NULL is unknown
    currency TEXT,
    at       INTEGER NOT NULL,
    passed   INTEGER,          -- when the caps let it pass
    PRIMARY KEY (item, part)
) WITHOUT ROWID;
CREATE INDEX charges_passed ON charges (passed) WHERE passed IS NOT NULL;

-- WhatsApp: when a customer wrote to a number last, and what else says whether they may be written to freely.
CREATE TABLE windows (
    sender         TEXT NOT NULL, -- the number's id
    customer       TEXT NOT NULL, -- `whatsapp:+1…` or `whatsapp:US.…`
    last_inbound   INTEGER,
    -- When they came by an advertisement, and when that was answered first.
    entry          INTEGER,
    entry_answered INTEGER,
    -- When the provider said that it is closed.
    closed         INTEGER,
    PRIMARY KEY (sender, customer)
) WITHOUT ROWID;
-- The templates of a business account as they were listed last.
CREATE TABLE templates (
    business TEXT NOT NULL,
    name     TEXT NOT NULL,
    language TEXT NOT NULL,
    document TEXT NOT NULL,
    PRIMARY KEY (business, name, language)
) WITHOUT ROWID;
CREATE TABLE template_lists (
    business TEXT PRIMARY KEY,
    at       INTEGER NOT NULL
) WITHOUT ROWID;

-- Slack: channels and people of a workspace as they were listed last; `id` is the provider's.
CREATE TABLE directory (
    account TEXT NOT NULL,
    id      TEXT NOT NULL,
    kind    TEXT NOT NULL, -- `channel`, `group`, `direct`, `person` or `bot`
    name    TEXT NOT NULL,
    handle  TEXT NOT NULL,
    email   TEXT,
    -- The other one of direct messages.
    person  TEXT,
    -- Archived, or not in the workspace any more.
    gone    INTEGER NOT NULL,
    PRIMARY KEY (account, id)
) WITHOUT ROWID;
-- Files that were brought to a provider for an item; whichever message shows one of them is that item's.
CREATE TABLE uploads (
    item   INTEGER NOT NULL REFERENCES items (id) ON DELETE CASCADE,
    remote TEXT NOT NULL,
    PRIMARY KEY (item, remote)
) WITHOUT ROWID;
