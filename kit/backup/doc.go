// Package backup copies a whole city while it runs, proves that the copy is whole, and brings it back.
//
// A copy is the database, table by table from one snapshot, in a form that either engine takes back; every file of
// kit/blob; and a manifest (posad-backup/1), signed with the city's key, that counts and hashes all of it and holds the
// public log's checkpoint of the same snapshot. What is sealed stays sealed, and the master key is not in it.
//
// Files are copied before the snapshot and once more after it: one that a row of the snapshot names was there before the
// snapshot or came since, and if it was removed meanwhile the first pass has it. A file is immutable under its id and the
// time of its making, which are its name in the copy, so that later copies into the same folder take only what is new.
//
//	FOLDER/posad-backup        says what the folder is
//	FOLDER/blobs/ab/ID-TIME.blob   files, shared by all copies
//	FOLDER/copies/NAME/        manifest.json, manifest.sig.json, files.list, db/TABLE.0000.zst
//
// A copy into one FILE is a tar archive of the same, the manifest last. A copy is there when its manifest is: it is made
// under another name and renamed in the end. A run that was cut off leaves files, which the next run takes over, and a
// half copy, which it removes.
//
// Rows are summed without order: the sum of SHA-256 of every row, modulo 2^256. So a restored table is compared with the
// copied one by content, whichever order the engine reads it in.
//
// The package owns the format; kit/store below reads and fills databases, kit/journal compares logs. Its life cycle is one
// call: Make, Verify, Restore.
package backup
