-- How far a follower is with what changed of messages.
ALTER TABLE followers ADD COLUMN altered INTEGER NOT NULL DEFAULT 0;
-- The only accounts whoever staged it knew of, as a JSON list; NULL means all. No other one may take it over.
ALTER TABLE sends ADD COLUMN limited_to TEXT;
