// Package jobs does later, and surely, what a Write decided: it is the queue of jobs and the outbox of events in one
// table.
//
// A job is put, and an event emitted, in the Write that causes it, so that it exists if and only if the cause does. An
// event becomes one job for each handler that registered for it. Workers on every node claim due jobs by state and
// lease, never by a high-water mark; a claim is a compare-and-set of one row. A job that is due when it is put is claimed
// in the same Write by the node that puts it, as long as few wait there, so that most jobs cost no look and no claim; when
// that node dies they come back with its lease, and when it stops at once. A handler says Done in its own Write, so
// that its changes and the end of the job commit together; when it only returns nil, the worker ends the job in a Write
// of its own. Done fails with ErrLost when the lease has passed to another worker, and takes the handler's changes back
// with it: what a job does inside the database happens exactly once. What it does outside may happen more than once, and
// carries the job's ID as its idempotency key.
//
// Jobs of one handler may share a Write: HandleShared and OnShared take a Preparer, which reads and seals outside and gives
// the change; up to sixteen changes commit together with the ends of their jobs, and each alone when that fails.
//
// A handler is idempotent, expects jobs in any order, compares Version with the object's own and drops a stale job, and
// does not emit in a circle. Its error means again later, with growing pauses; Later asks for a time; Fatal gives up at
// once. After the last try a job is dead: it is logged as an error, counted, listed by Dead, and runs again only when an
// operator says Retry.
//
// Life cycle: NewQueue, then Handle, On and Every while modules are provisioned, then Start and Stop. Tests leave Start
// out and call Drain. The package owns the tables job and job_key; it keeps no personal data, and neither may a payload.
// Its neighbours are kit/store below and every module above.
package jobs
