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

-- A gallery's link can be changed: the last of a community is the one it has, the others stay for an Undo.
CREATE TABLE halls_now (
    slug  TEXT PRIMARY KEY,
    scope TEXT NOT NULL,
    turn  BIGINT NOT NULL,                        -- 1 is the first
    UNIQUE (scope, turn)
);
INSERT INTO halls_now SELECT slug, scope, 1 FROM halls;
DROP TABLE halls;
ALTER TABLE halls_now RENAME TO halls;
