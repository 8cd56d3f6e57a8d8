package backup

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"posad.city/kit/clock"
	"posad.city/kit/id"
	"posad.city/kit/store"
)

func sampleManifest() Manifest {
	at := time.Date(2026, 11, 22, 3, 0, 0, 0, time.UTC)
	sha := strings.Repeat("ab", 32)
	return Manifest{
		Format: Format, Program: "0.1.0", City: "https://kitezh.example", Engine: "sqlite", Began: at, Taken: at, Ended: at,
		Schema: []store.Applied{{Module: "sample", Name: "schema/001_first.sql", SHA: sha}},
		Tables: []Table{{
			Table: store.Table{Name: "act", Columns: []store.Column{{Name: "holder", Type: "UUID"}}}, Rows: 3, Sum: sha,
			Parts: []Part{{File: "db/act.0000.zst", Bytes: 10, SHA256: sha, Rows: 2}, {File: "db/act.0001.zst", Bytes: 9, SHA256: sha, Rows: 1}},
		}},
		Files: Files{Count: 1, Bytes: 5, List: Part{File: listFile, Bytes: 99, SHA256: sha}},
		Log:   &Log{Origin: "kitezh.example/log", Size: 7, Root: sha, Made: at, Checkpoint: "…"},
		Keys:  json.RawMessage(`{}`),
	}
}

func TestAManifestIsReadAsItWasWrittenAndInNoOtherSpelling(t *testing.T) {
	t.Parallel()
	file, err := sampleManifest().File()
	if err != nil {
		t.Fatal(err)
	}
	m, err := ParseManifest(file)
	if err != nil || m.Rows() != 3 || m.Bytes() != 19 {
		t.Fatalf("%+v, %v", m, err)
	}
	for name, change := range map[string]func(string) string{
		"an unknown key":         func(s string) string { return strings.Replace(s, `"program"`, `"programme"`, 1) },
		"a key twice":            func(s string) string { return strings.Replace(s, `"program"`, `"city": "other", "program"`, 1) },
		"another format":         func(s string) string { return strings.Replace(s, Format, "posad-backup/2", 1) },
		"a way out of the copy":  func(s string) string { return strings.Replace(s, "db/act.0000.zst", "../../etc/passwd", 1) },
		"parts in another order": func(s string) string { return strings.Replace(s, "act.0000", "act.0001", 1) },
		"another count":          func(s string) string { return strings.Replace(s, `"rows": 3`, `"rows": 4`, 1) },
		"a column of SQL":        func(s string) string { return strings.Replace(s, `"holder"`, `"a; DROP TABLE act"`, 1) },
		"something after it":     func(s string) string { return s + "{}" },
		"a short hash":           func(s string) string { return strings.Replace(s, strings.Repeat("ab", 32), "ab", 1) },
	} {
		changed := change(string(file))
		if changed == string(file) {
			t.Fatalf("%s: the sample was not changed", name)
		}
		if _, err := ParseManifest([]byte(changed)); !errors.Is(err, ErrManifest) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzParseManifest(f *testing.F) {
	file, err := sampleManifest().File()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(file)
	f.Add([]byte(`{"format":"posad-backup/1"}`))
	f.Add(bytes.Replace(file, []byte(`"tables"`), []byte(`"Tables"`), 1))
	f.Fuzz(func(t *testing.T, file []byte) {
		m, err := ParseManifest(file)
		if err != nil {
			if !errors.Is(err, ErrManifest) {
				t.Error(err)
			}
			return
		}
		for _, table := range m.Tables {
			for _, part := range table.Parts {
				if strings.Contains(part.File, "..") || !strings.HasPrefix(part.File, "db/") {
					t.Errorf("a part %q", part.File)
				}
			}
		}
		if same, err := m.File(); err != nil || !bytes.Equal(same, file) {
			t.Errorf("it is written otherwise: %v", err)
		}
	})
}

func FuzzParseEntry(f *testing.F) {
	e := newEntry(id.Derived("blob", "one"), 1_795_000_000_000_000, 77, strings.Repeat("0c", 32))
	f.Add(strings.TrimSuffix(e.line(), "\n"))
	f.Add("blobs/../../x-1.blob 1 " + strings.Repeat("0c", 32))
	f.Fuzz(func(t *testing.T, line string) {
		e, err := parseEntry(line)
		if err != nil {
			return
		}
		if e.line() != line+"\n" || strings.Contains(e.where, "..") || len(e.group()) != 2 {
			t.Errorf("%q was read as %+v", line, e)
		}
	})
}

func FuzzEachRow(f *testing.F) {
	f.Add([]byte{2, 1, 2, 0, 1, 9})
	f.Add([]byte{255, 255, 255, 255, 255, 255, 255, 255, 255, 1, 0})
	f.Fuzz(func(t *testing.T, rows []byte) {
		seen := 0
		err := eachRow(rows, func(row []byte) error { seen += len(row); return nil })
		if err != nil && !errors.Is(err, store.ErrRow) || seen > len(rows) {
			t.Errorf("%d bytes of %d, %v", seen, len(rows), err)
		}
	})
}

func TestSumsDoNotMindOrderAndMindEverythingElse(t *testing.T) {
	t.Parallel()
	of := func(rows [][]byte) string {
		var s sum
		for _, row := range rows {
			s.add(row)
		}
		return s.String()
	}
	rapid.Check(t, func(t *rapid.T) {
		rows := rapid.SliceOfN(rapid.SliceOfN(rapid.Byte(), 0, 9), 1, 30).Draw(t, "rows")
		mixed := rapid.Permutation(rows).Draw(t, "mixed")
		want := of(rows)
		if got := of(mixed); got != want {
			t.Fatalf("another order: %s, %s", got, want)
		}
		at := rapid.IntRange(0, len(rows)-1).Draw(t, "at")
		other := slices.Clone(rows)
		other[at] = append(slices.Clone(other[at]), 1)
		for name, changed := range map[string][][]byte{"changed": other, "twice": append(slices.Clone(rows), rows[at]), "missing": slices.Delete(slices.Clone(rows), at, at+1)} {
			if of(changed) == want {
				t.Fatalf("a row %s has the same sum", name)
			}
		}
	})
}

func TestAListIsReadInItsOrderAlone(t *testing.T) {
	t.Parallel()
	var entries []entry
	for n := range 200 {
		entries = append(entries, newEntry(id.Derived("blob", fmt.Sprint(n)), int64(n), 1, strings.Repeat("00", 32)))
	}
	slices.SortFunc(entries, func(a, b entry) int {
		if a.before(b) {
			return -1
		}
		return 1
	})
	var text strings.Builder
	for _, e := range entries {
		text.WriteString(e.line())
	}
	l := newLister(io.NopCloser(strings.NewReader(text.String())))
	passed := 0
	for n := 0; n < len(entries); n += 3 {
		got, found, err := l.take(entries[n], func(entry) error { passed++; return nil })
		if !found || err != nil || got != entries[n] {
			t.Fatalf("entry %d: %+v, %v, %v", n, got, found, err)
		}
	}
	if err := l.each(func(entry) error { passed++; return nil }); err != nil || passed != 133 {
		t.Errorf("%d were passed by, %v", passed, err)
	}
	l = newLister(io.NopCloser(strings.NewReader(entries[1].line() + entries[0].line())))
	if err := l.each(func(entry) error { return nil }); !errors.Is(err, errList) {
		t.Errorf("the wrong order: %v", err)
	}
}

func TestThePaceRestsAsLongAsItIsTold(t *testing.T) {
	t.Parallel()
	work := func(share float64) time.Duration {
		p := newPace(t.Context(), share, nil)
		p.begin(StageDatabase, 10)
		spent := clock.Measure()
		for range 10 {
			for busy := clock.Measure(); busy() < workFor+time.Millisecond; {
			}
			if err := p.step("", 1, 0); err != nil {
				t.Fatal(err)
			}
		}
		return spent()
	}
	if whole, quarter := work(1), work(0.25); quarter < 3*whole {
		t.Errorf("at a quarter of the time it took %v, at all of it %v", quarter, whole)
	}
}
