-- Jobs and outbox: one row for each thing that is still to be done. A claimed row keeps its state and carries the end of
-- its lease as its due time, so that a node that died gives its jobs back by doing nothing. shard spreads the key, so
-- that those who insert and those who claim don't meet on one page of the index.
CREATE TABLE job (
  shard BIGINT NOT NULL,
  id UUID NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('open', 'dead')),
  handler TEXT NOT NULL,
  due TIMESTAMPTZ NOT NULL,
  event TEXT NOT NULL,
  holder UUID NOT NULL,
  object UUID NOT NULL,
  version BIGINT NOT NULL,
  payload TEXT NOT NULL,
  made TIMESTAMPTZ NOT NULL,
  attempt BIGINT NOT NULL,
  claim UUID,
  failure TEXT NOT NULL,
  PRIMARY KEY (shard, id)
);
COMMENT ON TABLE job IS 'holder: none — the queue of the whole house; each job names its holder in a column; narrow';
CREATE INDEX job_by_due ON job (state, handler, due);

-- Keys that a job was put under, kept longer than the job, so that the same thing is not put twice.
CREATE TABLE job_key (
  key TEXT NOT NULL,
  job UUID NOT NULL,
  made TIMESTAMPTZ NOT NULL,
  PRIMARY KEY (key)
);
COMMENT ON TABLE job_key IS 'holder: none — names of jobs, no data of anybody; narrow';
CREATE INDEX job_key_by_made ON job_key (made);
