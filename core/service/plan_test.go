package service

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestPlanTellsWhereEverythingComesFrom(t *testing.T) {
	t.Parallel()
	en := func(text string) Text { return Text{EN: text} }
	city := &City{
		Agencies:  []Agency{{Key: "police", Short: en("Police")}},
		Registers: []Register{{Key: "owners", Agency: "police", Title: en("Owner")}},
		Resources: []Resource{{Key: "hall", Address: en("1 Square"), Bring: en("A passport")}},
	}
	s := &Service{
		Form: Form{Steps: []Step{
			{Key: "one", Fields: []Field{
				{Key: "phone", Type: TypePhone, Label: en("Phone"), Known: "applicant.phone", Optional: true},
				{Key: "lease", Type: TypeFile, Label: en("Lease"), Hint: en("A copy")},
				{Key: "other", Type: TypePerson, Label: en("Spouse")},
			}},
			{Key: "two", When: "answers.far", Fields: []Field{{Key: "time", Type: TypeSlot, Label: en("Visit"), Resource: "hall"}}},
		}},
		Certificates: []Certificate{{Key: "owner", Register: "owners", Needed: en("To know")}, {Key: "lost", Register: "none"}},
		Steps:        []Task{{Key: "sign", Kind: TaskSign, Signers: []string{"other", "nobody"}}},
	}
	want := []PlanItem{
		{Kind: PlanHas, Title: en("Phone"), Maybe: true},
		{Kind: PlanFetch, Title: en("Owner"), Why: en("To know"), Agency: en("Police")},
		{Kind: PlanBring, Title: en("Lease"), Why: en("A copy")},
		{Kind: PlanCome, Title: en("Visit"), Why: en("A passport"), Agency: en("1 Square"), Maybe: true},
		{Kind: PlanSign, Title: en("Spouse")},
	}
	if diff := cmp.Diff(want, city.Plan(s)); diff != "" {
		t.Error(diff)
	}
}
