-- Why a job waits for longer than its turn, for the person who asked: bot.model.Wait.
ALTER TABLE jobs ADD COLUMN waits TEXT CHECK (waits IN ('room', 'account', 'silence', 'link', 'clip', 'disk'));
