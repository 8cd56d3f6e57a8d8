package crash

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"posad.city/kit/store/storetest"
)

// How often the city is killed when nothing else is said: enough for every run of the tests, few enough for three minutes.
const (
	killsSQLite   = 14
	killsPostgres = 6
)

// Between these the city lives before it is killed.
const (
	lifeLeast = 50 * time.Millisecond
	lifeMost  = 1500 * time.Millisecond
)

var binary string // of the city, built once

func TestMain(m *testing.M) {
	os.Exit(run(m))
}

func run(m *testing.M) int {
	if play() {
		return 1
	}
	dir, err := os.MkdirTemp("", "posad-crash-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() { _ = os.RemoveAll(dir) }() // a temporary folder: nothing hangs on it
	binary = filepath.Join(dir, "posad")
	build := exec.Command("go", "build", "-o", binary, "posad.city/cmd/posad")
	if out, err := build.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "build: %v\n%s", err, out)
		return 1
	}
	return m.Run()
}

func TestSQLite(t *testing.T) {
	campaign(t, kills(t, "POSAD_CRASH_SQLITE", killsSQLite), "")
}

func TestPostgreSQL(t *testing.T) {
	server := os.Getenv(storetest.PostgresEnv)
	if server == "" {
		t.Skip(storetest.PostgresEnv + " names no server")
	}
	campaign(t, kills(t, "POSAD_CRASH_POSTGRES", killsPostgres), freshDatabase(t, server))
}

func kills(t *testing.T, variable string, otherwise int) int {
	t.Helper()
	given := os.Getenv(variable)
	if given == "" {
		return otherwise
	}
	n, err := strconv.Atoi(given)
	if err != nil {
		t.Fatalf("%s: %v", variable, err)
	}
	return n
}

// freshDatabase makes a database of its own on the server and drops it at the end.
func freshDatabase(t *testing.T, server string) string {
	t.Helper()
	conf, err := pgx.ParseConfig(server)
	if err != nil {
		t.Fatal(err)
	}
	name := fmt.Sprintf("posad_crash_%d", os.Getpid())
	command := func(sql string) {
		c, err := pgx.Connect(context.WithoutCancel(t.Context()), server)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.Exec(context.WithoutCancel(t.Context()), sql); err != nil {
			t.Error(err)
		}
		if err := c.Close(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	}
	command("CREATE DATABASE " + name + " TEMPLATE template0")
	t.Cleanup(func() { command("DROP DATABASE " + name + " WITH (FORCE)") })
	return fmt.Sprintf("postgres://%s:%s@%s:%d/%s?sslmode=disable", conf.User, conf.Password, conf.Host, conf.Port, name)
}

// seed is the campaign's random start, printed when it fails.
func seed(t *testing.T) uint64 {
	t.Helper()
	out := rand.Uint64()
	if given := os.Getenv("POSAD_CRASH_SEED"); given != "" {
		n, err := strconv.ParseUint(given, 10, 64)
		if err != nil {
			t.Fatalf("POSAD_CRASH_SEED: %v", err)
		}
		out = n
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("repeat with POSAD_CRASH_SEED=%d", out)
		}
	})
	return out
}

// campaign kills a city that many times under load and checks what is left of it.
func campaign(t *testing.T, times int, database string) {
	start := seed(t)
	w := newWorld(t, start)
	c := newCity(t, w, database)
	notes := newNotes(t)
	c.start()
	actors := everybody(c, w, notes, start)
	for _, a := range actors {
		a.signIn()
	}

	ctx, calm := context.WithCancel(t.Context())
	defer calm()
	var load sync.WaitGroup
	load.Go(func() { w.weather(ctx) })
	for _, a := range actors {
		load.Go(func() { a.live(ctx) })
	}
	moments := rand.New(rand.NewPCG(start, 1))
	for range times {
		pause(t.Context(), lifeLeast+time.Duration(moments.Int64N(int64(lifeMost-lifeLeast))))
		c.kill()
		checkDead(t, c)
		c.start()
	}
	for range 160 { // the last city lives until the campaign has seen some of everything: an answer needs somebody who was asked
		pause(t.Context(), lifeMost/2)
		if notes.some() && w.paid() > 0 {
			break
		}
	}
	calm()
	load.Wait()
	w.fair()

	books := openBooks(t, c, c.folder())
	defer books.close()
	settle(t, c, w, books)
	notes.check(actors)
	c.stop()
	checkRules(t, books, always)
	checkRules(t, books, atRest)
	checkMoney(t, books, w)
	notes.checkPromises(books)
	c.checkLog()
	t.Logf("%d kills, starts of %v; %s", times, c.took, notes.summary())
}

func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
