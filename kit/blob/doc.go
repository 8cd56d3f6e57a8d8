// Package blob keeps files: what people upload and what the city issues.
//
// A file is sealed with its holder's key segment by segment while it streams in, so that neither memory nor disk ever
// holds it whole and open. Its address is an id that tells nothing; type and size are found from the content, not from
// what the sender says. A blob is durable before the row that names it: Put writes beside, syncs, renames into place and
// syncs the folder, and only then returns; a Write may name it after that. If the Write never comes, the blob is an
// orphan, which Sweep removes.
//
// It owns the files under one folder (in a deployment of several nodes, a folder that all of them see), no table: the
// module that uploads keeps id, type, size and hash in its own row. Erasing a holder leaves files that never open again.
// Its neighbour is kit/vault. Other places to keep blobs implement Store. Life cycle: Open at start, nothing to close.
package blob
