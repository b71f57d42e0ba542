-- How often a job was polled. A poll raises `claims` no more, so that those who poll need not save what they saw.
ALTER TABLE jobs ADD COLUMN polls BIGINT NOT NULL DEFAULT 0 CHECK (polls >= 0);
UPDATE jobs SET polls = claims - 1 WHERE state = 'running' AND claims > 0;
