package casework

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
	"posad.city/core/document"
	"posad.city/kit/id"
)

func TestDocumentsComeNewestFirst(t *testing.T) {
	t.Parallel()
	begin := time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC)
	rapid.Check(t, func(rt *rapid.T) {
		var list []document.Result
		for _, hours := range rapid.SliceOfN(rapid.IntRange(0, 5), 0, 8).Draw(rt, "hours") {
			list = append(list, document.Result{ID: id.Derived("document", rapid.StringN(8, 12, -1).Draw(rt, "name")), Issued: begin.Add(time.Duration(hours) * time.Hour)})
		}
		newestFirst(list)
		again := slices.Clone(list)
		slices.Reverse(again)
		newestFirst(again)
		for i := range list {
			if i > 0 && list[i].Issued.After(list[i-1].Issued) {
				rt.Fatalf("%d is newer than the one before it", i)
			}
			if again[i].ID != list[i].ID {
				rt.Fatal("documents of one moment change places")
			}
		}
	})
}

// The document that was corrected stands after the one that took its place.
func TestACorrectedDocumentStandsAfterItsHeir(t *testing.T) {
	eachCounter(t, func(t *testing.T, d *counter) {
		ref, path := d.approved("А417МО52")
		first, err := d.papers.Results(ctx, annaAct, anna, ref.ID)
		d.must(err)
		_, err = d.AskCorrection(ctx, annaAct, Mistake{Holder: anna, Case: ref.ID, Document: first[0].ID, Fact: first[0].Facts[0].Key, Words: "Не та буква"})
		d.must(err)
		d.run(time.Second)
		d.clock.Move(time.Hour)
		d.post(igor, path+"/take", "revision", d.revision(igor, path))
		d.post(igor, path+"/correct", "revision", d.revision(igor, path), "line", first[0].Facts[0].Key, "ru", "Б", "en", "B").wants(t, 303)
		d.run(time.Second)
		var seen struct{ Documents []id.ID }
		d.decode(d.get(igor, "/api/v1"+path), &seen)
		if len(seen.Documents) != 2 || seen.Documents[1] != first[0].ID {
			t.Errorf("%v, want %s last", seen.Documents, first[0].ID)
		}
	})
}
