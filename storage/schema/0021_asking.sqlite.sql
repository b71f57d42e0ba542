-- An order whose answer never came is `asking`: the host's log of requests is asked whether it took it.
CREATE TABLE jobs_new (
    id           TEXT PRIMARY KEY,
    key          TEXT NOT NULL UNIQUE,            -- the message that asked: the same message again finds its first job
    person       TEXT NOT NULL,
    platform     TEXT NOT NULL,
    chat         TEXT NOT NULL,
    thread       TEXT NOT NULL,
    message      TEXT NOT NULL,
    model        TEXT NOT NULL,
    seconds      BIGINT NOT NULL CHECK (seconds BETWEEN 1 AND 60),
    details      TEXT NOT NULL,                   -- the rest of the order, as JSON
    price        BIGINT NOT NULL CHECK (price >= 0),
    spent_from   TEXT NOT NULL,                   -- the allowance window that was charged: a refund goes back there
    credits_left BIGINT,                          -- as told to the person
    state        TEXT NOT NULL CHECK (state IN ('queued', 'submitting', 'asking', 'running', 'delivering', 'done')),
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
    changed_at DOUBLE PRECISION NOT NULL DEFAULT 0,
    spoiler BIGINT NOT NULL DEFAULT 0,
    upload_limit BIGINT,
    follows TEXT,
    sends BIGINT NOT NULL DEFAULT 0,
    sent_id TEXT,
    copy_id TEXT,
    scope TEXT NOT NULL DEFAULT '',
    account TEXT NOT NULL DEFAULT '',
    label TEXT NOT NULL DEFAULT '',
    paid TEXT NOT NULL DEFAULT '[]',
    credits_extra BIGINT NOT NULL DEFAULT 0,
    remix_of TEXT,
    remix_after TEXT NOT NULL DEFAULT '',
    swept BIGINT NOT NULL DEFAULT 0,
    forgotten BIGINT NOT NULL DEFAULT 0,
    halted BIGINT NOT NULL DEFAULT 0 CHECK (halted = 0 OR state IN ('queued', 'submitting')),
    waits TEXT CHECK (waits IN ('room', 'account', 'silence', 'link', 'clip', 'disk')),
    words TEXT NOT NULL DEFAULT '',
    favourite BIGINT NOT NULL DEFAULT 0 CHECK (favourite IN (0, 1)),
    polls BIGINT NOT NULL DEFAULT 0 CHECK (polls >= 0),
    posted       BIGINT NOT NULL DEFAULT 0,       -- the claim of the latest create, whose id at the host is `id.posted`
    ask_until    DOUBLE PRECISION,                -- when an order without an answer is given up
    unlogged     BIGINT NOT NULL DEFAULT 0 CHECK (unlogged = 0 OR (unlogged = 1 AND state = 'asking')), -- takes no slot
    copied       BIGINT NOT NULL DEFAULT 0 CHECK (copied IN (0, 1)), -- in line when a copy was taken: perhaps bought since

    -- The machine's promises, restated: settled exactly from 'delivering' on, with a reason or a clip, never both.
    CHECK ((state IN ('delivering', 'done')) = (outcome IS NOT NULL)),
    CHECK ((outcome IS NULL) = (settled_at IS NULL)),
    CHECK ((state = 'done') = (done_at IS NOT NULL)),
    CHECK ((clip IS NOT NULL) = (outcome IS NOT NULL AND outcome = 'clip')),
    CHECK ((reason IS NOT NULL) = (outcome IS NOT NULL AND outcome = 'failed')),
    CHECK ((host IS NULL) = (remote_id IS NULL) OR (state = 'asking' AND remote_id IS NULL)),
    CHECK (state <> 'running' OR remote_id IS NOT NULL),
    CHECK (state NOT IN ('queued', 'submitting', 'asking') OR remote_id IS NULL),
    CHECK (state <> 'asking' OR ask_until IS NOT NULL)
);
INSERT INTO jobs_new SELECT *, CASE state WHEN 'submitting' THEN claims ELSE 0 END, NULL, 0, halted FROM jobs;
DROP TABLE jobs;
ALTER TABLE jobs_new RENAME TO jobs;

CREATE INDEX jobs_due ON jobs (due_at) WHERE state IN ('submitting', 'asking', 'running', 'delivering');
CREATE INDEX jobs_of_person ON jobs (person, created_at);
CREATE INDEX jobs_rendered ON jobs (host, model, seconds, settled_at) WHERE outcome = 'clip';
CREATE INDEX jobs_changed ON jobs (person, changed_at);
CREATE INDEX jobs_sent ON jobs (platform, chat, sent_id) WHERE sent_id IS NOT NULL;
CREATE INDEX jobs_alive ON jobs (platform, chat) WHERE state <> 'done';
CREATE INDEX jobs_of_scope ON jobs (scope, created_at);
CREATE INDEX jobs_unswept ON jobs (swept, done_at) WHERE state = 'done' AND swept < 2;
CREATE INDEX jobs_remixes ON jobs (remix_of) WHERE remix_of IS NOT NULL;
CREATE INDEX jobs_halted ON jobs (changed_at) WHERE halted = 1;
CREATE INDEX jobs_queued ON jobs (due_at) WHERE state = 'queued' AND halted = 0;
CREATE INDEX jobs_of_turn ON jobs (person, created_at, id) WHERE state = 'queued' AND halted = 0;
CREATE INDEX jobs_at_provider ON jobs (host) WHERE state IN ('submitting', 'asking', 'running') AND halted = 0 AND unlogged = 0;

CREATE TRIGGER jobs_enter AFTER INSERT ON jobs BEGIN
        INSERT INTO turns (party, person, at, queued, busy)
        SELECT CASE NEW.scope WHEN '' THEN '=' || NEW.account ELSE NEW.scope END, name, NEW.created_at - 1e11,
            CASE WHEN NEW.state = 'queued' AND NEW.halted = 0 THEN 1 ELSE 0 END,
            CASE WHEN NEW.state IN ('submitting', 'asking', 'running') AND NEW.halted = 0 AND NEW.unlogged = 0 THEN 1 ELSE 0 END
        FROM (SELECT '' AS name UNION ALL SELECT NEW.person) AS names
        WHERE NEW.state IN ('queued', 'submitting', 'asking', 'running') AND NEW.halted = 0 AND NEW.unlogged = 0
        ON CONFLICT (party, person) DO UPDATE SET queued = turns.queued + excluded.queued, busy = turns.busy + excluded.busy,
            at = CASE WHEN turns.at < 0 AND (turns.queued + turns.busy = 0 OR excluded.at < turns.at) THEN excluded.at ELSE turns.at END;
END;
CREATE TRIGGER jobs_leave AFTER DELETE ON jobs WHEN CASE WHEN OLD.halted = 1 OR OLD.unlogged = 1 THEN 0 WHEN OLD.state = 'queued' THEN 1
        WHEN OLD.state IN ('submitting', 'asking', 'running') THEN 2 ELSE 0 END > 0 BEGIN
        UPDATE turns SET queued = queued - CASE WHEN OLD.state = 'queued' AND OLD.halted = 0 THEN 1 ELSE 0 END,
            busy = busy - CASE WHEN OLD.state IN ('submitting', 'asking', 'running') AND OLD.halted = 0 AND OLD.unlogged = 0 THEN 1 ELSE 0 END
        WHERE party = CASE OLD.scope WHEN '' THEN '=' || OLD.account ELSE OLD.scope END AND person IN ('', OLD.person);
END;
CREATE TRIGGER jobs_move AFTER UPDATE OF state, halted, unlogged, scope, account, person ON jobs
    WHEN CASE WHEN OLD.halted = 1 OR OLD.unlogged = 1 THEN 0 WHEN OLD.state = 'queued' THEN 1
        WHEN OLD.state IN ('submitting', 'asking', 'running') THEN 2 ELSE 0 END
        <> CASE WHEN NEW.halted = 1 OR NEW.unlogged = 1 THEN 0 WHEN NEW.state = 'queued' THEN 1
        WHEN NEW.state IN ('submitting', 'asking', 'running') THEN 2 ELSE 0 END
    OR CASE WHEN NEW.halted = 1 OR NEW.unlogged = 1 THEN 0 WHEN NEW.state = 'queued' THEN 1
        WHEN NEW.state IN ('submitting', 'asking', 'running') THEN 2 ELSE 0 END > 0
        AND (OLD.scope <> NEW.scope OR OLD.account <> NEW.account OR OLD.person <> NEW.person) BEGIN
        UPDATE turns SET queued = queued - CASE WHEN OLD.state = 'queued' AND OLD.halted = 0 THEN 1 ELSE 0 END,
            busy = busy - CASE WHEN OLD.state IN ('submitting', 'asking', 'running') AND OLD.halted = 0 AND OLD.unlogged = 0 THEN 1 ELSE 0 END
        WHERE party = CASE OLD.scope WHEN '' THEN '=' || OLD.account ELSE OLD.scope END AND person IN ('', OLD.person);
        INSERT INTO turns (party, person, at, queued, busy)
        SELECT CASE NEW.scope WHEN '' THEN '=' || NEW.account ELSE NEW.scope END, name, NEW.created_at - 1e11,
            CASE WHEN NEW.state = 'queued' AND NEW.halted = 0 THEN 1 ELSE 0 END,
            CASE WHEN NEW.state IN ('submitting', 'asking', 'running') AND NEW.halted = 0 AND NEW.unlogged = 0 THEN 1 ELSE 0 END
        FROM (SELECT '' AS name UNION ALL SELECT NEW.person) AS names
        WHERE NEW.state IN ('queued', 'submitting', 'asking', 'running') AND NEW.halted = 0 AND NEW.unlogged = 0
        ON CONFLICT (party, person) DO UPDATE SET queued = turns.queued + excluded.queued, busy = turns.busy + excluded.busy,
            at = CASE WHEN turns.at < 0 AND (turns.queued + turns.busy = 0 OR excluded.at < turns.at) THEN excluded.at ELSE turns.at END;
END;
