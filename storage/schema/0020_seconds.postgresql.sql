-- A clip has as many seconds as its model's row allows (bot/catalogue.py); the database holds them within what any may have.
ALTER TABLE jobs DROP CONSTRAINT jobs_seconds_check;
ALTER TABLE jobs ADD CONSTRAINT jobs_seconds_check CHECK (seconds BETWEEN 1 AND 60);
