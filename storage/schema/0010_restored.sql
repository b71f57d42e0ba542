-- How a database that came back from a copy is noticed: storage/restored.py.
ALTER TABLE gate ADD COLUMN name TEXT NOT NULL DEFAULT '';     -- of this database, made when it was first opened
ALTER TABLE gate ADD COLUMN place TEXT NOT NULL DEFAULT '';    -- where it lay then: a copy lies elsewhere
-- An order that may have been bought since: the operator says whether it goes on.
ALTER TABLE jobs ADD COLUMN halted BIGINT NOT NULL DEFAULT 0 CHECK (halted = 0 OR state IN ('queued', 'submitting'));
CREATE INDEX jobs_halted ON jobs (changed_at) WHERE halted = 1;
