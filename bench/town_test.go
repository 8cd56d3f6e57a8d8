package bench

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"posad.city/app"
	"posad.city/city/kitezh"
	"posad.city/core/service"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/store"
	"posad.city/kit/store/storetest"
)

// town is a city with many people, open for measuring.
type town struct {
	*app.House
	size
	engine   string
	dir      string // of the embedded database's file
	database string // PostgreSQL's address
	address  string
	city     *service.City
	people   []citizen
	busy     []citizen // those with twenty cases
	numbers  []string  // of all cases
	taken    sync.Map  // the same, while they are made
	bare     *bare
	drafts   *drafts
	working  bool         // jobs run
	filled   atomic.Int64 // drafts made for lifecycles
}

var (
	folder string // of the whole run
	clean  []func()
	towns  = map[string]func() (*town, error){
		"sqlite":   sync.OnceValues(func() (*town, error) { return build("sqlite") }),
		"postgres": sync.OnceValues(func() (*town, error) { return build("postgres") }),
	}
)

// size is how big a town is.
type size struct {
	name    string // of its folder and database
	persons int
	cases   bool   // whether they have cases
	kept    string // folder where it stays from run to run; empty: it goes with the run
}

func usual() size { return size{persons: persons(), cases: true} }

func TestMain(m *testing.M) {
	os.Exit(run(m))
}

func run(m *testing.M) int {
	var err error
	if folder, err = os.MkdirTemp("", "posad-bench-"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	code := m.Run()
	for _, one := range clean {
		one()
	}
	if err := os.RemoveAll(folder); err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	return code
}

// each runs a benchmark on every engine that is there: in the usual city, or in each of the stored sizes that
// POSAD_BENCH_CASES names.
func each(b *testing.B, bench func(b *testing.B, t *town)) {
	b.Helper()
	for _, engine := range engines() {
		if sizes := numbersOf("POSAD_BENCH_CASES"); len(sizes) > 0 {
			for _, cases := range sizes {
				b.Run(fmt.Sprintf("%s/%d", engine, int(cases)), func(b *testing.B) {
					t, err := stored(engine, int(cases))
					if err != nil {
						b.Fatal(err)
					}
					bench(b, t)
				})
			}
			continue
		}
		b.Run(engine, func(b *testing.B) {
			t, err := towns[engine]()
			if err != nil {
				b.Fatal(err)
			}
			bench(b, t)
		})
	}
}

// build opens a city and brings its people and cases in.
func build(engine string) (*town, error) {
	return buildOf(engine, usual())
}

// buildOf opens a city of a size; one that is kept is loaded once.
func buildOf(engine string, s size) (*town, error) {
	ctx := context.Background()
	t := &town{engine: engine, size: s, dir: filepath.Join(folder, engine+s.name)}
	if s.kept != "" {
		t.dir = filepath.Join(s.kept, engine+s.name)
	}
	if err := t.twin(ctx); err != nil {
		return nil, err
	}
	listener, err := t.open(ctx)
	if err != nil {
		return nil, err
	}
	if err := t.settleAll(ctx); err != nil {
		return nil, err
	}
	if t.bare, err = openBare(ctx, t); err != nil {
		return nil, err
	}
	t.drafts = &drafts{town: t}
	go func() { _ = t.Base.Web.Serve(ctx, listener, t.Handler) }() // ends with the process
	return t, nil
}

// open opens the house with the demo city published and nobody in it.
func (t *town) open(ctx context.Context) (net.Listener, error) {
	if t.engine == "postgres" {
		var err error
		if t.kept != "" {
			t.database, err = keptDatabase(ctx, keptName(t.name))
		} else {
			t.database, err = freshDatabase(ctx)
		}
		if err != nil {
			return nil, err
		}
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	t.address = listener.Addr().String()
	conf, err := app.Config{Data: t.dir, Database: t.database, Listen: t.address, Demo: true, Proxies: []string{"127.0.0.0/8"}}.Complete()
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(t.dir, 0o700); err != nil {
		return nil, err
	}
	app.CollectSeldom()
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError}))
	if t.House, err = app.Open(ctx, conf, app.Options{Log: log}); err != nil {
		return nil, err
	}
	return listener, t.begin(ctx)
}

// begin starts what serves requests. Jobs don't run by themselves, so that a figure is of one thing.
func (t *town) begin(ctx context.Context) error {
	if err := t.Base.Feed.Start(ctx); err != nil {
		return err
	}
	if err := errors.Join(t.Modules.Account.Start(ctx), t.Modules.Service.Start(ctx)); err != nil {
		return err
	}
	city, faults := service.LoadCity(withReport(kitezh.Files()))
	if len(faults) > 0 {
		return faults
	}
	t.city = city
	return t.Modules.Service.Publish(ctx, act.ByJob(id.New(t.Clock.Now()), act.Purpose{Kind: "command", ID: "publish"}), city)
}

// freshDatabase is an empty database that goes with the run.
func freshDatabase(ctx context.Context) (string, error) {
	address, drop, err := emptyDatabase(ctx)
	if err == nil {
		clean = append(clean, func() {
			if err := drop(); err != nil {
				fmt.Fprintln(os.Stderr, err)
			}
		})
	}
	return address, err
}

var databases atomic.Int64

// emptyDatabase is one, and what drops it.
func emptyDatabase(ctx context.Context) (string, func() error, error) {
	server := os.Getenv(storetest.PostgresEnv)
	conf, err := pgx.ParseConfig(server)
	if err != nil {
		return "", nil, err
	}
	name := fmt.Sprintf("posad_bench_%d_%d", os.Getpid(), databases.Add(1))
	command := func(sql string) error {
		c, err := pgx.Connect(ctx, server)
		if err != nil {
			return err
		}
		_, err = c.Exec(ctx, sql)
		return errors.Join(err, c.Close(ctx))
	}
	if err := command("CREATE DATABASE " + name + " TEMPLATE template0"); err != nil {
		return "", nil, err
	}
	address := fmt.Sprintf("postgres://%s:%s@%s:%d/%s?sslmode=disable", conf.User, conf.Password, conf.Host, conf.Port, name)
	return address, func() error { return command("DROP DATABASE " + name + " WITH (FORCE)") }, nil
}

func keptName(name string) string { return "posad_bench_kept" + strings.ReplaceAll(name, "-", "_") }

// keptDatabase is a database that stays from run to run.
func keptDatabase(ctx context.Context, name string) (string, error) {
	conf, err := pgx.ParseConfig(os.Getenv(storetest.PostgresEnv))
	if err != nil {
		return "", err
	}
	c, err := pgx.ConnectConfig(ctx, conf)
	if err != nil {
		return "", err
	}
	there := false
	err = c.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)", name).Scan(&there)
	if err == nil && !there {
		_, err = c.Exec(ctx, "CREATE DATABASE "+name+" TEMPLATE template0")
	}
	return fmt.Sprintf("postgres://%s:%s@%s:%d/%s?sslmode=disable", conf.User, conf.Password, conf.Host, conf.Port, name), errors.Join(err, c.Close(ctx))
}

// settleAll loads the town, or knows it from the run that did.
func (t *town) settleAll(ctx context.Context) error {
	mark := filepath.Join(t.dir, "loaded")
	if _, err := os.Stat(mark); err == nil {
		t.crowd()
		return errors.Join(t.renew(ctx), t.learn(ctx))
	}
	if err := t.load(ctx); err != nil {
		return err
	}
	return os.WriteFile(mark, nil, 0o600)
}

// persons is how many people the city has.
func persons() int {
	if n, err := strconv.Atoi(os.Getenv("POSAD_BENCH_PERSONS")); err == nil && n > 0 {
		return n
	}
	return 20_000
}

// both measures an operation of Posad's and its bare prototype, and reports how much of the prototype is reached.
func both(b *testing.B, goroutines int, ours, prototype func(n int64) error) {
	b.Helper()
	var one, other float64
	b.Run("posad", func(b *testing.B) { one = rate(b, goroutines, ours) })
	b.Run("bare", func(b *testing.B) {
		other = rate(b, goroutines, prototype)
		if other > 0 {
			b.ReportMetric(100*one/other, "posad-%-of-bare")
		}
	})
}

// rate runs work in so many goroutines and tells how often a second it was done.
func rate(b *testing.B, goroutines int, work func(n int64) error) float64 {
	b.Helper()
	b.SetParallelism(max(1, goroutines/runtime.GOMAXPROCS(0)))
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if err := work(calls.Add(1)); err != nil {
				b.Error(err)
				return
			}
		}
	})
	out := float64(b.N) / b.Elapsed().Seconds()
	b.ReportMetric(out, "/s")
	return out
}

// calls numbers the calls of the whole run, so that no two write the same row.
var calls atomic.Int64

// act is a citizen at their own account.
func (c citizen) act(t *town) act.Act {
	return act.Act{
		ID: id.New(t.Clock.Now()), Actor: act.Actor{Kind: act.Person, Person: c.person}, Holder: c.person, Assurance: act.Standard,
		Channel: act.API, Session: c.session, Request: "bench", Lang: "ru",
	}
}

func progress(t *town, what string, done, all int, since time.Time) {
	fmt.Fprintf(os.Stderr, "%s: %d of %d %s, %.0f s\n", t.engine, done, all, what, time.Since(since).Seconds())
}

var background = store.Background(context.Background())
