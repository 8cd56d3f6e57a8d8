// Package journal makes every official act leave a proof that its holder keeps.
//
// The transaction of an official act (an application taken, a decision, a payment, a document issued) inserts an entry:
// who sees the row alone learns a hash. The hash, the leaf, is SHA-256 over a salt and the canonical JSON of what the
// entry says; salt and facts are sealed with the holder, so that erasing the holder leaves a leaf that nobody can connect
// to anybody. The answer carries a promise: the leaf, the time, and by when the leaf will stand in the public tree,
// signed by the city. What the holder keeps is the receipt, a *.posad.json file with facts, salt, promise, signature and
// the city's keys; Verify checks it with the server off.
//
//	before the Write   ready, err := j.Prepare(keys, journal.Entry{...})
//	inside             entered, err := journal.Enter(tx, ready)
//	after              file, err := j.Receipt(entered)
//
// Later the entry gets its place in the public log (Log), a tree by RFC 6962 that anybody can read, and the receipt then
// carries the proof. SQL is the truth: an entry's row waits with position -1 until one sequencer, by a lease, gives it the
// next index, in one Write with the tree's tiles and the checkpoint, which moves by compare-and-set. Each node publishes:
// it grows the tree again from the leaves into files of its own and shows a checkpoint only when both agree, so that a
// database that was set back, or changed, stops the log and the missing acts are named (Divergence, Check, Recover).
//
//	log := journal.OpenLog(journal.LogOptions{...}); j.Attach(log); log.Start(ctx)
//	log.Prove, log.Growth, log.Find, log.Tiles    what the public page and the API show
//	log.Confirmations                             what witnesses outside have signed
//	log.Check, log.Recover, Watch                 what an operator, and anybody outside, runs
//
// Witnesses outside (kit/witness) are asked beside all this to sign each checkpoint. No receipt waits for them and no
// silence of theirs stops anything; but when as many as are believed together have seen more than the database holds, or
// another history, no more places are given (Hold): that is what a city with two histories looks like from outside.
//
// It owns the tables journal_* and the forms posad-receipt/1, posad-receipt/2 and posad-promise/1, which never change but
// by a new number. It does not own keys (kit/vault, kit/seal), the tree's arithmetic and the forms of checkpoints
// (kit/tlog), nor what is an official act: modules say that.
//
// Life cycle: New at start, nothing to close. A Log runs from Start to Stop.
package journal
