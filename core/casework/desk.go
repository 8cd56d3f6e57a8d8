package casework

import (
	"context"
	"time"

	"posad.city/core/casework/internal/store"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/store"
)

// Free is the value of QueueQuery.Official and QueueLine.Official for a case that nobody has taken.
const Free = "free"

// QueueLine is a case in the desk's list. The list is a copy that follows the cases within moments; every act checks the
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
	Search    string // a number, a surname, a plate, or another answer that officials find cases by
	After     string // the mark of the page before
	Limit     int    // 0 means 20
	Desc      bool
}

// QueuePage is one page of the list, the earliest deadline first.
type QueuePage struct {
	Lines []QueueLine
	Next  string // mark of the next page; empty after the last
}

var queueSpec = store.ListSpec{
	Name: "casework.queue", Table: "desk_line",
	Columns: []string{"agency UUID", "id UUID", "holder UUID", "applicant UUID", "queue TEXT", "official TEXT", "service TEXT", "number TEXT",
		"status TEXT", "district TEXT", "note TEXT", "due TIMESTAMPTZ", "submitted TIMESTAMPTZ", "revision BIGINT"},
	Fixed: []string{"agency"},
	Filters: map[string]store.Filter{
		"queue": {Column: "queue", Kind: store.In}, "official": {Column: "official", Kind: store.Equal}, "service": {Column: "service", Kind: store.Equal},
		"district": {Column: "district", Kind: store.Equal}, "status": {Column: "status", Kind: store.In}, "id": {Column: "id", Kind: store.In},
		"due_before": {Column: "due", Kind: store.Before}, "due_from": {Column: "due", Kind: store.From},
	},
	Sorts:  map[string][]string{"due": {"due", "id"}},
	Person: []int{2, 3},
}

// Queue lists an agency's work; everybody on the page is seen by a look of the official's.
func (m *Module) Queue(ctx context.Context, a act.Act, q QueueQuery) (QueuePage, error) {
	query, found, err := m.listQuery(ctx, q)
	if err != nil || !found {
		return QueuePage{}, err
	}
	var out QueuePage
	err = m.base.Store.Look(ctx, a, "casework.look.queue", func(p *store.Personal) error {
		out.Lines = nil
		next, err := m.queue.Run(p, query, func(r *store.Row) error {
			out.Lines = append(out.Lines, QueueLine{
				Agency: r.ID(0), ID: r.ID(1), Holder: r.ID(2), Applicant: r.ID(3), Queue: r.Text(4), Official: r.Text(5), Service: r.Text(6),
				Number: r.Text(7), Status: Status(r.Text(8)), District: r.Text(9), Note: r.Text(10), Due: r.Time(11), Submitted: r.Time(12), Revision: r.Int(13),
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
		n, more, err = m.queue.Count(r, query, most)
		return err
	})
	return n, more, err
}

// listQuery turns a query into the list's; found is false when a search names nothing.
func (m *Module) listQuery(ctx context.Context, q QueueQuery) (store.ListQuery, bool, error) {
	out := store.ListQuery{Fixed: []any{q.Agency}, Sort: "due", Desc: q.Desc, After: q.After, Limit: q.Limit}
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
	if !q.DueBefore.IsZero() {
		out.Where = append(out.Where, store.Cond{Filter: "due_before", Values: []any{q.DueBefore}})
	}
	if !q.DueFrom.IsZero() {
		out.Where = append(out.Where, store.Cond{Filter: "due_from", Values: []any{q.DueFrom}})
	}
	if q.Search == "" {
		return out, true, nil
	}
	ids, err := m.search(ctx, q.Agency, q.Search)
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

// search finds cases by every word of the text: all must fit. The words are compared by their keyed hashes.
func (m *Module) search(ctx context.Context, agency id.ID, text string) ([]id.ID, error) {
	var out []id.ID
	err := m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		out = nil
		for i, word := range wordsOf(text) {
			rows, err := caseworkdb.CasesByWord(r, agency, m.base.Vault.Keyed(wordSpace, word), store.InMost)
			if err != nil {
				return err
			}
			found := map[id.ID]bool{}
			for _, row := range rows {
				found[row.ID] = true
			}
			out = meet(out, found, i == 0)
		}
		return nil
	})
	return out, err
}

func meet(list []id.ID, found map[id.ID]bool, first bool) []id.ID {
	var out []id.ID
	if first {
		for one := range found {
			out = append(out, one)
		}
		return out
	}
	for _, one := range list {
		if found[one] {
			out = append(out, one)
		}
	}
	return out
}
