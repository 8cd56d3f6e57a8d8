package store_test

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"posad.city/kit/clock"
	"posad.city/kit/fault"
	"posad.city/kit/id"
	"posad.city/kit/store"
	"posad.city/kit/store/storetest"
)

var queue = store.Migrations{Module: "queue", Files: fstest.MapFS{"schema/001_queue.sql": {Data: []byte(`
CREATE TABLE queue (
  agency UUID NOT NULL, id UUID NOT NULL, kind TEXT NOT NULL, due TIMESTAMPTZ NOT NULL, rank BIGINT NOT NULL,
  open BOOLEAN NOT NULL, mark BYTEA NOT NULL, ended TIMESTAMPTZ, PRIMARY KEY (agency, id));
COMMENT ON TABLE queue IS 'holder: agency; narrow';
CREATE INDEX queue_by_due ON queue (agency, due, id);
CREATE TABLE visitor (holder UUID NOT NULL, id UUID NOT NULL, person UUID, PRIMARY KEY (holder, id));
COMMENT ON TABLE visitor IS 'holder: holder; personal: holder, person';
`)}}}

var (
	putQueued  = store.NewQuery("queue.Put", `INSERT INTO queue (agency, id, kind, due, rank, open, mark, ended) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`)
	putVisitor = store.NewQuery("queue.Visitor", `INSERT INTO visitor (holder, id, person) VALUES ($1, $2, $3)`)
)

func queueSpec() store.ListSpec {
	return store.ListSpec{
		Name: "queue.list", Table: "queue",
		Columns: []string{"agency UUID", "id UUID", "kind TEXT", "due TIMESTAMPTZ", "rank BIGINT", "open BOOLEAN", "mark BYTEA", "ended TIMESTAMPTZ"},
		Fixed:   []string{"agency"},
		Filters: map[string]store.Filter{
			"kind": {Column: "kind", Kind: store.Equal}, "kinds": {Column: "kind", Kind: store.In}, "rank_from": {Column: "rank", Kind: store.From},
			"rank_to": {Column: "rank", Kind: store.To}, "due_before": {Column: "due", Kind: store.Before}, "open": {Column: "open", Kind: store.Equal},
		},
		Sorts: map[string][]string{"due": {"due", "id"}, "kind": {"kind", "open", "mark", "rank", "id"}, "id": {"id"}, "ended": {"ended", "id"}},
	}
}

type queued struct {
	agency, id id.ID
	kind       string
	due        time.Time
	rank       int64
	open       bool
	mark       []byte
}

func (q queued) stmt() store.Stmt {
	return store.Stmt{Query: putQueued, Args: []any{q.agency, q.id, q.kind, q.due, q.rank, q.open, q.mark, nil}}
}

var otherAgency = id.Derived("agency", "other")

// queuedRows are rows with few different values, so that every sort has ties.
func queuedRows() []queued {
	kinds := []string{"", "а", "ё", "Я", "z", "quote'\"\\"}
	var rows []queued
	for i := range 60 {
		row := queued{
			agency: anna, id: id.Derived("row", fmt.Sprint(i)), kind: kinds[i%len(kinds)], rank: int64(i%5) - 2, open: i%7 < 3,
			due: storetest.Start.Add(time.Duration(i*i%11) * time.Microsecond), mark: make([]byte, i%3),
		}
		if i%10 == 9 {
			row.agency = otherAgency
		}
		rows = append(rows, row)
	}
	return rows
}

func fillQueue(t testing.TB, s *store.Store) []queued {
	t.Helper()
	rows := queuedRows()
	var stmts []store.Stmt
	for _, row := range rows {
		stmts = append(stmts, row.stmt())
	}
	if err := s.Append(ctx, stmts...); err != nil {
		t.Fatal(err)
	}
	return rows
}

func newList(t testing.TB) *store.List {
	t.Helper()
	l, err := store.NewList(queueSpec())
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// page reads one page of ids.
func page(s *store.Store, l *store.List, q store.ListQuery) ([]id.ID, string, error) {
	var out []id.ID
	var next string
	err := s.Read(ctx, func(r *store.Snapshot) error {
		out = nil
		mark, err := l.Run(r, q, func(row *store.Row) error { out = append(out, row.ID(1)); return nil })
		next = mark
		return err
	})
	return out, next, err
}

func byBytes(a, b id.ID) int { return slices.Compare(a[:], b[:]) }

func boolean(b bool) int {
	if b {
		return 1
	}
	return 0
}

var orders = map[string]func(a, b queued) int{
	"due": func(a, b queued) int { return cmp.Or(a.due.Compare(b.due), byBytes(a.id, b.id)) },
	"id":  func(a, b queued) int { return byBytes(a.id, b.id) },
	"kind": func(a, b queued) int {
		return cmp.Or(strings.Compare(a.kind, b.kind), boolean(a.open)-boolean(b.open), slices.Compare(a.mark, b.mark), cmp.Compare(a.rank, b.rank), byBytes(a.id, b.id))
	},
}

// model is what the list should be: filtered and sorted by plain code.
func model(rows []queued, keep func(queued) bool, q store.ListQuery) []id.ID {
	var left []queued
	for _, row := range rows {
		if row.agency == q.Fixed[0] && keep(row) {
			left = append(left, row)
		}
	}
	slices.SortFunc(left, orders[q.Sort])
	if q.Desc {
		slices.Reverse(left)
	}
	var out []id.ID
	for _, row := range left {
		out = append(out, row.id)
	}
	return out
}

// drawFilters makes conditions and the same as plain code.
func drawFilters(t *rapid.T) ([]store.Cond, func(queued) bool) {
	var conds []store.Cond
	checks := []func(queued) bool{}
	add := func(name string, check func(queued) bool, values ...any) {
		conds, checks = append(conds, store.Cond{Filter: name, Values: values}), append(checks, check)
	}
	if rapid.Bool().Draw(t, "kinds") {
		chosen := rapid.SliceOfN(rapid.SampledFrom([]string{"", "а", "ё", "nobody", "quote'\"\\"}), 0, 5).Draw(t, "chosen")
		values := make([]any, len(chosen))
		for i, kind := range chosen {
			values[i] = kind
		}
		add("kinds", func(q queued) bool { return slices.Contains(chosen, q.kind) }, values...)
	}
	if rapid.Bool().Draw(t, "ranked") {
		from, to := rapid.Int64Range(-3, 3).Draw(t, "from"), rapid.Int64Range(-3, 3).Draw(t, "to")
		add("rank_from", func(q queued) bool { return q.rank >= from }, from)
		add("rank_to", func(q queued) bool { return q.rank <= to }, to)
	}
	if rapid.Bool().Draw(t, "opened") {
		open := rapid.Bool().Draw(t, "open")
		add("open", func(q queued) bool { return q.open == open }, open)
	}
	if rapid.Bool().Draw(t, "dated") {
		before := storetest.Start.Add(time.Duration(rapid.IntRange(0, 11).Draw(t, "before")) * time.Microsecond)
		add("due_before", func(q queued) bool { return q.due.Before(before) }, before)
	}
	return conds, func(q queued) bool {
		for _, check := range checks {
			if !check(q) {
				return false
			}
		}
		return true
	}
}

func TestWalkingAllPagesGivesExactlyTheSortedFilteredRows(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, _ *clock.Fixed) {
		rows, l := fillQueue(t, s), newList(t)
		rapid.Check(t, func(t *rapid.T) {
			conds, keep := drawFilters(t)
			q := store.ListQuery{
				Fixed: []any{rapid.SampledFrom([]id.ID{anna, otherAgency}).Draw(t, "agency")}, Where: conds,
				Sort: rapid.SampledFrom([]string{"due", "id", "kind"}).Draw(t, "sort"), Desc: rapid.Bool().Draw(t, "desc"), Limit: rapid.IntRange(1, 70).Draw(t, "limit"),
			}
			want, got := model(rows, keep, q), []id.ID(nil)
			for {
				ids, next, err := page(s, l, q)
				if err != nil {
					t.Fatal(err)
				}
				got = append(got, ids...)
				if q.After = next; next == "" {
					break
				}
			}
			if diff := gocmp.Diff(want, got); diff != "" {
				t.Fatal(diff)
			}
			checkCount(t, s, l, q, int64(len(want)))
		})
	}, queue)
}

func checkCount(t *rapid.T, s *store.Store, l *store.List, q store.ListQuery, want int64) {
	err := s.Read(ctx, func(r *store.Snapshot) error {
		for _, most := range []int64{10, 1000} {
			n, more, err := l.Count(r, q, most)
			if err != nil || n != min(want, most) || more != (want > most) {
				t.Fatalf("counted %d, more %v of %d: %v", n, more, want, err)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestAListRefusesWhatItWasNotDeclaredFor(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, _ *clock.Fixed) {
		fillQueue(t, s)
		l := newList(t)
		base := store.ListQuery{Fixed: []any{anna}, Sort: "due", Limit: 5}
		_, mark, err := page(s, l, base)
		if err != nil || mark == "" {
			t.Fatalf("mark %q: %v", mark, err)
		}
		many := make([]any, store.InMost+1)
		for i := range many {
			many[i] = "a"
		}
		with := func(change func(*store.ListQuery)) store.ListQuery { q := base; change(&q); return q }
		where := func(name string, values ...any) store.ListQuery {
			return with(func(q *store.ListQuery) { q.Where = []store.Cond{{Filter: name, Values: values}} })
		}
		refused := map[string]store.ListQuery{
			"unknown filter": where("kind; DROP TABLE queue", "a"), "wrong type": where("kind", 5), "no value": where("kind"), "two values": where("kind", "a", "b"),
			"a zero character": where("kind", "a\x00"), "too many": where("kinds", many...), "unknown sort": with(func(q *store.ListQuery) { q.Sort = "x" }),
			"page too large": with(func(q *store.ListQuery) { q.Limit = store.PageMost + 1 }), "wrong fixed type": with(func(q *store.ListQuery) { q.Fixed = []any{"a"} }),
		}
		for name, q := range refused {
			if _, _, err := page(s, l, q); !errors.Is(err, store.ErrFilter) || fault.Of(err).Kind != fault.Invalid {
				t.Errorf("%s: %v", name, err)
			}
		}
		marks := map[string]store.ListQuery{
			"not base64": with(func(q *store.ListQuery) { q.After = "*" }), "another sort": with(func(q *store.ListQuery) { q.Sort, q.After = "id", mark }),
			"the other direction": with(func(q *store.ListQuery) { q.Desc, q.After = true, mark }), "cut": with(func(q *store.ListQuery) { q.After = mark[:len(mark)-4] }),
			"longer": with(func(q *store.ListQuery) { q.After = mark + "AAAA" }), "huge": with(func(q *store.ListQuery) { q.After = strings.Repeat("A", 1<<20) }),
		}
		for name, q := range marks {
			if _, _, err := page(s, l, q); !errors.Is(err, store.ErrCursor) || fault.Of(err).Kind != fault.Invalid {
				t.Errorf("%s: %v", name, err)
			}
		}
		if _, _, err := page(s, l, with(func(q *store.ListQuery) { q.Fixed = nil })); err == nil {
			t.Error("a fixed value may be left out")
		}
		if _, _, err := page(s, l, with(func(q *store.ListQuery) { q.Sort = "ended" })); err == nil || !strings.Contains(err.Error(), "NULL") {
			t.Errorf("a sort by NULLs: %v", err)
		}
	}, queue)
}

func TestAListIsCheckedWhenItIsMade(t *testing.T) {
	t.Parallel()
	wrong := map[string]func(*store.ListSpec){
		"no name": func(s *store.ListSpec) { s.Name = "" }, "table": func(s *store.ListSpec) { s.Table = "queue; --" }, "type": func(s *store.ListSpec) { s.Columns[0] = "agency TEXTS" },
		"column": func(s *store.ListSpec) { s.Columns[0] = "a,b UUID" }, "fixed": func(s *store.ListSpec) { s.Fixed = []string{"x"} },
		"filter": func(s *store.ListSpec) { s.Filters["x"] = store.Filter{Column: "x", Kind: store.Equal} }, "kind": func(s *store.ListSpec) { s.Filters["x"] = store.Filter{Column: "rank", Kind: "~"} },
		"sort": func(s *store.ListSpec) { s.Sorts["x"] = []string{"x"} }, "empty sort": func(s *store.ListSpec) { s.Sorts["x"] = nil }, "sorts": func(s *store.ListSpec) { s.Sorts = nil },
		"sealed": func(s *store.ListSpec) { s.Columns[6] = "mark SEALED" }, "person": func(s *store.ListSpec) { s.Person = []int{0} },
	}
	for name, change := range wrong {
		spec := queueSpec()
		if change(&spec); name == "sealed" {
			spec.Sorts = map[string][]string{"mark": {"mark"}}
		}
		if _, err := store.NewList(spec); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
}

func TestAListOfAPersonalTableTellsWhoWasSeen(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, _ *clock.Fixed) {
		for i := range 5 {
			person := store.Nullable(id.Derived("person", fmt.Sprint(i)))
			if err := s.Append(ctx, store.Stmt{Query: putVisitor, Args: []any{anna, id.Derived("row", fmt.Sprint(i)), person}}); err != nil {
				t.Fatal(err)
			}
		}
		spec := store.ListSpec{Name: "visitors", Table: "visitor", Columns: []string{"holder UUID", "id UUID", "person UUID"}, Fixed: []string{"holder"}, Sorts: map[string][]string{"id": {"id"}}}
		open, err := store.NewList(spec)
		if err != nil {
			t.Fatal(err)
		}
		q := store.ListQuery{Fixed: []any{anna}, Sort: "id", Limit: 2}
		if _, _, err := page(s, open, q); err == nil {
			t.Error("a plain list read a personal table")
		}
		spec.Person = []int{0, 2}
		l, err := store.NewPersonalList(spec)
		if err != nil {
			t.Fatal(err)
		}
		var shown []id.ID
		err = s.Look(ctx, official(), "visitors", func(p *store.Personal) error {
			_, err := l.Run(p, q, func(row *store.Row) error { shown = append(shown, row.ID(2)); return nil })
			return err
		})
		if err != nil || len(shown) != 2 {
			t.Fatalf("%d shown: %v", len(shown), err)
		}
		for i := range 5 {
			person := id.Derived("person", fmt.Sprint(i))
			if got := len(looks(t, s, person)); (got == 1) != slices.Contains(shown, person) {
				t.Errorf("person %d: shown %v, %d records", i, slices.Contains(shown, person), got)
			}
		}
	}, queue)
}

func FuzzListMark(f *testing.F) {
	s, _ := storetest.Open(f, queue)
	fillQueue(f, s)
	l, err := store.NewList(queueSpec())
	if err != nil {
		f.Fatal(err)
	}
	for _, sort := range []string{"due", "id", "kind"} {
		_, mark, err := page(s, l, store.ListQuery{Fixed: []any{anna}, Sort: sort, Limit: 3})
		if err != nil {
			f.Fatal(err)
		}
		f.Add(mark, sort)
	}
	f.Fuzz(func(t *testing.T, mark, sort string) {
		_, _, err := page(s, l, store.ListQuery{Fixed: []any{anna}, Sort: sort, After: mark, Limit: 3})
		if err != nil && !errors.Is(err, store.ErrCursor) && !errors.Is(err, store.ErrFilter) {
			t.Errorf("mark %q: %v", mark, err)
		}
	})
}
