-- What makes a person's clips unless they say otherwise: a word of the operator's, or a model's id; empty: as the
-- operator set it.
ALTER TABLE sharing_preferences ADD COLUMN model TEXT NOT NULL DEFAULT '';
