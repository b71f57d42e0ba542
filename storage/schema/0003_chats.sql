-- What a chat needs of a job.
ALTER TABLE jobs ADD COLUMN spoiler BIGINT NOT NULL DEFAULT 0;
ALTER TABLE jobs ADD COLUMN upload_limit BIGINT;
ALTER TABLE jobs ADD COLUMN follows TEXT;                    -- the job whose clip it continues
ALTER TABLE jobs ADD COLUMN sends BIGINT NOT NULL DEFAULT 0; -- sends that began and of whose end nothing is known
ALTER TABLE jobs ADD COLUMN sent_id TEXT;
ALTER TABLE jobs ADD COLUMN copy_id TEXT;
CREATE INDEX jobs_sent ON jobs (platform, chat, sent_id) WHERE sent_id IS NOT NULL;
CREATE INDEX jobs_alive ON jobs (platform, chat) WHERE state <> 'done';

-- What platforms told us: kept before they hear that we have it, worked off, and then only its key remembered.
CREATE TABLE intake (
    key      TEXT PRIMARY KEY,
    platform TEXT NOT NULL,
    body     TEXT NOT NULL,
    at       DOUBLE PRECISION NOT NULL,
    done_at  DOUBLE PRECISION
);
CREATE INDEX intake_waiting ON intake (platform, at) WHERE done_at IS NULL;
CREATE INDEX intake_done ON intake (platform, done_at) WHERE done_at IS NOT NULL;

-- What an adapter must know again after a restart: a question it asked, what it told somebody once.
CREATE TABLE notes (
    platform TEXT NOT NULL,
    chat     TEXT NOT NULL,
    name     TEXT NOT NULL,
    value    TEXT NOT NULL,
    until    DOUBLE PRECISION NOT NULL,
    PRIMARY KEY (platform, chat, name)
);
CREATE INDEX notes_until ON notes (platform, until);
