-- Everything here can be made again from raw.db and the Maildirs.
CREATE TABLE meta (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
-- spill: the most seconds by which a key lies after its message's time.
INSERT INTO meta VALUES ('generation', 0), ('last_id', 0), ('spill', 0);

-- Ids as in raw.db; counts; cursors of sync.
CREATE TABLE folders (
  id INTEGER PRIMARY KEY,
  account TEXT NOT NULL,
  channel TEXT NOT NULL,
  path TEXT NOT NULL,
  role INTEGER NOT NULL,
  total INTEGER NOT NULL DEFAULT 0,
  unread INTEGER NOT NULL DEFAULT 0,
  uid_validity INTEGER,
  uid_next INTEGER,
  highest_modseq INTEGER,
  stamp TEXT,
  UNIQUE (account, path)
);

-- `key` is seconds * 64 + slot, so that the order of keys is the order of time.
CREATE TABLE messages (
  key INTEGER PRIMARY KEY,
  id INTEGER NOT NULL UNIQUE,
  thread INTEGER NOT NULL,
  folder INTEGER NOT NULL,
  flags INTEGER NOT NULL,
  at INTEGER NOT NULL,          -- seconds; what filters by date mean
  sent_at INTEGER,              -- seconds
  received_at INTEGER NOT NULL, -- milliseconds
  size INTEGER NOT NULL,
  attachments INTEGER NOT NULL,
  sender TEXT NOT NULL,
  subject TEXT NOT NULL,
  recipients TEXT NOT NULL,
  copies TEXT NOT NULL,
  preview TEXT NOT NULL,
  labels TEXT NOT NULL,
  message_id TEXT
);
CREATE INDEX messages_by_thread ON messages (thread);

CREATE VIRTUAL TABLE text USING fts5(
  subject, sender, recipients, copies, body, attachments,
  content='', contentless_delete=1, detail=full,
  tokenize='unicode61 remove_diacritics 2'
);
INSERT INTO text(text, rank) VALUES ('hashsize', 16777216), ('automerge', 16);
INSERT INTO text(text, rank) VALUES ('rank', 'bm25(10.0, 4.0, 2.0, 1.0, 1.0, 3.0)');

-- What is true of a message: the numbers are in `row.rs`.
CREATE TABLE facts (
  fact INTEGER NOT NULL,
  key INTEGER NOT NULL,
  PRIMARY KEY (fact, key)
) WITHOUT ROWID;
CREATE TABLE labels (id INTEGER PRIMARY KEY, folded TEXT NOT NULL UNIQUE);

-- 64-bit hash of a Message-ID -> messages that carry it.
CREATE TABLE message_ids (
  hash INTEGER NOT NULL,
  key INTEGER NOT NULL,
  PRIMARY KEY (hash, key)
) WITHOUT ROWID;
-- Hash of a Message-ID that a thread holds or only refers to -> the thread.
CREATE TABLE thread_ids (hash INTEGER PRIMARY KEY, thread INTEGER NOT NULL);
-- Hash of account and bare subject -> messages.
CREATE TABLE subjects (
  hash INTEGER NOT NULL,
  key INTEGER NOT NULL,
  PRIMARY KEY (hash, key)
) WITHOUT ROWID;
CREATE TABLE threads (
  id INTEGER PRIMARY KEY,
  count INTEGER NOT NULL,
  unread INTEGER NOT NULL
);
-- Numbers of threads that were merged into others.
CREATE TABLE aliases (old INTEGER PRIMARY KEY, thread INTEGER NOT NULL);

CREATE TABLE sources (account TEXT PRIMARY KEY, synced_at INTEGER, error TEXT) WITHOUT ROWID;
CREATE TABLE stamps (source TEXT PRIMARY KEY, stamp BLOB NOT NULL);
