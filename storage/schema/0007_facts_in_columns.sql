-- What is searched for stands in columns and rows, not inside a text. What JSON has to be read for, storage/backfill.py
-- fills in, in the same transaction.
ALTER TABLE rules ADD COLUMN kind TEXT NOT NULL DEFAULT '';         -- 'person', 'tier', 'list'; empty: the scope itself
ALTER TABLE rules ADD COLUMN paused BIGINT NOT NULL DEFAULT 0;
ALTER TABLE rules ADD COLUMN best TEXT;
ALTER TABLE rules ADD COLUMN public BIGINT NOT NULL DEFAULT 0;
UPDATE rules SET kind = CASE WHEN about LIKE 'person:%' THEN 'person' WHEN about LIKE 'tier:%' THEN 'tier'
    WHEN about LIKE 'list:%' THEN 'list' ELSE '' END;
CREATE INDEX rules_best ON rules (scope) WHERE best IS NOT NULL;
CREATE INDEX rules_public ON rules (scope) WHERE public = 1;

-- Who is in the named lists.
CREATE TABLE list_members (
    scope  TEXT NOT NULL,
    about  TEXT NOT NULL,
    person TEXT NOT NULL,
    PRIMARY KEY (scope, about, person)
);
CREATE INDEX list_members_of ON list_members (person);

-- Who is in the lists that an act changed, before or after.
CREATE TABLE act_members (
    act    TEXT NOT NULL REFERENCES audit (id),
    person TEXT NOT NULL,
    PRIMARY KEY (act, person)
);
CREATE INDEX act_members_of ON act_members (person);

ALTER TABLE errands ADD COLUMN topic TEXT NOT NULL DEFAULT '';      -- 'report': what admins are told of reports
ALTER TABLE errands ADD COLUMN person TEXT NOT NULL DEFAULT '';     -- whose content a `remove` takes away
CREATE INDEX errands_of_person ON errands (person) WHERE person <> '';
-- Shares that the words of an errand show, as in a list of the best.
CREATE TABLE errand_shares (
    errand TEXT NOT NULL REFERENCES errands (id) ON DELETE CASCADE,
    share  TEXT NOT NULL,
    PRIMARY KEY (errand, share)
);
CREATE INDEX errand_shares_of ON errand_shares (share);

-- Whom a note's value names.
CREATE TABLE note_people (
    platform TEXT NOT NULL,
    chat     TEXT NOT NULL,
    name     TEXT NOT NULL,
    person   TEXT NOT NULL,
    PRIMARY KEY (platform, chat, name, person),
    FOREIGN KEY (platform, chat, name) REFERENCES notes (platform, chat, name) ON DELETE CASCADE ON UPDATE CASCADE
);
CREATE INDEX note_people_of ON note_people (person);

-- Wrong codes are no credits.
CREATE TABLE guesses (
    person TEXT NOT NULL,
    hour   BIGINT NOT NULL,                       -- since 1970
    used   BIGINT NOT NULL,
    PRIMARY KEY (person, hour)
);
INSERT INTO guesses SELECT substr(book, 9), CAST(substr(span, 6) AS BIGINT), used FROM books WHERE book LIKE 'guesses:%';
DELETE FROM books WHERE book LIKE 'guesses:%';

ALTER TABLE books ADD COLUMN kind TEXT NOT NULL DEFAULT 'own';      -- 'own', 'cap' or 'flight', as in a payment
ALTER TABLE books ADD COLUMN at DOUBLE PRECISION NOT NULL DEFAULT 0; -- of its last change
UPDATE books SET kind = CASE WHEN span = 'flight' THEN 'flight'
    WHEN book = 'operator' OR book LIKE 'scope:%' THEN 'cap' ELSE 'own' END;
UPDATE books SET at = coalesce((SELECT max(at) FROM ledger WHERE ledger.book = books.book AND ledger.span = books.span),
    (SELECT max(created_at) FROM jobs), 0);
CREATE INDEX books_at ON books (at);

ALTER TABLE ledger ADD COLUMN source TEXT NOT NULL DEFAULT 'own';   -- 'own' or 'grant', as in a payment
UPDATE ledger SET source = 'grant' WHERE book LIKE 'grant:%';

ALTER TABLE jobs ADD COLUMN forgotten BIGINT NOT NULL DEFAULT 0;    -- 1: nobody's, without content
UPDATE jobs SET forgotten = 1 WHERE person LIKE 'gone:%';

-- When nothing was left of somebody, nor under way; until then every round goes on with it.
ALTER TABLE forgetting ADD COLUMN erased_at DOUBLE PRECISION;
CREATE INDEX forgetting_open ON forgetting (at) WHERE erased_at IS NULL;
CREATE INDEX parked_of ON parked (person);
