package vault

import (
	"bytes"
	"errors"
	"fmt"
	"testing"
	"testing/fstest"
	"time"

	"posad.city/kit/clock"
	"posad.city/kit/id"
	"posad.city/kit/store"
	"posad.city/kit/store/storetest"
)

// paper is a module's table with two sealed columns.
var paper = store.Migrations{Module: "paper", Files: fstest.MapFS{"schema/001_paper.sql": {Data: []byte(`CREATE TABLE paper (
  holder UUID NOT NULL,
  id UUID NOT NULL,
  number BIGINT NOT NULL,
  words SEALED NOT NULL,
  note SEALED,
  PRIMARY KEY (holder, id, number)
);
COMMENT ON TABLE paper IS 'holder: holder; personal: holder';`)}}}

var (
	putPaper  = store.NewQuery("paper.Put", `INSERT INTO paper (holder, id, number, words, note) VALUES ($1, $2, $3, $4, $5)`)
	readPaper = store.NewQuery("paper.Read", `SELECT words, note FROM paper WHERE holder = $1 AND id = $2 ORDER BY number`)
)

type paperRig struct {
	t     *testing.T
	v     *Vault
	s     *store.Store
	c     *clock.Fixed
	owner id.ID
}

func eachPaper(t *testing.T, test func(r *paperRig)) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, c *clock.Fixed) {
		kek, err := ParseKEK(NewKEKText())
		if err != nil {
			t.Fatal(err)
		}
		v, err := Open(t.Context(), Options{Store: s, KEK: kek, Clock: c})
		if err != nil {
			t.Fatal(err)
		}
		test(&paperRig{t, v, s, c, id.Derived("test", "anna")})
	}, Migrations, paper)
}

func (r *paperRig) must(err error) {
	r.t.Helper()
	if err != nil {
		r.t.Fatal(err)
	}
}

func (r *paperRig) keys() *Keys {
	r.t.Helper()
	keys, err := r.v.Keys(r.t.Context(), r.owner)
	r.must(err)
	return keys
}

// put writes a paper of three lines, of which the second has no note.
func (r *paperRig) put(paper id.ID) {
	r.t.Helper()
	keys := r.keys()
	for n := range 3 {
		var note Sealed
		if n != 1 {
			note = keys.Seal("paper", "note", fmt.Append(nil, "note ", n))
		}
		r.must(r.s.Append(r.t.Context(), store.Stmt{Query: putPaper, Args: []any{r.owner, paper, int64(n), keys.Seal("paper", "words", fmt.Append(nil, "words ", n)), store.Nullable(note)}}))
	}
}

// read opens everything of a paper, joined by bars.
func (r *paperRig) read(paper id.ID) (string, error) {
	keys := r.keys()
	var out []string
	err := r.s.Read(r.t.Context(), func(s *store.Snapshot) error {
		out = nil
		return s.Query(readPaper, func(row *store.Row) error {
			for i, column := range []string{"words", "note"} {
				plain, err := keys.Open("paper", column, Sealed(row.Bytes(i)))
				if err != nil {
					return err
				}
				out = append(out, string(plain))
			}
			return nil
		}, r.owner, paper)
	})
	return fmt.Sprint(out), err
}

func (r *paperRig) rows(paper id.ID, year int) []Rows {
	return []Rows{{Table: "paper", Columns: []string{"words", "note"}, Where: []Where{{"holder", r.owner}, {"id", paper}}, Year: year}}
}

func (r *paperRig) erase() {
	r.t.Helper()
	r.must(r.s.Write(r.t.Context(), func(tx *store.Tx) error { return r.v.Erase(tx, r.owner) }))
}

// TestWhatIsKeptOutlivesTheHoldersKey: kept values are read by the same call before and after the erasure, until their
// year is over; everything else is gone at the erasure.
func TestWhatIsKeptOutlivesTheHoldersKey(t *testing.T) {
	eachPaper(t, func(r *paperRig) {
		kept, gone := id.Derived("paper", "kept"), id.Derived("paper", "gone")
		r.put(kept)
		r.put(gone)
		before, err := r.read(kept)
		r.must(err)
		year := r.c.Now().Year() + 1
		r.must(r.v.MakeKept(r.t.Context(), r.owner, year))
		r.must(r.v.MakeKept(r.t.Context(), r.owner, year)) // a job that begins again
		n, err := r.v.Keep(r.t.Context(), r.owner, r.rows(kept, year))
		r.must(err)
		if n != 5 {
			r.t.Errorf("%d values were kept, want 5", n)
		}
		if n, err = r.v.Keep(r.t.Context(), r.owner, r.rows(kept, year)); err != nil || n != 0 {
			r.t.Errorf("a second time: %d, %v", n, err)
		}
		r.erase()
		if after, err := r.read(kept); err != nil || after != before {
			r.t.Errorf("after the erasure: %q, %v; before: %q", after, err, before)
		}
		if _, err := r.read(gone); !errors.Is(err, ErrErased) {
			r.t.Errorf("what was not kept: %v", err)
		}
		if sealed := r.keys().Seal("paper", "words", []byte("new")); sealed != nil {
			r.t.Error("something new is sealed for an erased holder")
		}
		holders, err := r.v.Expire(r.t.Context(), r.c.Now().AddDate(1, 0, 0), 10)
		r.must(err)
		if len(holders) != 0 {
			r.t.Error("a kept key is destroyed before its year is over")
		}
		holders, err = r.v.Expire(r.t.Context(), r.c.Now().AddDate(2, 0, 0), 10)
		r.must(err)
		if len(holders) != 1 {
			r.t.Errorf("%d holders' kept keys were destroyed", len(holders))
		}
		if _, err := r.read(kept); !errors.Is(err, ErrErased) {
			r.t.Errorf("after its year: %v", err)
		}
	})
}

// TestKeptKeysRotateToo: a city key is not retired while it wraps a kept key, and after Rewrap it may be.
func TestKeptKeysRotateToo(t *testing.T) {
	eachPaper(t, func(r *paperRig) {
		kept := id.Derived("paper", "kept")
		r.put(kept)
		year := r.c.Now().Year()
		r.must(r.v.MakeKept(r.t.Context(), r.owner, year))
		_, err := r.v.Keep(r.t.Context(), r.owner, r.rows(kept, year))
		r.must(err)
		r.erase() // the kept key alone is left under the old city key
		r.must(r.v.Rotate(r.t.Context(), Holders, 0))
		r.c.Move(time.Minute)
		if err := r.v.Retire(r.t.Context(), Holders, 1); !errors.Is(err, ErrInUse) {
			r.t.Fatalf("the key in use is retired: %v", err)
		}
		n, err := r.v.Rewrap(r.t.Context(), 10)
		r.must(err)
		if n != 1 {
			r.t.Errorf("%d keys were rewrapped", n)
		}
		r.must(r.v.Retire(r.t.Context(), Holders, 1))
		r.v.Forget(r.owner)
		if _, err := r.read(kept); err != nil {
			r.t.Errorf("after the rotation: %v", err)
		}
	})
}

// TestKeptValuesAreBound: a value moved to another column, holder or year does not open.
func TestKeptValuesAreBound(t *testing.T) {
	eachPaper(t, func(r *paperRig) {
		r.must(r.v.MakeKept(r.t.Context(), r.owner, 2030, 2031))
		keys := r.keys()
		sealed, err := keys.SealKept(2030, "paper", "words", []byte("secret"))
		r.must(err)
		if _, err := keys.Open("paper", "note", sealed); !errors.Is(err, ErrOpen) {
			r.t.Errorf("another column: %v", err)
		}
		moved := bytes.Clone(sealed)
		copy(moved, keptMark(2031))
		if _, err := keys.Open("paper", "words", moved); !errors.Is(err, ErrOpen) {
			r.t.Errorf("another year: %v", err)
		}
		if _, err := keys.SealKept(2040, "paper", "words", nil); !errors.Is(err, ErrErased) {
			r.t.Errorf("a year without a key: %v", err)
		}
	})
}

func TestRowsToKeepAreChecked(t *testing.T) {
	t.Parallel()
	owner := id.Derived("test", "anna")
	good := Rows{Table: "paper", Columns: []string{"words"}, Where: []Where{{"holder", owner}}, Year: 2030}
	if err := good.check(owner); err != nil {
		t.Error(err)
	}
	for name, change := range map[string]func(*Rows){
		"another holder": func(r *Rows) { r.Where = []Where{{"holder", id.Derived("test", "oleg")}} },
		"no condition":   func(r *Rows) { r.Where = nil },
		"a strange name": func(r *Rows) { r.Columns = []string{"words = words; --"} },
		"no columns":     func(r *Rows) { r.Columns = nil },
	} {
		bad := good
		change(&bad)
		if err := bad.check(owner); !errors.Is(err, ErrRows) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
