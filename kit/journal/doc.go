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
// It owns the table journal_entry and the forms posad-receipt/1 and posad-promise/1, which never change but by a new
// number. It does not own keys (kit/vault, kit/seal), nor what is an official act: modules say that. The tree is built by
// a later sequencer from entry 0: every row waits for it with position -1, ordered by an index.
//
// Life cycle: New at start, nothing to close.
package journal
