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
