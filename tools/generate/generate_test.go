package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"posad.city/tools/storegen"
)

// TestMain lets sqlc start the test's own binary as its plugin, as it starts the command's.
func TestMain(m *testing.M) {
	if len(os.Args) == 2 && os.Args[1] == pluginCall {
		answerSqlc()
		return
	}
	os.Exit(m.Run())
}

// sample is a store with every kind of query. It lies in the main module, so that its generated code is compiled and
// run there on both engines.
const sample = "../../arch/sample/internal/store"

func TestSampleIsGeneratedAsItShouldBe(t *testing.T) {
	t.Parallel()
	tree := t.TempDir()
	copied := filepath.Join(tree, "arch/sample/internal/store")
	if err := os.CopyFS(copied, os.DirFS(sample)); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(copied, storegen.FileName)); err != nil {
		t.Fatal(err)
	}
	if err := generateTree(t, tree); err != nil {
		t.Fatal(err)
	}
	if got, want := read(t, filepath.Join(copied, storegen.FileName)), read(t, filepath.Join(sample, storegen.FileName)); got != want {
		t.Errorf("the text differs from the one in %s; make generate, and look at what changes in it", sample)
	}
}

func TestRefusals(t *testing.T) {
	const notes = "CREATE TABLE note (holder UUID NOT NULL, id UUID NOT NULL, body TEXT NOT NULL, due TIMESTAMPTZ, PRIMARY KEY (holder, id));"
	const people = "CREATE TABLE person (holder UUID NOT NULL, id UUID NOT NULL, secret SEALED, made TIMESTAMPTZ NOT NULL, PRIMARY KEY (holder, id)); COMMENT ON TABLE person IS 'holder: holder; personal: holder';"
	cases := map[string]struct{ schema, query, want string }{
		"a type of another house":       {"CREATE TABLE a (id UUID NOT NULL, n INTEGER NOT NULL);", "-- name: A :one\nSELECT id FROM a;", "a.n: type int4 is not one of UUID"},
		"an array":                      {"CREATE TABLE a (id UUID NOT NULL, n TEXT[] NOT NULL);", "-- name: A :one\nSELECT id FROM a;", "a.n: type text"},
		"a text that may be NULL":       {"CREATE TABLE a (id UUID NOT NULL, n TEXT);", "-- name: A :one\nSELECT id FROM a;", "a.n: a TEXT column is NOT NULL"},
		"a number that may be NULL":     {"CREATE TABLE a (id UUID NOT NULL, n BIGINT);", "-- name: A :one\nSELECT id FROM a;", "a.n: a BIGINT column is NOT NULL"},
		"a boolean that may be NULL":    {"CREATE TABLE a (id UUID NOT NULL, n BOOLEAN);", "-- name: A :one\nSELECT id FROM a;", "a.n: a BOOLEAN column is NOT NULL"},
		"a personal column not there":   {"CREATE TABLE a (id UUID NOT NULL); COMMENT ON TABLE a IS 'personal: who';", "-- name: A :one\nSELECT id FROM a;", "names the personal column who"},
		"a result that may be NULL":     {notes, "-- name: A :many\nSELECT a.id, b.body FROM note a LEFT JOIN note b ON a.id = b.id;", "column body may be NULL and is TEXT"},
		"a result of no type":           {notes, "-- name: A :many\nSELECT MAX(due) AS due FROM note;", "the type of column due is"},
		"two columns of one name":       {notes, "-- name: A :many\nSELECT a.id, b.id FROM note a JOIN note b ON a.id = b.id;", "two columns of the result are called id"},
		"two parameters of one name":    {notes, "-- name: A :many\nSELECT id FROM note WHERE due > $1 AND due < $2;", "two parameters are called due"},
		"a parameter that may be NULL":  {notes, "-- name: A :many\nSELECT id FROM note WHERE body = sqlc.narg(body);", "parameter body may be NULL"},
		"a small first letter":          {notes, "-- name: a :many\nSELECT id FROM note;", "starts with a capital letter"},
		"a command that sqlc has":       {notes, "-- name: A :execresult\nDELETE FROM note;", ":execresult is none of"},
		"a read whose rows are lost":    {notes, "-- name: A :exec\nSELECT id FROM note;", "throws its rows away"},
		"rows of a statement with none": {notes, "-- name: A :one\nDELETE FROM note;", "without containing a RETURNING clause"},
		"a change inside WITH":          {notes, "-- name: A :many\nWITH gone AS (DELETE FROM note RETURNING id) SELECT id FROM gone;", "SQLite changes no rows inside WITH"},
		"two things of one Go name":     {notes, "-- name: PutStmt :many\nSELECT id FROM note;\n-- name: Put :exec\nDELETE FROM note;", "would both be called PutStmt"},
		"a list with an order":          {notes, "-- name: A :many\nSELECT id FROM note WHERE id IN (sqlc.slice('ids')) ORDER BY id;", "ORDER would hold within a part only"},
		"a list that is not last":       {notes, "-- name: A :many\nSELECT id FROM note WHERE id IN (sqlc.slice('ids')) AND due > @due;", "must be the last parameter"},
		"a list for one row":            {notes, "-- name: A :one\nSELECT id FROM note WHERE id IN (sqlc.slice('ids'));", "is :many or :execrows"},
		"a look that sees nobody":       {people, "-- name: A :many\nSELECT id FROM person;", "must return its column holder"},
		"a look by a join":              {notes + people, "-- name: A :many\nSELECT note.id FROM note JOIN person ON person.id = note.id;", "must return its column holder"},
		"a look in a subquery":          {notes + people, "-- name: A :many\nSELECT id FROM note WHERE EXISTS (SELECT 1 FROM person WHERE person.id = note.id);", "reads the personal table person"},
		"a look through a view":         {people, "-- name: A :many\nWITH p AS (SELECT holder AS h, secret FROM person) SELECT h, secret FROM p;", "must return its column holder"},
		"a look by an outer join":       {notes + people, "-- name: A :many\nSELECT person.id, note.holder FROM person LEFT JOIN note ON note.holder = person.holder;", "must return its column holder"},
		"a look by half an equation":    {notes + people, "-- name: A :many\nSELECT person.id, note.holder FROM person JOIN note ON note.holder = person.holder OR note.id = person.id;", "must return its column holder"},
		"a look by another's equation":  {notes + people, "-- name: A :many\nSELECT person.id, note.holder, other.id AS other FROM person JOIN note ON note.holder = person.holder JOIN person AS other ON other.id = note.id;", "must return its column holder"},
		"a look at two by one":          {people, "-- name: A :many\nSELECT a.holder, b.secret FROM person a JOIN person b ON a.id = b.id;", "once for each use of the table"},
		"a look by UNION":               {people, "-- name: A :many\nSELECT holder, id FROM person UNION SELECT id, holder FROM person;", "UNION hides whose data"},
		"a secret among counts":         {people, "-- name: A :many\n-- counts only\nSELECT secret FROM person;", "may not return the SEALED column secret"},
		"counts of a plain table":       {notes, "-- name: A :many\n-- counts only\nSELECT id FROM note;", "names no personal table"},
		"counts on a change":            {people, "-- name: A :exec\n-- counts only\nDELETE FROM person;", "is for a SELECT"},
		"a column that is not there":    {notes, "-- name: A :many\nSELECT nothing FROM note;", "queries.sql:2:8"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tree := t.TempDir()
			write(t, filepath.Join(tree, "core/part/internal/store/schema/001_first.sql"), c.schema)
			write(t, filepath.Join(tree, "core/part/internal/store/queries.sql"), c.query)
			err := generateTree(t, tree)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("want a refusal with %q, got %v", c.want, err)
			}
			if _, err := os.Stat(filepath.Join(tree, "core/part/internal/store", storegen.FileName)); err == nil {
				t.Error("a refused store has a file all the same")
			}
		})
	}
}

func TestHashKnowsEveryFile(t *testing.T) {
	t.Parallel()
	one := hash([]source{{"schema/001.sql", []byte("ab")}, {"queries.sql", []byte("c")}})
	other := hash([]source{{"schema/001.sql", []byte("a")}, {"queries.sql", []byte("bc")}})
	if one == other {
		t.Error("text that moved from one file to another has the same hash")
	}
}

// generateTree runs the command over a temporary tree, with the sqlc that SQLC names or the one of this module.
func generateTree(t *testing.T, tree string) error {
	t.Helper()
	stores, err := findStores(tree, nil)
	if err != nil || len(stores) != 1 {
		t.Fatalf("found %v: %v", stores, err)
	}
	return generate(tree, stores[0], sqlcPath(t))
}

func sqlcPath(t *testing.T) string {
	t.Helper()
	if path := os.Getenv("SQLC"); path != "" {
		return path
	}
	path, err := builtSqlc()
	if err != nil {
		t.Fatalf("go tool sqlc: %v", err)
	}
	return path
}

func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// builtSqlc builds the sqlc of this module once a run and tells where it lies.
var builtSqlc = sync.OnceValues(func() (string, error) {
	said, err := exec.Command("go", "tool", "-n", "sqlc").Output()
	return strings.TrimSpace(string(said)), err
})
