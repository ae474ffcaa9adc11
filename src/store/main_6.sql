-- People. Times are milliseconds since 1970, UTC.

-- `document` is a card as JSON; NULL of one that is gone. `changed` is the order of changes over all contacts.
CREATE TABLE contacts (
    id         INTEGER PRIMARY KEY AUTOINCREMENT, -- c9 is never given twice
    document   TEXT,
    -- The contact that took this one in.
    merged     INTEGER REFERENCES contacts (id),
    changed    INTEGER NOT NULL UNIQUE,
    created_at INTEGER NOT NULL,
    changed_at INTEGER NOT NULL,
    -- By what lists are in order; NULL of one that is gone.
    sorted     TEXT
);
CREATE INDEX contacts_sorted ON contacts (sorted, id) WHERE sorted NOT NULL;
CREATE INDEX contacts_merged ON contacts (merged) WHERE merged IS NOT NULL;

-- Addresses in their normal form: who has which. `n` is the place in the card.
CREATE TABLE contact_addresses (
    address TEXT NOT NULL,
    contact INTEGER NOT NULL REFERENCES contacts (id) ON DELETE CASCADE,
    n       INTEGER NOT NULL,
    PRIMARY KEY (address, contact)
) WITHOUT ROWID;
CREATE INDEX contact_addresses_by_contact ON contact_addresses (contact);

-- Groups by their folded names; members that are contacts say so in their cards.
CREATE TABLE contact_groups (
    folded TEXT PRIMARY KEY,
    name   TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE group_contacts (
    folded  TEXT NOT NULL,
    contact INTEGER NOT NULL REFERENCES contacts (id) ON DELETE CASCADE,
    PRIMARY KEY (folded, contact)
) WITHOUT ROWID;
CREATE INDEX group_contacts_by_contact ON group_contacts (contact);
-- Members that are no contacts: `@other`, or an address as one types it.
CREATE TABLE group_members (
    folded TEXT NOT NULL REFERENCES contact_groups (folded) ON DELETE CASCADE,
    member TEXT NOT NULL,
    PRIMARY KEY (folded, member)
) WITHOUT ROWID;

-- What became of contacts. `change` is shared by what was done together; `lost` is a list of what gave way, as JSON.
CREATE TABLE contact_history (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    change  INTEGER NOT NULL,
    contact INTEGER NOT NULL,
    at      INTEGER NOT NULL,
    what    TEXT NOT NULL,
    by      TEXT NOT NULL,
    before  TEXT,
    after   TEXT,
    merged  INTEGER, -- into which contact, by this change
    lost    TEXT
);
CREATE INDEX contact_history_by_contact ON contact_history (contact, id);
CREATE INDEX contact_history_by_change ON contact_history (change);

-- A contact as a source has it: its own document, as it was when both sides agreed last.
CREATE TABLE contact_links (
    source   TEXT NOT NULL, -- an account; `import` for files
    remote   TEXT NOT NULL, -- its id there: a path, `people/c12`, a UID
    contact  INTEGER NOT NULL REFERENCES contacts (id) ON DELETE CASCADE,
    etag     TEXT,
    document BLOB NOT NULL,
    -- The card both sides agreed on, as JSON.
    base     TEXT NOT NULL,
    PRIMARY KEY (source, remote)
) WITHOUT ROWID;
CREATE INDEX contact_links_by_contact ON contact_links (contact);

-- Marks of what was erased here: the source must not bring it back. `mark` is a hash of its id there.
CREATE TABLE contact_erased (
    source TEXT NOT NULL,
    mark   BLOB NOT NULL,
    PRIMARY KEY (source, mark)
) WITHOUT ROWID;

-- How far a source was read.
CREATE TABLE contact_sources (
    source    TEXT NOT NULL,
    book      TEXT NOT NULL, -- one source may have several
    token     TEXT,
    synced_at INTEGER,
    error     TEXT,
    PRIMARY KEY (source, book)
) WITHOUT ROWID;

-- What the names among a send's recipients stood for when it was staged, as JSON: its key means the same for ever.
ALTER TABLE sends ADD COLUMN meanings TEXT;
-- Whom a name or group led to, and what was typed.
ALTER TABLE recipients ADD COLUMN contact INTEGER;
ALTER TABLE recipients ADD COLUMN resolved_from TEXT;

-- A sync that was shown and not yet applied, or that was cut short. `document` is JSON.
CREATE TABLE contact_plans (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    source     TEXT NOT NULL,
    document   TEXT NOT NULL,
    created_at INTEGER NOT NULL
);
