-- What changed of messages, in its order, for those who follow: of each message its newest change.
CREATE TABLE altered (
  n INTEGER PRIMARY KEY AUTOINCREMENT,
  message INTEGER NOT NULL UNIQUE,
  thread INTEGER NOT NULL,
  folder INTEGER NOT NULL,
  at INTEGER NOT NULL,          -- milliseconds
  gone INTEGER NOT NULL         -- whether the message is
);
