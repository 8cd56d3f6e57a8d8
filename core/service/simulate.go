package service

import (
	"cmp"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"

	"posad.city/kit/calendar"
)

// SimCase is a case to be run through two versions of its service: what rules see of it, and what really was decided.
// It names nobody: Inputs may hold personal data, a Simulation never does.
type SimCase struct {
	Inputs  Inputs
	Decided Verdict // of a kept case: Approve or Refuse; empty when it was generated
}

// Simulation is what would change for many cases if one version of a service took the place of another. It holds counts
// alone.
type Simulation struct {
	Service string `json:"service"`
	Title   Text   `json:"title"`
	From    Hash   `json:"from"`
	To      Hash   `json:"to"`

	Cases     int           `json:"cases"`
	Days      int           `json:"days"`      // working days from the first submission to the last; 0: one day's or generated cases
	Changed   int           `json:"changed"`   // cases that are decided otherwise
	Flows     []SimFlow     `json:"flows"`     // by what the tables say, the largest first
	Real      []SimFlow     `json:"real"`      // of kept cases: what was decided, and what the later table says
	Fees      SimFees       `json:"fees"`      //
	Term      SimTerm       `json:"term"`      //
	Load      []SimLoad     `json:"load"`      // of desks, by queue
	NotAsked  int           `json:"not_asked"` // cases whose answers lack a question that the later version asks
	Questions []SimQuestion `json:"questions"` // those questions
	Unclear   int           `json:"unclear"`   // cases whose rules only the later version can't compute: an official decides them
	Obstacles int           `json:"obstacles"` // cases that can no longer be sent in the later version
}

// SimFlow is how many cases go from one outcome to another.
type SimFlow struct {
	From  SimOutcome `json:"from"`
	To    SimOutcome `json:"to"`
	Cases int        `json:"cases"`
}

// SimOutcome is where a table puts a case.
type SimOutcome struct {
	Verdict  Verdict `json:"verdict,omitempty"`
	Row      string  `json:"row,omitempty"`
	Ground   string  `json:"ground,omitempty"`
	Obstacle string  `json:"obstacle,omitempty"` // it can't be sent at all
	Unclear  bool    `json:"unclear,omitempty"`
}

// SimFees is what all cases pay together.
type SimFees struct {
	Before  Money        `json:"before"`
	After   Money        `json:"after"`
	Changed int          `json:"changed"` // cases that pay another amount
	Flows   []SimFeeFlow `json:"flows"`   // of those, the largest first
}

// SimFeeFlow is how many cases pay one amount in place of another.
type SimFeeFlow struct {
	From  Money `json:"from"`
	To    Money `json:"to"`
	Cases int   `json:"cases"`
}

// SimTerm is the promise to the applicant.
type SimTerm struct {
	Before Term    `json:"before"`
	After  Term    `json:"after"`
	From   float64 `json:"from"` // mean calendar days from submission, by the city's calendar
	To     float64 `json:"to"`
}

// SimLoad is how much work comes to a queue.
type SimLoad struct {
	Agency string  `json:"agency"`
	Queue  string  `json:"queue"`
	Title  Text    `json:"title"`
	Before int     `json:"before"` // visits of cases
	After  int     `json:"after"`
	DayOld float64 `json:"day_before"` // a working day; 0 when Days is
	DayNew float64 `json:"day_after"`
}

// SimQuestion is a question that kept cases have no answer to.
type SimQuestion struct {
	Field string `json:"field"`
	Label Text   `json:"label"`
	Cases int    `json:"cases"`
}

// Simulate runs cases through a service of two versions and counts what changes. Progress, when it is not nil, hears how
// many are done. An error of the cases ends it. A case that the later rules can't compute is counted, as an official
// would decide it; nothing is written anywhere. ErrNone when a version lacks the service.
func Simulate(from, to *City, key string, cases iter.Seq2[SimCase, error], progress func(done int)) (Simulation, error) {
	was, before := from.Service(key)
	is, after := to.Service(key)
	if !before || !after {
		return Simulation{}, ErrNone
	}
	s := &simulator{
		out:    Simulation{Service: key, Title: is.Title, From: from.Hash(), To: to.Hash(), Term: SimTerm{Before: was.Term, After: is.Term}},
		before: side{city: from, service: was, rules: from.Rules(key)}, after: side{city: to, service: is, rules: to.Rules(key)},
		flows: map[SimFlow]int{}, real: map[SimFlow]int{}, fees: map[SimFeeFlow]int{}, load: map[[2]string]*SimLoad{}, questions: map[string]int{},
	}
	for c, err := range cases {
		if err != nil {
			return Simulation{}, fmt.Errorf("service: simulate: %w", err)
		}
		s.add(c)
		if progress != nil {
			progress(s.out.Cases)
		}
	}
	return s.done(), nil
}

type side struct {
	city    *City
	service *Service
	rules   *Rules
}

type simulator struct {
	out           Simulation
	before, after side
	flows, real   map[SimFlow]int
	fees          map[SimFeeFlow]int
	load          map[[2]string]*SimLoad
	questions     map[string]int
	first, last   calendar.Date
}

func (s *simulator) add(c SimCase) {
	s.out.Cases++
	was, is := Outcome(s.before.rules, c.Inputs), Outcome(s.after.rules, c.Inputs)
	flow := SimFlow{From: was.sim(), To: is.sim()}
	s.flows[flow]++
	if flow.From.differs(flow.To) {
		s.out.Changed++
	}
	if c.Decided != "" {
		s.real[SimFlow{From: SimOutcome{Verdict: c.Decided}, To: SimOutcome{Verdict: flow.To.Verdict, Obstacle: flow.To.Obstacle}}]++
	}
	if is.Obstacle != "" && was.Obstacle == "" {
		s.out.Obstacles++
	}
	if is.Unclear && !was.Unclear {
		s.out.Unclear++
	}
	s.pay(was, is)
	s.term(c.Inputs.Today)
	s.missing(c.Inputs, is)
	s.before.visit(c, was, func(agency, queue string) { s.desk(s.before.city, agency, queue).Before++ })
	s.after.visit(c, is, func(agency, queue string) { s.desk(s.after.city, agency, queue).After++ })
}

// differs tells whether people would notice: the verdict, the ground or whether it can be sent at all.
func (o SimOutcome) differs(other SimOutcome) bool {
	return o.Verdict != other.Verdict || o.Ground != other.Ground || o.Obstacle != other.Obstacle
}

func (o Outcomes) sim() SimOutcome {
	switch {
	case o.Obstacle != "":
		return SimOutcome{Obstacle: o.Obstacle}
	case o.Unclear:
		return SimOutcome{Verdict: ByOfficial, Unclear: true}
	}
	return SimOutcome{Verdict: o.Decision.Verdict, Row: o.Decision.Row, Ground: o.Decision.Ground}
}

func (s *simulator) pay(was, is Outcomes) {
	s.out.Fees.Before += was.Charge.Amount
	s.out.Fees.After += is.Charge.Amount
	if was.Obstacle == "" && is.Obstacle == "" && was.Charge.Amount != is.Charge.Amount {
		s.out.Fees.Changed++
		s.fees[SimFeeFlow{From: was.Charge.Amount, To: is.Charge.Amount}]++
	}
}

// term adds up the promised days, as the calendar counts them from the day of submission.
func (s *simulator) term(day calendar.Date) {
	if s.first.IsZero() || day.Before(s.first) {
		s.first = day
	}
	if day.After(s.last) {
		s.last = day
	}
	s.out.Term.From += s.before.promised(day)
	s.out.Term.To += s.after.promised(day)
}

func (s side) promised(day calendar.Date) float64 {
	t := s.service.Term
	if !t.Working || !s.city.Days().Covers(day) {
		return inDays(t)
	}
	return float64(day.DaysUntil(s.city.Days().AddWorkingDays(day, t.Days)))
}

// missing counts questions of the later version that the case has no answer to.
func (s *simulator) missing(in Inputs, is Outcomes) {
	if is.Obstacle != "" {
		return
	}
	asked, _, err := s.after.rules.Asked(in)
	if err != nil {
		return
	}
	lacks := false
	for _, key := range asked {
		f, ok := s.after.service.Field(key)
		if _, there := in.Answers[key]; !ok || there || f.Optional || f.Value != "" {
			continue
		}
		if old, had := s.before.service.Field(key); had && old.Optional == f.Optional && old.When == f.When {
			continue // the case lacked it then too
		}
		lacks = true
		s.questions[key]++
	}
	if lacks {
		s.out.NotAsked++
	}
}

func (s *simulator) desk(city *City, agency, queue string) *SimLoad {
	key := [2]string{agency, queue}
	if one, ok := s.load[key]; ok {
		return one
	}
	one := &SimLoad{Agency: agency, Queue: queue, Title: same(queue)}
	if a, ok := city.Agency(agency); ok {
		if q, ok := a.Queue(queue); ok {
			one.Title = q.Title
		}
	}
	s.load[key] = one
	return one
}

// stepsMost bounds a way through the graph; the check has made sure that it has no cycle.
const stepsMost = 200

// visit walks a case through the steps of its service and tells every queue that it comes to. Fees are paid, registers
// answer, questions are answered. What the table leaves to an official goes as it really was decided, else to approval.
func (s side) visit(c SimCase, o Outcomes, desk func(agency, queue string)) {
	if o.Obstacle != "" || len(s.service.Steps) == 0 {
		return
	}
	at := s.service.Steps[0].Key
	for range stepsMost {
		t, ok := s.service.Task(at)
		if !ok {
			return
		}
		agency := orElse(t.Agency, s.service.Agency)
		switch t.Kind {
		case TaskAgree:
			for _, part := range t.Parts {
				if asked, err := s.rules.Holds(part.When, c.Inputs); err != nil || asked {
					desk(orElse(part.Agency, agency), part.Queue)
				}
			}
			at = t.Then
		case TaskReview:
			desk(s.routed(t, agency, c.Inputs))
			at = t.Then
		case TaskDecide:
			if t.By == "official" {
				desk(s.routed(t, agency, c.Inputs))
			}
			at = t.after(o, c.Decided)
		default:
			at = t.Then
		}
	}
}

// after is the step after a decision.
func (t *Task) after(o Outcomes, decided Verdict) string {
	verdict := o.Decision.Verdict
	if o.Unclear {
		verdict = ByOfficial
	}
	switch {
	case t.By == "ground":
		return t.Refused
	case t.By == "table" && verdict == ByOfficial:
		return t.Official
	case verdict == Refuse, verdict == ByOfficial && decided == Refuse:
		return t.Refused
	}
	return t.Approved
}

// routed is the queue of a step for a case.
func (s side) routed(t *Task, agency string, in Inputs) (string, string) {
	f, ok := s.service.Field(t.Route)
	if !ok {
		return agency, t.Queue
	}
	for _, o := range f.Options {
		if o.Queue != "" && in.Answers[t.Route] == o.Key {
			agency, queue, _ := strings.Cut(o.Queue, "/")
			return agency, queue
		}
	}
	return agency, t.Queue
}

func (s *simulator) done() Simulation {
	out := s.out
	if out.Cases > 0 {
		out.Term.From /= float64(out.Cases)
		out.Term.To /= float64(out.Cases)
	}
	if days := s.after.city.Days(); s.first.Before(s.last) && days.Covers(s.first) && days.Covers(s.last) {
		out.Days = days.WorkingDaysBetween(s.first, s.last)
	}
	out.Flows, out.Real = flowsOf(s.flows), flowsOf(s.real)
	for flow, n := range s.fees {
		flow.Cases = n
		out.Fees.Flows = append(out.Fees.Flows, flow)
	}
	slices.SortFunc(out.Fees.Flows, func(a, b SimFeeFlow) int {
		return cmp.Or(cmp.Compare(b.Cases, a.Cases), cmp.Compare(a.From, b.From), cmp.Compare(a.To, b.To))
	})
	for _, key := range slices.SortedFunc(maps.Keys(s.load), func(a, b [2]string) int { return cmp.Or(cmp.Compare(a[0], b[0]), cmp.Compare(a[1], b[1])) }) {
		one := *s.load[key]
		if out.Days > 0 {
			one.DayOld, one.DayNew = float64(one.Before)/float64(out.Days), float64(one.After)/float64(out.Days)
		}
		out.Load = append(out.Load, one)
	}
	for _, key := range slices.Sorted(maps.Keys(s.questions)) {
		f, _ := s.after.service.Field(key)
		out.Questions = append(out.Questions, SimQuestion{Field: key, Label: f.Label, Cases: s.questions[key]})
	}
	return out
}

func flowsOf(counts map[SimFlow]int) []SimFlow {
	var out []SimFlow
	for flow, n := range counts {
		flow.Cases = n
		out = append(out, flow)
	}
	slices.SortFunc(out, func(a, b SimFlow) int {
		return cmp.Or(cmp.Compare(b.Cases, a.Cases), cmp.Compare(fmt.Sprint(a.From, a.To), fmt.Sprint(b.From, b.To)))
	})
	return out
}
