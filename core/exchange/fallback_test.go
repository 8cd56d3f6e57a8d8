package exchange

import (
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"posad.city/core/service"
	"posad.city/kit/clock"
	"posad.city/kit/jobs"
	"posad.city/kit/store"
	"posad.city/kit/store/storetest"
	"posad.city/kit/vault"
	sim "posad.city/sim/agency"
)

// twoRegisters is Kitezh with a second register of where people live.
var twoRegisters = sync.OnceValue(func() *service.City {
	return changedCity(func(files fstest.MapFS) {
		text := string(files["registers/residence.yaml"].Data)
		text = strings.Replace(text, "retries: 4", "retries: 1", 1)
		files["registers/residence.yaml"] = &fstest.MapFile{Data: []byte(text + "fallback: residence-copy\n")}
		text = strings.Replace(strings.Replace(text, "register: residence", "register: residence-copy", 1), "agency: migration", "agency: civil-registry", 1)
		files["registers/residence-copy.yaml"] = &fstest.MapFile{Data: []byte(text)}
	})
})

func withTwo(t *testing.T, test func(t *testing.T, s *stand)) {
	t.Helper()
	t.Parallel()
	storetest.Each(t, func(t *testing.T, st *store.Store, c *clock.Fixed) {
		change, _ := signing(t, c)
		test(t, newStand(t, st, c, change, func(d *Deps) { d.City = twoRegisters }))
	}, Migrations, jobs.Migrations, vault.Migrations)
}

func TestASilentRegisterGivesWayToAnother(t *testing.T) {
	withTwo(t, func(t *testing.T, s *stand) {
		s.agency.SetFaults("residence", sim.Faults{Fail: -1})
		s.agency.SetFaults("residence-copy", sim.Faults{Fail: 1})
		caseID := s.newCase()
		s.mustPut(s.question(caseID, "residence"))
		s.toTheEnd()
		got := s.certificate(caseID, "residence")
		if got.State != Known || got.Values["registered"] != true || got.Register != "residence" || s.Source(got) != "residence-copy" || got.Tries != 4 {
			t.Errorf("%s after %d tries, from %s: %v", got.State, got.Tries, s.Source(got), got.Values)
		}
		looks := s.looks(anna)
		if len(looks) != 1 || looks[0].What != lookPrefix+"residence-copy" {
			t.Errorf("anna sees %+v", looks)
		}
		var asked []string
		for _, one := range s.log(4) {
			asked = append(asked, one.Register+" "+one.Peer)
		}
		if n := strings.Count(strings.Join(asked, ","), "residence-copy civil-registry"); n != 2 {
			t.Errorf("logged %v", asked)
		}
	})
}

func TestBothRegistersMayFail(t *testing.T) {
	withTwo(t, func(t *testing.T, s *stand) {
		s.agency.SetFaults("residence", sim.Faults{Refuse: -1}) // not tried again: the other one's turn
		s.agency.SetFaults("residence-copy", sim.Faults{Lie: -1})
		caseID := s.newCase()
		s.mustPut(s.question(caseID, "residence"))
		s.toTheEnd()
		if got := s.certificate(caseID, "residence"); got.State != Failed || got.Trouble != WrongSchema || got.Tries != 4 {
			t.Errorf("%s, %s after %d tries", got.State, got.Trouble, got.Tries)
		}
		s.log(3)
	})
}

func TestAnAnsweringRegisterKeepsItsTurn(t *testing.T) {
	withTwo(t, func(t *testing.T, s *stand) {
		s.agency.SetFaults("residence", sim.Faults{Fail: 1})
		caseID := s.newCase()
		s.mustPut(s.question(caseID, "residence"))
		s.toTheEnd()
		got := s.certificate(caseID, "residence")
		if got.State != Known || s.Source(got) != "residence" || got.Tries != 2 {
			t.Errorf("%s from %s after %d tries", got.State, s.Source(got), got.Tries)
		}
	})
}

// TestAnAnswerIsOfTheRegisterThatGaveIt asks anew what is known, with both registers down: the answer that stays is still of
// the one that gave it.
func TestAnAnswerIsOfTheRegisterThatGaveIt(t *testing.T) {
	withTwo(t, func(t *testing.T, s *stand) {
		for gave, silent := range map[string]sim.Faults{"residence": {}, "residence-copy": {Fail: -1}} {
			s.agency.SetFaults("residence", silent)
			s.agency.SetFaults("residence-copy", sim.Faults{})
			caseID := s.newCase()
			s.mustPut(s.question(caseID, "residence"))
			s.toTheEnd()
			if got := s.certificate(caseID, "residence"); got.State != Known || s.Source(got) != gave {
				t.Fatalf("%s from %s, want %s", got.State, s.Source(got), gave)
			}
			s.agency.SetFaults("residence", sim.Faults{Fail: -1})
			s.agency.SetFaults("residence-copy", sim.Faults{Fail: -1})
			p, err := s.AskAgain(ctx, official.ForCase(caseID), anna, caseID, "residence")
			if err != nil {
				t.Fatal(err)
			}
			if err := s.base.Store.Write(ctx, p.Put); err != nil {
				t.Fatal(err)
			}
			if got := s.certificate(caseID, "residence"); !got.Again || s.Source(got) != gave {
				t.Errorf("while it is asked anew: from %s, want %s", s.Source(got), gave)
			}
			s.toTheEnd()
			if got := s.certificate(caseID, "residence"); got.State != Known || got.Again || got.Trouble != Silent || s.Source(got) != gave {
				t.Errorf("%s, %s from %s, want %s", got.State, got.Trouble, s.Source(got), gave)
			}
		}
	})
}

// TestAnAnswerThatDoesNotFitWasToldAllTheSame: it came to the city and lies in the log of messages, and so the person sees it.
func TestAnAnswerThatDoesNotFitWasToldAllTheSame(t *testing.T) {
	each(t, func(t *testing.T, s *stand) {
		s.agency.SetFaults("vehicle-ownership", sim.Faults{Lie: -1})
		caseID := s.newCase()
		s.mustPut(s.question(caseID, "owner"))
		s.toTheEnd()
		if got := s.certificate(caseID, "owner"); got.State != Failed || got.Trouble != WrongSchema {
			t.Fatalf("%s, %s", got.State, got.Trouble)
		}
		if looks := s.looks(anna); len(looks) != 1 || looks[0].What != lookPrefix+"vehicle-ownership" || looks[0].Purpose.ID != caseID.String() {
			t.Errorf("anna sees %+v", looks)
		}
	})
}
