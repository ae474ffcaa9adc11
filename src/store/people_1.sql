-- Whom one may mean, and how to find them fast. Everything here can be made again from comms.db and index.db.

-- How far both were read: `message` and `generation` of index.db, `contact` of comms.db.
CREATE TABLE marks (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
INSERT INTO marks VALUES ('generation', 0), ('message', 0), ('contact', 0);

-- Addresses that messages name. Times are seconds since 1970.
CREATE TABLE addresses (
  id INTEGER PRIMARY KEY,
  address TEXT NOT NULL UNIQUE, -- in its normal form
  typed TEXT NOT NULL,          -- as one types it to write there
  name TEXT NOT NULL,           -- empty if no message gave one
  named INTEGER NOT NULL,       -- 2: by the person, 1: by others, 0: by nobody
  named_at INTEGER NOT NULL,
  received INTEGER NOT NULL,    -- messages from it
  sent INTEGER NOT NULL,        -- messages the owner wrote to it
  mentioned INTEGER NOT NULL,   -- messages of others to it
  last_at INTEGER NOT NULL,     -- of the newest received or sent; 0: none
  last_sent_at INTEGER NOT NULL,
  automated INTEGER NOT NULL    -- no person reads there
);

-- Words by which people are found. A word stays when nobody bears it any more.
CREATE TABLE words (
  id INTEGER PRIMARY KEY,
  word TEXT NOT NULL UNIQUE
);
-- All words once more, packed for looking through them: those of one length in bytes, each followed by its id in four
-- bytes (little endian).
CREATE TABLE pages (
  length INTEGER NOT NULL,
  n INTEGER NOT NULL,
  words BLOB NOT NULL,
  PRIMARY KEY (length, n)
);
-- `person` is twice the number of a contact, or twice the row of `addresses` and one more. `far` is 0 for those the
-- owner writes to most, up to 15: who is near is read first.
CREATE TABLE postings (
  word INTEGER NOT NULL,
  far INTEGER NOT NULL,
  person INTEGER NOT NULL,
  PRIMARY KEY (word, far, person)
) WITHOUT ROWID;
-- What of a person stands in `postings`; `words` are ids in four bytes each.
CREATE TABLE people (
  person INTEGER PRIMARY KEY,
  far INTEGER NOT NULL,
  words BLOB NOT NULL
);
CREATE INDEX people_by_far ON people (far);
