// Package agency knows who acts for an agency: officials, their roles and the queues they work.
//
// It owns the table official, whose home is the agency: a person has at most one role in each agency and may serve
// several. A role is a public office, so the rows hold ids and words of office only; names, phones and e-mails are
// core/account's. It owns the administrator's page /admin/officials and its JSON face.
//
// It does not own what an agency is called, where it sits and what it does: that is the city's data, in the published
// version. An agency's id is derived from its key there (ID), so that both sides name it alike without asking. It does
// not own the hat either, which is the agency that a session acts for: core/account keeps it and asks OfficialOf.
//
// Its neighbours: core/account finds people for it (the Directory that the app gives) and drops sessions' caches when a
// role changes; core/mandate's Relator reads the role from the act.
//
// Life cycle: New with nothing but a directory; Provision; nothing runs by itself. Every change is announced on the feed
// under Topic, in the Write that makes it.
package agency
