// Package form decides what is asked of a person, and nothing else does.
//
// It is pure: from a definition, the answers so far, what registers told, and who fills it, it makes a View: steps,
// questions, known values with their source, faults, the acts now possible and progress. Pages, the JSON API and any
// later channel are faces of that view; none of them names a field or a service.
//
// It owns the types of field: how each is typed, its canonical form (core/service.Answers), its checks and the words of
// its faults. It does not own storage of drafts (core/casework), files' bytes (kit/blob finds a file's type by content;
// the form checks the list), or the rules (core/service compiles them).
//
// Life cycle: functions only; safe for concurrent use.
package form
