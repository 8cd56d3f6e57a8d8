// Package store keeps the city's rows: one schema and one set of queries on two engines.
//
// SQLite (WAL, synchronous=FULL) is embedded and needs nothing; PostgreSQL carries a large city. A caller can't tell
// which one runs: the conformance suite of this package holds both to the same order, case, time, NULL, conflict,
// isolation and failure behaviour.
//
// Six doors, and no other way to the rows:
//
//	Write   a closure that reads and changes, all or nothing, durable when it returns
//	Swap    a Write of statements that each compare and set, for queues: it crosses with nobody
//	Append  a fixed list of statements with no reads between, which the store batches with its neighbours'
//	Read    one snapshot of plain tables
//	Look    one snapshot of personal tables, with a record of who was seen, committed before the data leaves
//	List    pages of a queue or a search by declared filters and sorts (see ListSpec)
//
// A Write may run twice: PostgreSQL asks for it when two writers cross (40001), SQLite when a batch is lost, and tests
// ask for it always. So its closure holds SQL and pure code only; effects go to Tx.AfterCommit, and keys, hashes and new
// ids are made before. A statement that fails spoils its Write on both engines: expected conflicts are asked for by ON
// CONFLICT, not by trying.
//
// On SQLite one writer gathers waiting Writes into one transaction with one fsync, each under a savepoint, so that a
// neighbour's failure or cancellation harms nobody. Interactive Writes go first; background ones (see Background) get at
// most a quarter of a batch while others wait. Done is said only after the fsync.
//
// A closure never calls the store itself, and a row's function runs no other query: on the embedded engine a Write inside
// a Write would wait for itself. Tests find it (ErrNested). A snapshot older than half a minute is taken away (ErrSlow),
// since it keeps the log from being cleaned. A connection that dies before COMMIT is replaced and the Write runs again;
// one that dies at the COMMIT leaves ErrOutcome, and the caller reads before it repeats.
//
// The package owns the tables store_migration and look. It knows no city, no session and no key: kit/vault seals what it
// keeps, and whoever must re-check a session inside a transaction gives a guard (SetGuard).
package store
