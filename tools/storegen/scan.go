package storegen

import "strings"

// tablePlaces are the places of the tokens that stand where a statement reads a table: after FROM, JOIN, or a comma
// between tables. It may hold more than tables (the name of a CTE), never less.
func tablePlaces(all []string) []int {
	var out []int
	clauses := []string{""} // the clause that each open bracket is in
	before := ""
	for i, t := range all {
		last := len(clauses) - 1
		if isWordByte(t[0]) && (before == "from" || before == "join" || (before == "," || before == "(") && clauses[last] == "from") {
			out = append(out, i)
		}
		switch {
		case t == "(":
			clauses = append(clauses, inBracket(before, clauses[last]))
		case t == ")" && last > 0:
			clauses = clauses[:last]
		case t == "join":
			clauses[last] = "from"
		case clauseWords[t]:
			clauses[last] = t
		}
		before = t
	}
	return out
}

// inBracket is the clause that a bracket begins in: one that stands for a table, as in FROM (a JOIN b), goes on with it.
func inBracket(before, clause string) string {
	if clause == "from" && (before == "from" || before == "join" || before == "," || before == "(") {
		return "from"
	}
	return ""
}

// clauseWords begin a part of a statement in which a comma does not part tables. ON and USING are none of them: the
// list of tables may go on after them.
var clauseWords = map[string]bool{
	"select": true, "from": true, "where": true, "group": true, "having": true, "order": true, "limit": true, "window": true,
	"union": true, "except": true, "intersect": true, "returning": true, "values": true, "set": true, "with": true,
}

// words are the bare words of a statement in small letters.
func words(sql string) []string {
	var out []string
	for _, t := range tokens(sql) {
		if isWordByte(t[0]) {
			out = append(out, t)
		}
	}
	return out
}

// tokens are the words and signs of a statement, without comments and quoted texts; a word is in small letters.
func tokens(sql string) []string {
	var out []string
	for i := 0; i < len(sql); {
		switch c := sql[i]; {
		case c == '\'':
			i = skipQuoted(sql, i)
			out = append(out, "'")
		case strings.HasPrefix(sql[i:], "--"):
			i = skipTo(sql, i, "\n")
		case strings.HasPrefix(sql[i:], "/*"):
			i = skipTo(sql, i, "*/")
		case isWordByte(c):
			start := i
			for i < len(sql) && isWordByte(sql[i]) {
				i++
			}
			out = append(out, strings.ToLower(sql[start:i]))
		default:
			if c > ' ' {
				out = append(out, sql[i:i+1])
			}
			i++
		}
	}
	return out
}

func isWordByte(c byte) bool {
	return c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

// skipQuoted returns the place after a quoted text; a doubled quote inside simply starts the next one.
func skipQuoted(sql string, at int) int {
	if end := strings.IndexByte(sql[at+1:], '\''); end >= 0 {
		return at + 1 + end + 1
	}
	return len(sql)
}

func skipTo(sql string, at int, end string) int {
	if found := strings.Index(sql[at:], end); found >= 0 {
		return at + found + len(end)
	}
	return len(sql)
}
