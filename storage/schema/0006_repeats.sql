-- Messages that show a job's clip or words, besides its own (/clip, /join, lists); they go when its maker is forgotten.
CREATE TABLE repeats (
    job      TEXT NOT NULL REFERENCES jobs (id),
    platform TEXT NOT NULL,
    chat     TEXT NOT NULL,
    thread   TEXT NOT NULL,
    message  TEXT NOT NULL,
    at       DOUBLE PRECISION NOT NULL,
    PRIMARY KEY (job, platform, chat, message)
);
CREATE INDEX repeats_at ON repeats (at);
