-- The register that gave the reply: the question's own, or the one in its place. Empty: the question's own.
ALTER TABLE certificate ADD COLUMN source TEXT NOT NULL DEFAULT '';
