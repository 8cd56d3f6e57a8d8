// Package tlog is the arithmetic of a public, append-only log: a tree of hashes by RFC 6962, cut into tiles and named as
// C2SP's tlog-tiles names them, its checkpoints (tlog-checkpoint, signed-note) and its proofs (tlog-proof).
//
// An entry of the log is 32 bytes that mean nothing by themselves. The package knows no database, no files and no keys:
// whoever grows a tree hands it the tree's right edge (Edge) and keeps the tiles that come back; whoever proves hands it
// a function that reads tiles, and every tile that it reads is checked against the root before it is believed.
//
//	Edge          grows a tree and tells its root
//	Tile          the name of a tile or of a bundle of entries, and what its file holds
//	Checkpoint    origin, size and root: what a log signs
//	Proof         an entry's place in a signed checkpoint: checked with no network
//
// It owns no form of its own: all are C2SP's, so that other people's programs read them. The hashing and the paths of
// proofs are golang.org/x/mod/sumdb/tlog's, the signatures golang.org/x/mod/sumdb/note's. Its neighbour above is
// kit/journal. Nothing is opened and nothing is closed.
package tlog
