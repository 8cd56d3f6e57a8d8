package app_test

import (
	"slices"
	"testing"

	"posad.city/app/apptest"
	"posad.city/core/agency"
)

// A building permit is in architects' lists from the first hour: nobody has to open the team's page first.
func TestTheDemosOfficialsHaveTheirSkills(t *testing.T) {
	t.Parallel()
	h := apptest.Open(t)
	for person, want := range map[string][]string{"plotnikov": {"architect"}, "mezhevoy": {"architect", "surveyor"}, "kotova": nil} {
		role := h.Resident(person).Roles[0]
		got, err := h.Modules.Desk.Scope(t.Context(), agency.ID(role.Agency), h.Resident(person).ID())
		h.Must(err)
		if !slices.Equal(got.Skills, want) {
			t.Errorf("%s can do %v, want %v", person, got.Skills, want)
		}
	}
}
