-- Prompt and negative prompt of an order, as JSON, encrypted (storage/sealed.py); they are in `details` no more, and no SQL
-- searches them. Under a new name, so that a process of an older version writes none of the old kind.
ALTER TABLE jobs RENAME COLUMN words TO wording;
-- A hash of the status line's text from now on; a line that stands is edited once more.
UPDATE jobs SET shown = '' WHERE shown <> '';
