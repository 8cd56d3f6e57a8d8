package transparency

import (
	"encoding/json"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"posad.city/kit/clock"
	"posad.city/kit/jobs"
	"posad.city/kit/journal"
	"posad.city/kit/store"
	"posad.city/kit/store/storetest"
	"posad.city/kit/tlog"
	"posad.city/kit/vault"
	"posad.city/kit/witness"
)

// watched is a city with a witness.
func watched(t *testing.T, test func(t *testing.T, r *rig, w *witness.Server, down func())) {
	t.Helper()
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, c *clock.Fixed) {
		folder := t.TempDir()
		if _, err := witness.Make(folder, "university.example/witness"); err != nil {
			t.Fatal(err)
		}
		w, err := witness.Open(witness.Options{Folder: folder, Clock: c})
		if err != nil {
			t.Fatal(err)
		}
		server := httptest.NewServer(w.Handler())
		t.Cleanup(func() {
			server.Close()
			_ = w.Close() // nothing is signed any more
		})
		r := newRigWith(t, s, c, Deps{Folder: t.TempDir(), Witnesses: []witness.Known{{Witness: w.Witness(), Address: server.URL}}})
		if err := r.log.Publish(t.Context()); err != nil {
			t.Fatal(err)
		}
		key, err := r.verifierKey(r.log.Published())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := witness.Trust(folder, key); err != nil {
			t.Fatal(err)
		}
		test(t, r, w, server.Close)
	}, vault.Migrations, journal.Migrations, jobs.Migrations)
}

// confirm does what a running node does: ask, give places, ask, show.
func (r *rig) confirm() {
	r.t.Helper()
	for range 2 {
		r.clock.Move(time.Minute)
		if err := r.log.Confirm(r.t.Context()); err != nil {
			r.t.Fatal(err)
		}
		r.round()
	}
	if err := r.log.Confirm(r.t.Context()); err != nil {
		r.t.Fatal(err)
	}
	r.round()
}

func TestThePageTellsWhoConfirms(t *testing.T) {
	watched(t, func(t *testing.T, r *rig, w *witness.Server, down func()) {
		e := r.enter(3)[1]
		r.confirm()
		status, body := r.get("/log")
		for _, want := range []string{"Сейчас журнал подтверждают 1 из 1", "university.example/witness", "подтвердил записей: 3, только что"} {
			if status != 200 || !strings.Contains(body, want) {
				t.Errorf("%d, without %q", status, want)
			}
		}
		if _, body := r.get("/log?lang=en"); strings.Contains(body, "transparency.") {
			t.Error("a text is missing")
		}
		_, note := r.get("/log/checkpoint")
		if list, err := tlog.Cosignatures(note, []tlog.Witness{w.Witness()}); err != nil || len(list) != 1 {
			t.Errorf("%v, %v", list, err)
		}
		status, text := r.get("/log/witnesses")
		p, err := tlog.ParsePolicy(text)
		if status != 200 || err != nil || p.Quorum != 1 || len(p.Logs) != 1 || len(p.Witnesses) != 1 || p.Witnesses[0].Key() != w.Witness().Key() {
			t.Errorf("%d, %+v, %v", status, p, err)
		}
		if status, body := r.give(r.receipt(e.ID)); status != 200 || !strings.Contains(body, "Подтвердили снаружи") {
			t.Errorf("the receipt: %d", status)
		}
		var wire wireLog
		if _, body := r.get("/api/v1/log"); json.Unmarshal([]byte(body), &wire) != nil || wire.Confirmed == nil || wire.Confirmed.Size != 3 || wire.Confirmed.Held {
			t.Errorf("%+v", wire.Confirmed)
		}
		down()
		r.clock.Move(journal.LateAfter)
		r.confirm()
		for _, want := range []string{"Свидетели давно не подтверждали журнал", "сейчас не подтверждает; в последний раз записей: 3"} {
			if _, body := r.get("/log"); !strings.Contains(body, want) {
				t.Errorf("without %q", want)
			}
		}
		if got := r.meter("posad_log_witness_quorum_missing_seconds"); got < journal.LateAfter.Seconds() {
			t.Errorf("missing for %v s", got)
		}
		if got := r.meter("posad_log_witnesses_failing"); got != 1 {
			t.Errorf("failing: %v", got)
		}
		if got := r.meter("posad_log_confirmed_size"); got != 3 {
			t.Errorf("confirmed: %v", got)
		}
	})
}

func TestThePageWithoutWitnesses(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.round()
		if _, body := r.get("/log"); !strings.Contains(body, "Город пока не назвал свидетелей") {
			t.Error("the page does not say that there are no witnesses")
		}
		if _, text := r.get("/log/witnesses"); !strings.Contains(text, "quorum none") {
			t.Errorf("%s", text)
		}
		if status, _ := r.get("/admin/log"); status == 200 {
			t.Error("the operator's page is shown to anybody")
		}
	})
}

// meter reads a meter of the module.
func (r *rig) meter(name string) float64 {
	r.t.Helper()
	list, err := r.base.Metrics.(*prometheus.Registry).Gather()
	if err != nil {
		r.t.Fatal(err)
	}
	for _, f := range list {
		if f.GetName() == name {
			return f.GetMetric()[0].GetGauge().GetValue()
		}
	}
	r.t.Fatalf("there is no meter %s", name)
	return 0
}
