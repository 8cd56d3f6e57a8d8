package casework

import (
	"net/url"
	"slices"
	"strings"
	"time"

	"posad.city/core/agency"
	"posad.city/core/service"
	"posad.city/kit/act"
	"posad.city/kit/calendar"
	"posad.city/kit/fault"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/web"
)

// The faults of the desk.
var (
	ErrNoDesk = fault.New(fault.Denied, "casework.desk.denied")     // a resident; says how an official gets there
	ErrNoCity = fault.New(fault.Unavailable, "casework.desk.early") // no city version is published yet
	ErrOwn    = fault.New(fault.Denied, "casework.desk.own")        // an official has no part in their own case
)

const (
	deskRows  = 20  // rows of a page
	countMost = 999 // above it a count says "more"
	trailMost = 15  // pages that the way back remembers
)

// The owners and terms that a list can be narrowed to.
const (
	ownerMe     = "me"
	ownerFree   = "free"
	ownerWork   = "work" // theirs, their absent colleagues', and what they can take
	ownerAll    = "all"
	ownerOther  = "other" // absent colleagues', for whom they stand in
	termOverdue = "overdue"
	termToday   = "today"
	termWeek    = "week"
	orderLatest = "latest"
)

// deskStatuses are the statuses that a case on a desk can have.
var deskStatuses = []Status{StatusInQueue, StatusInReview, StatusAsked}

// deskQuery is how the list is narrowed, as its address says it. A saved view is such a query, and any can be kept as a
// link.
type deskQuery struct {
	Queue    string `json:"queue" max:"100"`
	Service  string `json:"service" max:"100"`
	District string `json:"district" max:"100"`
	Status   string `json:"status" max:"40"`
	Kind     string `json:"kind" max:"40"`
	Term     string `json:"term" max:"40"`
	Owner    string `json:"owner" max:"40"`
	Order    string `json:"order" max:"10"` // latest: the latest deadline first
	Search   string `json:"q" max:"200"`
	After    string `json:"after" max:"600"`  // mark of the page before
	Trail    string `json:"trail" max:"9000"` // marks of the pages before that one, for the way back
	Case     string `json:"case" max:"40"`    // number of the case in the panel
}

// address is the link of the query.
func (q deskQuery) address(path string) string {
	values := url.Values{}
	for name, value := range map[string]string{
		"queue": q.Queue, "service": q.Service, "district": q.District, "status": q.Status, "kind": q.Kind, "term": q.Term, "owner": q.Owner, "order": q.Order,
		"q": q.Search, "after": q.After, "trail": q.Trail, "case": q.Case,
	} {
		if value != "" {
			values.Set(name, value)
		}
	}
	if len(values) == 0 {
		return path
	}
	return path + "?" + values.Encode()
}

// narrowing is the query without the place in the list.
func (q deskQuery) narrowing() deskQuery {
	q.After, q.Trail, q.Case, q.Order = "", "", "", ""
	return q
}

// turned is the query with the list the other way round, from its first page.
func (q deskQuery) turned() deskQuery {
	other := orderLatest
	if q.Order == orderLatest {
		other = ""
	}
	q.After, q.Trail, q.Order = "", "", other
	return q
}

// trail are the marks of the pages before this one, the first page's empty mark left out.
func (q deskQuery) trail() []string {
	if q.Trail == "" {
		return nil
	}
	return strings.Split(q.Trail, ",")
}

// forward is the query of the page that begins after the mark.
func (q deskQuery) forward(mark string) deskQuery {
	trail := q.trail()
	if q.After != "" {
		trail = append(trail, q.After)
	}
	if len(trail) > trailMost {
		trail = trail[len(trail)-trailMost:]
	}
	q.After, q.Trail, q.Case = mark, strings.Join(trail, ","), ""
	return q
}

// back is the query of the page before; false on the first one.
func (q deskQuery) back() (deskQuery, bool) {
	if q.After == "" {
		return q, false
	}
	trail := q.trail()
	q.After, q.Case = "", ""
	if n := len(trail); n > 0 {
		q.After, trail = trail[n-1], trail[:n-1]
	}
	q.Trail = strings.Join(trail, ",")
	return q, true
}

// workplace is where an official works: the agency whose hat is on, and the queues that they may see there.
type workplace struct {
	city   *service.City
	office *service.Agency // nil when the published city does not know the agency any more
	act    act.Act
	queues []string // keys; none: every queue of the agency
	scope  Scope    // what the official takes
	scoped bool     // somebody says what officials take
	now    time.Time
}

// workplace finds the official's place. It does not ask May.
func (m *Module) workplace(c *web.Context) (workplace, error) {
	a := c.Act()
	if a.Actor.Kind != act.Official {
		return workplace{}, ErrNoDesk
	}
	city := m.deps.Services.Current()
	if city == nil {
		return workplace{}, ErrNoCity
	}
	out := workplace{city: city, act: a, now: c.Now()}
	out.office, _ = agencyByID(city, a.Actor.Agency) // nil: the city has it no more
	var err error
	if out.scope, out.scoped, err = m.scopeOf(c.Context(), a.Actor.Agency, a.Actor.Person); err != nil {
		return out, err
	}
	if m.deps.Officials == nil || a.Actor.Role == string(agency.Head) {
		return out, nil
	}
	roles, err := m.deps.Officials.OfficialOf(c.Context(), a.Actor.Person)
	if err != nil {
		return out, err
	}
	for _, role := range roles {
		if role.Agency == a.Actor.Agency {
			out.queues = role.Queues
		}
	}
	return out, nil
}

// object is the list as permission sees it.
func (w workplace) object() act.Object { return act.Object{Kind: "desk", Agency: w.act.Actor.Agency} }

// shown are the queues of the official, in the order of the city.
func (w workplace) shown() []service.Queue {
	if w.office == nil {
		return nil
	}
	var out []service.Queue
	for _, q := range w.office.Queues {
		if len(w.queues) == 0 || slices.Contains(w.queues, q.Key) {
			out = append(out, q)
		}
	}
	return out
}

// services are those that send cases to the official's queues.
func (w workplace) services() []*service.Service {
	if w.office == nil {
		return nil
	}
	var out []*service.Service
	for i := range w.city.Services {
		if sends(&w.city.Services[i], w.office.Key, w.queues) {
			out = append(out, &w.city.Services[i])
		}
	}
	return out
}

// sends tells whether cases of a service come to an agency's desk, to one of the queues (none: to any): by a step with a
// queue, or by an answer that names one.
func sends(s *service.Service, office string, queues []string) bool {
	works := func(queue string) bool { return queue != "" && (len(queues) == 0 || slices.Contains(queues, queue)) }
	for i := range s.Steps {
		step := &s.Steps[i]
		if works(step.Queue) && (step.Agency == office || step.Agency == "" && s.Agency == office) {
			return true
		}
		field, ok := s.Field(step.Route)
		if !ok {
			continue
		}
		for _, o := range field.Options {
			if queue, here := strings.CutPrefix(o.Queue, office+"/"); here && works(queue) {
				return true
			}
		}
	}
	return false
}

// query is the list's query for an address. What the official may not see, or what there is not, narrows nothing: the
// list stays inside their queues.
func (w workplace) query(q deskQuery) QueueQuery {
	out := QueueQuery{
		Agency: w.act.Actor.Agency, Queues: w.queues, Service: q.Service, District: q.District, Search: strings.TrimSpace(q.Search), After: q.After, Limit: deskRows,
		Desc: q.Order == orderLatest,
	}
	if slices.ContainsFunc(w.shown(), func(one service.Queue) bool { return one.Key == q.Queue }) {
		out.Queues = []string{q.Queue}
	}
	if slices.Contains(deskStatuses, Status(q.Status)) {
		out.Statuses = []Status{Status(q.Status)}
	}
	if slices.Contains(deskKinds, q.Kind) {
		out.Kinds = []string{q.Kind}
	}
	switch q.Owner {
	case ownerMe:
		out.Officials = []string{w.act.Actor.Person.String()}
	case ownerFree:
		out.Officials = []string{Free}
	case ownerOther:
		out.Officials = append(texts(w.scope.For), "") // nobody's, when they stand in for nobody
	case ownerWork:
		out.Officials = append(texts(w.scope.For), w.act.Actor.Person.String(), Free)
		if w.scoped {
			out.Scope = &w.scope
		}
	}
	w.term(q.Term, &out)
	return out
}

// term narrows to cases by their deadline. While the applicant owes an answer the term stands: such a case is not late.
func (w workplace) term(term string, out *QueueQuery) {
	today := w.city.Days().Today(w.now)
	zone := w.city.Days().Zone()
	switch term {
	case termOverdue:
		out.DueBefore = w.now
	case termToday:
		out.DueFrom, out.DueBefore = w.now, today.AddDays(1).Start(zone)
	case termWeek:
		out.DueFrom, out.DueBefore = w.now, today.AddDays(7).Start(zone)
	default:
		return
	}
	if len(out.Statuses) == 0 {
		out.Statuses = []Status{StatusInQueue, StatusInReview}
	}
}

// deskView is a saved view: a query with a name.
type deskView struct {
	Key   string
	Query deskQuery
}

// The kinds of work that have a list of their own.
var deskKinds = []string{kindConfirm, "agree", kindCorrect}

// views are the saved views of an official: what they work on first, then the department's.
func (w workplace) views() []deskView {
	work := deskView{"work", deskQuery{Owner: ownerWork}}
	all := deskView{"all", deskQuery{Owner: ownerAll}}
	out := []deskView{work, {"mine", deskQuery{Owner: ownerMe}}}
	if w.head() {
		out = []deskView{all, {"mine", deskQuery{Owner: ownerMe}}}
	}
	if len(w.scope.For) > 0 {
		out = append(out, deskView{"other", deskQuery{Owner: ownerOther}})
	}
	if !w.head() {
		out = append(out, all)
	}
	return append(out,
		deskView{"free", deskQuery{Owner: ownerFree}}, deskView{"overdue", deskQuery{Owner: ownerAll, Term: termOverdue}},
		deskView{"waiting", deskQuery{Owner: ownerAll, Status: string(StatusAsked)}},
		deskView{"confirm", deskQuery{Owner: ownerAll, Kind: kindConfirm}}, deskView{"correct", deskQuery{Owner: ownerAll, Kind: kindCorrect}},
	)
}

// head tells whether the official heads the agency: their list begins with everything.
func (w workplace) head() bool { return w.act.Actor.Role == string(agency.Head) }

// firstOwner is whose cases the list shows when its address does not say.
func (w workplace) firstOwner() string {
	if w.head() {
		return ownerAll
	}
	return ownerWork
}

func texts(people []id.ID) []string {
	out := make([]string, 0, len(people)+2)
	for _, p := range people {
		out = append(out, p.String())
	}
	return out
}

// today is the view that only a figure shows.
var todayView = deskView{"today", deskQuery{Owner: ownerAll, Term: termToday}}

// tally is a count, bounded.
type tally struct {
	Count int64 `json:"count"`
	More  bool  `json:"more" doc:"There are more than the count says"`
}

// words says the count: 174, or 999+.
func (t tally) words(l lang.Language) string {
	out := lang.Number(l, t.Count)
	if t.More {
		out += "+"
	}
	return out
}

// counts counts the cases of each view and of the figures.
func (m *Module) counts(c *web.Context, w workplace) (map[string]tally, error) {
	out := map[string]tally{}
	for _, v := range append([]deskView{todayView}, w.views()...) {
		n, more, err := m.Count(c.Context(), w.query(v.Query), countMost)
		if err != nil {
			return nil, err
		}
		out[v.Key] = tally{n, more}
	}
	return out, nil
}

// deskSla is how a deadline stands, before it is put into words.
type deskSla struct {
	Late  bool // it has passed
	Today bool
	Days  int // whole days past or left
}

func readSla(due, now time.Time, days *calendar.City) deskSla {
	today, day := days.Today(now), days.Today(due)
	out := deskSla{Late: !now.Before(due), Days: today.DaysUntil(day)}
	if out.Late {
		out.Days = -out.Days
	}
	out.Today = out.Days == 0
	return out
}
