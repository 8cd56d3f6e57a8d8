package journal

import (
	"testing"
	"time"

	"posad.city/kit/clock"
	"posad.city/kit/lang"
	"posad.city/kit/store"
)

// TestOneSpoiltRowKeepsNobodyElseOut: an act whose leaf was changed into something that is none gets no place, everybody
// else does, and a check names it once its promise is over.
func TestOneSpoiltRowKeepsNobodyElseOut(t *testing.T) {
	each(t, func(t *testing.T, w world) {
		l := w.openLog(0, t.TempDir())
		entered := w.enterMany(t, 0, 5)
		spoilt := entered[1]
		if err := w.store.Write(t.Context(), func(tx *store.Tx) error { return w.sets(setLeaf, []byte("short"), spoilt.ID)(tx) }); err != nil {
			t.Fatal(err)
		}
		if p := round(t, l); p.Size != 4 {
			t.Fatalf("the log has %d entries, want 4", p.Size)
		}
		w.enterMany(t, 5, 3)
		if p := round(t, l); p.Size != 7 {
			t.Fatalf("the log has %d entries, want 7", p.Size)
		}
		if r, err := l.Check(t.Context(), CheckOptions{}); err != nil || len(r.Faults) != 0 {
			t.Errorf("before the promise is over: %+v, %v", r.Faults, err)
		}
		l.o.Clock.(*clock.Fixed).Move(Delay + time.Minute)
		r, err := l.Check(t.Context(), CheckOptions{})
		if err != nil || len(r.Faults) != 1 || r.Faults[0].Trouble != TroubleOverdue || r.Faults[0].Entry != spoilt.ID {
			t.Errorf("after it: %+v, %v", r.Faults, err)
		}
		texts, err := lang.Load(Locale)
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range []lang.Language{lang.Russian, lang.English} {
			if !texts.Has("journal.check." + string(TroubleOverdue)) {
				t.Errorf("no words in %s", l)
			}
		}
	})
}
