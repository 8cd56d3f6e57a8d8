package casework

import (
	"context"
	"time"

	"posad.city/core/casework/internal/store"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/store"
	"posad.city/kit/vault"
)

// Free is the value of QueueQuery.Official and QueueLine.Official for a case that nobody has taken.
const Free = "free"

// QueueLine is a task of a case in the desk's list; a case has a line for each that waits. The list is a copy that follows the cases within moments; every act checks the
// case itself.
type QueueLine struct {
	Agency, ID, Holder, Applicant id.ID
	Queue                         string
	Official                      string // id of who has it, or Free
	Service                       string
	Number                        string
	Status                        Status
	District                      string // key; may be empty
	Note                          string // locale key of what stands out; may be empty
	Task                          id.ID
	Kind                          string // review, decide, agree, confirm, correct
	Part                          string // key of the part of an agree step; empty: the step's own
	Skill                         string // that it needs; empty: any official
	Escalated                     bool   // its term was missed: the head sees it first
	Due                           time.Time
	Submitted                     time.Time
	Revision                      int64
}

// QueueQuery narrows the desk's list. Empty fields do not.
type QueueQuery struct {
	Agency    id.ID
	Queues    []string // keys
	Official  string   // an id as text, or Free
	Service   string
	District  string
	Statuses  []Status
	DueBefore time.Time
	DueFrom   time.Time

	SubmittedBefore, SubmittedFrom time.Time

	Officials []string // ids as text, or Free: any of them
	Scope     *Scope   // what fits an official; nil: whatever

	Kinds     []string // of task
	Skills    []string // that the work needs, "" for work that needs none; nil: whichever
	Escalated bool     // only what the head sees first
	Search    string   // a number, a surname, a plate, or another answer that officials find cases by
	After     string   // the mark of the page before
	Limit     int      // 0 means 20
	Desc      bool
}

// QueuePage is one page of the list, the earliest deadline first.
type QueuePage struct {
	Lines []QueueLine
	Next  string // mark of the next page; empty after the last
	Cut   bool   // a search found more cases than one can list: the newest of them are looked at
}

var queueSpec = store.ListSpec{
	Name: "casework.queue", Table: "desk_line",
	Columns: []string{"agency UUID", "id UUID", "holder UUID", "applicant UUID", "queue TEXT", "official TEXT", "service TEXT", "number TEXT",
		"status TEXT", "district TEXT", "note TEXT", "due TIMESTAMPTZ", "submitted TIMESTAMPTZ", "revision BIGINT",
		"task UUID", "kind TEXT", "part TEXT", "skill TEXT", "escalated BOOLEAN", "for_district TEXT"},
	Fixed: []string{"agency"},
	Filters: map[string]store.Filter{
		"queue": {Column: "queue", Kind: store.In}, "official": {Column: "official", Kind: store.In}, "service": {Column: "service", Kind: store.Equal},
		"district": {Column: "district", Kind: store.Equal}, "status": {Column: "status", Kind: store.In}, "id": {Column: "id", Kind: store.In},
		"kind": {Column: "kind", Kind: store.In}, "skill": {Column: "skill", Kind: store.In}, "escalated": {Column: "escalated", Kind: store.Equal},
		"due_before": {Column: "due", Kind: store.Before}, "due_from": {Column: "due", Kind: store.From}, "for_district": {Column: "for_district", Kind: store.In},
		"submitted_before": {Column: "submitted", Kind: store.Before}, "submitted_from": {Column: "submitted", Kind: store.From},
	},
	Sorts:  map[string][]string{"due": {"due", "id", "task"}},
	Person: []int{2, 3},
}

// Queue lists an agency's work; everybody on the page is seen by a look of the official's.
func (m *Module) Queue(ctx context.Context, a act.Act, q QueueQuery) (QueuePage, error) {
	query, found, err := m.listQuery(ctx, q)
	if err != nil || !found {
		return QueuePage{}, err
	}
	out := QueuePage{Cut: query.cut}
	err = m.base.Store.Look(ctx, a, lookOfList(q.Search), func(p *store.Personal) error {
		out.Lines = nil
		next, err := m.queue.Run(p, query.ListQuery, func(r *store.Row) error {
			out.Lines = append(out.Lines, QueueLine{
				Agency: r.ID(0), ID: r.ID(1), Holder: r.ID(2), Applicant: r.ID(3), Queue: r.Text(4), Official: r.Text(5), Service: r.Text(6),
				Number: r.Text(7), Status: Status(r.Text(8)), District: r.Text(9), Note: r.Text(10), Due: r.Time(11), Submitted: r.Time(12), Revision: r.Int(13),
				Task: r.ID(14), Kind: r.Text(15), Part: r.Text(16), Skill: r.Text(17), Escalated: r.Bool(18),
			})
			return nil
		})
		out.Next = next
		return err
	})
	return out, err
}

// Count counts the cases that a query finds, up to most; more says that there are more. A number shows nobody, so that no
// look is recorded.
func (m *Module) Count(ctx context.Context, q QueueQuery, most int64) (int64, bool, error) {
	query, found, err := m.listQuery(ctx, q)
	if err != nil || !found {
		return 0, false, err
	}
	var n int64
	var more bool
	err = m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		var err error
		n, more, err = m.queue.Count(r, query.ListQuery, most)
		return err
	})
	return n, more || query.cut, err
}

// listQuery is a query as the list takes it, and whether its search found more than it names.
type listQuery struct {
	store.ListQuery
	cut bool
}

// listQuery turns a query into the list's; found is false when a search names nothing.
func (m *Module) listQuery(ctx context.Context, q QueueQuery) (listQuery, bool, error) {
	out := listQuery{ListQuery: store.ListQuery{Fixed: []any{q.Agency}, Sort: "due", Desc: q.Desc, After: q.After, Limit: q.Limit}}
	equal := func(name, value string) {
		if value != "" {
			out.Where = append(out.Where, store.Cond{Filter: name, Values: []any{value}})
		}
	}
	equal("official", q.Official)
	equal("service", q.Service)
	equal("district", q.District)
	if len(q.Queues) > 0 {
		out.Where = append(out.Where, store.Cond{Filter: "queue", Values: anys(q.Queues)})
	}
	if len(q.Statuses) > 0 {
		texts := make([]string, len(q.Statuses))
		for i, s := range q.Statuses {
			texts[i] = string(s)
		}
		out.Where = append(out.Where, store.Cond{Filter: "status", Values: anys(texts)})
	}
	if len(q.Kinds) > 0 {
		out.Where = append(out.Where, store.Cond{Filter: "kind", Values: anys(q.Kinds)})
	}
	if q.Skills != nil {
		out.Where = append(out.Where, store.Cond{Filter: "skill", Values: anys(q.Skills)})
	}
	if q.Escalated {
		out.Where = append(out.Where, store.Cond{Filter: "escalated", Values: []any{true}})
	}
	if !q.DueBefore.IsZero() {
		out.Where = append(out.Where, store.Cond{Filter: "due_before", Values: []any{q.DueBefore}})
	}
	if !q.DueFrom.IsZero() {
		out.Where = append(out.Where, store.Cond{Filter: "due_from", Values: []any{q.DueFrom}})
	}
	if !q.SubmittedBefore.IsZero() {
		out.Where = append(out.Where, store.Cond{Filter: "submitted_before", Values: []any{q.SubmittedBefore}})
	}
	if !q.SubmittedFrom.IsZero() {
		out.Where = append(out.Where, store.Cond{Filter: "submitted_from", Values: []any{q.SubmittedFrom}})
	}
	if len(q.Officials) > 0 {
		out.Where = append(out.Where, store.Cond{Filter: "official", Values: anys(q.Officials)})
	}
	if q.Scope != nil {
		out.Where = append(out.Where, q.Scope.conditions()...)
	}
	if q.Search == "" {
		return out, true, nil
	}
	ids, cut, err := m.search(ctx, q.Agency, q.Search)
	out.cut = cut
	out.Where = append(out.Where, store.Cond{Filter: "id", Values: anys(ids)})
	return out, len(ids) > 0, err
}

func anys[T any](list []T) []any {
	out := make([]any, len(list))
	for i, v := range list {
		out[i] = v
	}
	return out
}

// search finds the newest cases by every word of the text, store.InMost at most; the second value says that there are more. The
// words are compared by their keyed hashes.
func (m *Module) search(ctx context.Context, agency id.ID, text string) ([]id.ID, bool, error) {
	words := m.SearchWords(text)
	if len(words) == 0 {
		return nil, false, nil
	}
	var out []id.ID
	err := m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		var err error
		out, err = wordsOfCases(r, agency).Newest(words, store.InMost+1)
		return err
	})
	more := len(out) > store.InMost
	return out[:min(len(out), store.InMost)], more, err
}

// wordsOfCases finds an agency's cases by their words.
func wordsOfCases(r store.Reader, agency id.ID) vault.Finder {
	return vault.Finder{
		Count: func(word vault.Keyed, most int64) (int, error) {
			rows, err := caseworkdb.CasesByWord(r, agency, word, most)
			return len(rows), err
		},
		Page: func(w [vault.FinderWords]vault.Keyed, before id.ID, most int64) ([]id.ID, error) {
			rows, err := caseworkdb.CasesByWords(r, caseworkdb.CasesByWordsParams{
				Agency: agency, First: w[0], Second: w[1], Third: w[2], Fourth: w[3], Before: before, Most: most,
			})
			out := make([]id.ID, len(rows))
			for i, row := range rows {
				out[i] = row.ID
			}
			return out, err
		},
		Has: func(word vault.Keyed, one id.ID) error {
			_, err := caseworkdb.CaseHasWord(r, agency, word, one)
			return err
		},
	}
}
