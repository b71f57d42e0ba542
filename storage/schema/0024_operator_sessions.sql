-- Who is on the operator's page, and the links that let somebody in once. Of a token only its hash is here.
CREATE TABLE operator_sessions (
    hash     TEXT PRIMARY KEY,                    -- SHA-256 of the token
    kind     TEXT NOT NULL CHECK (kind IN ('link', 'used', 'session')), -- a link becomes 'used': it is not made again
    person   TEXT NOT NULL,
    begun_at DOUBLE PRECISION NOT NULL,
    until    DOUBLE PRECISION NOT NULL
);
CREATE INDEX operator_sessions_of ON operator_sessions (person);
