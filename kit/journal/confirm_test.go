package journal

import (
	"crypto/ed25519"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"posad.city/kit/clock"
	"posad.city/kit/lang"
	"posad.city/kit/store"
	"posad.city/kit/tlog"
	"posad.city/kit/witness"
)

// outside is a witness of the tests that may be down, slow, or say what the test says.
type outside struct {
	*witness.Server
	address string
	asked   atomic.Int64
	instead atomic.Pointer[http.HandlerFunc] // nil: the witness answers
}

func (o *outside) known() witness.Known {
	return witness.Known{Witness: o.Witness(), Address: o.address}
}

func (o *outside) say(status int, kind, body string) {
	handler := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", kind)
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	})
	o.instead.Store(&handler)
}

// stand stands a witness up that knows the test's city by its present keys.
func (w world) stand(t testing.TB, name string) *outside {
	t.Helper()
	folder := t.TempDir()
	if _, err := witness.Make(folder, name); err != nil {
		t.Fatal(err)
	}
	keys, err := w.Journal.seal.Keys()
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range PublicKeys(keys) {
		verifier, err := tlog.VerifierKey(originOf(w.Journal.seal.City()), key)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := witness.Trust(folder, verifier); err != nil {
			t.Fatal(err)
		}
	}
	out := &outside{}
	if out.Server, err = witness.Open(witness.Options{Folder: folder, Clock: w.Journal.clock}); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		out.asked.Add(1)
		if instead := out.instead.Load(); instead != nil {
			(*instead)(rw, r)
			return
		}
		out.Handler().ServeHTTP(rw, r)
	}))
	out.address = server.URL
	t.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
		_ = out.Close() // nothing is signed any more
	})
	return out
}

// witnessed is a node's side of the log with witnesses.
func (w world) witnessed(folder string, quorum int, list ...*outside) *Log {
	o := LogOptions{Store: w.store, Seal: w.Journal.seal, Clock: w.Journal.clock, Folder: folder, Quorum: quorum}
	for _, one := range list {
		o.Witnesses = append(o.Witnesses, one.known())
	}
	return OpenLog(o)
}

// turn is what a running node does: publish, ask, give places, publish, ask, show.
func turn(t testing.TB, l *Log) {
	t.Helper()
	for range 2 {
		l.o.Clock.(*clock.Fixed).Move(lease + askLease)
		if err := l.Publish(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := l.Confirm(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := l.Round(t.Context()); err != nil && !errors.Is(err, ErrHeld) {
			t.Fatal(err)
		}
	}
	if err := l.Confirm(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := l.Publish(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func witnesses(list ...*outside) []tlog.Witness {
	var out []tlog.Witness
	for _, one := range list {
		out = append(out, one.Witness())
	}
	return out
}

func TestWitnessesConfirmWhatIsPublished(t *testing.T) {
	each(t, func(t *testing.T, w world) {
		a, b, c := w.stand(t, "a"), w.stand(t, "b"), w.stand(t, "c")
		folder := t.TempDir()
		l := w.witnessed(folder, 2, a, b, c)
		w.Attach(l)
		entered := w.enterMany(t, 0, 300)
		turn(t, l)
		p := l.Published()
		list, err := tlog.Cosignatures(p.Note, witnesses(a, b, c))
		if err != nil || p.Size != 300 || len(list) != 3 {
			t.Fatalf("published %d with %d signatures: %v", p.Size, len(list), err)
		}
		if file, err := ReadFolder(folder)(t.Context(), checkpointFile); err != nil || string(file) != p.Note {
			t.Errorf("the file is another: %v", err)
		}
		// One is down: the quorum is kept, and the receipts say by whom. Two are down: receipts carry what was confirmed.
		a.say(503, "", "")
		w.enterMany(t, 300, 40)
		turn(t, l)
		now := w.Journal.clock.Now()
		if s := l.Confirmations(); s.Size != 340 || s.Late(now) || s.Hold != nil || s.Witnesses[0].Trouble != witness.Busy || s.Witnesses[1].Size != 340 {
			t.Errorf("%+v", s)
		}
		b.say(503, "", "")
		later := w.enterMany(t, 340, 10)
		turn(t, l)
		if p := l.Published(); p.Size != 350 {
			t.Fatalf("the log stands still at %d while witnesses are down", p.Size)
		}
		for i, e := range []Entered{entered[7], later[3]} {
			opened, err := w.Open(w.keys, w.row(t, e.ID))
			if err != nil {
				t.Fatal(err)
			}
			r, err := Verify(receiptOf(t, w.Journal, opened))
			if err != nil || r.Place == nil {
				t.Fatal(err)
			}
			list, err := r.Confirmed(witnesses(a, b, c))
			if err != nil || i == 0 && (r.Place.Size != 340 || len(list) < 2) || i == 1 && (r.Place.Size != 350 || len(list) != 1) {
				t.Errorf("receipt %d: size %d, %d signatures, %v", i, r.Place.Size, len(list), err)
			}
		}
		w.tellConfirmed(t, entered[7], witnesses(a, b, c))
		// It lasts: people are told. It ends: all is as it was.
		w.fixed(t, LateAfter)
		if s := l.Confirmations(); !s.Late(w.Journal.clock.Now()) {
			t.Errorf("nobody is told: %+v", s)
		}
		a.instead.Store(nil)
		b.instead.Store(nil)
		turn(t, l)
		if s := l.Confirmations(); s.Size != 350 || s.Late(w.Journal.clock.Now()) || s.Witnesses[0].Trouble != "" {
			t.Errorf("%+v", s)
		}
	})
}

// tellConfirmed: a reader is told who confirmed, of those whom they believe, and whether these are enough.
func (w world) tellConfirmed(t *testing.T, e Entered, all []tlog.Witness) {
	t.Helper()
	texts, err := lang.Load(Locale)
	if err != nil {
		t.Fatal(err)
	}
	opened, err := w.Open(w.keys, w.row(t, e.ID))
	if err != nil {
		t.Fatal(err)
	}
	r, err := Verify(receiptOf(t, w.Journal, opened))
	if err != nil {
		t.Fatal(err)
	}
	stranger := tlog.Witness{Name: "stranger", Public: ed25519.NewKeyFromSeed([]byte(strings.Repeat("x", 32))).Public().(ed25519.PublicKey)}
	promise := r
	promise.Place = nil
	for _, test := range []struct {
		r      Report
		known  []tlog.Witness
		quorum int
		enough bool
		want   string
	}{
		{r, all, 2, true, "the witness b saw this state"},
		{r, all, 3, false, "Confirmed by 2 of the witnesses that you named; you want 3"},
		{r, []tlog.Witness{stranger}, 1, false, "none of the witnesses that you named (1)"},
		{r, []tlog.Witness{stranger}, 0, true, "none of the witnesses that you named (1)"},
		{promise, all, 1, false, "no place in the log yet"},
	} {
		var out strings.Builder
		text := func(key string, args ...any) string { return texts.Text(lang.English, key, args...) }
		enough, err := test.r.TellConfirmed(&out, test.known, test.quorum, false, text)
		if err != nil || enough != test.enough || !strings.Contains(out.String(), test.want) {
			t.Errorf("%v, %v: %s, want %s", enough, err, out.String(), test.want)
		}
	}
}

// TestNoWitnessStopsTheCity: one that hangs, lies, or answers by another's key confirms nothing and stops nothing.
func TestNoWitnessStopsTheCity(t *testing.T) {
	each(t, func(t *testing.T, w world) {
		good, bad := w.stand(t, "good"), w.stand(t, "bad")
		l := w.witnessed(t.TempDir(), 2, good, bad)
		entered := 0
		for name, what := range map[string]struct {
			status     int
			kind, body string
			want       witness.Trouble
		}{
			"ahead":         {409, "text/x.tlog.size", "1000000\n", witness.Elsewhere},
			"another root":  {409, "text/plain", "", witness.Forked},
			"no such log":   {404, "", "", witness.UnknownLog},
			"no such key":   {403, "", "", witness.UnknownKey},
			"nonsense":      {200, "", "hello", witness.Strange},
			"another's key": {200, "", signatureOf(t, "bad"), witness.Stranger},
		} {
			bad.say(what.status, what.kind, what.body)
			w.enterMany(t, entered, 3)
			entered += 3
			turn(t, l)
			s := l.Confirmations()
			if p := l.Published(); p.Size != int64(entered) || s.Hold != nil || s.Witnesses[1].Trouble != what.want || s.Witnesses[0].Trouble != "" {
				t.Errorf("%s: published %d of %d; %+v", name, p.Size, entered, s)
			}
			if list, err := tlog.Cosignatures(l.Published().Note, witnesses(good, bad)); err != nil || len(list) != 1 || list[0].Name != "good" {
				t.Errorf("%s: %+v, %v", name, list, err)
			}
		}
	})
}

func signatureOf(t testing.TB, name string) string {
	t.Helper()
	key := ed25519.NewKeyFromSeed([]byte(strings.Repeat("x", 32)))
	c, err := tlog.Cosign(name, key, "kitezh/log\n0\nAAAA\n", time.Unix(1, 0))
	if err != nil {
		t.Fatal(err)
	}
	return c.Line
}

// TestASlowWitnessDelaysNobody: a running node gives places, publishes and makes receipts while a witness hangs, and the
// other witness's signature does not wait for the next day.
func TestASlowWitnessDelaysNobody(t *testing.T) {
	each(t, func(t *testing.T, w world) {
		good, slow := w.stand(t, "good"), w.stand(t, "slow")
		l := w.witnessed(t.TempDir(), 1, good, slow)
		turn(t, l)
		end, hangs, over := clock.Measure(), make(chan bool, 100), make(chan bool)
		hang := http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
			hangs <- true
			<-over
		})
		defer close(over)
		slow.instead.Store(&hang)
		w.fixed(t, time.Hour)
		if err := l.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		defer l.Stop()
		<-hangs
		began := end()
		w.enterMany(t, 0, 5)
		l.Poke()
		for l.Published().Size != 5 {
			time.Sleep(time.Millisecond)
		}
		if took := end() - began; took > 2*time.Second {
			t.Errorf("it took %s", took)
		}
	})
}

// TestAForkedCityGetsNoSecondSignature: two databases of one city grow two histories of one size. The witness signs the
// first alone; the second gives no more places and its check names the fork, and so does whoever holds an old checkpoint.
func TestAForkedCityGetsNoSecondSignature(t *testing.T) {
	each(t, func(t *testing.T, w world) {
		a := w.stand(t, "a")
		folder := t.TempDir()
		l := w.witnessed(folder, 1, a)
		w.enterMany(t, 0, 10)
		turn(t, l)
		before := w.rows(t)
		lost := w.enterMany(t, 10, 5)
		turn(t, l)
		first := l.Published()
		if s := l.Confirmations(); s.Size != 15 {
			t.Fatalf("%+v", s)
		}
		// The other history: the database set back, the node's files gone, other acts, no witness heard before.
		w.restore(t, before, lost)
		w.forget(t)
		w.enterMany(t, 20, 5)
		w.fixed(t, time.Hour)
		alone := w.openLog(0, t.TempDir())
		second := round(t, alone)
		if second.Size != 15 || second.Root == first.Root {
			t.Fatalf("this is no fork: %+v", second)
		}
		forked := w.witnessed(t.TempDir(), 1, a)
		w.fixed(t, time.Hour)
		turn(t, forked)
		s := forked.Confirmations()
		if list, _ := tlog.Cosignatures(forked.Published().Note, witnesses(a)); len(list) != 0 || s.Hold == nil || !s.Hold.Forked || s.Witnesses[0].Trouble != witness.Forked {
			t.Fatalf("%d signatures, %+v", len(list), s)
		}
		w.enterMany(t, 30, 1)
		if _, err := forked.Step(t.Context()); !errors.Is(err, ErrHeld) {
			t.Errorf("it goes on: %v", err)
		}
		report, err := forked.Check(t.Context(), CheckOptions{})
		if err != nil || !troubled(report, TroubleForked) {
			t.Errorf("%+v, %v", report.Faults, err)
		}
		if report, err = forked.Check(t.Context(), CheckOptions{Since: first.Note}); err != nil || !troubled(report, TroubleSince) {
			t.Errorf("since the first: %+v, %v", report.Faults, err)
		}
		if report, err = alone.Check(t.Context(), CheckOptions{Since: before.tree.note}); err != nil || len(report.Faults) > 0 {
			t.Errorf("since before the fork: %+v, %v", report.Faults, err)
		}
	})
}

// TestWitnessesTellOfARestore: a node with an empty folder on a database that was set back gives no places, loudly, and
// goes on when the files of the log are there again.
func TestWitnessesTellOfARestore(t *testing.T) {
	each(t, func(t *testing.T, w world) {
		a, b := w.stand(t, "a"), w.stand(t, "b")
		folder := t.TempDir()
		l := w.witnessed(folder, 1, a, b)
		w.enterMany(t, 0, 10)
		turn(t, l)
		before := w.rows(t)
		lost := w.enterMany(t, 10, 5)
		turn(t, l)
		w.restore(t, before, lost)
		w.forget(t)
		w.enterMany(t, 20, 3)

		fresh := w.witnessed(t.TempDir(), 1, a, b)
		if err := fresh.Round(t.Context()); err != nil || fresh.Published().Size != 10 {
			t.Fatalf("it gave places before it had asked: %d, %v", fresh.Published().Size, err)
		}
		turn(t, fresh)
		s := fresh.Confirmations()
		if s.Hold == nil || s.Hold.Size != 15 || s.Hold.Database != 10 || len(s.Hold.Names) != 2 || fresh.Published().Size != 10 {
			t.Fatalf("%+v, %+v, published %d", s, s.Hold, fresh.Published().Size)
		}
		report, err := fresh.Check(t.Context(), CheckOptions{})
		if err != nil || !troubled(report, TroubleAhead) {
			t.Errorf("%+v, %v", report.Faults, err)
		}
		again := w.witnessed(t.TempDir(), 1, a, b)
		a.say(503, "", "")
		b.say(503, "", "")
		turn(t, again) // they are silent now; what they said stays said
		if s := again.Confirmations(); s.Hold == nil {
			t.Errorf("a restart forgets: %+v", s)
		}
		a.instead.Store(nil)
		b.instead.Store(nil)
		mended := w.witnessed(folder, 1, a, b)
		w.fixed(t, time.Hour)
		if err := mended.Recover(t.Context()); err != nil {
			t.Fatal(err)
		}
		turn(t, mended)
		if s := mended.Confirmations(); s.Hold != nil || s.Size != 18 || mended.Published().Size != 18 {
			t.Errorf("%+v, published %d", s, mended.Published().Size)
		}
	})
}

// TestNobodyIsAskedForNothing: a log that stands still asks each witness now and then, not at each turn.
func TestNobodyIsAskedForNothing(t *testing.T) {
	each(t, func(t *testing.T, w world) {
		a := w.stand(t, "a")
		l := w.witnessed(t.TempDir(), 0, a)
		w.enterMany(t, 0, 3)
		turn(t, l)
		asked := a.asked.Load()
		due := func() {
			t.Helper()
			if err := l.Publish(t.Context()); err != nil {
				t.Fatal(err)
			}
			if err := l.confirm(t.Context(), true); err != nil {
				t.Fatal(err)
			}
		}
		for range 5 {
			due()
			w.fixed(t, time.Minute)
		}
		if got := a.asked.Load(); got != asked {
			t.Errorf("asked %d times", got-asked)
		}
		w.fixed(t, refreshAfter)
		due()
		if got := a.asked.Load(); got != asked+1 {
			t.Errorf("asked %d times after a while", got-asked)
		}
		a.say(503, "", "")
		asked = a.asked.Load()
		for range 60 { // a minute of a witness that is down
			w.enterMany(t, int(a.asked.Load())*100+1000, 0)
			w.fixed(t, refreshAfter/10)
			due()
		}
		if got := a.asked.Load() - asked; got < 3 || got > 20 {
			t.Errorf("asked %d times in an hour", got)
		}
		if missing := l.Confirmations().Missing(w.Journal.clock.Now()); missing < 58*time.Minute {
			t.Errorf("after an hour of refusals the last signature is %s old", missing)
		}
	})
}

// TestASecondNodeAsksForItself: a node that starts gives places soon, whoever holds the lease of asking, and what it keeps
// of an older checkpoint takes nothing back.
func TestASecondNodeAsksForItself(t *testing.T) {
	each(t, func(t *testing.T, w world) {
		a := w.stand(t, "a")
		first, second := w.witnessed(t.TempDir(), 1, a), w.witnessed(t.TempDir(), 1, a)
		w.enterMany(t, 0, 5)
		turn(t, first)
		if err := second.Publish(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := second.confirm(t.Context(), true); err != nil || !second.heard.Load() {
			t.Fatalf("it waits for the other's lease: %v", err)
		}
		// The second node asked for 5 entries; before it keeps the answer, the first has 8 confirmed.
		now := w.Journal.clock.Now()
		old, _, err := second.target(t.Context(), now)
		if err != nil {
			t.Fatal(err)
		}
		answers := second.askAll(t.Context(), second.o.Witnesses, old, time.Second)
		w.enterMany(t, 5, 3)
		turn(t, first)
		if err := second.keep(t.Context(), old, answers); err != nil {
			t.Fatal(err)
		}
		if err := first.Publish(t.Context()); err != nil {
			t.Fatal(err)
		}
		if s := first.Confirmations(); s.Size != 8 || s.Witnesses[0].Size != 8 {
			t.Errorf("an older answer took back a newer one: %+v", s)
		}
	})
}

func troubled(r CheckReport, what Trouble) bool {
	for _, f := range r.Faults {
		if f.Trouble == what {
			return true
		}
	}
	return false
}

var (
	dropConfirmed = store.NewQuery("test.DropConfirmed", `DELETE FROM journal_confirmed`)
	dropWitnesses = store.NewQuery("test.DropWitnesses", `DELETE FROM journal_witness`)
)

// forget is what a restore does to what the database knew of witnesses.
func (w world) forget(t *testing.T) {
	t.Helper()
	w.change(t, func(tx *store.Tx) error {
		_, _ = tx.Exec(dropConfirmed) // the Write fails by itself
		_, _ = tx.Exec(dropWitnesses)
		return nil
	})
}
