-- What was erased here and must not come back from its source.
--
-- A mark is the ident a message had in its folder, or (folder '') in its whole account, or the hash of its bytes.
CREATE TABLE erased (
  account TEXT NOT NULL,
  folder TEXT NOT NULL,
  mark BLOB NOT NULL,
  PRIMARY KEY (account, folder, mark)
) WITHOUT ROWID;
