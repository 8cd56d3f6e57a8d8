package arch

import (
	"path"
	"slices"
	"strings"
)

// exceptions are the files or folders that a rule leaves alone, each with the reason.
var exceptions = map[string]map[string]string{
	"time": {
		"kit/clock/": "it is the clock",
		"sim/":       "the outside world has a clock of its own",
		"bench/":     "it measures real time",
		"e2e/":       "it waits for real browsers",
		"tools/":     "it runs on a developer's machine",
	},
	"sql text": {
		"kit/store/": "it is the store: transactions, migrations, lists",
		"bench/":     "the bare operation that a figure is compared with",
		"e2e/crash/": "it reads a killed city's tables as they lie, past the program",
		"arch/":      "it looks for SQL",
		"tools/":     "it makes the code of stores",
	},
	"hand looks": {
		"kit/journal/query.go":     "its reads take a PersonalReader and tell it the holder of every entry",
		"kit/journal/log_query.go": "places, ids and leaves of the public log, which tell nobody anything; whole rows are read by a PersonalReader",
	},
	"sql queries": {
		"kit/store/": "it is the store",
		"bench/":     "the bare operation that a figure is compared with",
		"e2e/crash/": "it reads a killed city's tables as they lie, past the program",
	},
}

// ownQueries tells whether a file is of a part of kit that keeps its schema beside it: infrastructure whose few
// statements are written by hand. The rule "hand queries" holds them to the dialect and off personal tables.
func (t *Tree) ownQueries(f goFile) bool {
	if path.Dir(f.dir()) != "kit" {
		return false
	}
	return slices.ContainsFunc(t.texts, func(other text) bool { return other.under(f.dir() + "/schema") })
}

// scratch are folders that no rule about Go reads: they keep other things alive.
var scratch = []string{"zz_deps"}

// excepted tells whether a rule leaves a file alone.
func excepted(rule, file string) bool {
	for prefix := range exceptions[rule] {
		if file == prefix || strings.HasSuffix(prefix, "/") && strings.HasPrefix(file, prefix) {
			return true
		}
	}
	return false
}
