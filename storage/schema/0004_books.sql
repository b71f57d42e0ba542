-- Whose credits, under which rules. The names of books and spans: bot/quotas/rules.py.
ALTER TABLE jobs ADD COLUMN scope TEXT NOT NULL DEFAULT '';         -- the community that it was asked in
ALTER TABLE jobs ADD COLUMN account TEXT NOT NULL DEFAULT '';       -- linked persons are one: turns in the queue
ALTER TABLE jobs ADD COLUMN label TEXT NOT NULL DEFAULT '';         -- what the platform called the person
ALTER TABLE jobs ADD COLUMN paid TEXT NOT NULL DEFAULT '[]';        -- JSON: [kind, book, span, amount] of each payment
ALTER TABLE jobs ADD COLUMN credits_extra BIGINT NOT NULL DEFAULT 0; -- left in grants, as told to the person
UPDATE jobs SET account = person;
UPDATE jobs SET paid = '[["own","' || person || '","' || spent_from || '",' || CAST(price AS TEXT) || ']]'
    WHERE outcome IS NOT NULL;
-- What is under way takes up its place and counts against the ceilings, and gives both back when it settles.
UPDATE jobs SET paid = '[["own","' || person || '","' || spent_from || '",' || CAST(price AS TEXT) || '],'
        || '["cap","operator","credits:' || spent_from || '",' || CAST(price AS TEXT) || '],'
        || '["cap","operator","credits:month:' || substr(spent_from, 5, 7) || '",' || CAST(price AS TEXT) || '],'
        || '["flight","' || person || '","flight",1]]'
    WHERE outcome IS NULL;
CREATE INDEX jobs_of_scope ON jobs (scope, created_at);

-- Counters: credits of an allowance or against a ceiling, clips in flight. Spent by a conditional UPDATE, never by a sum.
CREATE TABLE books (
    book TEXT NOT NULL,
    span TEXT NOT NULL,
    used BIGINT NOT NULL CHECK (used >= 0),
    PRIMARY KEY (book, span)
);
INSERT INTO books SELECT person, span, used FROM allowances;
INSERT INTO books SELECT person, 'flight', count(*) FROM jobs WHERE outcome IS NULL GROUP BY person;
INSERT INTO books SELECT 'operator', 'credits:' || span, CAST(sum(used) AS BIGINT) FROM allowances GROUP BY span;
INSERT INTO books SELECT 'operator', 'credits:month:' || substr(span, 5, 7), CAST(sum(used) AS BIGINT)
    FROM allowances GROUP BY substr(span, 5, 7);
DROP TABLE allowances;

-- Credits that somebody was given.
CREATE TABLE grants (
    id      TEXT PRIMARY KEY,
    scope   TEXT NOT NULL,
    person  TEXT NOT NULL,
    amount  BIGINT NOT NULL,
    used    BIGINT NOT NULL CHECK (used >= 0 AND used <= amount),
    until   DOUBLE PRECISION,
    at      DOUBLE PRECISION NOT NULL,
    actor   TEXT NOT NULL,
    because TEXT NOT NULL,
    over_at DOUBLE PRECISION
);
CREATE INDEX grants_of ON grants (scope, person);

-- Every movement of credits, append only. A job is held once and settled once in each book. For every book,
-- used = the sum of held and spent; for every grant, amount = the sum of given.
CREATE TABLE entries (
    at      DOUBLE PRECISION NOT NULL,
    actor   TEXT NOT NULL,                        -- empty: the house
    kind    TEXT NOT NULL CHECK (kind IN ('hold', 'capture', 'refund', 'lapse', 'grant', 'revoke', 'adjust')),
    step    TEXT NOT NULL CHECK (
        CASE kind WHEN 'hold' THEN step = 'hold' WHEN 'capture' THEN step = 'settle'
            WHEN 'refund' THEN step IN ('settle', 'pardon') WHEN 'lapse' THEN step IN ('settle', 'pardon')
            ELSE step = kind END),
    job     TEXT REFERENCES jobs (id),
    book    TEXT NOT NULL,
    span    TEXT NOT NULL,
    person  TEXT NOT NULL,
    scope   TEXT NOT NULL,
    held    BIGINT NOT NULL,
    spent   BIGINT NOT NULL,
    given   BIGINT NOT NULL,
    because TEXT NOT NULL,
    CHECK ((job IS NOT NULL) = (step IN ('hold', 'settle', 'pardon')))
);
INSERT INTO entries (at, actor, kind, step, job, book, span, person, scope, held, spent, given, because)
    SELECT at, CASE kind WHEN 'hold' THEN person ELSE '' END, kind, step, job, person, span, person, '', held, spent, 0, ''
    FROM ledger;
DROP TABLE ledger;
ALTER TABLE entries RENAME TO ledger;
CREATE UNIQUE INDEX ledger_once ON ledger (job, step, book);
CREATE INDEX ledger_of_person ON ledger (scope, person, at);
CREATE INDEX ledger_of_scope ON ledger (scope, at);

-- What is set: for a scope (about is empty), a person or a tier in it, or the house (scope '*').
CREATE TABLE rules (
    scope TEXT NOT NULL,
    about TEXT NOT NULL,
    value TEXT NOT NULL,                          -- JSON
    PRIMARY KEY (scope, about)
);

-- What admins did. Nothing in the code changes or deletes a row; a test sees to it.
CREATE TABLE audit (
    id      TEXT PRIMARY KEY,
    at      DOUBLE PRECISION NOT NULL,
    actor   TEXT NOT NULL,
    name    TEXT NOT NULL,                        -- what people call the actor
    scope   TEXT NOT NULL,
    verb    TEXT NOT NULL,
    about   TEXT NOT NULL,
    label   TEXT NOT NULL,                        -- what people call the one it is about
    because TEXT NOT NULL,
    before  TEXT NOT NULL,
    after   TEXT NOT NULL,
    undoes  TEXT UNIQUE                           -- an act is undone once
);
CREATE INDEX audit_of_scope ON audit (scope, at);

-- A group that got another id keeps its books, rules and log under the name it had first.
CREATE TABLE moved (
    name  TEXT PRIMARY KEY,
    scope TEXT NOT NULL
);

-- One person on several platforms.
CREATE TABLE accounts (
    person  TEXT PRIMARY KEY,
    account TEXT NOT NULL
);
CREATE INDEX accounts_of ON accounts (account);
CREATE TABLE codes (
    code   TEXT PRIMARY KEY,                      -- a hash
    person TEXT NOT NULL,
    until  DOUBLE PRECISION NOT NULL
);

-- When a scope, and a person in it, was last served: among equals it is the turn of whoever waited longest.
CREATE TABLE turns (
    party  TEXT NOT NULL,                         -- a community, or '=' and an account
    person TEXT NOT NULL,                         -- empty: the party itself
    at     DOUBLE PRECISION NOT NULL,
    PRIMARY KEY (party, person)
);

-- Orders that wait for a yes.
CREATE TABLE parked (
    id     TEXT PRIMARY KEY,
    person TEXT NOT NULL,
    scope  TEXT NOT NULL,
    body   TEXT NOT NULL,                         -- JSON: the row of the job
    photos TEXT NOT NULL,                         -- JSON: names of the files
    until  DOUBLE PRECISION NOT NULL
);
