// Package mandate knows who may act for whom, and what they may do.
//
// It owns the table mandate, whose home is the giver: the one who is acted for. There every use is checked, in a
// permission (Relator) and again in the transaction of each change (Guard). The table mandate_taken is the taker's copy,
// made by the mandate's own event, from which a parent finds their children; it decides nothing.
//
// One kind exists: a parent for their child, from the family register, with the scopes apply, read and pay. It ends on
// the child's eighteenth birthday by rule, at use: nobody has to end it.
//
// It does not own people (core/account) nor ask the family register itself: the app gives FamilyFacts made of
// core/exchange. It implements kit/web's Relator, since it is the first to know accounts, agencies and mandates.
//
// Life cycle: New; Provision registers the page /account/family, its JSON face and the handler of the copy; nothing runs
// by itself. Every change is announced on the feed under Topic.
package mandate
