// Package register keeps the city's own registers: lists of rights and facts that the city itself answers for, each declared
// in a file of the city (own-registers/KEY.yaml, service.OwnRegister).
//
// An entry is made of a service's result. The events of core/document say that one was issued, corrected, revoked or is
// over; the document is read again and the entry is brought to what it says, so that events may come twice and in any
// order. A service may also alter or end an entry of the same person. Officials of the agency that keeps the register
// correct entries with a reason, its head ends them, and the person is told. Entry and document say one thing: a correction
// issues the document anew and an end revokes it, in the same Write.
//
// Nothing is overwritten: each change is a version (who, when, by which case and document, why, and every value after it),
// and register_entry is what the versions come to (Replay). Each change enters the journal. The values are sealed with the
// person's key; an entry is found by the whole value of a field that is declared searchable, never by a part of one, and
// nobody lists a register.
//
// Whoever reads needs a purpose: one that the register's file declares for their agency and role, or a live case of their
// agency whose service lists a certificate of this register, and then only for the people of the case and what such a
// certificate would tell: what is good today, of declared values, without a history. Each answer leaves a
// look with the purpose; without one there is a refusal of a kind of its own, and it stays on record. A purpose shows its fields alone. A
// certificate that core/exchange asks of an own register is answered here, in the process, under the exchange's own rules of
// purpose, freshness and looks.
//
// A change is told by register.changed and starts what the file subscribes: a notice to the person, or a message to an
// agency's address, signed by the Standard Webhooks scheme. Messages of an entry go out in the order of its versions, each at
// least once; how far a subscription has come is kept in register_sent. What an agency is sent of a person leaves a look.
//
// It owns the tables register_* and the pages /desk/registers, /account/registers and /registers. It does not own the documents
// (core/document), why they are issued (core/casework), lists of public lines (core/document) or other agencies' registers
// (core/exchange).
//
// Events: register.changed (the holder is the person, the object the entry, the version the entry's).
//
// Life cycle: New; Provide with the judge of cases; Provision registers events, jobs, the sweep and pages.
package register
