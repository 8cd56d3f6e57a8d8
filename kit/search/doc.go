// Package search finds services and pages by the words that people type.
//
// It owns an index of public text in memory, with Russian and English stems; synonyms that data declares; wrong letters,
// words typed in the wrong keyboard layout ("gfhrjdrf" for "парковка") or in Latin letters ("parkovka"); the beginnings of
// words; filters; suggestions; and the reason why each thing was found. A text is found in either language, whichever the
// page is shown in.
//
// A score has two parts. The first is how much of the query the document answers: each word counts by its rarity, for as
// much as the way to it is sure (the same word, a synonym, a slip) and the part it stands in weighs (title, ways of asking,
// summary, body). The second is how well the one title or way of asking that fits best covers the query and is covered by
// it. Both are from 0 to 1 and nothing else is added, so that a place among the results can be explained by hand.
//
// It does not own the texts (core/service and core/content hand them over whole, each time a city version is
// published), and it never sees personal data: cases are searched elsewhere. What people type may be personal, so a
// report of a search without results has its numbers and addresses masked.
//
// Life cycle: New makes an empty Index; Replace builds a new set of documents aside and swaps it in at once; Close ends
// it. All methods are safe for concurrent use.
package search
