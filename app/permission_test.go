package app_test

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"posad.city/app/apptest"
	"posad.city/kit/act"
	"posad.city/kit/web"
)

var update = flag.Bool("update", false, "write the generated pages of docs/ anew")

// permissionsPage is the matrix in words.
const permissionsPage = "../docs/developer/permissions.md"

// matrix is what came out: for each operation and subject the relations by which the subject was let in.
type matrix struct {
	subjects []*subject
	cells    map[string]map[string][]string // operation → subject → relations
	asked    int
	passed   map[string]entry // a subject and a target that each route lets in, for the tests that go further
}

// entry is a way into a route.
type entry struct {
	subject *subject
	target  int // place among the route's targets
}

// testPermissions asks every route for every thing as everybody: whether it answers is exactly what its operation says.
func testPermissions(t *testing.T, w *world) {
	m := &matrix{subjects: subjects(w), cells: map[string]map[string][]string{}, passed: map[string]entry{}}
	w.ways = m.passed
	th := makeThings(w)
	w.things = th
	th.made["check code"] = w.checkCode(th.made["anna document"])
	for _, op := range w.Operations() {
		if _, known := kinds[op.Object]; op.Object != "" && !known {
			t.Errorf("%s is done to a %q, of which these tests have none: add it to kinds and targets", op.Name, op.Object)
		}
		m.cells[op.Name] = map[string][]string{}
	}
	for _, r := range w.Base.Web.Routes() {
		if r.Surface != web.SurfaceStatic {
			m.route(t, w, th, r)
		}
	}
	t.Logf("%d requests", m.asked)
	th.anew()
	golden(t, permissionsPage, m.page(w))
}

// route asks one route for all its targets as everybody; those who may not come first, so that they find the thing there.
func (m *matrix) route(t *testing.T, w *world, th *things, r web.Route) {
	everybody := slices.Clone(m.subjects)
	slices.SortStableFunc(everybody, func(a, b *subject) int { return int(a.level) - int(b.level) })
	targets := th.targets(r)
	if len(targets) == 0 {
		t.Errorf("%s: no thing to ask for; add its wildcards to targets", r.Pattern)
	}
	for i := range targets {
		order := everybody
		if also := targets[i].also; also != nil {
			order = append(slices.Clone(everybody), also)
		}
		for _, s := range order {
			fresh := slices.Contains(once, r.Op.Name)
			one := targets[i]
			if fresh {
				th.renew(r.Op.Name)
				th.spent = ""
				one = th.targets(r)[i]
			}
			if !whole(r, one.path) {
				t.Errorf("%s: no value for a wildcard in %v", r.Pattern, one.path)
				return
			}
			m.ask(t, w, r, one, s, i)
		}
	}
}

func (m *matrix) ask(t *testing.T, w *world, r web.Route, one target, s *subject, place int) {
	m.asked++
	object := one.object(s)
	stands := s.called(w, r, object)
	may := stands&r.Op.May != 0 && s.enough(r.Op.Operation)
	w.refresh(s.member)
	client := s.browser
	if r.Surface == web.SurfaceAPI {
		client = s.program
	}
	got := w.do(client, one.call(r))
	secret := secretOf(r) && (may || r.Op.May&act.Unsigned != 0) && !(s.key && r.Surface == web.SurfaceAPI)
	if narrowed(r, s) && may {
		if _, exact := narrower[r.Pattern]; exact && !refused(r, got) {
			t.Errorf("%s of %s by %s: %d; the use case should not let them in", r.Pattern, one.name, s.name, got.Status)
		}
		return
	}
	switch {
	case got.Status >= 500:
		t.Errorf("%s of %s by %s: %d %s", r.Pattern, one.name, s.name, got.Status, short(got))
	case secret:
		may = true
	case refused(r, got) == may:
		t.Errorf("%s of %s by %s, who is %s to it: %d, %s; the operation %s is for %s", r.Pattern, one.name, s.name, stands, got.Status, got.Where(), r.Op.Name, r.Op.May)
	}
	if s.level > act.Anonymous && !s.key && slices.Contains(parting, r.Pattern) {
		w.enter(s.member)
	}
	if s.id() != w.things.anna && r.Op.Name == "account.close_session" && !w.things.annasSession() {
		t.Errorf("%s by %s closed Anna's session", r.Pattern, s.name)
	}
	if !may {
		return
	}
	if _, known := m.passed[r.Pattern]; !known || s.level > act.Anonymous && m.passed[r.Pattern].subject.level == act.Anonymous {
		m.passed[r.Pattern] = entry{s, place}
	}
	w.things.spent = one.name
	by := stands & r.Op.May
	for _, relation := range act.Relations() {
		if name := relation.String(); by&relation != 0 && !slices.Contains(m.cells[r.Op.Name][s.name], name) {
			m.cells[r.Op.Name][s.name] = append(m.cells[r.Op.Name][s.name], name)
		}
	}
}

func short(a apptest.Answer) string { return a.Body[:min(len(a.Body), 400)] }

// page is the matrix as a page of the developer's documents.
func (m *matrix) page(w *world) string {
	var out strings.Builder
	out.WriteString("# Who may do what\n\nFor people who change Posad. This page is made by `go test ./app -run TestHouse -update` from what the running house answered: every route was asked for\n" +
		"every kind of thing by every role below, always for somebody else's things too. The test fails when the page is stale.\n\n" +
		"A cell says by which relation the role was let in; a dash says that it was refused for everything it asked for. What a use case asks beyond the\n" +
		"operation (a clerk decides nothing, a case must be taken first, a queue must be one's own) is told by its own module.\n\n" +
		"A program shows a key that is for everything; what it is let in to, officials of its agency do by their own right. A sign-in by a password is at level 2 at most, whoever it is. Every session was fresh; what needs two factors was tried by who showed them, too. At\n" +
		"a service centre an official has the keyboard.\n\n| operation | of | needs | look |")
	for _, s := range m.subjects {
		fmt.Fprintf(&out, " %s |", s.name)
	}
	out.WriteString("\n|---|---|---|---|" + strings.Repeat("---|", len(m.subjects)) + "\n")
	for _, op := range w.Operations() {
		fmt.Fprintf(&out, "| %s%s | %s | %s | %s |", op.Name, map[bool]string{true: " ✎"}[op.Changes], dash(op.Object), needs(op), dash(op.Look))
		for _, s := range m.subjects {
			cell := strings.Join(m.cells[op.Name][s.name], ", ")
			if op.May|act.ByMandate == act.Everyone && s.enough(op) {
				cell = "all"
			}
			fmt.Fprintf(&out, " %s |", dash(cell))
		}
		out.WriteString("\n")
	}
	out.WriteString("\n✎ changes something. Needs: the level of the sign-in, 0 nobody signed in, 1 a confirmed phone or e-mail, 2 checked against the population register, 3 proved in person; and how lately the person has shown that they are there.\n\n## Things that were asked for\n\n")
	for _, kind := range slices.Sorted(maps.Keys(kinds)) {
		fmt.Fprintf(&out, "- %s: %s\n", kind, kinds[kind])
	}
	out.WriteString("\n## Where a use case lets in fewer\n\n")
	for _, op := range slices.Sorted(maps.Keys(narrower)) {
		fmt.Fprintf(&out, "- %s, %s: %s\n", op, strings.Join(narrower[op].subjects, ", "), narrower[op].reason)
	}
	out.WriteString("\n## Routes\n\n| operation | pages | JSON | protocols |\n|---|---|---|---|\n")
	for _, op := range w.Operations() {
		faces := map[web.Surface][]string{}
		for _, r := range w.Base.Web.Routes() {
			if r.Op != nil && r.Op.Name == op.Name {
				faces[r.Surface] = append(faces[r.Surface], "`"+r.Pattern+"`")
			}
		}
		fmt.Fprintf(&out, "| %s", op.Name)
		for _, surface := range []web.Surface{web.SurfacePage, web.SurfaceAPI, web.SurfaceProtocol} {
			fmt.Fprintf(&out, " | %s", dash(strings.Join(faces[surface], "<br>")))
		}
		out.WriteString(" |\n")
	}
	return out.String()
}

// needs is what a sign-in must be for an operation.
func needs(op act.Operation) string {
	out := fmt.Sprint(int(op.Assurance))
	if op.Strong {
		out += ", two factors"
	}
	if op.Fresh > 0 {
		out += fmt.Sprintf(", %.0f min", op.Fresh.Minutes())
	}
	return out
}

func dash(text string) string {
	if text == "" {
		return "—"
	}
	return text
}

// golden compares a generated file with what it should be.
func golden(t *testing.T, name, want string) {
	t.Helper()
	if *update && !t.Failed() {
		if err := os.WriteFile(name, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	have, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(have), want); diff != "" {
		t.Errorf("%s is stale; run go test ./app -run TestHouse -update:\n%s", name, diff)
	}
}
