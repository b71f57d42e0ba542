-- Messages that show a job's clip once more (/clip, /join); they go when its maker is forgotten.
CREATE TABLE repeats (
    job      TEXT NOT NULL REFERENCES jobs (id),
    platform TEXT NOT NULL,
    chat     TEXT NOT NULL,
    thread   TEXT NOT NULL,
    message  TEXT NOT NULL,
    PRIMARY KEY (job, platform, chat, message)
);
