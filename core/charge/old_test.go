package charge

import (
	"io/fs"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"posad.city/core/charge/internal/store"
	"posad.city/kit/clock"
	"posad.city/kit/id"
	"posad.city/kit/store"
	"posad.city/kit/store/storetest"
)

var (
	oldBill = store.NewQuery("charge.test.bill", `INSERT INTO bill (home, id, number, external, payee, kind, service, subject, period, amount, currency, title, terms, details, proof, state, paid, given, forgiven, issued, due, settled, test, revision)
VALUES ($1, $2, $3, '', $1, 'fine', '', NULL, '', 100, 'RUB', '{}', '', NULL, NULL, $4, 0, 0, 0, $5, NULL, NULL, FALSE, 1)`)
	oldWatch   = store.NewQuery("charge.test.watch", `INSERT INTO charge_watch (person, home, means, source, value, since) VALUES ($1, $2, $3, $4, $5, $6)`)
	oldWatcher = store.NewQuery("charge.test.watcher", `INSERT INTO charge_watcher (home, person) VALUES ($1, $2)`)
	begun      = store.NewQuery("charge.test.begun", `UPDATE charge_watch SET begins = $1 WHERE source = 'register' AND home = $2`)
)

// upTo is the schema as it was after some of its files.
func upTo(t *testing.T, last string) store.Migrations {
	t.Helper()
	out := fstest.MapFS{}
	for _, path := range must[[]string](t)(fs.Glob(Migrations.Files, "schema/*")) {
		if strings.TrimPrefix(path, "schema/") <= last {
			out[path] = &fstest.MapFile{Data: must[[]byte](t)(fs.ReadFile(Migrations.Files, path))}
		}
	}
	return store.Migrations{Module: Migrations.Module, Files: out}
}

// A plate that was watched before watches had a time shows what is to be paid of before: a register's everything, until it says since
// when, and a saved one what was still to be paid. What has got its day since keeps it.
func TestOldWatchesOfPlatesSeeTheirFines(t *testing.T) {
	t.Parallel()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		oldWatches(t, store.Options{Dir: t.TempDir()})
	})
	if os.Getenv(storetest.PostgresEnv) != "" {
		t.Run("postgres", func(t *testing.T) {
			t.Parallel()
			oldWatches(t, storetest.Postgres(t, store.Options{}))
		})
	}
}

func oldWatches(t *testing.T, o store.Options) {
	c := clock.At(storetest.Start)
	o.Clock = c
	now, day := c.Now(), 24*time.Hour
	home, other := id.Derived("home", "car"), id.Derived("home", "other")
	open := func(last store.Migrations) *store.Store {
		return must[*store.Store](t)(store.Open(ctx, o, slices.Concat(needs[:len(needs)-1], []store.Migrations{last})...))
	}
	before := open(upTo(t, "003_number.sql"))
	bill := func(name, state string, at time.Time) store.Stmt {
		return store.Stmt{Query: oldBill, Args: []any{home, id.Derived("bill", name), name, state, at}}
	}
	rows := []store.Stmt{bill("1", "paid", now.Add(-90*day)), bill("2", "due", now.Add(-60*day)), bill("3", "due", now.Add(-30*day))}
	for _, w := range []struct {
		person       id.ID
		home         id.ID
		means, whose string
	}{{anna, home, "plate", "register"}, {boris, home, "plate", "saved"}, {anna, other, "plate", "register"}, {boris, other, "flat-account", "saved"}} {
		rows = append(rows, store.Stmt{Query: oldWatch, Args: []any{w.person, w.home, w.means, w.whose, []byte("sealed"), now}},
			store.Stmt{Query: oldWatcher, Args: []any{w.home, w.person}})
	}
	if err := before.Append(ctx, rows...); err != nil {
		t.Fatal(err)
	}
	_ = before.Close()
	between := open(upTo(t, "005_news.sql"))
	day3 := now.Add(-3 * day)
	if err := between.Append(ctx, store.Stmt{Query: begun, Args: []any{day3, other}}); err != nil { // named since, with its day
		t.Fatal(err)
	}
	_ = between.Close()
	after := open(Migrations)
	defer func() { _ = after.Close() }()
	r := newRig(t, after, c)
	for _, want := range []struct {
		person, home id.ID
		begins       time.Time
	}{{anna, home, time.Time{}}, {boris, home, now.Add(-60 * day)}, {anna, other, day3}, {boris, other, time.Time{}}} {
		w := must[chargedb.ChargeWatch](t)(r.watchOf(ctx, r.system(), want.person, want.home))
		if !w.Begins.Equal(want.begins) {
			t.Errorf("%s's watch of %s begins %s, not %s", want.person, want.home, w.Begins, want.begins)
		}
		sees := must[[]id.ID](t)(r.watchers(ctx, want.home, func(s span) bool { return s.from.Equal(want.begins) }))
		found := false
		for _, who := range sees {
			found = found || who == want.person
		}
		if !found && want.home == home {
			t.Errorf("the other side begins elsewhere: %v", sees)
		}
	}
}
