-- The queue in numbers, kept by triggers: how many jobs of each party, and of each person in it, wait, and how many are at a
-- provider. Who is next is then found by an index, whatever number waits or runs. A party that was never served has a negative
-- `at`, by its first order.
ALTER TABLE turns ADD COLUMN queued BIGINT NOT NULL DEFAULT 0;
ALTER TABLE turns ADD COLUMN busy BIGINT NOT NULL DEFAULT 0;
INSERT INTO turns (party, person, at, queued, busy)
    SELECT party, person, min(created_at) - 1e11, sum(queued), sum(busy) FROM (
        SELECT CASE jobs.scope WHEN '' THEN '=' || jobs.account ELSE jobs.scope END AS party, person, created_at,
            CASE WHEN jobs.state = 'queued' AND jobs.halted = 0 THEN 1 ELSE 0 END AS queued,
            CASE WHEN jobs.state IN ('submitting', 'running') AND jobs.halted = 0 THEN 1 ELSE 0 END AS busy
        FROM jobs WHERE state IN ('queued', 'submitting', 'running') AND halted = 0
        UNION ALL
        SELECT CASE jobs.scope WHEN '' THEN '=' || jobs.account ELSE jobs.scope END AS party, '' AS person, created_at,
            CASE WHEN jobs.state = 'queued' AND jobs.halted = 0 THEN 1 ELSE 0 END AS queued,
            CASE WHEN jobs.state IN ('submitting', 'running') AND jobs.halted = 0 THEN 1 ELSE 0 END AS busy
        FROM jobs WHERE state IN ('queued', 'submitting', 'running') AND halted = 0) AS live
    WHERE true GROUP BY party, person
    ON CONFLICT (party, person) DO UPDATE SET queued = excluded.queued, busy = excluded.busy;
CREATE INDEX turns_next ON turns (busy, at, party, queued) WHERE person = '' AND queued > 0;
CREATE INDEX turns_within ON turns (party, busy, at, person, queued) WHERE person <> '' AND queued > 0;
DROP INDEX jobs_queued;
DROP INDEX jobs_at_provider;
CREATE INDEX jobs_queued ON jobs (due_at) WHERE state = 'queued' AND halted = 0;
CREATE INDEX jobs_of_turn ON jobs (person, created_at, id) WHERE state = 'queued' AND halted = 0;
CREATE INDEX jobs_at_provider ON jobs (host) WHERE state IN ('submitting', 'running') AND halted = 0;

CREATE TRIGGER jobs_enter AFTER INSERT ON jobs BEGIN
        INSERT INTO turns (party, person, at, queued, busy)
        SELECT CASE NEW.scope WHEN '' THEN '=' || NEW.account ELSE NEW.scope END, name, NEW.created_at - 1e11,
            CASE WHEN NEW.state = 'queued' AND NEW.halted = 0 THEN 1 ELSE 0 END,
            CASE WHEN NEW.state IN ('submitting', 'running') AND NEW.halted = 0 THEN 1 ELSE 0 END
        FROM (SELECT '' AS name UNION ALL SELECT NEW.person) AS names
        WHERE NEW.state IN ('queued', 'submitting', 'running') AND NEW.halted = 0
        ON CONFLICT (party, person) DO UPDATE SET queued = turns.queued + excluded.queued, busy = turns.busy + excluded.busy,
            at = CASE WHEN turns.at < 0 AND (turns.queued + turns.busy = 0 OR excluded.at < turns.at) THEN excluded.at ELSE turns.at END;
END;
CREATE TRIGGER jobs_leave AFTER DELETE ON jobs WHEN CASE WHEN OLD.halted = 1 THEN 0 WHEN OLD.state = 'queued' THEN 1 WHEN OLD.state IN ('submitting', 'running') THEN 2 ELSE 0 END > 0 BEGIN
        UPDATE turns SET queued = queued - CASE WHEN OLD.state = 'queued' AND OLD.halted = 0 THEN 1 ELSE 0 END,
            busy = busy - CASE WHEN OLD.state IN ('submitting', 'running') AND OLD.halted = 0 THEN 1 ELSE 0 END
        WHERE party = CASE OLD.scope WHEN '' THEN '=' || OLD.account ELSE OLD.scope END AND person IN ('', OLD.person);
END;
CREATE TRIGGER jobs_move AFTER UPDATE OF state, halted, scope, account, person ON jobs
    WHEN CASE WHEN OLD.halted = 1 THEN 0 WHEN OLD.state = 'queued' THEN 1 WHEN OLD.state IN ('submitting', 'running') THEN 2 ELSE 0 END
        <> CASE WHEN NEW.halted = 1 THEN 0 WHEN NEW.state = 'queued' THEN 1 WHEN NEW.state IN ('submitting', 'running') THEN 2 ELSE 0 END
    OR CASE WHEN NEW.halted = 1 THEN 0 WHEN NEW.state = 'queued' THEN 1 WHEN NEW.state IN ('submitting', 'running') THEN 2 ELSE 0 END > 0
        AND (OLD.scope <> NEW.scope OR OLD.account <> NEW.account OR OLD.person <> NEW.person) BEGIN
        UPDATE turns SET queued = queued - CASE WHEN OLD.state = 'queued' AND OLD.halted = 0 THEN 1 ELSE 0 END,
            busy = busy - CASE WHEN OLD.state IN ('submitting', 'running') AND OLD.halted = 0 THEN 1 ELSE 0 END
        WHERE party = CASE OLD.scope WHEN '' THEN '=' || OLD.account ELSE OLD.scope END AND person IN ('', OLD.person);
        INSERT INTO turns (party, person, at, queued, busy)
        SELECT CASE NEW.scope WHEN '' THEN '=' || NEW.account ELSE NEW.scope END, name, NEW.created_at - 1e11,
            CASE WHEN NEW.state = 'queued' AND NEW.halted = 0 THEN 1 ELSE 0 END,
            CASE WHEN NEW.state IN ('submitting', 'running') AND NEW.halted = 0 THEN 1 ELSE 0 END
        FROM (SELECT '' AS name UNION ALL SELECT NEW.person) AS names
        WHERE NEW.state IN ('queued', 'submitting', 'running') AND NEW.halted = 0
        ON CONFLICT (party, person) DO UPDATE SET queued = turns.queued + excluded.queued, busy = turns.busy + excluded.busy,
            at = CASE WHEN turns.at < 0 AND (turns.queued + turns.busy = 0 OR excluded.at < turns.at) THEN excluded.at ELSE turns.at END;
END;
