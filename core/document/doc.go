// Package document keeps what people send to the city and what the city issues to them.
//
// A file is uploaded to a draft. It is looked into before it is kept: its type by its content, the virus scanner's word, a
// photo turned, shrunk and without its metadata (the original is not kept), a PDF opened and its first page drawn. It is
// sealed with its holder's key and durable in kit/blob before the row that names it; when that row never comes, a job sweeps
// the blob away. When the scanner is silent, the file waits: no official opens it before a job has put it to the scanner,
// and when a virus is found then, the bytes go and the sender is told. Files belong to a purpose, which is the draft's id and
// therefore the case's; once the application is in (Keep), they can't be removed any more. A file may come in parts, by tus
// 1.0: a part is durable before it is acknowledged, the last one when the file is in its draft.
//
// A result is a document that an agency issues: a PDF in the applicant's language whose QR code is a token signed by the
// city. The token alone tells, with no network, that the city issued such a document, to what and until when; the check
// page adds what only the city knows: whether it was revoked, and what stands in its place. A result is idempotent by its id,
// so that a job which is run again issues nothing twice. Issuing and revoking enter the journal. A result may also be an
// entry of one of the city's lists, a right that programs ask about, or a refusal; a correction issues a new one and revokes
// the old one in one Write. Only the head of the agency revokes by hand.
//
// The check is open to everybody. Whoever has the code (scans it, or follows the printed address) sees the public facts,
// since the code carries them; whoever has the number alone sees the kind and whether the document is good, so that
// nobody collects facts by trying numbers. A right is asked about in the person's own session or by the code that they show.
// A public list holds what its definition makes public, plainly, since that is what everybody may read and search; of a list
// that is not public it holds number and dates, and officials read the document. A line leaves three years after its end.
//
// It owns the tables document_*, all files in kit/blob (no other module puts any), the pages /documents, /uploads, /check,
// /v, /lists, /desk/documents and /credentials, and /.well-known/posad-keys.json, jwt-vc-issuer and posad-authority.pem. A
// paper is signed when it is drawn; a credential for a wallet is made anew at each download, at one place of a status list that
// a revocation flips. It does not own why a document is issued (core/casework)
// nor which uploads a form wants (core/form). Neighbours: core/mandate below, for a child's documents; core/apply and
// core/casework above; who tells people and who receives files that came in parts stand above and are given by the app.
//
// Events: document.issued, document.revoked, document.ended (the holder is the result's, the object the result);
// document.checked, document.infected (the object is a file).
//
// Life cycle: New; Provision registers pages, jobs and sweeps; nothing else runs by itself.
package document
