package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"posad.city/core/service"
)

// smallFolder lays the small city of core/service into a folder, with a term of its own.
func smallFolder(t *testing.T, term string) string {
	t.Helper()
	out := t.TempDir()
	if err := os.CopyFS(out, os.DirFS(filepath.Join("..", "..", "core", "service", "testdata", "city"))); err != nil {
		t.Fatal(err)
	}
	if term != "" {
		edit(t, filepath.Join(out, "services", "permit.yaml"), "term: 5 working days", "term: "+term)
	}
	return out
}

func TestDiffTellsWhatChanges(t *testing.T) {
	t.Parallel()
	one, two := smallFolder(t, ""), smallFolder(t, "6 working days")
	wants(t, 0, []string{"Permit (permit)", "Changed: term: was 5 working", "is 6 working"}, "diff", one, two)
	wants(t, 0, []string{"Разрешение (permit)", "Изменено: срок"}, "diff", one, two, "--lang", "ru")
	wants(t, 0, []string{"The versions are the same"}, "diff", one, one)
	out := wants(t, 0, nil, "diff", one, two, "--json")
	var said struct{ Changes []service.Change }
	if err := json.Unmarshal([]byte(out), &said); err != nil || len(said.Changes) != 1 || said.Changes[0].Path != "term" {
		t.Errorf("for programs: %+v %v", said, err)
	}
	wants(t, 1, []string{"name two versions"}, "diff", one)
	wants(t, 1, []string{"no language"}, "diff", one, two, "--lang", "de")
	wants(t, 1, []string{"--data DIR"}, "diff", one, "abcdef123")
	wants(t, 1, []string{"no such file"}, "diff", one, filepath.Join(one, "nowhere"))
}

func TestSimulateOfMadeCases(t *testing.T) {
	t.Parallel()
	one, two := smallFolder(t, ""), smallFolder(t, "6 working days")
	page := filepath.Join(t.TempDir(), "report.html")
	wants(t, 0, []string{"Cases: 200", "approve (right)", "█", "* after"}, "simulate", one, two, "--cases", "200", "--html", page)
	content, err := os.ReadFile(page)
	if err != nil || !strings.Contains(string(content), "<h3>Term</h3>") || strings.Contains(string(content), "<script") {
		t.Errorf("the page: %v", err)
	}
	wants(t, 1, []string{"no service differs"}, "simulate", one, one, "--cases", "10")
	wants(t, 1, []string{"--cases 1000"}, "simulate", one, two)
	wants(t, 1, []string{`a service "nothing"`}, "simulate", one, two, "--cases", "10", "--service", "nothing")
}

// TestVersionsArePlannedListedAndRolledBack: on a folder that no process serves, then on one that is served.
func TestVersionsArePlannedListedAndRolledBack(t *testing.T) {
	t.Parallel()
	one, two, data := smallFolder(t, ""), smallFolder(t, "6 working days"), t.TempDir()
	wants(t, 0, []string{"no version is published"}, "versions", "--data", data)
	wants(t, 0, []string{"published"}, "publish", one, "--data", data, "--note", "the first")
	wants(t, 1, []string{"earlier version"}, "rollback", "--data", data)
	wants(t, 1, []string{"is not a moment"}, "publish", two, "--data", data, "--at", "tomorrow")
	wants(t, 1, []string{"moment is over"}, "publish", two, "--data", data, "--at", "2020-01-01T00:00")
	wants(t, 0, []string{"planned for 2099-12-01T00:00", "--cancel"}, "publish", two, "--data", data, "--at", "2099-12-01T00:00", "--note", "an order")
	served := serveIt(t, data)
	list := wants(t, 0, []string{"plan  ", "from 2099-12-01T00:00", "an order", "now   ", "the first"}, "versions", "--data", data)
	plan := ""
	for _, word := range strings.Fields(list) {
		if strings.Count(word, "-") == 4 {
			plan = word
		}
	}
	wants(t, 0, []string{"cancelled"}, "versions", "--cancel", plan, "--data", data)
	wants(t, 1, []string{"carried out or cancelled"}, "versions", "--cancel", plan, "--data", data)
	wants(t, 0, []string{"published"}, "publish", two, "--data", data)
	wants(t, 0, []string{"The versions are the same"}, "diff", "current", two, "--data", data)
	wants(t, 0, []string{"is in force"}, "rollback", "--data", data, "--note", "too long")
	out := wants(t, 0, []string{"Changed: term"}, "diff", "current", two, "--data", data)
	if strings.Contains(out, "version ") {
		t.Errorf("nobody applied, and cases are touched: %s", out)
	}
	after := wants(t, 0, []string{"too long"}, "versions", "--data", data)
	if strings.Contains(after, "plan  ") {
		t.Errorf("the cancelled plan is listed: %s", after)
	}
	wants(t, 0, []string{"Cases: 0"}, "simulate", "current", two, "--data", data)
	wants(t, 1, []string{"no such application"}, "replay", "1234567890", "--data", data)
	served.stop(t)
}
