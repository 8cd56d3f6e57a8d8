// Package document keeps what people send to the city and what the city issues to them.
//
// A file is uploaded to a draft. It is sealed with its holder's key and durable in kit/blob before the row that names it;
// when that row never comes, a job sweeps the blob away. Its type is told by its content. Files belong to a purpose, which
// is the draft's id and therefore the case's; once the application is in (Keep), they can't be removed any more.
//
// A result is a document that an agency issues: a PDF in the applicant's language whose QR code is a token signed by the
// city. The token alone tells, with no network, that the city issued such a document, to what and until when; the check
// page adds what only the city knows: whether it was revoked. A result is idempotent by its id, so that a job which is
// run again issues nothing twice. Issuing and revoking enter the journal.
//
// The check is open to everybody. Whoever has the code (scans it, or follows the printed address) sees the public facts,
// since the code carries them; whoever has the number alone sees the kind and whether the document is good, so that
// nobody collects facts by trying numbers.
//
// It owns the tables document_file, document_blob, document_result and document_number, all files in kit/blob (no other
// module puts any), the pages /documents, /uploads, /check and /v, and /.well-known/posad-keys.json. It does not own why a document
// is issued (core/casework) nor which uploads a form wants (core/form). Neighbours: core/mandate below, for a child's
// documents; core/apply and core/casework above.
//
// Events: document.issued, document.revoked; the holder is the result's, the object the result.
//
// Life cycle: New; Provision registers pages and the daily sweep; nothing else runs by itself.
package document
