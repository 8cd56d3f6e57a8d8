// Package casework carries a case from submission to its end: tasks, timeline, the clock of the term, the official's desk
// and the page on which the resident follows it.
//
// A case is an instance of a service's definition, which it keeps by hash for ever. It stands at one step of the
// definition's graph at a time; each step is a task: fetch certificates, wait for the fee, review, ask, decide, issue,
// agree, sign. Beside the step's own task there may be others, each with a part: the opinions of an agree step, the
// confirmation of a decision by a second person, the correction of a document after the end. Each lies in a queue of its own
// and is a line of its desk; the step's own task has no part.
// What happens next is decided by one pure function, next, from the definition, the case and the state of what the
// case waits for. The job casework.move reads all that, asks next, prepares what the move needs (a request to a register,
// a charge, a document) and commits it with the case's new revision. It is put by every event that may matter, so that
// a lost, doubled or late event changes nothing: the next run finds the same state and makes the same move, once.
//
// A first step of an official is begun in the submission's own Write, and a case that ends with an official's decision ends
// in the decision's: only what waits for something, or takes long, is left to jobs. The letter of a refusal is one of those.
//
// Every change of a case claims its next revision first: of two that read the same case one commits, the other reads
// again. An hourly sweep looks at each open case, so that none stalls. A node remembers the cases that it changed last, unsealed
// and in memory alone, and takes one from there only when its line has the same revision.
//
// The status that people see is computed from the tasks. The clock of the term counts days of the city's calendar,
// pauses while the resident owes an answer or the fee or others have to sign, may be made longer once, and starts anew only
// when a decided case is opened anew. When it passes, that is told once, and the definition's consequences come once each.
//
// A decided case is opened anew by the head or by an approved appeal, a case of its own that is tied to it; the old decision
// is kept as a round, and whoever made it decides the case no more. Each decision is counted once in the public ledger.
//
// It owns the tables case_file, case_line, case_number, case_home, case_watch, task, timeline, pause, question,
// case_consequence, case_round, case_link, correction, case_signer, sign_line (a co-signer's copy, at the co-signer's home),
// ledger_count, ledger_seen and the
// desk's projections desk_line and case_word. The home of a case is its holder; the desk's list is a copy made by casework.after, keyed by
// the case's revision, and every decision checks the case itself.
//
// It does not own drafts and forms (core/apply, which comes later and calls PrepareOpen), certificates (core/exchange),
// charges (core/pay), documents (core/document), notices (core/notice: what is told is prepared here by the job casework.after) or definitions (core/service).
//
// Events: casework.submitted, casework.asked, casework.answered, casework.decided, casework.settled (decided, or ended after
// that), casework.issued, casework.late, casework.closed, casework.reopened, casework.corrected; Object is the case, Version its revision.
//
// Life cycle: New, Provision (operations, routes, handlers), nothing of its own to start or stop.
package casework
