package sqlrules

import (
	"slices"
	"strings"
)

// declaration is what a table's comment says.
type declaration struct {
	holder   string // "" when there is none, with a reason
	personal []string
	narrow   bool
}

const wanted = "want 'holder: COLUMN; personal: COLUMN, COLUMN; narrow' or 'holder: none — reason'"

// check holds every table to its declaration.
func (c *catalog) check() []Fault {
	var out []Fault
	for _, name := range c.order {
		if t := c.tables[name]; t != nil {
			out = append(out, t.check()...)
		}
	}
	return out
}

func (t *table) check() []Fault {
	var out []Fault
	fault := func(text string) {
		out = append(out, Fault{t.file, t.line, "table " + t.name + " " + text})
	}
	if !t.primary {
		fault("has no primary key")
	}
	if t.comment == nil {
		fault("has no comment that declares its holder: " + wanted)
		return out
	}
	said, problem := parseDeclaration(*t.comment)
	if problem != "" {
		fault("has a comment that declares " + problem + ": " + wanted)
		return out
	}
	for _, person := range said.personal {
		if t.columns[person].kind != "uuid" {
			fault("declares the personal column " + person + ", which is no UUID column of it")
		}
	}
	if said.holder == "" {
		return out
	}
	if holder := t.columns[said.holder]; holder.kind != "uuid" || !holder.notNull && !t.inPrimary(said.holder) {
		fault("declares the holder " + said.holder + ", which is no UUID NOT NULL column of it")
	}
	for _, k := range t.keys {
		if len(k.columns) == 0 || k.columns[0] != said.holder {
			out = append(out, Fault{k.file, k.line, k.what + " of table " + t.name + " does not begin with the holder " + said.holder})
		}
	}
	return out
}

func (t *table) inPrimary(column string) bool {
	for _, k := range t.keys {
		if k.what == "the primary key" && slices.Contains(k.columns, column) {
			return true
		}
	}
	return false
}

// parseDeclaration reads a table's comment; the second result names what is wrong with it.
func parseDeclaration(comment string) (declaration, string) {
	var out declaration
	found, reasoned := false, false
	for _, part := range strings.Split(comment, ";") {
		name, value, _ := strings.Cut(strings.TrimSpace(part), ":")
		value = strings.TrimSpace(value)
		switch name {
		case "holder":
			found = true
			if reason, none := strings.CutPrefix(value, "none"); none {
				if len(strings.Trim(reason, " —-")) < 3 {
					return out, "no reason for holder: none"
				}
				reasoned = true
				continue
			}
			out.holder = value
		case "personal":
			for _, column := range strings.Split(value, ",") {
				out.personal = append(out.personal, strings.TrimSpace(column))
			}
		case "narrow":
			out.narrow = true
		default:
			if reasoned && len(out.personal) == 0 && !out.narrow {
				continue // the reason goes on after a semicolon
			}
			return out, "the unknown part \"" + name + "\""
		}
	}
	if !found {
		return out, "no holder"
	}
	return out, ""
}

// checkStatement holds one query to the rules that need the tables.
func (c *catalog) checkStatement(s []token) []Fault {
	var out []Fault
	for i, t := range s {
		if at(s, i) == "like" && c.namesPersons(s) {
			out = append(out, Fault{Line: t.line, Text: "LIKE on a table with personal data is banned: search by a KEYED column"})
		}
	}
	return out
}

func (c *catalog) namesPersons(s []token) bool {
	for i := range s {
		t := c.tables[at(s, i)]
		if t == nil || t.comment == nil || !slices.Contains([]string{"from", "join", ",", "into", "update"}, at(s, i-1)) {
			continue
		}
		if said, _ := parseDeclaration(*t.comment); len(said.personal) > 0 {
			return true
		}
	}
	return false
}
