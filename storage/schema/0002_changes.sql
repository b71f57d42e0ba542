-- Whoever follows a conversation asks for what has changed since.
ALTER TABLE jobs ADD COLUMN changed_at DOUBLE PRECISION NOT NULL DEFAULT 0;
CREATE INDEX jobs_changed ON jobs (person, changed_at);
