// Package feed tells every node what changed: a session closed, a mandate revoked, a role changed, a new city version, a
// case moved. Nodes hold caches only, and this is how a cache learns that it is wrong.
//
// Publish adds a row to an append-only table in the Write that makes the change. The publishing node's own subscribers
// hear of it as soon as the Write is durable; other nodes read the table every half second. Transactions commit out of
// the order of their moments, so a node never trusts a high-water mark: each read goes back over the last ten seconds,
// each tenth read over the last two minutes, and what was told already is left out by its ID.
//
// Fresh says whether this node has read the feed within a second and a half. A node that has not trusts no cache. When a node
// was cut off for so long that the table may have been swept meanwhile, every subscriber gets a Change with All set and
// forgets everything.
//
// A subscriber may hear of changes in any order and, after a restart, again; it is quick, does no I/O and holds no lock
// while it publishes. The package owns the table feed_change; ids and versions only, no personal data. Its neighbour is
// kit/store. Life cycle: Open, Subscribe, Start, Stop; tests leave Start out and call Poll.
package feed
