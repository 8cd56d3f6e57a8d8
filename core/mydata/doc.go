// Package mydata gives a person control of what the city holds about them.
//
// It shows it (/account/data): every kind of data of every module, in plain words, with where it comes from, why, how
// long it is kept, who may see it and how a mistake is put right. It copies it (/account/data/copies): one JSON file of a
// documented form (my-data.schema.json) and a PDF, made by a job and kept sealed for a week. It deletes it
// (/account/data/delete): what goes, what stays by which law and until when is shown first; after a week of cooling off a
// job closes the account, has every module forget, seals anew what must stay by kept keys, and destroys the person's key.
// And it shows who looked (/account/looks), where a complaint about a look begins. Persons who were merged into the
// signed-in one are included everywhere.
//
// What a module holds it tells by module.Data (held.go in each module); the app gives them all. Nothing here knows a
// module's tables.
//
// It owns the tables export, export_part, export_end, erasure, investigation and investigation_home, and the erasure
// list, a file beside the master key that says who was erased: a backup that is restored has its keys, so at start
// everybody on the list who is there again is erased again, before the first visitor (docs/decisions/0007-erasure.md).
// Investigations are the one way in which a look is shown later: an agency whose definition allows it opens one, on the
// journal, for at most so many days; then the look appears with the reason.
//
// It does not own records of looks (kit/store), keys (kit/vault), cases of complaints (core/casework, begun by
// core/apply). Life cycle: New with its neighbours; Provision; Start reads the erasure list; jobs make copies, erase,
// and end what is over.
package mydata
