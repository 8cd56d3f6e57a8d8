// Package crash has no code of its own: its tests kill a running city again and again and look for what was lost.
//
// A campaign runs `posad demo` as a process of its own, with the world around it (bank, agencies' registers, post office)
// in the test process, so that the world lives on when the city dies. Residents fill drafts, send applications and pay;
// officials take, ask and decide; the world refuses, is slow, loses answers, and the bank's messages come twice, late or
// never. At a random moment the city gets SIGKILL, is started again on the same data, and everybody goes on. Whatever the
// city has answered with success is noted. At the end the faults stop, the city comes to rest, and the notes are compared
// with what it says through its API, and its tables with each other: every acknowledged write is there, no half of another,
// no step of a case done twice, no payment lost or doubled, every promise verifies.
//
// A second campaign is about money alone and much denser. The till (charges, payments, transport cards, books, on their own
// store) and the bank are processes of their own, and either or both get SIGKILL while people pay by page, saved card, QR code
// and transport card, press twice, ask for their money back, and the bank refuses, loses answers, answers too late, sends
// messages twice, out of order or never, reverses and disputes. At the end every payment took money once and is counted, or
// took nothing, or was given back; the books are sound, and what the bank holds is what they say.
//
// POSAD_CRASH_SQLITE and POSAD_CRASH_POSTGRES say how often the city is killed on each engine, POSAD_CRASH_PAY_SQLITE and
// POSAD_CRASH_PAY_POSTGRES how often the till and the bank are, POSAD_CRASH_SEED repeats the
// random choices of a run that failed; the moments themselves are the machine's. PostgreSQL is named by
// POSAD_TEST_POSTGRES as everywhere.
package crash
