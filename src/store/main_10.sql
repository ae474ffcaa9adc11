-- What a source had of a contact and has no more, or has of another one by now: whoever is brought back gets it again.
CREATE TABLE contact_kept (
    n        INTEGER PRIMARY KEY, -- the newest is the highest
    contact  INTEGER NOT NULL REFERENCES contacts (id) ON DELETE CASCADE,
    source   TEXT NOT NULL,
    remote   TEXT NOT NULL,
    document BLOB NOT NULL,
    base     TEXT NOT NULL,
    -- Another contact's document took it over.
    taken    INTEGER NOT NULL,
    UNIQUE (contact, source, remote)
);
CREATE INDEX contact_kept_by_source ON contact_kept (source, n);
