package casework

import (
	"testing"
	"time"

	"posad.city/core/agency"
	"posad.city/core/casework/internal/store"
	"posad.city/core/service"
	"posad.city/kit/id"
	"posad.city/kit/store"
)

// A surname that many have hides nobody: what else is typed finds the case, however many newer ones have the surname.
func TestAFrequentWordHidesNoCase(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		ref := r.open("sign-home", "against", anna)
		r.run(time.Minute)
		office := agency.ID("housing")
		surname := r.SearchWords("Смирнова")[0]
		r.must(r.store.Write(ctx, func(tx *store.Tx) error {
			for _, word := range []string{"а417мо52", "Смирнова"} {
				if err := caseworkdb.PutWord(tx, office, r.SearchWords(word)[0], ref.ID); err != nil {
					return err
				}
			}
			for range 700 {
				if err := caseworkdb.PutWord(tx, office, surname, id.New(r.clock.Now().Add(time.Hour))); err != nil {
					return err
				}
			}
			return nil
		}))
		for _, text := range []string{"Смирнова а417мо52", "а417мо52 Смирнова", "Смирнова Смирнова Смирнова Смирнова Смирнова а417мо52"} {
			if found, cut, err := r.search(ctx, office, text); err != nil || cut || len(found) != 1 || found[0] != ref.ID {
				t.Errorf("%s: %v, %v, %v", text, found, cut, err)
			}
		}
		if found, cut, err := r.search(ctx, office, "Смирнова"); err != nil || !cut || len(found) != store.InMost {
			t.Errorf("a word of hundreds: %d, %v, %v", len(found), cut, err)
		}
	})
}

// The case that is named is found however many newer ones its holder has; cases that stand for nothing take nobody's place.
func TestANamedCaseIsFoundBehindNewerOnes(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		first := r.open("sign-home", "against", anna)
		for range pastMost + 1 {
			r.clock.Move(time.Second)
			r.open("sign-home", "against", anna)
		}
		number := r.read(first).Number
		for _, name := range []string{first.ID.String(), number, id.FormatNumber(number)} {
			list, err := r.Past(ctx, annaAct, anna, "sign-home", name)
			if err != nil || len(list) != 1 || list[0].ID != first.ID {
				t.Errorf("%s: %d, %v", name, len(list), err)
			}
		}
		if list, err := r.Past(ctx, as(boris), boris, "sign-home", number); err != nil || len(list) != 0 {
			t.Errorf("another's: %d, %v", len(list), err)
		}
		if list, err := r.Past(ctx, annaAct, anna, "sign-works", number); err != nil || len(list) != 0 {
			t.Errorf("of another service: %d, %v", len(list), err)
		}
		if list, err := r.Past(ctx, annaAct, anna, "sign-home", ""); err != nil || len(list) != pastMost+2 {
			t.Errorf("those that stand: %d, %v", len(list), err)
		}
	})
}

// What a co-signer reads of the applicant's answers is a look of theirs, which the applicant finds.
func TestWhatACoSignerReadsIsALookOfTheirs(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.deps.Signers = numbers{"11223344595": boris}
		ref := r.open("sign-works", "two", anna)
		r.run(time.Minute)
		if _, err := r.SignForm(ctx, as(boris), ref.Holder, ref.ID); err != nil {
			t.Fatal(err)
		}
		looks, err := r.Looks(ctx, annaAct, anna, ref.ID)
		r.must(err)
		for _, l := range looks {
			if l.Actor.Person == boris {
				return
			}
		}
		t.Errorf("no look of his among %d", len(looks))
	})
}

// The list of what was signed opens no case, and follows how the cases stand.
func TestWhatWasSignedIsListedFromLines(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.deps.Signers = numbers{"11223344595": boris}
		ref := r.open("sign-works", "two", anna)
		r.run(time.Minute)
		r.signsWith(ref, service.Answers{"agrees": true})
		list, err := r.Signed(ctx, as(boris))
		r.must(err)
		c := r.read(ref)
		if len(list) != 1 || list[0].Status != c.Status || !list[0].Submitted.Equal(c.Submitted) || list[0].Revision != c.Revision {
			t.Errorf("%+v; the case is %s at %d", list, c.Status, c.Revision)
		}
	})
}

// Versions are counted as cases open and end, from the list of those that have not ended.
func TestVersionsOfOpenCasesAreCounted(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		count := func() int {
			t.Helper()
			all, err := r.OpenVersions(ctx)
			r.must(err)
			n := 0
			for _, one := range all {
				if one.Service == "sign-home" && one.Version == theCity().Hash() {
					n += one.Count
				}
			}
			return n
		}
		r.open("sign-home", "against", anna)
		gone := r.open("sign-home", "against", anna)
		if n := count(); n != 2 {
			t.Errorf("%d open", n)
		}
		r.must(r.store.Write(ctx, func(tx *store.Tx) error { return caseworkdb.DropWatch(tx, gone.ID) }))
		if n := count(); n != 1 {
			t.Errorf("%d open after one has ended", n)
		}
	})
}
