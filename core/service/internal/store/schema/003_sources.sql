-- A file of the city's folder as its author wrote it, named by the SHA-256 of its bytes. Rows never change.
CREATE TABLE city_source (
  hash TEXT NOT NULL,
  content BYTEA NOT NULL,        -- gzip
  length BIGINT NOT NULL,        -- of the file, bytes
  PRIMARY KEY (hash)
);
COMMENT ON TABLE city_source IS 'holder: none — the city itself, public';

-- The files of a folder: a tree is named by the SHA-256 of its list of paths and hashes.
CREATE TABLE city_tree (
  tree TEXT NOT NULL,
  path TEXT NOT NULL,
  source TEXT NOT NULL,
  PRIMARY KEY (tree, path)
);
COMMENT ON TABLE city_tree IS 'holder: none — the city itself, public; narrow';

-- From which files a version was published; empty: it came without them. Who proposed it, where a second person approved.
ALTER TABLE city_switch ADD COLUMN tree TEXT NOT NULL DEFAULT '';
ALTER TABLE city_switch ADD COLUMN proposed_by UUID;
ALTER TABLE city_plan ADD COLUMN tree TEXT NOT NULL DEFAULT '';
ALTER TABLE city_plan ADD COLUMN proposed_by UUID;
