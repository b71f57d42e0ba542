-- When the database was first opened here, or came back from a copy: files that are older may belong to another one.
ALTER TABLE gate ADD COLUMN arrived_at DOUBLE PRECISION NOT NULL DEFAULT 0;
