package casework

import (
	"slices"
	"testing"
	"time"

	"posad.city/core/agency"
	"posad.city/core/casework/internal/store"
	"posad.city/core/mandate"
	"posad.city/core/service"
	"posad.city/kit/act"
	"posad.city/kit/id"
)

// toldOf are the kinds of notices in a person's inbox.
func (r *rig) toldOf(person id.ID) []string {
	r.t.Helper()
	page, err := r.told.Inbox(ctx, act.Act{Actor: act.Actor{Kind: act.Person, Person: person}, Holder: person}, person, id.ID{}, 50)
	r.must(err)
	var out []string
	for _, m := range page.Messages {
		out = append(out, m.Kind)
	}
	return out
}

// Once the applicant may not act for the child any more, they are told of the child's case no more: the other parent is,
// or else the child.
func TestAFormerParentIsToldNothingMore(t *testing.T) {
	ended := annasMandate
	for name, c := range map[string]struct {
		given []mandate.Mandate
		told  id.ID
	}{
		"the other parent": {[]mandate.Mandate{ended, olegsMandate}, oleg},
		"nobody":           {[]mandate.Mandate{ended}, misha},
	} {
		t.Run(name, func(t *testing.T) {
			each(t, func(t *testing.T, r *rig) {
				ref := r.openForMisha()
				before := r.toldOf(anna)
				if len(before) == 0 || len(r.toldOf(oleg))+len(r.toldOf(misha)) > 0 {
					t.Errorf("while the mandate holds, Anna was told %v, Oleg %v, Misha %v", before, r.toldOf(oleg), r.toldOf(misha))
				}
				given := slices.Clone(c.given)
				given[0].Ended = r.clock.Now()
				r.deps.Family = parents{given: given}
				desk, s := officer(igor, "education", agency.Officer), Step{Holder: misha, Case: ref.ID}
				_, err := r.Take(ctx, desk, s)
				r.must(err)
				_, err = r.Decide(ctx, desk, s, Verdict{Stage: Refused, Ground: "no-places", Words: "Мест нет."})
				r.must(err)
				r.run(time.Minute)
				if after := r.toldOf(anna); len(after) != len(before) {
					t.Errorf("the former parent was told %v", after)
				}
				if told := r.toldOf(c.told); !slices.Contains(told, "casework.tell.refused") {
					t.Errorf("told instead: %v", told)
				}
			})
		})
	}
}

// An adult is told of their case whoever filed it; who filed it is told too, while their mandate covers the service. An
// organisation has no inbox.
func TestWhoIsToldOfACaseFiledForAnother(t *testing.T) {
	t.Parallel()
	r := one(t)
	helper := annasMandate
	helper.Kind, helper.Services = mandate.Helper, []string{"city-appeal"}
	for name, c := range map[string]struct {
		kind, key string
		given     []mandate.Mandate
		want      []id.ID
	}{
		"an adult":               {"person", "city-appeal", []mandate.Mandate{helper}, []id.ID{misha, anna}},
		"another service":        {"person", "parking-permit", []mandate.Mandate{helper}, []id.ID{misha}},
		"nobody may any more":    {"person", "city-appeal", nil, []id.ID{misha}},
		"an organisation":        {"organisation", "city-appeal", []mandate.Mandate{helper}, []id.ID{anna}},
		"an organisation, alone": {"organisation", "city-appeal", nil, nil},
	} {
		r.deps.Family = parents{given: c.given}
		k := &known{file: caseworkdb.CaseFile{Holder: misha, Applicant: anna, Service: c.key}, service: &service.Service{For: c.kind}}
		if got, err := r.toTell(ctx, k); err != nil || !slices.Equal(got, c.want) {
			t.Errorf("%s: %v %v, want %v", name, got, err, c.want)
		}
		if c.kind == "person" && (k.payer() != misha || k.subject() != misha) {
			t.Errorf("%s: an adult's case is not about them", name)
		}
	}
}
