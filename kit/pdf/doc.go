// Package pdf lays out the documents that people print, keep and show: results of services and receipts.
//
// It owns the page: A4, Golos Text in three weights (embedded, SIL Open Font License, fonts/OFL.txt), the city's mark, the
// order title, facts, text, seal, and the panel with the QR code of the check page. All words come from the caller in the
// reader's language; the package has none of its own. The same input gives the same bytes on every machine: dates are
// passed in, nothing is random, so that a document can be made again and compared by its hash.
//
// It writes the file itself: operators of the pages, the parts of the fonts that a document uses with their map to
// Unicode, and the file's structure, made to PDF/A-3b (ISO 19005-3): metadata, the meaning of colours, an identifier, nothing
// transparent, nothing that runs. Fonts are read once a process. docs/developer/papers.md says what of this is checked.
// It does not sign: kit/seal makes the code that is printed, and kit/pdf/sign fills the place that Document.Signing asks for.
//
// Its neighbours: kit/seal below, kit/pdf/sign and core/document above. There is no life cycle: Render is a pure function.
package pdf
