-- What the operator's page sums up of the last days is in indexes alone.
CREATE INDEX jobs_bought ON jobs (created_at, scope, host, model, price, id, outcome) WHERE outcome = 'clip';
DROP INDEX charges_of_job;
DROP INDEX charges_at;
CREATE INDEX charges_of_job ON charges (job, usd) WHERE job IS NOT NULL;
CREATE INDEX charges_at ON charges (at, usd);
