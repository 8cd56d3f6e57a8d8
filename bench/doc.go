// Package bench has no code of its own: its benchmarks measure Posad's parts and whole requests on both engines, each
// beside the bare operation, a minimal prototype straight on the database driver or on net/http, in the same run. The
// machine's mood moves both, so that the share ("% of bare") holds where the figures alone would not.
//
// The city is real: app.Open with every module, and at least a hundred thousand cases of twenty thousand persons, loaded
// through the store's background lane. POSAD_BENCH_PERSONS makes it smaller for a quick look. Writes are durable
// everywhere: fsync is on, an answer comes after it.
//
// docs/performance.md has the figures and what they are made of; scripts/test bench makes them anew.
package bench
