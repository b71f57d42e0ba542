-- What was answered to whoever changed something: the same message again changes nothing, and is answered the same.
-- One row for whoever said it; one, without the answer, for each person whom it names, so that it goes with them.
CREATE TABLE answers (
    key    TEXT NOT NULL,                         -- of the message
    person TEXT NOT NULL,
    body   TEXT NOT NULL,                         -- JSON; empty: the change was made, its answer not yet given
    at     DOUBLE PRECISION NOT NULL,
    PRIMARY KEY (key, person)
);
CREATE INDEX answers_of_person ON answers (person);
CREATE INDEX answers_at ON answers (at);
