package app_test

import (
	"bytes"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"posad.city/app"
	"posad.city/app/apptest"
	"posad.city/core/service"
	"posad.city/kit/act"
	"posad.city/kit/lang"
	"posad.city/kit/store"
	"posad.city/kit/store/storetest"
)

// TestKeptCasesAreReplayedAndSimulated: a decided case comes out the same again, goes through another version, and the
// people whose cases were read find the operator's look.
func TestKeptCasesAreReplayedAndSimulated(t *testing.T) {
	t.Parallel()
	t.Run("sqlite", func(t *testing.T) { replayedAndSimulated(t, apptest.Open(t)) })
	if os.Getenv(storetest.PostgresEnv) != "" {
		t.Run("postgres", func(t *testing.T) { replayedAndSimulated(t, apptest.OpenPostgres(t)) })
	}
}

func replayedAndSimulated(t *testing.T, h *apptest.House) {
	w := newWorld(t, h)
	ctx := t.Context()

	got, err := h.ReplayHere(ctx, w.freight)
	if err != nil {
		t.Fatal(err)
	}
	if !got.Same || got.Service != "freight-pass" || got.Definition != h.City.Hash() || got.Kept == "" || got.Kept != got.Now || got.Stage != "approved" {
		t.Errorf("the case comes out as %+v", got)
	}
	for _, l := range lang.All() {
		if said := got.In(l); strings.Contains(said, "app.replay") || !strings.Contains(said, got.Kept) {
			t.Errorf("%s: %s", l, said)
		}
	}
	if _, err := h.ReplayHere(ctx, w.parking); err == nil {
		t.Error("a case that is not decided is replayed")
	}
	if _, err := h.ReplayHere(ctx, "0000000000"); err == nil {
		t.Error("a case that is not there is replayed")
	}

	var said bytes.Buffer
	c := app.SimulateCommand{From: h.City.Bytes(), To: h.City.Bytes(), Services: []string{"freight-pass"}, Days: 365}
	if err := h.SimulateHere(ctx, c, &said); err != nil {
		t.Fatal(err)
	}
	list, err := app.Simulations(&said, func(string, int) {})
	if err != nil || len(list) != 1 || list[0].Cases == 0 || list[0].Changed != 0 || len(list[0].Real) == 0 || list[0].Real[0].From.Verdict != service.Approve {
		t.Errorf("simulated: %+v %v", list, err)
	}
	if c.Days = 0; h.SimulateHere(ctx, c, &said) == nil {
		t.Error("no days are looked back")
	}

	anna := h.Resident("anna").ID()
	var looks []store.LookRecord
	h.Must(h.Base.Store.Look(ctx, system(w), "test", func(p *store.Personal) error {
		var err error
		looks, err = store.LooksAt(p, anna, h.Clock.Now().Add(time.Hour), 1000)
		return err
	}))
	for _, what := range []string{"casework.look.simulation", "casework.look.case"} {
		if !slices.ContainsFunc(looks, func(l store.LookRecord) bool {
			return l.What == what && l.Actor.Role == "operator" && l.Channel == act.Command
		}) {
			t.Errorf("the look %s is not on record", what)
		}
	}

	kept, err := h.KeptHere(ctx)
	if err != nil || !slices.Contains(kept.Cases, service.VersionCount{Service: "parking-permit", Version: h.City.Hash(), Count: 1}) {
		t.Errorf("kept versions: %+v %v", kept, err)
	}
	touched := service.TouchedBy([]service.Change{{Service: "parking-permit"}}, kept.Cases, kept.Drafts)
	if len(touched) != 1 || touched[0].Cases != 1 {
		t.Errorf("touched: %+v", touched)
	}
}
