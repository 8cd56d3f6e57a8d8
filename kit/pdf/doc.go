// Package pdf lays out the documents that people print, keep and show: results of services and receipts.
//
// It owns the page: A4, Golos Text in three weights (embedded, SIL Open Font License, fonts/OFL.txt), the city's mark, the
// order title, facts, text, seal, and the panel with the QR code of the check page. All words come from the caller in the
// reader's language; the package has none of its own. The same input gives the same bytes on every machine: dates are
// passed in, nothing is random, so that a document can be made again and compared by its hash.
//
// gopdf draws; what it can't say (language, title as the window's name, XMP, attached files) is appended as an
// incremental update of the file, as ISO 32000 provides. It does not sign: kit/seal makes the code that is printed.
//
// Its neighbours: kit/seal below, core/document above. There is no life cycle: Render is a pure function.
package pdf
