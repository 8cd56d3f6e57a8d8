// Package developer is the city's door for agencies' programs: keys, webhooks and the sandbox.
//
// A head of an agency makes keys for its programs. A key is live or of the sandbox, is for what its scopes name, ends on a
// day, may be held to networks, and is shown once: the city keeps a keyed hash. Making and taking back a key are official
// acts and stand in the journal. The edge (kit/web) asks Keys whose a key is; an operation says by act.OwnProgram and its
// Key that programs may do it, and Guard asks again inside a Write whether the key still holds.
//
// An endpoint is where an agency's program takes messages about what it chose to hear of. What happened comes as events of
// later modules (core/charge, core/pay); the app says whose they are (Provide). An event becomes one message an agency, and
// one delivery an endpoint, in one Write; messages carry ids and kinds, nothing of a person. A sender on each node takes due
// deliveries, writes the try down before anything leaves, and says what came of it: at least once, under a name that stays the
// same, in no order. Each endpoint has a few places of its own, so that a slow one keeps nobody waiting. One that has
// taken nothing for days is paused, and the agency's heads are told. Any message can be sent anew for a month.
//
// The sandbox is the same calls by a sandbox key. What is made there is a trial: it is paid here, by amounts that mean
// something (Magic), moves no money, and enters no books.
//
// It owns the tables developer_*. It does not own what is charged or paid (core/charge, core/pay), the scheme of messages
// (kit/webhook) or who heads an agency (core/agency).
//
// Life cycle: New, Provide by the app, Provision; Start sends until Stop. Tests leave Start out and call Deliver.
package developer
