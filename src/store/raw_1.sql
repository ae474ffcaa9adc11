-- What was received. Everything in index.db can be made again from here and the Maildirs.
CREATE TABLE meta (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
INSERT INTO meta VALUES ('generation', 0), ('last_id', 0);

CREATE TABLE folders (
  id INTEGER PRIMARY KEY,
  account TEXT NOT NULL,
  channel TEXT NOT NULL,
  path TEXT NOT NULL,
  role INTEGER NOT NULL,
  UNIQUE (account, path)
);

-- One row per copy of a message; `id` is the number after the m and is never given twice.
CREATE TABLE mail (
  id INTEGER PRIMARY KEY,
  folder INTEGER NOT NULL,
  ident BLOB NOT NULL,
  received_at INTEGER NOT NULL, -- milliseconds
  flags INTEGER NOT NULL,
  size INTEGER NOT NULL,
  labels TEXT,
  path BLOB,                    -- a file of someone's Maildir, read in place
  blob BLOB                     -- content id of a file under blobs/
);
CREATE UNIQUE INDEX mail_by_ident ON mail (folder, ident);
CREATE INDEX mail_by_blob ON mail (blob) WHERE blob IS NOT NULL;

-- Raw messages, each a zstd frame.
CREATE TABLE bytes (id INTEGER PRIMARY KEY, data BLOB NOT NULL);

-- The number of a thread whose founder was removed: kept for the oldest message left in it.
CREATE TABLE founders (id INTEGER PRIMARY KEY, thread INTEGER NOT NULL);

-- Changes made here that the server has not been told yet.
CREATE TABLE changes (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  message INTEGER NOT NULL,
  change TEXT NOT NULL
);
