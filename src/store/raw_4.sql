-- What other programs may be moving: messages that left their place a short time ago, and such as came beside an older
-- copy. One that comes again, or whose copy goes, keeps its number.
CREATE TABLE moving (
  account TEXT NOT NULL,
  mark INTEGER NOT NULL,        -- what tells the message from others, as 64 bits
  message INTEGER NOT NULL,
  gone INTEGER NOT NULL,
  labels TEXT NOT NULL,
  at INTEGER NOT NULL,          -- milliseconds
  PRIMARY KEY (account, mark, message)
) WITHOUT ROWID;
