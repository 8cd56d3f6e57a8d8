package crash

import (
	"bytes"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"posad.city/kit/id"
	"posad.city/kit/journal"
)

// notes are everything that the city has acknowledged.
type notes struct {
	t        *testing.T
	mu       sync.Mutex
	cases    map[string]*caseNote
	attempts map[string]bool
	deleted  []deletion
	counts   map[string]int
	odd      []string
}

// deletion is a draft that its resident has deleted.
type deletion struct {
	draft id.ID
	by    *resident
}

// caseNote is what was acknowledged of one case.
type caseNote struct {
	number    string
	reader    *resident // whose case it is
	id        id.ID     // of an application whose sending was acknowledged; else zero
	service   string
	mark      string
	promise   []byte
	taken     bool
	stage     string // as an official decided
	questions []string
	answers   []string
	stars     int
}

func newNotes(t *testing.T) *notes {
	return &notes{t: t, cases: map[string]*caseNote{}, attempts: map[string]bool{}, counts: map[string]int{}}
}

func (n *notes) change(_ *caseNote, note func()) {
	n.mu.Lock()
	defer n.mu.Unlock()
	note()
}

func (n *notes) count(what string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.counts[what]++
}

// of finds the note of a case, or makes it. reader is nil when somebody else works it.
func (n *notes) of(number string, reader *resident) *caseNote {
	n.mu.Lock()
	defer n.mu.Unlock()
	one := n.cases[number]
	if one == nil {
		one = &caseNote{number: number}
		n.cases[number] = one
	}
	if reader != nil {
		one.reader = reader
	}
	return one
}

func (n *notes) sent(number string, d *draft, by *resident) *caseNote {
	one := n.of(number, by)
	n.mu.Lock()
	defer n.mu.Unlock()
	if !one.id.IsZero() && one.id != d.ID {
		n.t.Errorf("two applications have the number %s", number)
	}
	if one.id.IsZero() {
		n.counts["applications"]++
	}
	one.id, one.service, one.mark = d.ID, d.service, d.mark
	return one
}

func (n *notes) attempt(attempt string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.attempts[attempt] = true
}

func (n *notes) dropped(draft id.ID, by *resident) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.deleted = append(n.deleted, deletion{draft, by})
	n.counts["deleted drafts"]++
}

// strange notes an answer that a city must never give.
func (n *notes) strange(what string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.odd = append(n.odd, what)
}

func (n *notes) summary() string {
	n.mu.Lock()
	defer n.mu.Unlock()
	out := []string{fmt.Sprintf("acknowledged: %d attempts", len(n.attempts))}
	for _, what := range slices.Sorted(maps.Keys(n.counts)) {
		out = append(out, fmt.Sprintf("%d %s", n.counts[what], what))
	}
	return strings.Join(out, ", ")
}

// some tells whether something of every kind was acknowledged.
func (n *notes) some() bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, what := range []string{"saves", "applications", "takes", "decisions", "questions", "answers"} {
		if n.counts[what] == 0 {
			return false
		}
	}
	return true
}

// check asks the living city for everything that it has acknowledged.
func (n *notes) check(actors []actor) {
	n.t.Helper()
	for i, odd := range n.odd {
		if i < shownMost {
			n.t.Error(odd)
		}
	}
	if len(n.odd) > shownMost {
		n.t.Errorf("and %d strange answers more", len(n.odd)-shownMost)
	}
	if !n.some() {
		n.t.Errorf("the campaign has not seen some of everything: %s", n.summary())
	}
	for _, a := range actors {
		if r, ok := a.(*resident); ok {
			n.checkResident(r)
		}
	}
	for _, gone := range n.deleted {
		if status, _ := gone.by.insist("/api/v1/drafts/" + gone.draft.String()); status != http.StatusNotFound {
			n.t.Errorf("a deleted draft is back: %s answers %d", gone.draft, status)
		}
	}
	for _, one := range n.cases {
		n.findReader(one, actors)
		n.checkCase(one)
	}
}

// findReader finds whose case it is that officials have worked: the newest two hundred are in their people's lists.
func (n *notes) findReader(one *caseNote, actors []actor) {
	for _, a := range actors {
		r, ok := a.(*resident)
		if !ok || one.reader != nil {
			continue
		}
		if status, _ := r.insist("/api/v1/cases/" + one.number); status == http.StatusOK {
			one.reader = r
		}
	}
}

func (n *notes) checkResident(r *resident) {
	for _, d := range r.drafts {
		if !d.sending && !d.dropping {
			var got wireDraft
			if status := r.insistOn("/api/v1/drafts/"+d.ID.String(), &got); status == http.StatusOK {
				r.compare(d, got, 0)
			} else {
				r.gone(d, status)
			}
		}
	}
	var lines []wireCase
	if status := r.insistOn("/api/v1/cases", &lines); status != http.StatusOK {
		n.t.Fatalf("%s can't see their cases: %d", r.who.Key, status)
	}
	for _, line := range lines {
		n.of(line.Number, r)
	}
}

func (n *notes) checkCase(one *caseNote) {
	if one.reader == nil {
		n.t.Errorf("case %s, which officials work, is nobody's", one.number)
		return
	}
	var got wireCase
	if status := one.reader.insistOn("/api/v1/cases/"+one.number, &got); status != http.StatusOK {
		n.t.Errorf("case %s of %s, acknowledged: %d", one.number, one.reader.who.Key, status)
		return
	}
	var questions, answers, events []string
	for _, q := range got.Questions {
		questions, answers = append(questions, q.Words), append(answers, q.Answer)
	}
	for _, e := range got.Timeline {
		events = append(events, e.Event)
	}
	n.all(one, "question", one.questions, questions)
	n.all(one, "answer", one.answers, answers)
	if one.taken {
		n.all(one, "line", []string{"taken"}, events)
	}
	if one.stage != "" && got.Stage != one.stage {
		n.t.Errorf("case %s was %s, acknowledged; it is %s", one.number, one.stage, got.Stage)
	}
	if one.stars != 0 && got.Rating != one.stars {
		n.t.Errorf("case %s: the rating is %d; %d was acknowledged", one.number, got.Rating, one.stars)
	}
	if one.service == "city-appeal" {
		n.all(one, "answer of the form", []string{one.mark}, valuesOf(got))
	}
	n.checkPaper(one, got)
}

func valuesOf(c wireCase) []string {
	var out []string
	for _, a := range c.Answers {
		out = append(out, a.Value)
	}
	return out
}

func (n *notes) all(one *caseNote, what string, want, got []string) {
	for _, w := range want {
		if !slices.Contains(got, w) {
			n.t.Errorf("case %s: the %s %q was acknowledged; there is %q", one.number, what, w, got)
		}
	}
}

// checkPaper reads the result of an approved case.
func (n *notes) checkPaper(one *caseNote, got wireCase) {
	if got.Status != "approved" {
		return
	}
	if len(got.Documents) != 1 {
		n.t.Errorf("case %s is approved and has %d documents", one.number, len(got.Documents))
		return
	}
	status, pdf := one.reader.insist("/api/v1/documents/" + got.Documents[0].String() + "/pdf")
	if status != http.StatusOK || !bytes.HasPrefix(pdf, []byte("%PDF")) {
		n.t.Errorf("case %s: its document can't be read: %d", one.number, status)
	}
}

// checkPromises verifies every promise that was given, with no server, against the entries of the journal.
func (n *notes) checkPromises(b *books) {
	n.t.Helper()
	leaves := map[id.ID][]byte{}
	for _, row := range b.rows(`SELECT object, leaf FROM journal_entry WHERE kind = 'casework.submitted'`) {
		leaves[row.id(0)] = row.bytes(1)
	}
	given := 0
	for _, one := range n.cases {
		if one.promise == nil {
			continue
		}
		given++
		report, err := journal.Verify(one.promise)
		if err != nil {
			n.t.Errorf("the promise of case %s: %v", one.number, err)
			continue
		}
		if report.Statement.Object != one.id || !bytes.Equal(report.Promise.Leaf[:], leaves[one.id]) {
			n.t.Errorf("the promise of case %s is about %s, or not about the entry that is there", one.number, report.Statement.Object)
		}
	}
	if given == 0 {
		n.t.Error("no promise in the whole campaign")
	}
	n.counts["promises"] = given
}
