// Package iso20022 reads and writes the messages by which the city and its bank speak of accounts: the statement of a day
// (camt.053.001.08), the order to pay out (pain.001.001.10) and the bank's answer to it (pain.002.001.11).
//
// Amounts are whole minor units on both sides; a fraction that the currency has no coin for is refused, never rounded. A
// reference of these messages has 35 characters at most and an id written out has 36: Ref and ParseRef leave its hyphens out.
//
// It reads with distrust. A message has no document type and no instructions, its namespace is exactly the one above, an
// element that may stand once stands once, and depth, the length of a text and the size of an entry are bounded. Elements
// of the standard that Posad has no use for are passed over. A statement is read and written entry by entry, so that one of a
// million entries takes no more memory than its largest entry.
//
// It writes only what its Check lets through, and what Check lets through is valid by the schemas: a test says so with
// xmllint and random messages. The schemas lie in testdata/xsd.
//
// It owns no accounts, keeps nothing and moves no money. Its neighbours: sim/bank writes statements and answers orders,
// core/reconcile does the opposite. Life cycle: none; a reader or a writer belongs to one goroutine.
package iso20022
