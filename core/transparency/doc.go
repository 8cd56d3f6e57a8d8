// Package transparency shows the city's public log to everybody: how large it is, its newest signed checkpoint, and
// whether an act stands in it.
//
// Each official act leaves a leaf in the log (kit/journal); this module runs the node's side of it and gives it faces: the
// page /log with a check of receipts and leaves, a JSON API with proofs, and the log itself under /log/ in the form of
// C2SP's tlog-tiles, so that monitors and witnesses that know nothing of Posad can follow it. A leaf is a salted hash: no
// personal data is in the log, and the page looks at nobody's. A receipt that is checked here is read and forgotten.
//
// The publications, plans and rollbacks of the city's own definition are acts in the city's account; the page lists them:
// which version, when, what for. Who did it is a fact of the entry and stays in the city's records.
//
// It owns no tables. Its neighbours: kit/journal below, which gives places, publishes and proves; core/service, which enters the publications; the modules whose acts
// it shows know nothing of it. cmd/posad has the same check of receipts with no server (posad verify), and the check of
// the whole log (posad log).
//
// Life cycle: Provision attaches the log to the journal; Start begins to give places and to publish, Stop ends it.
package transparency
