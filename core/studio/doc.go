// Package studio is where the city's own staff write its definitions in the browser: the list of files with what is wrong in
// them, change sets, an editor, a check and a preview as they save, a simulation, a proposal that a second person approves,
// and the history of versions.
//
// It owns change sets and what was done to them (tables studio_change, studio_file, studio_event, studio_run), the pages
// under /studio and their JSON faces. None of its rows is about a person's own affairs: officials stand there by their ids,
// as acts of office.
//
// It does not own versions, their canonical form, their files or their check: those are core/service's, and what is
// published here is the same content-addressed object that posad publish makes. A saved text lies with core/service under
// its hash from the moment it is saved, so that nothing that was ever saved is lost.
//
// Who may: the city's administrator may change any file; the head of an agency may change the services of that agency and
// their notices. Nobody else sees the studio. Whoever saved something in a change set, or proposed it, can't approve it; an
// approver is the administrator or, for a change set of an agency, one who heads it. Going back to an earlier version is one
// administrator's act: that version was approved before, and it may be urgent.
//
// A change set is what it changes and nothing else: a file that is not in it is always the one in force. When a file is
// published by somebody else meanwhile, the change set that has it too is behind in that file, and its author sees both texts
// before it can be proposed. A proposal names the tree of files and the version that was compared; if another version comes
// into force before it is approved, it must be proposed again.
//
// Its neighbours: core/service and core/form below, core/apply for the preview, core/casework for kept cases of a
// simulation, core/agency for roles, core/account for names. The app gives them.
//
// Life cycle: New, Provision (operations, routes, the job of simulations), nothing to start or stop.
package studio
