-- What people share, and what becomes of it.
ALTER TABLE jobs ADD COLUMN remix_of TEXT;                       -- the share that it is made after
ALTER TABLE jobs ADD COLUMN remix_after TEXT NOT NULL DEFAULT ''; -- and the name of its maker
ALTER TABLE jobs ADD COLUMN swept BIGINT NOT NULL DEFAULT 0;     -- 1: its photos were removed, 2: its clip too
CREATE INDEX jobs_unswept ON jobs (swept, done_at) WHERE state = 'done' AND swept < 2;
CREATE INDEX jobs_remixes ON jobs (remix_of) WHERE remix_of IS NOT NULL;

-- A clip in the gallery of a community; at most once in each.
CREATE TABLE shares (
    id       TEXT PRIMARY KEY,
    job      TEXT NOT NULL REFERENCES jobs (id),
    scope    TEXT NOT NULL,
    person   TEXT NOT NULL,
    name     TEXT NOT NULL,                       -- the maker's; empty: shared without
    prompt   TEXT NOT NULL,                       -- empty: shared without
    remixes  BIGINT NOT NULL,                     -- whether others may remix it
    state    TEXT NOT NULL CHECK (state IN ('waiting', 'up', 'hidden')),
    hearts   BIGINT NOT NULL DEFAULT 0 CHECK (hearts >= 0),
    at       DOUBLE PRECISION NOT NULL,
    platform TEXT NOT NULL,
    chat     TEXT NOT NULL,                       -- where it is posted; empty: on the web alone
    thread   TEXT NOT NULL,
    message  TEXT,                                -- once it stands there
    copy_id  TEXT,                                -- the platform's own name of the film
    clip     TEXT NOT NULL,                       -- JSON
    spoiler  BIGINT NOT NULL,
    remix_of TEXT,
    UNIQUE (job, scope)
);
CREATE INDEX shares_newest ON shares (scope, at, id) WHERE state = 'up';
CREATE INDEX shares_best ON shares (scope, hearts, at, id) WHERE state = 'up';
CREATE INDEX shares_open ON shares (scope, at) WHERE state <> 'up';
CREATE INDEX shares_of_person ON shares (person);
CREATE INDEX shares_posted ON shares (platform, chat, message) WHERE message IS NOT NULL;
CREATE INDEX shares_after ON shares (remix_of, at, id) WHERE remix_of IS NOT NULL;

-- Messages that show a share once more; they go when it goes.
CREATE TABLE showings (
    share    TEXT NOT NULL REFERENCES shares (id),
    platform TEXT NOT NULL,
    chat     TEXT NOT NULL,
    thread   TEXT NOT NULL,
    message  TEXT NOT NULL,
    PRIMARY KEY (share, platform, chat, message)
);

-- One per account (linked persons are one).
CREATE TABLE hearts (
    share   TEXT NOT NULL REFERENCES shares (id),
    account TEXT NOT NULL,
    way     TEXT NOT NULL CHECK (way IN ('tap', 'reaction')),
    at      DOUBLE PRECISION NOT NULL,
    PRIMARY KEY (share, account)
);
CREATE INDEX hearts_of_account ON hearts (account);

CREATE TABLE reports (
    share   TEXT NOT NULL REFERENCES shares (id),
    account TEXT NOT NULL,
    reason  TEXT NOT NULL,
    at      DOUBLE PRECISION NOT NULL,
    closed  BIGINT NOT NULL DEFAULT 0,            -- an admin has looked
    PRIMARY KEY (share, account)
);
CREATE INDEX reports_of_account ON reports (account);
CREATE INDEX reports_open ON reports (share) WHERE closed = 0;

-- How a person shares, asked once. NULL: not asked yet.
CREATE TABLE manners (
    account   TEXT PRIMARY KEY,
    named     BIGINT,
    worded    BIGINT,
    remixes   BIGINT NOT NULL DEFAULT 1,
    agreed_at DOUBLE PRECISION                    -- that whoever is in the photos has consented
);

-- Names of galleries on the web. Whether one is open, its community's rule says.
CREATE TABLE halls (
    slug  TEXT PRIMARY KEY,
    scope TEXT NOT NULL UNIQUE
);

-- What must still be done on a platform: claimed and fenced like jobs, gone when done.
CREATE TABLE errands (
    id       TEXT PRIMARY KEY,
    kind     TEXT NOT NULL CHECK (kind IN ('post', 'refresh', 'remove', 'tell')),
    platform TEXT NOT NULL,
    chat     TEXT NOT NULL,
    thread   TEXT NOT NULL,
    message  TEXT NOT NULL,
    share    TEXT NOT NULL,                       -- empty for what is about none
    body     TEXT NOT NULL,                       -- JSON: text and buttons
    due_at   DOUBLE PRECISION NOT NULL,
    tries    BIGINT NOT NULL DEFAULT 0,
    claims   BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX errands_due ON errands (due_at);
CREATE INDEX errands_of_share ON errands (share) WHERE share <> '';

-- Who asked to be forgotten, until nothing is left that could be.
CREATE TABLE forgetting (
    person TEXT PRIMARY KEY,
    at     DOUBLE PRECISION NOT NULL
);
