// Package proof tells what a file of a city is, and checks it with no server and no network: a receipt, a document as PDF, the
// statement inside one, the code on paper, a credential of a wallet, a status list, a signed message of the exchange, a key set,
// the certificates of the city's authority.
//
// A verdict says what is proved, by which key and when, and what is not: nothing is passed over in silence. What a file
// brings of its own keys makes it whole, and no more; who signed it, the reader's own files tell (Means). The kind of a file is
// told by its content and never by its name.
//
// It knows forms alone and judges by the packages that own them: kit/journal receipts, kit/seal codes and key sets,
// kit/pdf/sign PDFs, kit/credential credentials, kit/asic messages. It owns no form, no key and no table. Its neighbours:
// cmd/posad shows its verdicts. Life cycle: none; functions only.
package proof
