// Package witness is both ends of C2SP's tlog-witness: a log asks somebody outside to sign its checkpoint, and a small
// server of our own is such a somebody, for whoever wants to watch a city's log: a university, a newspaper, another city.
//
// A log that shows two histories, one to each asker, gives itself away only when somebody compares. A witness compares:
// for each log it remembers the last checkpoint that it signed, and signs another one only with a proof that it continues
// that one. So two histories never get signatures of one honest witness.
//
//	Client   asks (add-checkpoint), checks what comes back, and says in one word what went wrong (Refusal)
//	Server   answers; its folder holds the key, and for each log its keys and one file of state
//	Make, Trust   what its operator does: a key, a log that is to be watched
//
// The state is on disk before the answer leaves. A folder serves one process. A log whose file of state is gone is not
// signed for: who begins again from nothing would sign what they have refused before.
//
// It owns no forms (kit/tlog), no tables and no log; kit/journal asks by it. Life cycle: a Client has none; a Server runs from Open
// to Close.
package witness
