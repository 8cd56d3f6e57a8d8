package service

import (
	"fmt"
	"io"
	"strings"

	"posad.city/kit/lang"
)

// PrintDiff writes the changes for a terminal, service by service, with the cases and drafts that they touch.
func PrintDiff(w io.Writer, l lang.Language, to *City, changes []Change, touched []Touched) error {
	catalogue, err := words()
	if err != nil {
		return fmt.Errorf("service: print: %w", err)
	}
	say := func(key string, params map[string]string) string {
		return catalogue.TextWith(l, "service.diff."+key, params)
	}
	var out strings.Builder
	if len(changes) == 0 {
		out.WriteString(say("equal", nil) + "\n")
	}
	for i, c := range changes {
		if i == 0 || changes[i-1].Service != c.Service {
			fmt.Fprintf(&out, "%s\n", heading(l, say, to, c.Service))
			printTouched(&out, say, c.Service, touched)
		}
		fmt.Fprintf(&out, "  %s\n", c.In(l))
		for _, one := range c.Words {
			fmt.Fprintf(&out, "    %s: %s → %s\n", one.Path, oneLine(one.From.In(l)), oneLine(one.To.In(l)))
		}
	}
	if same := len(to.Services) - len(Changed(changes)); same > 0 && len(changes) > 0 {
		out.WriteString(say("same", map[string]string{"count": fmt.Sprint(same)}) + "\n")
	}
	_, err = io.WriteString(w, out.String())
	return err
}

func heading(l lang.Language, say func(string, map[string]string) string, to *City, key string) string {
	if key == "" {
		return say("city", nil)
	}
	if s, ok := to.Service(key); ok {
		return fmt.Sprintf("%s (%s)", oneLine(s.Title.In(l)), key)
	}
	return key
}

func printTouched(out *strings.Builder, say func(string, map[string]string) string, key string, touched []Touched) {
	for _, t := range touched {
		if t.Service == key {
			params := map[string]string{"version": short(t.Version), "cases": fmt.Sprint(t.Cases), "drafts": fmt.Sprint(t.Drafts)}
			out.WriteString("  " + say("touched_version", params) + "\n")
		}
	}
}
