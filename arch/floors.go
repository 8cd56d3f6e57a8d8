package arch

import (
	"fmt"
	"slices"
	"strings"
)

// coreModules is the order of core: each imports only earlier ones.
var coreModules = []string{
	"page", "module", // what every other module stands on: frame and life cycle
	"agency", "account", "factor", "approval", "certificate", "broker", "centre", "mandate", "organisation", "openid",
	"service", "form", "talk", "document", "exchange", "ledger", "developer", "charge", "pay", "reconcile", "notice", "autopay", "register", "booking", "casework", "apply", "desk", "studio",
	"mydata", "transparency", "mypage", "stats", "content", "assistant",
}

// below says what a floor may import beside itself. Floors that are not named here import nothing of the house.
var below = map[string][]string{
	"kit":     {},
	"ui":      {"kit"},
	"sim":     {"kit"},
	"city":    {"kit"},
	"core":    {"ui", "kit"},
	"systems": {"core", "ui", "kit"},
	"app":     {"systems", "core", "ui", "kit", "sim", "city"},
	"cmd":     {"app", "systems", "core", "ui", "kit", "sim", "city"},
	"bench":   {"app", "systems", "core", "ui", "kit", "sim", "city"},
	"e2e":     {"app", "systems", "core", "ui", "kit", "sim", "city"},
	"arch":    {"kit"}, // the sample's generated code
	"scripts": {"kit"},
	"tools":   {},
}

// forTests is what the tests of a floor may import further: they run on the real app and on the small servers that
// stand for the outside world.
var forTests = map[string][]string{
	"kit":     {"sim"},
	"ui":      {"app", "core"},
	"city":    {"core"},
	"core":    {"app", "sim", "city"},
	"systems": {"app", "sim", "city"},
}

// floorOf cuts core/casework/internal/store into core and casework.
func floorOf(dir string) (string, string) {
	parts := strings.SplitN(dir, "/", 3)
	if len(parts) == 1 {
		return parts[0], ""
	}
	return parts[0], parts[1]
}

// floors finds imports that point up, or across from one city system to another.
func floors(t *Tree) []Fault {
	var out []Fault
	for _, f := range t.goes {
		floor, system := floorOf(f.dir())
		if slices.Contains(scratch, floor) {
			continue
		}
		allowed, known := below[floor]
		if !known {
			out = append(out, Fault{f.path, 0, "the house has no floor " + floor})
			continue
		}
		if f.test {
			allowed = append(slices.Clone(allowed), forTests[floor]...)
		}
		for name, spec := range f.imports() {
			target, ok := strings.CutPrefix(name, Module+"/")
			if !ok {
				continue
			}
			to, other := floorOf(target)
			switch {
			case to != floor && !slices.Contains(allowed, to):
				out = append(out, Fault{f.path, t.line(spec), fmt.Sprintf("%s may not import %s: it imports only %s", floor, target, strings.Join(append(allowed, floor), ", "))})
			case floor == "systems" && to == "systems" && system != other:
				out = append(out, Fault{f.path, t.line(spec), fmt.Sprintf("systems/%s may not import systems/%s: systems meet through core and events", system, other)})
			}
		}
	}
	return out
}

// coreOrder finds a module of core that imports a later one, and modules that have no place in the order.
func coreOrder(t *Tree) []Fault {
	var out []Fault
	for _, f := range t.goes {
		floor, module := floorOf(f.dir())
		if floor != "core" {
			continue
		}
		place := slices.Index(coreModules, module)
		if place < 0 {
			out = append(out, Fault{f.path, 0, "core/" + module + " has no place in the order of core (arch/floors.go)"})
			continue
		}
		for name, spec := range f.imports() {
			target, ok := strings.CutPrefix(name, Module+"/core/")
			if !ok || f.test && strings.HasSuffix(f.syntax.Name.Name, "_test") {
				continue
			}
			other, _, _ := strings.Cut(target, "/")
			if slices.Index(coreModules, other) > place {
				out = append(out, Fault{f.path, t.line(spec), fmt.Sprintf("core/%s stands before core/%s and may not import it; meet by an event", module, other)})
			}
		}
	}
	return out
}
