package main

import (
	"testing"
)

// TestExchangeCommand: what is asked wrongly is told with what to do; an empty log is a good one.
func TestExchangeCommand(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		says string
		args []string
	}{
		{"name one: log", []string{"exchange"}},
		{"name one: log", []string{"exchange", "else"}},
		{"name the person", []string{"exchange", "log"}},
		{"name the person", []string{"exchange", "export", "x", "y"}},
		{"is no id of the log", []string{"exchange", "export", "x", "y", "--about", "anna@example.org"}},
	} {
		wants(t, 1, []string{c.says}, c.args...)
	}
	folder, data := smallFolder(t, ""), t.TempDir()
	wants(t, 0, []string{"published"}, "publish", folder, "--data", data)
	wants(t, 0, []string{"batches: 0, exchanges: 0", "Nothing is wrong"}, "exchange", "check", "--data", data)
	wants(t, 1, []string{"Nobody is known by that"}, "exchange", "log", "--about", "nobody@example.org", "--data", data)
	wants(t, 0, []string{"Nothing was asked about this person"}, "exchange", "log", "--about", "0190a5d0-0000-7000-8000-0000000000aa", "--data", data)
}
