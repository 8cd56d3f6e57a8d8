package sqlrules

import (
	"strings"
	"testing"
)

const good = `
-- A comment may say now() and 'anything'.
CREATE TABLE case_file (
  holder UUID NOT NULL, id UUID NOT NULL, applicant UUID, kind TEXT NOT NULL DEFAULT '' CHECK (kind <> 'now()'),
  amount BIGINT NOT NULL CHECK (amount > 0), open BOOLEAN NOT NULL DEFAULT TRUE, due TIMESTAMPTZ, answers SEALED, mail KEYED, raw BYTEA,
  PRIMARY KEY (holder, id), UNIQUE (holder, kind), CHECK (amount < 10), FOREIGN KEY (holder, id) REFERENCES case_file (holder, id)
);
COMMENT ON TABLE case_file IS 'holder: holder; personal: holder, applicant; narrow';
CREATE UNIQUE INDEX case_mail ON case_file (holder, mail) WHERE open;
CREATE INDEX case_due ON case_file (due);
ALTER TABLE case_file ADD COLUMN extra BIGINT NOT NULL DEFAULT 0;
CREATE TABLE number (number TEXT NOT NULL PRIMARY KEY, id UUID NOT NULL UNIQUE);
COMMENT ON TABLE number IS 'holder: none — found by the number alone; it tells nothing; narrow';
`

const goodQueries = `-- name: A :many
SELECT case_file.holder, COUNT(*) AS n, CAST(SUM(amount) AS BIGINT) AS total FROM case_file WHERE kind = 'it''s now()' AND id > $1 GROUP BY holder ORDER BY holder LIMIT $2;
-- name: B :exec
INSERT INTO number (number, id) VALUES ($1, $2) ON CONFLICT (number) DO UPDATE SET id = excluded.id;
-- name: C :many
SELECT number FROM number WHERE number LIKE $1;
`

func TestGoodSQLHasNoFaults(t *testing.T) {
	t.Parallel()
	for _, fault := range Check([]File{{"schema/001.sql", good}}, []File{{"queries.sql", goodQueries}}) {
		t.Error(fault)
	}
}

func TestEveryBanBites(t *testing.T) {
	t.Parallel()
	for _, b := range bans {
		sql := "-- name: A :one\nSELECT 1 AS a,\n " + b.run + " 1) ];"
		faults := Check(nil, []File{{"queries.sql", sql}})
		if !contains(faults, 3, b.instead) {
			t.Errorf("%s passed: %v", b.run, faults)
		}
		hidden := "-- name: A :one\n-- " + b.run + "\nSELECT '" + b.run + " (' AS a;"
		if faults := Check(nil, []File{{"queries.sql", hidden}}); len(faults) > 0 {
			t.Errorf("%s in a comment or a text is no SQL: %v", b.run, faults)
		}
	}
}

func TestQueriesRefused(t *testing.T) {
	t.Parallel()
	cases := map[string]string{
		"INSERT INTO a (b) VALUES (1) ON CONFLICT DO NOTHING":          "names the columns",
		"SELECT CAST($1 AS UUID) AS a":                                 "CAST to UUID is banned",
		"SELECT a.* FROM a":                                            "list the columns",
		"SELECT holder, applicant FROM case_file WHERE kind LIKE 'a%'": "LIKE on a table with personal data",
		"SELECT b FROM a ORDER BY b LIMIT 1 OFFSET 2":                  "page by key",
		"SELECT b FROM a WHERE b = ANY($1)":                            "sqlc.slice",
		"UPDATE a SET b = NOW()":                                       "tx.Now()",
		"SELECT b FROM a FOR\nUPDATE SKIP LOCKED":                      "serializable",
	}
	for sql, want := range cases {
		faults := Check([]File{{"schema/001.sql", good}}, []File{{"queries.sql", sql}})
		if !contains(faults, 1, want) {
			t.Errorf("%s: want %q, got %v", sql, want, faults)
		}
	}
}

func TestTablesRefused(t *testing.T) {
	t.Parallel()
	const columns = "holder UUID NOT NULL, id UUID NOT NULL"
	cases := map[string]struct{ sql, want string }{
		"no comment":              {"CREATE TABLE a (" + columns + ", PRIMARY KEY (holder, id));", "no comment that declares its holder"},
		"no holder":               {table1("PRIMARY KEY (holder, id)", "narrow"), "declares no holder"},
		"no reason":               {table1("PRIMARY KEY (id)", "holder: none —"), "no reason for holder: none"},
		"an unknown part":         {table1("PRIMARY KEY (holder, id)", "holder: holder; wide"), "the unknown part \"wide\""},
		"a holder not there":      {table1("PRIMARY KEY (id)", "holder: owner"), "which is no UUID NOT NULL column"},
		"a person not there":      {table1("PRIMARY KEY (holder, id)", "holder: holder; personal: who"), "the personal column who"},
		"no primary key":          {table1("UNIQUE (holder, id)", "holder: holder"), "has no primary key"},
		"primary key":             {table1("PRIMARY KEY (id, holder)", "holder: holder"), "the primary key of table a does not begin with the holder"},
		"unique key":              {table1("PRIMARY KEY (holder, id), CONSTRAINT one UNIQUE (id)", "holder: holder"), "a unique key of table a"},
		"unique column":           {"CREATE TABLE a (holder UUID NOT NULL, id UUID NOT NULL UNIQUE, PRIMARY KEY (holder, id)); COMMENT ON TABLE a IS 'holder: holder';", "a unique key of table a"},
		"unique index":            {table1("PRIMARY KEY (holder, id)", "holder: holder") + "CREATE UNIQUE INDEX i ON a (id, holder);", "a unique index of table a"},
		"index of nothing":        {"CREATE UNIQUE INDEX i ON b (id);", "stands on a table that this module made"},
		"a foreign type":          {"CREATE TABLE a (id VARCHAR(10) NOT NULL);", "a.id: type VARCHAR is not one of"},
		"a text that may be NULL": {"CREATE TABLE a (id TEXT);", "a TEXT column is NOT NULL"},
		"a later bad column":      {table1("PRIMARY KEY (holder, id)", "holder: holder") + "ALTER TABLE a ADD COLUMN n BIGINT;", "a BIGINT column is NOT NULL"},
		"an alien alteration":     {table1("PRIMARY KEY (holder, id)", "holder: holder") + "ALTER TABLE a ALTER COLUMN n SET NOT NULL;", "ALTER TABLE knows"},
		"another's table":         {"ALTER TABLE b ADD COLUMN n BIGINT NOT NULL DEFAULT 0;", "this module made no such table"},
		"a default that asks":     {"CREATE TABLE a (id UUID NOT NULL DEFAULT gen_random_uuid());", "DEFAULT with a function"},
		"a comment on nothing":    {"COMMENT ON TABLE b IS 'holder: holder';", "names a table of this module"},
	}
	for name, c := range cases {
		faults := Check([]File{{"schema/001.sql", c.sql}}, nil)
		if !contains(faults, 1, c.want) {
			t.Errorf("%s: want %q, got %v", name, c.want, faults)
		}
	}
}

func table1(keys, comment string) string {
	return "CREATE TABLE a (holder UUID NOT NULL, id UUID NOT NULL, " + keys + "); COMMENT ON TABLE a IS '" + comment + "';"
}

func contains(faults []Fault, line int, text string) bool {
	for _, f := range faults {
		if f.Line == line && strings.Contains(f.String(), text) {
			return true
		}
	}
	return false
}

func FuzzCheck(f *testing.F) {
	f.Add(good, goodQueries)
	f.Add("CREATE TABLE", "'")
	f.Add("create table a (b", "--")
	f.Add("COMMENT ON TABLE a IS", "/*")
	f.Fuzz(func(t *testing.T, schema, queries string) {
		for _, fault := range Check([]File{{"schema/001.sql", schema}}, []File{{"queries.sql", queries}}) {
			if fault.Line < 1 || fault.File == "" {
				t.Errorf("a fault without a place: %+v", fault)
			}
		}
	})
}
