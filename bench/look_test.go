package bench

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"zombiezen.com/go/sqlite"

	"posad.city/core/casework"
	"posad.city/kit/id"
)

// shownLook is what was measured of a look's way to the person whom it is about.
type shownLook struct {
	Engine string
	Stored int
	Looks  int
	Quiet  quantiles // from the official's request for a case until the person's page names the official
	Busy   quantiles // the same while others ask for their lists, one connection after another
	Lists  float64   // lists a second meanwhile
	Bare   quantiles // a record in a commit of its own and the person's records read, by the driver
	Load   string
}

const (
	looksShown   = 100
	busyClients  = 8
	lookMustShow = 5 * time.Second
)

// BenchmarkLookShown: an official opens a case, and the person asks for their page of looks until that official is on it.
func BenchmarkLookShown(b *testing.B) {
	each(b, func(b *testing.B, t *town) {
		out := shownLook{Engine: t.engine, Stored: t.storedCases(), Looks: looksShown}
		pool := &openPool{address: t.address}
		numbers := make([]string, 2*looksShown)
		for i := range numbers {
			numbers[i] = t.numberOf(b, pool, t.busy[i])
		}
		// Later runs of a city that is kept must not find the looks of earlier ones: another official each second.
		hour := time.Now().Unix()
		show := func(from int) func(n int64) error {
			return func(n int64) error {
				i := from + int(n)
				return t.untilShown(pool, t.busy[i], numbers[i], hour+n)
			}
		}
		out.Quiet = timed(b, "shown", looksShown, show(0))
		stop := make(chan struct{})
		var group sync.WaitGroup
		asked := make([]int, busyClients)
		began := time.Now()
		for g := range busyClients {
			group.Go(func() {
				for n := g; ; n += busyClients {
					select {
					case <-stop:
						return
					default:
					}
					if err := answered(http.StatusOK)(pool.ask(t.api("/api/v1/desk/cases", t.official(int64(n%1000))))); err != nil {
						b.Error(err)
						return
					}
					asked[g]++
				}
			})
		}
		out.Busy = timed(b, "shown while others ask", looksShown, show(looksShown))
		close(stop)
		group.Wait()
		all := 0
		for _, n := range asked {
			all += n
		}
		out.Lists = float64(all) / time.Since(began).Seconds()
		out.Bare = timed(b, "bare", looksShown, func(n int64) error { return t.bare.shown(t, t.busy[n].person, calls.Add(1)) })
		out.Load = loadNow()
		keep(b, fmt.Sprintf("looks-%s-%d", t.engine, out.Stored), out)
	})
}

// numberOf is the number of one case of a person, as they are told it.
func (t *town) numberOf(b *testing.B, pool *openPool, c citizen) string {
	b.Helper()
	status, body, err := pool.ask(t.api("/api/v1/cases", c))
	if err := answered(http.StatusOK)(status, body, err); err != nil {
		b.Fatal(err)
	}
	var list []struct{ Number, Service string }
	if err := json.Unmarshal(body, &list); err != nil {
		b.Fatal(err)
	}
	for _, one := range list {
		if one.Service == "city-appeal" {
			return one.Number
		}
	}
	b.Fatal("a person without cases")
	return ""
}

// untilShown opens a case as an official and asks for the person's page until it names that official.
func (t *town) untilShown(pool *openPool, c citizen, number string, official int64) error {
	began := time.Now()
	clerk := t.official(official)
	if err := answered(http.StatusOK)(pool.ask(t.api("/api/v1/desk/cases/"+number, clerk))); err != nil {
		return err
	}
	name := fmt.Sprintf("Служащих%d", official%officialsMost)
	for {
		status, page, err := pool.ask(t.get("/account/looks", c))
		if err := answered(http.StatusOK)(status, page, err); err != nil {
			return err
		}
		if strings.Contains(string(page), name) {
			return nil
		}
		if time.Since(began) > lookMustShow {
			return fmt.Errorf("%s is not on the page after %v", name, lookMustShow)
		}
		time.Sleep(time.Millisecond)
	}
}

const bareLooks = `SELECT id, at, actor, agency, what FROM look WHERE person = $1 ORDER BY hour DESC LIMIT 50`

// shown writes one record and reads those of the person.
func (b *bare) shown(t *town, person id.ID, n int64) error {
	if err := b.look(t.clerk(n), []casework.QueueLine{{Holder: person}}); err != nil {
		return err
	}
	if b.pg != nil {
		rows, err := b.pg.pool.Query(context.Background(), bareLooks, pgValues([]any{person})...)
		if err != nil {
			return err
		}
		_, err = pgx.CollectRows(rows, func(r pgx.CollectableRow) (time.Time, error) {
			var key, actor, agency [16]byte
			var at time.Time
			var what string
			return at, r.Scan(&key, &at, &actor, &agency, &what)
		})
		return err
	}
	c := <-b.lite.readers
	defer func() { b.lite.readers <- c }()
	return liteRun(c, bareLooks, []any{person}, func(s *sqlite.Stmt) { _, _ = s.ColumnInt64(1), s.ColumnText(4) })
}
