-- Tables called as the code calls what they hold.
ALTER TABLE errands RENAME TO outbox;
ALTER TABLE errand_shares RENAME TO outbox_shares;
ALTER TABLE outbox_shares RENAME COLUMN errand TO entry;
ALTER TABLE manners RENAME TO sharing_preferences;
ALTER TABLE halls RENAME TO galleries;

DROP INDEX errands_due;
DROP INDEX errands_of_share;
DROP INDEX errands_of_person;
DROP INDEX errand_shares_of;
CREATE INDEX outbox_due ON outbox (due_at);
CREATE INDEX outbox_of_share ON outbox (share) WHERE share <> '';
CREATE INDEX outbox_of_person ON outbox (person) WHERE person <> '';
CREATE INDEX outbox_shares_of ON outbox_shares (share);
