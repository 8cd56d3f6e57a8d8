package sqlrules

import "strings"

// token is a word in small letters, a quoted text, or a sign.
type token struct {
	text   string
	quoted bool // a text in single quotes; text is what stands inside
	line   int
}

// signs of more than one byte, longest first.
var signs = []string{"->>", "#>>", "->", "#>", "::", "||", "<>", "<=", ">=", "!=", "@>", "<@"}

// scan splits SQL into tokens and leaves out comments.
func scan(sql string) []token {
	var out []token
	line := 1
	for i := 0; i < len(sql); {
		start := i
		switch c := sql[i]; {
		case c == '\n' || c == ' ' || c == '\t' || c == '\r':
			i++
		case strings.HasPrefix(sql[i:], "--"):
			i = after(sql, i, "\n")
		case strings.HasPrefix(sql[i:], "/*"):
			i = after(sql, i, "*/")
		case c == '\'':
			i = after(sql, i+1, "'")
			out = append(out, token{strings.Trim(sql[start:i], "'"), true, line})
		case wordByte(c):
			for i < len(sql) && wordByte(sql[i]) {
				i++
			}
			out = append(out, token{strings.ToLower(sql[start:i]), false, line})
		default:
			i += len(signAt(sql[i:]))
			out = append(out, token{sql[start:i], false, line})
		}
		line += strings.Count(sql[start:i], "\n")
	}
	return out
}

func after(sql string, at int, end string) int {
	if at >= len(sql) {
		return len(sql)
	}
	if found := strings.Index(sql[at:], end); found >= 0 {
		return at + found + len(end)
	}
	return len(sql)
}

func wordByte(c byte) bool {
	return c == '_' || c == '$' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

func signAt(sql string) string {
	for _, sign := range signs {
		if strings.HasPrefix(sql, sign) {
			return sign
		}
	}
	return sql[:1]
}

// split cuts tokens into statements at semicolons.
func split(tokens []token) [][]token {
	var out [][]token
	start := 0
	for i, t := range tokens {
		if t.text == ";" && !t.quoted {
			out = append(out, tokens[start:i])
			start = i + 1
		}
	}
	if start < len(tokens) {
		out = append(out, tokens[start:])
	}
	return out
}

// at is the text of the token at a place; a place outside, or a quoted text, is "".
func at(tokens []token, i int) string {
	if i < 0 || i >= len(tokens) || tokens[i].quoted {
		return ""
	}
	return tokens[i].text
}

// follows tells whether the words stand at a place, one after another.
func follows(tokens []token, i int, words ...string) bool {
	for n, word := range words {
		if at(tokens, i+n) != word {
			return false
		}
	}
	return true
}
