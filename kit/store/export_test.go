package store_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"posad.city/kit/clock"
	"posad.city/kit/id"
	"posad.city/kit/store"
	"posad.city/kit/store/storetest"
)

// grown is a schema with a history: seeds, columns that came and went, tables made anew, indexes, one of them unique.
var grown = store.Migrations{Module: "grown", Files: fstest.MapFS{
	"schema/001_first.sql": {Data: []byte(`
CREATE TABLE wide (
  holder UUID NOT NULL, name TEXT NOT NULL, size BIGINT NOT NULL, done BOOLEAN NOT NULL, gone TEXT NOT NULL DEFAULT 'a, (b',
  at TIMESTAMPTZ, body BYTEA, owner UUID, secret SEALED, word KEYED,
  CHECK (name <> 'never, (never'), PRIMARY KEY (holder, name));
COMMENT ON TABLE wide IS 'holder: holder; personal: holder';
CREATE TABLE moved (holder UUID NOT NULL, PRIMARY KEY (holder));
COMMENT ON TABLE moved IS 'holder: holder';
CREATE INDEX wide_by_size ON wide (size, name);
CREATE UNIQUE INDEX wide_by_owner ON wide (owner, holder, name);
`)},
	"schema/002_next.sql": {Data: []byte(`
ALTER TABLE wide ADD COLUMN late BIGINT NOT NULL DEFAULT 7;
ALTER TABLE wide DROP COLUMN gone;
DROP TABLE moved;
CREATE TABLE moved (holder UUID NOT NULL, count BIGINT NOT NULL, PRIMARY KEY (holder));
COMMENT ON TABLE moved IS 'holder: none — a seed; narrow';
INSERT INTO moved (holder, count) SELECT holder, size FROM wide;
`)},
}}

var (
	putWide  = store.NewQuery("grown.Put", `INSERT INTO wide (holder, name, size, done, at, body, owner, secret, word, late) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`)
	putMoved = store.NewQuery("grown.Moved", `INSERT INTO moved (holder, count) VALUES ($1, $2)`)
)

// contents are all rows of all tables, encoded and sorted.
func contents(t testing.TB, export func(fn func(*store.Export) error) error) map[string][]string {
	t.Helper()
	out := map[string][]string{}
	err := export(func(x *store.Export) error {
		for _, table := range x.Tables() {
			rows := []string{}
			if err := x.Rows(table, func(row []byte) error { rows = append(rows, string(row)); return store.CheckRow(table, row) }); err != nil {
				return err
			}
			if n, err := x.Count(table); err != nil || n != int64(len(rows)) {
				return fmt.Errorf("%s: counted %d of %d: %w", table.Name, n, len(rows), err)
			}
			slices.Sort(rows)
			out[table.Name] = rows
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// drawWide is any row that the table takes.
func drawWide(t *rapid.T, n int) []any {
	maybe := func(v any) any {
		if rapid.Bool().Draw(t, "null") {
			return nil
		}
		return v
	}
	bytes := rapid.SliceOfN(rapid.Byte(), 0, 300)
	text := rapid.StringOfN(rapid.RuneFrom([]rune("aяЁ'\"\\\n\t,;€𝄞")), 0, 40, -1).Draw(t, "text")
	at := time.UnixMicro(rapid.Int64Range(-62_135_596_800_000_000, 253_402_300_799_999_999).Draw(t, "at"))
	return []any{
		id.Derived("holder", fmt.Sprint(n%7)), fmt.Sprint(text, n), rapid.Int64().Draw(t, "size"), rapid.Bool().Draw(t, "done"), maybe(at),
		maybe(bytes.Draw(t, "body")), maybe(id.Derived("owner", text)), maybe(bytes.Draw(t, "secret")), maybe(bytes.Draw(t, "word")), rapid.Int64().Draw(t, "late"),
	}
}

// places are empty databases on the engines that there are.
func places(t *testing.T) map[string]store.Options {
	out := map[string]store.Options{"sqlite": {Dir: filepath.Join(t.TempDir(), "db")}}
	if os.Getenv(storetest.PostgresEnv) != "" {
		out["postgres"] = storetest.Postgres(t, store.Options{})
	}
	return out
}

func TestWhatIsImportedIsWhatWasExportedOnEitherEngine(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, _ *clock.Fixed) {
		n := 0
		rapid.Check(t, func(r *rapid.T) {
			if n >= 300 {
				return
			}
			n++
			if err := s.Append(ctx, store.Stmt{Query: putWide, Args: drawWide(r, n)}); err != nil {
				r.Fatal(err)
			}
		})
		if err := s.Append(ctx, store.Stmt{Query: putMoved, Args: []any{anna, 3}}); err != nil {
			t.Fatal(err)
		}
		modules := []store.Migrations{grown}
		export := func(fn func(*store.Export) error) error { return s.Export(ctx, modules, fn) }
		want := contents(t, export)
		if len(want["wide"]) != n || n == 0 || len(want["moved"]) != 1 {
			t.Fatalf("%d of %d rows were exported", len(want["wide"]), n)
		}
		for engine, o := range places(t) {
			t.Run("into "+engine, func(t *testing.T) {
				if diff := cmp.Diff(want, imported(t, export, o, modules)); diff != "" {
					t.Error(diff)
				}
				s, err := store.Open(ctx, o, modules...) // an ordinary start finds nothing to do and works
				if err != nil {
					t.Fatal(err)
				}
				err = s.Append(ctx, store.Stmt{Query: putMoved, Args: []any{anna, 4}})
				if !errors.Is(err, store.ErrExists) {
					t.Errorf("the same key again: %v", err)
				}
				if err := s.Close(); err != nil {
					t.Error(err)
				}
			})
		}
	}, grown)
}

// imported brings the rows over in parts of ten, cut off and begun again after each, and some of them given twice.
func imported(t *testing.T, export func(func(*store.Export) error) error, o store.Options, modules []store.Migrations) map[string][]string {
	t.Helper()
	var applied []store.Applied
	parts := map[string][][][]byte{}
	var tables []store.Table
	err := export(func(x *store.Export) error {
		applied, tables = x.Applied(), x.Tables()
		for _, table := range tables {
			var rows [][]byte
			if err := x.Rows(table, func(row []byte) error { rows = append(rows, slices.Clone(row)); return nil }); err != nil {
				return err
			}
			parts[table.Name] = slices.Collect(slices.Chunk(rows, 10))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	begin := func() *store.Importer {
		im, err := store.OpenImport(ctx, o, "copy", applied, modules...)
		if err != nil {
			t.Fatal(err)
		}
		return im
	}
	im := begin()
	for _, table := range tables {
		for i, part := range parts[table.Name] {
			if i%5 == 3 {
				if err := im.Close(ctx, false); err != nil {
					t.Fatal(err)
				}
				if state, of, err := store.Inspect(ctx, o); state != store.StateUnfinished || of != "copy" || err != nil {
					t.Fatalf("cut off: %v %q %v", state, of, err)
				}
				im = begin()
			}
			for range 1 + i%2 {
				err := im.Put(ctx, table, i, func(each func([]byte) error) error {
					for _, row := range part {
						if err := each(row); err != nil {
							return err
						}
					}
					return nil
				})
				if err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	if err := im.Finish(ctx, func(int, int) {}); err != nil {
		t.Fatal(err)
	}
	out := contents(t, func(fn func(*store.Export) error) error { return im.Export(ctx, fn) })
	if err := im.Close(ctx, true); err != nil {
		t.Fatal(err)
	}
	return out
}

func TestAnImportRefusesWhatIsNotEmptyAndWhatItDoesNotKnow(t *testing.T) {
	t.Parallel()
	modules := []store.Migrations{grown}
	for engine, o := range places(t) {
		t.Run(engine, func(t *testing.T) {
			if state, _, err := store.Inspect(ctx, o); state != store.StateEmpty || err != nil {
				t.Fatalf("an empty place: %v, %v", state, err)
			}
			if _, err := store.OpenImport(ctx, o, "copy", []store.Applied{{Module: "grown", Name: "schema/009_new.sql", SHA: "ab"}}, modules...); !errors.Is(err, store.ErrNewer) {
				t.Errorf("a schema file of a newer program: %v", err)
			}
			s, err := store.Open(ctx, o, modules...)
			if err != nil {
				t.Fatal(err)
			}
			var applied []store.Applied
			err = s.Export(ctx, modules, func(x *store.Export) error { applied = x.Applied(); return nil })
			if err := errors.Join(err, s.Close()); err != nil {
				t.Fatal(err)
			}
			if state, _, err := store.Inspect(ctx, o); state != store.StateUsed || err != nil {
				t.Errorf("a database: %v, %v", state, err)
			}
			if _, err := store.OpenImport(ctx, o, "copy", applied, modules...); err == nil {
				t.Error("a database that is not empty was taken")
			}
		})
	}
}

func TestAnUnfinishedRestoreIsNotServed(t *testing.T) {
	t.Parallel()
	for engine, o := range places(t) {
		t.Run(engine, func(t *testing.T) {
			im, err := store.OpenImport(ctx, o, "copy", nil)
			if err != nil {
				t.Fatal(err)
			}
			if err := im.Close(ctx, false); err != nil {
				t.Fatal(err)
			}
			if _, err := store.Open(ctx, o, grown); !errors.Is(err, store.ErrUnfinished) {
				t.Errorf("a city was started on half a database: %v", err)
			}
		})
	}
}

func TestAColumnMadeByHandIsNotLeftOutInSilence(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, _ *clock.Fixed) {
		none := func(*store.Export) error { return nil }
		if err := s.Export(ctx, []store.Migrations{grown}, none); err != nil {
			t.Fatal(err)
		}
		hand := store.NewQuery("grown.Hand", `ALTER TABLE wide ADD COLUMN remark TEXT`)
		if err := s.Append(ctx, store.Stmt{Query: hand}); err != nil {
			t.Fatal(err)
		}
		if err := s.Export(ctx, []store.Migrations{grown}, none); err == nil {
			t.Error("a column that nobody declared is left out")
		}
		if err := s.Export(ctx, nil, none); !errors.Is(err, store.ErrNewer) {
			t.Errorf("a program that does not know a module: %v", err)
		}
	}, grown)
}

func TestTablesReadsColumnsAsBothEnginesHaveThem(t *testing.T) {
	t.Parallel()
	tables, err := store.Tables(grown)
	if err != nil {
		t.Fatal(err)
	}
	want := []store.Table{
		{Name: "wide", Columns: []store.Column{{"holder", "UUID"}, {"name", "TEXT"}, {"size", "BIGINT"}, {"done", "BOOLEAN"}, {"at", "TIMESTAMPTZ"}, {"body", "BYTEA"}, {"owner", "UUID"}, {"secret", "SEALED"}, {"word", "KEYED"}, {"late", "BIGINT"}}},
		{Name: "moved", Columns: []store.Column{{"holder", "UUID"}, {"count", "BIGINT"}}},
	}
	if diff := cmp.Diff(want, tables); diff != "" {
		t.Error(diff)
	}
}

func FuzzCheckRow(f *testing.F) {
	tables, err := store.Tables(grown)
	if err != nil {
		f.Fatal(err)
	}
	f.Add([]byte{0, 0})
	f.Add(append([]byte{0xff, 3}, make([]byte, 40)...))
	f.Fuzz(func(t *testing.T, row []byte) {
		if err := store.CheckRow(tables[0], row); err != nil && !errors.Is(err, store.ErrRow) {
			t.Error(err)
		}
	})
}
