package sqlrules

import (
	"slices"
	"strings"
)

// ban is a run of tokens that may not stand in any SQL, and what to do instead.
type ban struct {
	run, instead string
}

// bans hold what only one engine has, what both have with different meanings, and what would ask a clock that tests
// cannot move.
var bans = []ban{
	{"for update", "a Write is serializable already"},
	{"for share", "a Write is serializable already"},
	{"skip locked", "claim by state and lease"},
	{"now (", "pass tx.Now() as a parameter"},
	{"current_timestamp", "pass tx.Now() as a parameter"},
	{"current_date", "pass the civil date as a parameter"},
	{"current_time", "pass tx.Now() as a parameter"},
	{"localtimestamp", "pass tx.Now() as a parameter"},
	{"lower (", "store a key folded in Go; the engines fold letters differently"},
	{"upper (", "store a key folded in Go; the engines fold letters differently"},
	{"ilike", "store a key folded in Go"},
	{"similar to", "decide it in Go"},
	{"->>", "make it a column"},
	{"->", "make it a column"},
	{"#>", "make it a column"},
	{"#>>", "make it a column"},
	{"@>", "make it a column"},
	{"<@", "make it a column"},
	{"::", "write CAST(x AS BIGINT)"},
	{"offset", "page by key, with store.List"},
	{"serial", "ids are made in Go, with id.New"},
	{"bigserial", "ids are made in Go, with id.New"},
	{"smallserial", "ids are made in Go, with id.New"},
	{"autoincrement", "ids are made in Go, with id.New"},
	{"identity", "ids are made in Go, with id.New"},
	{"nextval", "ids are made in Go, with id.New"},
	{"gen_random_uuid", "ids are made in Go, with id.New"},
	{"random (", "what is random is made in Go"},
	{"array", "a list is rows; ids go through sqlc.slice"},
	{"[", "a list is rows; ids go through sqlc.slice"},
	{"any (", "ids go through sqlc.slice"},
	{"interval", "count terms in Go"},
	{"date_trunc", "count dates in Go"},
	{"extract (", "count dates in Go"},
	{"select *", "list the columns"},
	{"select distinct *", "list the columns"},
	{"returning *", "list the columns"},
	{". *", "list the columns"},
	{"public .", "name the table without its schema, which differs between stores"},
	{"\"", "name it without quotes; SQLite reads an unknown quoted name as a text"},
	{"`", "name it without quotes"},
	{"create trigger", "say it in Go"},
	{"create function", "say it in Go"},
	{"create type", "use TEXT with a CHECK"},
}

// blobCasts are types whose CAST means a number on SQLite.
var blobCasts = []string{"uuid", "bytea", "sealed", "keyed", "jsonb", "json"}

func checkWords(tokens []token) []Fault {
	var out []Fault
	for i, t := range tokens {
		if t.quoted {
			continue
		}
		for _, b := range bans {
			if follows(tokens, i, strings.Fields(b.run)...) {
				out = append(out, Fault{Line: t.line, Text: strings.ToUpper(b.run) + " is banned: " + b.instead})
			}
		}
		if text := oddUse(tokens, i); text != "" {
			out = append(out, Fault{Line: t.line, Text: text})
		}
	}
	return out
}

// oddUse finds the words that are banned in some places only.
func oddUse(tokens []token, i int) string {
	switch tokens[i].text {
	case "on":
		if at(tokens, i+1) == "conflict" && at(tokens, i+2) != "(" {
			return "ON CONFLICT names the columns of the key that it means"
		}
	case "default":
		if at(tokens, i+2) == "(" {
			return "DEFAULT with a function is banned: pass the value"
		}
	case "as":
		if slices.Contains(blobCasts, at(tokens, i+1)) && at(tokens, i+2) == ")" {
			return "CAST to " + strings.ToUpper(at(tokens, i+1)) + " is banned: SQLite would make a number of it"
		}
	}
	return ""
}
