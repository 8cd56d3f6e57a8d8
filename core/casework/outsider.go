package casework

import (
	"slices"
	"strings"

	"posad.city/core/form"
	"posad.city/core/service"
	"posad.city/kit/act"
	"posad.city/kit/id"
)

// outsider tells whether a person reads a child's case by mandate alone: the other parent. They see how the child's case
// stands, and not what the applicant told of themselves. In the case of an adult or of an organisation the answers are the
// holder's own, and a mandate to read lets all of them be read.
func (k *known) outsider(a act.Act) bool {
	return k.service.For == forChild && a.Actor.Kind == act.Person && !a.Is(k.file.Applicant) && !a.Is(k.file.Holder)
}

// shownTo are those of the case's people whose certificates the reader sees.
func (k *known) shownTo(a act.Act) []id.ID {
	people := k.people()
	if k.outsider(a) {
		people = slices.DeleteFunc(people, func(p id.ID) bool { return p == k.file.Applicant })
	}
	return people
}

// hide puts words in the place of every answer that the applicant gave of themselves.
func (k *known) hide(s *form.Summary, words string) {
	for i := range s.Steps {
		for j := range s.Steps[i].Lines {
			line := &s.Steps[i].Lines[j]
			if f, ok := k.field(line.Field); line.Value != "" && (!ok || k.ofApplicant(f)) {
				line.Value, line.Source = words, nil
			}
		}
	}
}

// hideSigners leaves of those who sign how they stand: who they are the applicant told.
func (k *known) hideSigners(list []Signer) {
	for i := range list {
		list[i].Named, list[i].Part = service.Person{}, nil
	}
}

func (k *known) field(key string) (*service.Field, bool) {
	for i := range k.service.Form.Steps {
		for j := range k.service.Form.Steps[i].Fields {
			if f := &k.service.Form.Steps[i].Fields[j]; f.Key == key {
				return f, true
			}
		}
	}
	return nil, false
}

// ofApplicant tells whether an answer is about the applicant themselves: known from their account or from a certificate
// about them, how they are reached, where they live, what they drive.
func (k *known) ofApplicant(f *service.Field) bool {
	switch f.Type {
	case service.TypePhone, service.TypeEmail, service.TypeAddress, service.TypeVehicle:
		return true
	}
	path := strings.Split(f.Known, ".")
	if path[0] != "facts" || len(path) < 2 {
		return path[0] == "applicant"
	}
	c, ok := k.service.Certificate(path[1])
	return !ok || k.about(c) == k.file.Applicant
}
