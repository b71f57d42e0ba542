-- An order whose answer never came is `asking`: the host's log of requests is asked whether it took it.
ALTER TABLE jobs ADD COLUMN posted BIGINT NOT NULL DEFAULT 0;       -- the claim of the latest create, whose id at the host is `id.posted`
ALTER TABLE jobs ADD COLUMN ask_until DOUBLE PRECISION;             -- when an order without an answer is given up
ALTER TABLE jobs ADD COLUMN unlogged BIGINT NOT NULL DEFAULT 0;     -- a whole look at the log found nothing: takes no slot
ALTER TABLE jobs ADD COLUMN copied BIGINT NOT NULL DEFAULT 0;       -- in line when a copy was taken: perhaps bought since
UPDATE jobs SET posted = claims WHERE state = 'submitting';
UPDATE jobs SET copied = 1 WHERE halted = 1;
ALTER TABLE jobs DROP CONSTRAINT jobs_state_check;
ALTER TABLE jobs ADD CONSTRAINT jobs_state_check
    CHECK (state IN ('queued', 'submitting', 'asking', 'running', 'delivering', 'done'));
ALTER TABLE jobs DROP CONSTRAINT jobs_check5;
ALTER TABLE jobs ADD CONSTRAINT jobs_host_check
    CHECK ((host IS NULL) = (remote_id IS NULL) OR (state = 'asking' AND remote_id IS NULL));
ALTER TABLE jobs DROP CONSTRAINT jobs_check7;
ALTER TABLE jobs ADD CONSTRAINT jobs_remote_id_check
    CHECK (state NOT IN ('queued', 'submitting', 'asking') OR remote_id IS NULL);
ALTER TABLE jobs ADD CONSTRAINT jobs_ask_until_check CHECK (state <> 'asking' OR ask_until IS NOT NULL);
ALTER TABLE jobs ADD CONSTRAINT jobs_unlogged_check CHECK (unlogged = 0 OR (unlogged = 1 AND state = 'asking'));
ALTER TABLE jobs ADD CONSTRAINT jobs_copied_check CHECK (copied IN (0, 1));
DROP INDEX jobs_due;
DROP INDEX jobs_at_provider;
CREATE INDEX jobs_due ON jobs (due_at) WHERE state IN ('submitting', 'asking', 'running', 'delivering');
CREATE INDEX jobs_at_provider ON jobs (host) WHERE state IN ('submitting', 'asking', 'running') AND halted = 0 AND unlogged = 0;

CREATE OR REPLACE FUNCTION jobs_count() RETURNS trigger LANGUAGE plpgsql AS '
BEGIN
    IF TG_OP <> ''INSERT'' THEN
        -- Everything locks a party before its persons; an UPDATE of both would lock them in any order.
        PERFORM 1 FROM turns
        WHERE party = CASE OLD.scope WHEN '''' THEN ''='' || OLD.account ELSE OLD.scope END AND person IN ('''', OLD.person)
        ORDER BY person FOR UPDATE;
        UPDATE turns SET queued = queued - CASE WHEN OLD.state = ''queued'' AND OLD.halted = 0 THEN 1 ELSE 0 END,
            busy = busy - CASE WHEN OLD.state IN (''submitting'', ''asking'', ''running'') AND OLD.halted = 0 AND OLD.unlogged = 0 THEN 1 ELSE 0 END
        WHERE party = CASE OLD.scope WHEN '''' THEN ''='' || OLD.account ELSE OLD.scope END AND person IN ('''', OLD.person);
    END IF;
    IF TG_OP <> ''DELETE'' THEN
        INSERT INTO turns (party, person, at, queued, busy)
        SELECT CASE NEW.scope WHEN '''' THEN ''='' || NEW.account ELSE NEW.scope END, name, NEW.created_at - 1e11,
            CASE WHEN NEW.state = ''queued'' AND NEW.halted = 0 THEN 1 ELSE 0 END,
            CASE WHEN NEW.state IN (''submitting'', ''asking'', ''running'') AND NEW.halted = 0 AND NEW.unlogged = 0 THEN 1 ELSE 0 END
        FROM (SELECT '''' AS name UNION ALL SELECT NEW.person) AS names
        WHERE NEW.state IN (''queued'', ''submitting'', ''asking'', ''running'') AND NEW.halted = 0 AND NEW.unlogged = 0
        ON CONFLICT (party, person) DO UPDATE SET queued = turns.queued + excluded.queued, busy = turns.busy + excluded.busy,
            at = CASE WHEN turns.at < 0 AND (turns.queued + turns.busy = 0 OR excluded.at < turns.at) THEN excluded.at ELSE turns.at END;
    END IF;
    RETURN NULL;
END';
CREATE OR REPLACE TRIGGER jobs_move AFTER UPDATE OF state, halted, unlogged, scope, account, person ON jobs FOR EACH ROW
    WHEN (CASE WHEN OLD.halted = 1 OR OLD.unlogged = 1 THEN 0 WHEN OLD.state = 'queued' THEN 1
        WHEN OLD.state IN ('submitting', 'asking', 'running') THEN 2 ELSE 0 END
        <> CASE WHEN NEW.halted = 1 OR NEW.unlogged = 1 THEN 0 WHEN NEW.state = 'queued' THEN 1
        WHEN NEW.state IN ('submitting', 'asking', 'running') THEN 2 ELSE 0 END
    OR CASE WHEN NEW.halted = 1 OR NEW.unlogged = 1 THEN 0 WHEN NEW.state = 'queued' THEN 1
        WHEN NEW.state IN ('submitting', 'asking', 'running') THEN 2 ELSE 0 END > 0
        AND (OLD.scope <> NEW.scope OR OLD.account <> NEW.account OR OLD.person <> NEW.person))
    EXECUTE FUNCTION jobs_count();
