// Package apply takes applications: drafts, the pages of the form, early certificates, files, submission.
//
// A draft lies with its holder (the applicant, or the child for whom a parent applies) and belongs to the one who fills
// it. It is saved at every step, by a script while the person types, and by the API; wrong answers are kept as they were
// typed. Its id becomes the case's id, so that certificates asked early, uploads and looks name the same purpose from the
// first page on. What is asked is decided by core/form alone: pages and API are two faces of form.View, and no handler or
// template here names a field or a service. A draft keeps the version of its form until the person goes over to the current
// one; a case keeps the one under which it was sent.
//
// Saving reads the draft, decides, and writes if nobody else has written meanwhile; else it does so again. So two devices
// may fill one draft, and neither loses what the other typed on another page. Submission deletes the draft and opens the
// case in one Write; a second submission of the same draft finds the same case.
//
// It owns the tables draft, draft_line and draft_home, the pages /services/{key}/apply, /drafts/... and their JSON faces,
// and the suggestions of addresses. It does not own what is asked (core/form, core/service), cases (core/casework, through
// Cases), files (core/document, through Papers) or registers (core/exchange).
//
// Life cycle: New with its neighbours; Provision; a job ends each draft 30 days after it was last saved.
package apply
