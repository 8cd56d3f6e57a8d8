package store

import (
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"regexp"
	"sort"
	"strings"
)

//go:embed schema/*.sql
var ownSchema embed.FS

var own = Migrations{Module: "store", Files: ownSchema}

// Migrations are the numbered schema files of one module: schema/001_name.sql and so on, append-only. A file that was
// applied must never change; a new one is added.
type Migrations struct {
	Module string
	Files  fs.FS
}

// Decl is what a table's comment declares: its holder, whose personal data a row is, and whether it is narrow.
type Decl struct {
	Table    string
	Holder   string   // column, or "none — reason"
	Personal []string // columns that name the persons a row is about
	Narrow   bool     // clustered by its primary key on SQLite
}

const migrationTable = `CREATE TABLE IF NOT EXISTS store_migration (
  module TEXT NOT NULL, name TEXT NOT NULL, sha TEXT NOT NULL, PRIMARY KEY (module, name))`

var (
	appliedMigrations = NewQuery("store.AppliedMigrations", `SELECT module, name, sha FROM store_migration`)
	sqlComment        = regexp.MustCompile(`(?m)--.*$`)
	tableComment      = regexp.MustCompile(`(?s)^COMMENT ON TABLE (\w+) IS '(.*)'$`)
	createTable       = regexp.MustCompile(`^CREATE TABLE (?:IF NOT EXISTS )?(\w+)`)
)

// Decls tells what each table declares, by table.
func (s *Store) Decls() map[string]Decl { return s.decls }

func (s *Store) migrate(ctx context.Context, modules []Migrations) error {
	if err := s.engine.migrate(ctx, []string{s.engine.dialect(migrationTable, Decl{})}); err != nil {
		return fmt.Errorf("store: migrate: %w", err)
	}
	applied := map[string]string{}
	err := s.Read(ctx, func(r *Snapshot) error {
		return r.Query(appliedMigrations, func(row *Row) error {
			applied[row.Text(0)+"/"+row.Text(1)] = row.Text(2)
			return nil
		})
	})
	if err != nil {
		return err
	}
	if _, ok := applied[restoreModule+"/"+markOf]; ok {
		return ErrUnfinished
	}
	s.decls = map[string]Decl{}
	for _, m := range modules {
		if err := s.migrateModule(ctx, m, applied); err != nil {
			return fmt.Errorf("store: migrate %s: %w", m.Module, err)
		}
	}
	return nil
}

func (s *Store) migrateModule(ctx context.Context, m Migrations, applied map[string]string) error {
	names, err := fs.Glob(m.Files, "schema/*.sql")
	if err != nil {
		return err
	}
	sort.Strings(names)
	for _, name := range names {
		text, err := fs.ReadFile(m.Files, name)
		if err != nil {
			return err
		}
		statements := Statements(string(text))
		for _, statement := range statements { // in order: a table may be dropped and made anew
			if m := dropTable.FindStringSubmatch(statement); m != nil {
				delete(s.decls, m[1])
			}
			for _, d := range Declarations([]string{statement}) {
				s.decls[d.Table] = d
			}
		}
		sum := sha256.Sum256(text)
		sha := hex.EncodeToString(sum[:])
		if was, ok := applied[m.Module+"/"+name]; ok {
			if was != sha {
				return fmt.Errorf("%s was changed after it had been applied; put the change into a new file", name)
			}
			continue
		}
		if err := s.apply(ctx, m.Module, name, sha, statements); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

func (s *Store) apply(ctx context.Context, module, name, sha string, statements []string) error {
	decls := map[string]Decl{}
	for _, d := range Declarations(statements) {
		decls[d.Table] = d
	}
	var script []string
	for _, statement := range statements {
		var d Decl
		if m := createTable.FindStringSubmatch(statement); m != nil {
			d = decls[m[1]]
		}
		if adapted := s.engine.dialect(statement, d); adapted != "" {
			script = append(script, adapted)
		}
	}
	// Safety: module and file names are constants of the program; quotes are doubled all the same.
	quote := func(v string) string { return "'" + strings.ReplaceAll(v, "'", "''") + "'" }
	script = append(script, fmt.Sprintf("INSERT INTO store_migration (module, name, sha) VALUES (%s, %s, %s)", quote(module), quote(name), quote(sha)))
	return s.engine.migrate(ctx, script)
}

// Statements splits a schema file into its statements, without comments.
func Statements(script string) []string {
	var out []string
	for _, part := range splitOutsideQuotes(sqlComment.ReplaceAllString(script, "")) {
		if part = strings.TrimSpace(part); part != "" {
			out = append(out, part)
		}
	}
	return out
}

func splitOutsideQuotes(script string) []string {
	var out []string
	quoted, from := false, 0
	for i, r := range script {
		switch {
		case r == '\'':
			quoted = !quoted
		case r == ';' && !quoted:
			out = append(out, script[from:i])
			from = i + 1
		}
	}
	return append(out, script[from:])
}

// Declarations reads the table comments among the statements.
func Declarations(statements []string) []Decl {
	var out []Decl
	for _, statement := range statements {
		m := tableComment.FindStringSubmatch(statement)
		if m == nil {
			continue
		}
		d := Decl{Table: m[1]}
		for _, part := range strings.Split(m[2], ";") {
			name, value, _ := strings.Cut(strings.TrimSpace(part), ":")
			switch name {
			case "holder":
				d.Holder = strings.TrimSpace(value)
			case "personal":
				for _, column := range strings.Split(value, ",") {
					d.Personal = append(d.Personal, strings.TrimSpace(column))
				}
			case "narrow":
				d.Narrow = true
			}
		}
		out = append(out, d)
	}
	return out
}

// types maps the schema's column types to an engine's own; see docs/developer/house.md.
func types(statement string, to map[string]string) string {
	return columnType.ReplaceAllStringFunc(statement, func(word string) string {
		if own, ok := to[word]; ok {
			return own
		}
		return word
	})
}

var dropTable = regexp.MustCompile(`(?i)^DROP\s+TABLE\s+(\w+)`)

var columnType = regexp.MustCompile(`\b(UUID|TEXT|BIGINT|BOOLEAN|TIMESTAMPTZ|BYTEA|SEALED|KEYED)\b`)
