package storegen

import (
	"go/token"
	"strings"
	"unicode"
)

// initialisms are written in capitals, as Go's own names are.
var initialisms = map[string]string{
	"id": "ID", "url": "URL", "api": "API", "json": "JSON", "pdf": "PDF", "sms": "SMS", "ip": "IP", "html": "HTML", "qr": "QR", "ids": "IDs",
}

// exported turns case_file into CaseFile and case_id into CaseID.
func exported(name string) string {
	var out strings.Builder
	for _, word := range strings.Split(name, "_") {
		if word == "" {
			continue
		}
		if capitals, ok := initialisms[word]; ok {
			out.WriteString(capitals)
			continue
		}
		out.WriteString(strings.ToUpper(word[:1]) + word[1:])
	}
	return out.String()
}

// taken are the names that the body of a generated function uses itself.
var taken = map[string]bool{"r": true, "tx": true, "p": true, "out": true, "row": true, "item": true, "err": true, "found": true, "args": true, "part": true, "store": true, "vault": true, "time": true}

// argument turns case_id into caseID; a name that Go or the generated body needs gets a tail.
func argument(name string) string {
	words := strings.SplitN(strings.Trim(name, "_"), "_", 2)
	out := words[0]
	if len(words) == 2 {
		out += exported(words[1])
	}
	if taken[out] || token.IsKeyword(out) || predeclared[out] {
		out += "Value"
	}
	return out
}

var predeclared = map[string]bool{"any": true, "append": true, "bool": true, "byte": true, "error": true, "false": true, "int64": true, "len": true, "min": true, "nil": true, "string": true, "true": true}

func isExported(name string) bool {
	return name != "" && token.IsIdentifier(name) && unicode.IsUpper(rune(name[0]))
}
