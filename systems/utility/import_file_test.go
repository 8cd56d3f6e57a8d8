package utility

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"posad.city/core/charge"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/jobs"
	"posad.city/kit/store"
	"posad.city/kit/vault"
)

// send sends a file and has it taken.
func (r *rig) send(a act.Act, content string) (Import, []BadLine) {
	r.t.Helper()
	which := must[id.ID](r.t)(r.SendReadings(ctx, a, []byte(content)))
	if _, err := r.queue.Drain(ctx); err != nil {
		r.t.Fatal(err)
	}
	return must[Import](r.t)(r.Import(ctx, a, which)), must[[]BadLine](r.t)(r.BadLines(ctx, which))
}

func TestAFileTakesWhatIsRight(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		homes := r.enter(account("5299000001"), account("5299000002"), account("5299000003"))
		own := must[*charge.PreparedWatch](t)(r.deps.Charges.PrepareWatch(ctx, clerkAct.Actor.Person, charge.Identifier{By: charge.ByFlat, Value: "5299000003"}, charge.SourceSaved))
		if err := r.base.Store.Write(ctx, func(tx *store.Tx) error { return own.Put(tx) }); err != nil {
			t.Fatal(err)
		}
		got, bad := r.send(clerkAct, strings.Join([]string{
			"5299000001;C1;;105;2026-10-20", "5299000002;C1;;5;2026-10-20", "5299000002;C9;;5;2026-10-20", "!;C1;;5;2026-10-20", "5299000002;P1;night;505;2026-10-20",
			"5299000001;H1;;105;2026-10-21", "5299000001;H1;;105;2026-09-25", "мусор", "5299000001;C1;;106;2026-10-20", "5299000003;C1;;105;2026-10-20", "5299000001;H1;;105;2026-09-26",
		}, "\n"))
		var reasons []string
		for _, b := range bad {
			reasons = append(reasons, fmt.Sprint(b.Line, " ", b.Reason))
		}
		want := []string{"2 lower", "3 meter", "4 account", "6 month", "7 month", "8 form", "9 twice", "10 own"}
		if diff := cmp.Diff(want, reasons); diff != "" {
			t.Errorf("not taken (-want +got):\n%s", diff)
		}
		if !got.Done || got.Lines != 11 || got.Did != 11 || got.Took != 3 || got.Wrong != 8 {
			t.Errorf("the file: %+v", got)
		}
		if waiting := must[[]Reading](t)(r.ToReview(ctx, otherAct, 10)); len(waiting) != 1 {
			t.Fatalf("%d wait for a review", len(waiting))
		} else if err := r.Judge(ctx, clerkAct, waiting[0], true); !errors.Is(err, ErrOwn) {
			t.Errorf("whoever sent the file takes its odd reading: %v", err)
		}
		if n := len(must[[]Reading](t)(r.Readings(ctx, r.system(), homes[0]))); n != 2 {
			t.Errorf("%d readings of the first flat", n)
		}
	})
}

// A part that is taken again, as after a crash, takes nothing twice; a file goes on at the part at which it stood.
func TestAFileThatWasBrokenOffGoesOn(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		var accounts []Account
		var lines []string
		for i := range partLines + 20 {
			a := account(fmt.Sprintf("52990%05d", i))
			accounts = append(accounts, a)
			lines = append(lines, a.Account+";C1;;105;2026-10-20")
		}
		homes := r.enter(accounts...)
		which := must[id.ID](t)(r.SendReadings(ctx, clerkAct, []byte(strings.Join(lines, "\n"))))
		row, err := r.importRow(ctx, r.system(), which)
		if err != nil || row.Parts != 2 {
			t.Fatalf("%d parts, %v", row.Parts, err)
		}
		keys := must[*vault.Keys](t)(r.base.Vault.Keys(ctx, r.agencyID()))
		if err := r.takePart(ctx, keys, row); err != nil {
			t.Fatal(err)
		}
		if err := r.takePart(ctx, keys, row); !errors.Is(err, errHalted) {
			t.Errorf("the first part again: %v", err)
		}
		for range 2 {
			if err := r.take(ctx, jobs.Job{Holder: r.agencyID(), Object: which}); err != nil {
				t.Fatal(err)
			}
		}
		if got := must[Import](t)(r.Import(ctx, clerkAct, which)); !got.Done || got.Took != int64(len(lines)) || got.Wrong != 0 {
			t.Errorf("the file: %+v", got)
		}
		for _, home := range []id.ID{homes[0], homes[len(homes)-1]} {
			if n := len(must[[]Reading](t)(r.Readings(ctx, r.system(), home))); n != 1 {
				t.Errorf("%d readings", n)
			}
		}
		at(r.clock, r.clock.Now().Add(importKept+importSweepGap))
		if err := r.sweepImports(ctx, jobs.Job{}); err != nil {
			t.Fatal(err)
		}
		if _, err := r.Import(ctx, clerkAct, which); !errors.Is(err, ErrNone) {
			t.Errorf("an old file: %v", err)
		}
	})
}

func TestAnEmptyFileIsNothing(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		if _, err := r.SendReadings(ctx, clerkAct, []byte("\n# nothing\n")); !errors.Is(err, ErrNothing) {
			t.Error(err)
		}
	})
}
