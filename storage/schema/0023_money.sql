-- Tasks that one process does for all, `prices:HOST` and `charges:HOST`: when each was begun last, and is due again.
CREATE TABLE rota (
    task   TEXT PRIMARY KEY,
    at     DOUBLE PRECISION NOT NULL,
    due_at DOUBLE PRECISION NOT NULL
);

-- What a host's public list of models said last, as JSON (bot/billing.py).
CREATE TABLE price_lists (
    host TEXT PRIMARY KEY,
    at   DOUBLE PRECISION NOT NULL,
    body TEXT NOT NULL
);

-- What a host took for a generation. Its id there is in `jobs` alone, which forgets it with its person.
CREATE TABLE charges (
    reference TEXT PRIMARY KEY,                       -- digest of the host and its id of the generation
    host      TEXT NOT NULL,
    job       TEXT,                                   -- NULL: none of ours is known
    usd       BIGINT CHECK (usd >= 0),                -- millionths of a dollar; NULL: a clip without a charge
    at        DOUBLE PRECISION NOT NULL,
    told      BIGINT NOT NULL DEFAULT 0 CHECK (told IN (0, 1))  -- that it does not fit was told to the operator
);
CREATE INDEX charges_of_job ON charges (job) WHERE job IS NOT NULL;
CREATE INDEX charges_at ON charges (at);

-- The last comparison of a host's charges with our jobs, as JSON (bot/billing.py).
CREATE TABLE comparisons (
    host TEXT PRIMARY KEY,
    at   DOUBLE PRECISION NOT NULL,
    body TEXT NOT NULL
);

CREATE INDEX jobs_remote ON jobs (host, remote_id) WHERE remote_id IS NOT NULL AND remote_id <> '';
