// Package mandate knows who may act for whom, and what they may do.
//
// A mandate lies with its giver, the one who is acted for (table mandate_right). Four kinds exist: a parent for their child
// and a guardian for a ward, by the family register or the guardianship agency; a helper, whom one adult gives another; one
// of a company's staff. Each has scopes, services, a term and perhaps a purse. Every use is checked at the giver's rows: in a
// permission (Relator) and again in the transaction of each change (Guard), which also leaves the trace of what was done
// (mandate_trace). The table mandate_taken is the taker's copy, made by the mandate's own event, from which they find those
// for whom they act; it decides nothing.
//
// A helper's and a company's mandates are offered or asked for (mandate_offer), by a name and a contact or a SNILS; the other
// side finds the offer by a keyed hash of both (mandate_door), so that making one tells nothing of who is known here, and a
// slip in a number reaches nobody. Either side ends such a mandate at once. A mandate of the law ends by its register or an
// official. Each ends by its day, at use; a daily job tells both sides before and on that day.
//
// What is paid under a mandate is counted in mandate_purse in the Write that starts the payment, and given back when it fails.
//
// It does not own people (core/account), organisations (core/organisation names them, by Companies), payments (core/pay
// calls Reserve, Release, Settle) nor ask the family register itself: the app gives FamilyFacts made of core/exchange. It
// implements kit/web's Relator, since it is the first to know accounts, agencies and mandates, and says on every page of
// another's account for whom one acts there.
//
// Life cycle: New; Provision registers the pages /account/family, /account/mandates and /desk/wards, their JSON faces and
// jobs; nothing else runs by itself. Every change is announced on the feed under Topic.
package mandate
