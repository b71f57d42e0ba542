-- Runs unchanged on SQLite and PostgreSQL. Times are Unix seconds; amounts are credits.

-- One row per order, from the queue to its delivery. The states and what leads from one to the next: bot/jobs/machine.py.
CREATE TABLE jobs (
    id           TEXT PRIMARY KEY,
    key          TEXT NOT NULL UNIQUE,            -- the message that asked: the same message again finds its first job
    person       TEXT NOT NULL,
    platform     TEXT NOT NULL,
    chat         TEXT NOT NULL,
    thread       TEXT NOT NULL,
    message      TEXT NOT NULL,
    model        TEXT NOT NULL,
    seconds      BIGINT NOT NULL CHECK (seconds IN (5, 10)),
    details      TEXT NOT NULL,                   -- the rest of the order, as JSON
    price        BIGINT NOT NULL CHECK (price >= 0),
    spent_from   TEXT NOT NULL,                   -- the allowance window that was charged: a refund goes back there
    credits_left BIGINT,                          -- as told to the person
    state        TEXT NOT NULL CHECK (state IN ('queued', 'submitting', 'running', 'delivering', 'done')),
    outcome      TEXT CHECK (outcome IN ('clip', 'failed')),
    reason       TEXT,
    due_at       DOUBLE PRECISION NOT NULL,       -- when any worker should next look: first try, poll, retry and lease
    claims       BIGINT NOT NULL,                 -- fencing: grows at each claim, a save must carry the present value
    tries        BIGINT NOT NULL CHECK (tries >= 0),
    host         TEXT,
    remote_id    TEXT,
    clip         TEXT,                            -- JSON
    status_id    TEXT,
    shown        TEXT NOT NULL,
    created_at   DOUBLE PRECISION NOT NULL,
    started_at   DOUBLE PRECISION,
    accepted_at  DOUBLE PRECISION,
    settled_at   DOUBLE PRECISION,
    done_at      DOUBLE PRECISION,

    -- The machine's promises, restated: settled exactly from 'delivering' on, with a reason or a clip, never both.
    CHECK ((state IN ('delivering', 'done')) = (outcome IS NOT NULL)),
    CHECK ((outcome IS NULL) = (settled_at IS NULL)),
    CHECK ((state = 'done') = (done_at IS NOT NULL)),
    CHECK ((clip IS NOT NULL) = (outcome IS NOT NULL AND outcome = 'clip')),
    CHECK ((reason IS NOT NULL) = (outcome IS NOT NULL AND outcome = 'failed')),
    CHECK ((host IS NULL) = (remote_id IS NULL)),
    CHECK (state <> 'running' OR remote_id IS NOT NULL),
    CHECK (state NOT IN ('queued', 'submitting') OR remote_id IS NULL)
);

-- What a worker looks for. Finished jobs are in neither index, so a million of them cost nothing.
CREATE INDEX jobs_due ON jobs (due_at) WHERE state IN ('submitting', 'running', 'delivering');
CREATE INDEX jobs_queued ON jobs (created_at) WHERE state = 'queued';
-- Slots in use, and by whom.
CREATE INDEX jobs_at_provider ON jobs (person) WHERE state IN ('submitting', 'running');
CREATE INDEX jobs_of_person ON jobs (person, created_at);
-- Past renders, for the poll schedule.
CREATE INDEX jobs_rendered ON jobs (host, model, seconds, settled_at) WHERE outcome = 'clip';

-- Credits in use per person and window. Spent by a conditional UPDATE, never by a sum.
CREATE TABLE allowances (
    person TEXT NOT NULL,
    span   TEXT NOT NULL,
    used   BIGINT NOT NULL CHECK (used >= 0),
    PRIMARY KEY (person, span)
);

-- Every movement of credits, append only. A job is held once and settled once.
CREATE TABLE ledger (
    job    TEXT NOT NULL REFERENCES jobs (id),
    kind   TEXT NOT NULL CHECK (kind IN ('hold', 'capture', 'refund')),
    step   TEXT NOT NULL CHECK (step = CASE kind WHEN 'hold' THEN 'hold' ELSE 'settle' END),
    person TEXT NOT NULL,
    span   TEXT NOT NULL,
    held   BIGINT NOT NULL,
    spent  BIGINT NOT NULL,
    at     DOUBLE PRECISION NOT NULL,
    PRIMARY KEY (job, step)
);

-- What the operator should know: a host that refuses our key, an order whose answer never came, a full disk.
CREATE TABLE incidents (
    at     DOUBLE PRECISION NOT NULL,
    what   TEXT NOT NULL,
    detail TEXT NOT NULL,
    host   TEXT NOT NULL,
    job    TEXT NOT NULL
);
CREATE INDEX incidents_at ON incidents (at);

-- One row, locked while queued jobs are started, so that two machines never fill the same slot.
CREATE TABLE gate (id BIGINT PRIMARY KEY, starts BIGINT NOT NULL);
INSERT INTO gate (id, starts) VALUES (1, 0);
