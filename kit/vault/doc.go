// Package vault keeps personal data unreadable to whoever steals the rows.
//
// It owns four tables. city_key holds the city's own keys, one line of versions for each purpose (holders' keys, keyed
// search, seals, the journal, sessions, certificates, papers, credentials), each wrapped by a master key that lies outside the database: in a file or in
// the environment. holder_key holds one key for each holder, wrapped by the city's key for holders.
//
// A value is sealed with XAES-256-GCM (https://c2sp.org/XAES-256-GCM) by tink under the holder's key, with table, column
// and holder as associated data: a sealed value that is moved to another row's holder, column or table does not open.
// XAES was chosen over AES-GCM because its 24 random bytes for each message make random nonces safe for any number of
// messages, and over AES-GCM-SIV because it runs on the processor's AES instructions. A keyed value is an HMAC-SHA-256 of
// a text in a named space, for exact search; the caller normalises the text first. A Finder finds what has several of them.
//
// Rotation: Rotate adds a city key and makes it primary; older ones go on opening. Rewrap moves holders' keys to the
// primary, a batch a call. A master key file with several lines wraps by the first and opens by any.
//
// Erasure: Erase destroys the wrapped key of a holder and leaves a mark, so that no new key is ever made for it. On this
// node every Keys in memory stops opening when the Write commits. Other nodes must hear of it: the module that erases
// puts the holder into kit/feed, and each node's feed handler calls Forget. A node whose feed is behind trusts no cache:
// the app gives that question to SetFresh. What was copied out before (a backup) opens for as long as somebody holds
// both that copy and a master key of its time; that is what replacing the master key ends. The same holds for the old bytes of
// the row until the engine overwrites them: SQLite at its next checkpoint when secure_delete is on, PostgreSQL at VACUUM.
//
// What the law keeps longer than its holder wishes is sealed anew before the erasure, in its place, by a kept key of the
// holder and the year at whose end it goes (MakeKept, Keep; table kept_key): Open reads both kinds alike, and Expire
// destroys a kept key when its year is over. docs/decisions/0007-erasure.md says why.
//
// It knows no module; Keep is told tables and columns by name. Its neighbours are kit/store below, and kit/seal, kit/journal and kit/blob,
// which take secrets from here. Life cycle: Open once at start, after the store; nothing to close.
package vault
