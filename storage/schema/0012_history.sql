-- What a history is searched by: the order's words, folded as `rows.fold` folds what is looked for; 0012 of `backfill`
-- fills in those of older orders.
ALTER TABLE jobs ADD COLUMN words TEXT NOT NULL DEFAULT '';
-- Whether its maker has marked the clip. It goes with the clip.
ALTER TABLE jobs ADD COLUMN favourite BIGINT NOT NULL DEFAULT 0 CHECK (favourite IN (0, 1));
