-- What was known of messages whose bytes are missing, while the index is built anew.
CREATE TABLE kept AS SELECT *, '' AS relatives FROM messages WHERE 0;
CREATE UNIQUE INDEX kept_by_id ON kept (id);
