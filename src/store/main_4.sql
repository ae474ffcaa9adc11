-- The parts of an item that its provider has: where each begins in the text, and the provider's id of it.
CREATE TABLE parts (
    item   INTEGER NOT NULL REFERENCES items (id) ON DELETE CASCADE,
    begins INTEGER NOT NULL, -- bytes
    remote TEXT NOT NULL,
    PRIMARY KEY (item, begins)
) WITHOUT ROWID;
CREATE INDEX parts_by_remote ON parts (remote);
