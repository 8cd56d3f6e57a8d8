// Package desk is what makes the officials' desk a good place to work: what each official can do and where, who is away and
// who stands in for them, the next case to take, an even share of a queue, one act on many cases with a preview and a minute
// to take it back, texts to insert, decided cases by their words, the charts of the head, and what is unusual
// about the looks of the agency's officials.
//
// It owns the tables desk_staff, desk_absence, desk_template, desk_bulk, desk_bulk_case, desk_closed, desk_closed_word,
// desk_unusual and desk_unusual_mark, whose home is the agency, and the pages /desk/team, /desk/bulk, /desk/templates, /desk/next,
// /desk/closed, /desk/looks and /desk/keys with their JSON faces; and /looks/unusual, the city's totals by year, for everybody.
//
// It does not own cases, their list and their page at the desk, nor any act on them: those are core/casework's, which asks
// this module by casework.Aide for what an official takes and for texts. Roles and queues are core/agency's; skills,
// districts and queues have their names in the published city (core/service).
//
// An act on many cases is a row that its official confirmed and a job that does it, case by case, under the official's own
// name and session. Each case remembers the revision that the act claims, and core/casework lets a revision be claimed once:
// so that a job that stops half-way and runs again does nothing twice, and undoing takes back the act and nothing else.
// What reaches residents starts when the minute is over, and undoing before that is as if nothing was asked.
//
// A job goes through the records of looks hour by hour and applies the declared rules (unusual.yaml). What it finds names the
// official, the reason and the case, and nobody who was looked at; the head explains it or holds an inquiry, which the journal
// keeps. Nobody judges their own looks.
//
// Life cycle: New, Provision (operations, routes, jobs; it becomes the aide of core/casework), nothing to start or stop.
package desk
