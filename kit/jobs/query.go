package jobs

import (
	"embed"
	"time"

	"posad.city/kit/id"
	"posad.city/kit/store"
)

//go:embed schema/*.sql
var schema embed.FS

// Migrations is the queue's schema, for the list in app.
var Migrations = store.Migrations{Module: "jobs", Files: schema}

const columns = `id, handler, event, holder, object, version, payload, due, made, attempt`

var (
	insertJob = store.NewQuery("jobs.Insert", `INSERT INTO job
 (shard, id, state, handler, due, event, holder, object, version, payload, made, attempt, claim, failure)
 VALUES ($1, $2, 'open', $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, '')`)
	insertKey = store.NewQuery("jobs.InsertKey", `INSERT INTO job_key (key, job, made) VALUES ($1, $2, $3) ON CONFLICT (key) DO NOTHING`)
	dueJobs   = store.NewQuery("jobs.Due", `SELECT `+columns+` FROM job WHERE state = 'open' AND handler = $1 AND due <= $2
 ORDER BY state, handler, due LIMIT $3`)
	firstDue = store.NewQuery("jobs.FirstDue", `SELECT due FROM job WHERE state = 'open' AND handler = $1 ORDER BY state, handler, due LIMIT 1`)
	// A claimed or rescheduled row has another due time, so the due time that was read is what the claim compares with.
	claimJob = store.NewQuery("jobs.Claim", `UPDATE job SET due = $4, claim = $5, attempt = attempt + 1
 WHERE shard = $1 AND id = $2 AND state = 'open' AND due = $3`)
	renewJob  = store.NewQuery("jobs.Renew", `UPDATE job SET due = $4 WHERE shard = $1 AND id = $2 AND claim = $3 AND state = 'open'`)
	deleteJob = store.NewQuery("jobs.Done", `DELETE FROM job WHERE shard = $1 AND id = $2 AND claim = $3 AND state = 'open'`)
	giveBack  = store.NewQuery("jobs.GiveBack", `UPDATE job SET state = $4, due = $5, attempt = $6, failure = $7, claim = NULL
 WHERE shard = $1 AND id = $2 AND claim = $3 AND state = 'open'`)
	deadJobs = store.NewQuery("jobs.Dead", `SELECT `+columns+`, failure FROM job WHERE state = 'dead' AND handler = $1 AND due >= $2
 ORDER BY state, handler, due, shard, id LIMIT $3`)
	retryJob  = store.NewQuery("jobs.Retry", `UPDATE job SET state = 'open', due = $3, attempt = 0 WHERE shard = $1 AND id = $2 AND state = 'dead'`)
	dropJob   = store.NewQuery("jobs.Drop", `DELETE FROM job WHERE shard = $1 AND id = $2 AND state = 'dead'`)
	countJobs = store.NewQuery("jobs.Count", `SELECT handler, state, COUNT(*), CAST(MIN(due) AS TIMESTAMPTZ) FROM job GROUP BY state, handler ORDER BY state, handler`)
	sweepKeys = store.NewQuery("jobs.SweepKeys", `DELETE FROM job_key WHERE key IN
 (SELECT key FROM job_key WHERE made < $1 ORDER BY made LIMIT $2)`)
)

// shards is how many parts the key of the table has.
const shards = 64

func shardOf(job id.ID) int64 { return int64(job[len(job)-1] % shards) }

func readJob(row *store.Row) Job {
	return Job{
		ID: row.ID(0), Handler: row.Text(1), Event: row.Text(2), Holder: row.ID(3), Object: row.ID(4), Version: row.Int(5),
		Payload: row.Text(6), Due: row.Time(7), Made: row.Time(8), Attempt: int(row.Int(9)),
	}
}

func findDue(r store.Reader, handler string, most int) ([]Job, error) {
	var out []Job
	err := r.Query(dueJobs, func(row *store.Row) error {
		out = append(out, readJob(row))
		return nil
	}, handler, r.Now(), most)
	return out, err
}

func findFirstDue(r store.Reader, handler string) (time.Time, error) {
	var out time.Time
	err := r.Query(firstDue, func(row *store.Row) error { out = row.Time(0); return nil }, handler)
	return out, err
}

// take claims the job as it was read. False means that somebody else was quicker.
func take(tx *store.Tx, j Job, claim id.ID, until time.Time) (bool, error) {
	n, err := tx.Exec(claimJob, shardOf(j.ID), j.ID, j.Due, until, claim)
	return n == 1, err
}

func renew(tx *store.Tx, j Job, until time.Time) (bool, error) {
	n, err := tx.Exec(renewJob, shardOf(j.ID), j.ID, j.claim, until)
	return n == 1, err
}

// returned is what becomes of a claimed job that is not done.
type returned struct {
	state   string
	due     time.Time
	attempt int
	failure string // identifier of a fault, never the text of an error
}

func putBack(tx *store.Tx, j Job, to returned) (bool, error) {
	n, err := tx.Exec(giveBack, shardOf(j.ID), j.ID, j.claim, to.state, to.due, to.attempt, to.failure)
	return n == 1, err
}
