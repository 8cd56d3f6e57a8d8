package casework

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"posad.city/core/document"
	"posad.city/core/exchange"
	"posad.city/core/form"
	"posad.city/core/service"
	"posad.city/kit/act"
	"posad.city/kit/calendar"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/money"
	"posad.city/kit/store"
)

// view is a case as its page and the API show it to the person whose case it is, in one language.
type view struct {
	Case
	lang         lang.Language
	now          time.Time
	zone         *time.Location
	city         *service.City
	service      *service.Service
	Title        string
	Agency       string
	Official     string // name of who has it; empty: nobody
	NextText     string
	Due          time.Time
	Past         []Entry
	Ahead        []foretold // the steps still to come, the present one first
	Summary      form.Summary
	Certificates []exchange.Certificate
	Papers       []document.Result
	Looks        []store.LookRecord
	Names        map[id.ID]lang.Name
	Reason, Law  string
	Why, Instead string // of a refusal: its ground, and what the person can do
	Group        string // why the case has its place in the waiting list
	Appeal       *service.Appeal
	Links        []Link // cases that are about this one
	AppealUntil  calendar.Date
	Bill         id.ID
	Fee          string            // what the bill is of, in words; empty while nothing is to be paid
	Deleted      map[string]string // files in which a virus was found: names by ids
}

// openOf is the question that waits for an answer; nil when there is none.
func (c Case) openOf() *Question {
	i := slices.IndexFunc(c.Questions, func(q Question) bool { return q.Answered.IsZero() && q.Lapsed.IsZero() })
	if i < 0 {
		return nil
	}
	return &c.Questions[i]
}

// ended tells whether nothing more happens in the case.
func (c Case) ended() bool { return c.Stage != Open && c.Step == "" }

// view reads everything that the case's page shows. The caller has asked whether they may.
func (m *Module) view(ctx context.Context, a act.Act, r Ref, l lang.Language) (*view, error) {
	a = a.ForCase(r.ID)
	k, err := m.know(ctx, a, r.Holder, r.ID)
	if err != nil {
		return nil, err
	}
	v := &view{lang: l, now: m.base.Clock.Now(), zone: k.city.Days().Zone(), city: k.city, service: k.service, Title: k.service.Title.In(l)}
	if v.Case, err = m.caseOf(k); err != nil {
		return nil, err
	}
	if len(k.service.Certificates) > 0 {
		if v.Certificates, err = m.deps.Registers.Certificates(ctx, a, k.shownTo(a), r.ID); err != nil {
			return nil, err
		}
	}
	if v.Past, err = m.Timeline(ctx, a, r.Holder, r.ID); err != nil {
		return nil, err
	}
	if v.Papers, err = m.papersOf(ctx, a, r.Holder, r.ID); err != nil {
		return nil, err
	}
	if v.Deleted, err = m.deleted(ctx, a, r.Holder, r.ID); err != nil {
		return nil, err
	}
	if v.Links, err = m.linksOf(ctx, a, r.Holder, r.ID); err != nil {
		return nil, err
	}
	if v.Summary, err = form.CheckAnswers(k.formInput(l, k.inputs)); err != nil {
		return nil, err
	}
	if k.outsider(a) {
		k.hide(&v.Summary, m.text(l, "casework.told_by_applicant"))
		k.hideSigners(v.Signers)
	}
	if v.Looks, err = m.looksAtCase(ctx, a, k); err != nil {
		return nil, err
	}
	m.say(k, v)
	return v, m.name(ctx, v)
}

// looksAtCase are the looks at the holder and the applicant for the case, the newest first; an outsider sees the holder's.
func (m *Module) looksAtCase(ctx context.Context, a act.Act, k *known) ([]store.LookRecord, error) {
	f := k.file
	out, err := m.Looks(ctx, a, f.Holder, f.ID)
	if err != nil || f.Applicant == f.Holder || k.outsider(a) {
		return out, err
	}
	more, err := m.Looks(ctx, a, f.Applicant, f.ID)
	out = append(out, more...)
	slices.SortStableFunc(out, func(x, y store.LookRecord) int { return y.At.Compare(x.At) })
	return out, err
}

// say fills in what the page says in words.
func (m *Module) say(k *known, v *view) {
	v.Agency = k.agencyTitle().In(v.lang)
	v.Due = v.TermDue
	if q := v.openOf(); q != nil {
		v.Due = q.Due
	}
	if t := openTask(v.Tasks); t != nil && t.Kind == service.TaskPay {
		v.Bill = t.Reference
		if charge, err := k.rules.Charge(k.inputs); err == nil && charge.Amount > 0 {
			v.Fee = charge.Amount.Amount().In(v.lang)
		}
		if !t.Due.IsZero() {
			v.Due = t.Due
		}
	}
	if !v.ended() {
		v.Ahead = m.ahead(k, v.lang)
	}
	if v.ListGroup != "" {
		v.Group = k.groupWords().In(v.lang)
	}
	if v.Stage == Open || v.Stage == Withdrawn {
		return
	}
	v.Reason = m.reason(k).In(v.lang)
	if ground, ok := k.service.Ground(v.Ground); ok {
		v.Law, v.Why, v.Instead = ground.Law.In(v.lang), ground.Words.In(v.lang), ground.Instead.In(v.lang)
	}
	if k.service.Appeal != nil {
		v.Appeal = k.service.Appeal
		v.AppealUntil = calendar.DateOf(v.Decided, v.zone).AddDays(k.service.Appeal.Days)
	}
}

// name finds the names of the people whom the page names: officials, and the child.
func (m *Module) name(ctx context.Context, v *view) error {
	people := []id.ID{v.Holder, v.Applicant}
	if t := openTask(v.Tasks); t != nil && !t.Official.IsZero() {
		people = append(people, t.Official)
	}
	var err error
	v.Names, err = m.deps.People.Names(ctx, m.system(v.ID), lookCase, people...)
	if err != nil {
		return err
	}
	if len(people) > 2 {
		v.Official = v.Names[people[2]].Initials(v.lang)
	}
	v.NextText = m.nextText(v)
	return nil
}

// nextText is what is next, by when and who has it, in one or two sentences.
func (m *Module) nextText(v *view) string {
	key := "casework.next." + string(v.Status)
	switch {
	case v.Status == StatusToPay && v.Fee != "":
		key = "casework.next.to_pay_sum"
	case v.Status == StatusInReview && v.Official != "":
		key = "casework.next.in_review_by"
	case v.Status == StatusApproved && len(v.Papers) == 0:
		key = "casework.next.approved_plain"
	}
	return m.text(v.lang, key, "due", lang.FullMoment(v.lang, v.Due, v.zone), "agency", v.Agency, "name", v.Official, "amount", v.Fee)
}

// entryTitle is a line of the timeline in words.
func (v *view) entryTitle(text func(key string, args ...any) string, e Entry) string {
	return entryTitle(v.city, v.service, v.lang, text, e)
}

// entryTitle says a line of a case's timeline: what agencies, queues and certificates are called stands in the case's own
// version of the city.
func entryTitle(city *service.City, s *service.Service, l lang.Language, text func(key string, args ...any) string, e Entry) string {
	args := []any{"queue", "", "certificates", "", "part", partTitle(s, l, e.Params["part"]), "parts", partTitles(s, l, e.Params["parts"]),
		"amount", amountWords(l, e.Params["amount"]), "other", numberWords(e.Params["other"])}
	if office, ok := city.Agency(e.Params["agency"]); ok {
		if queue, ok := office.Queue(e.Params["queue"]); ok {
			args[1] = office.Short.In(l) + ", " + queue.Title.In(l)
		}
	}
	var names []string
	for _, key := range strings.Fields(e.Params["certificates"]) {
		if c, ok := s.Certificate(key); ok {
			if register, ok := city.Register(c.Register); ok {
				names = append(names, register.Title.In(l))
			}
		}
	}
	args[3] = strings.Join(names, ", ")
	return text("casework.timeline."+e.Event, args...)
}

// partTitle is what a part of an agree step looks at.
func partTitle(s *service.Service, l lang.Language, key string) string {
	if part, ok := partOf(s, key); ok {
		return part.Title.In(l)
	}
	return ""
}

func numberWords(number string) string {
	if number == "" {
		return ""
	}
	return id.FormatNumber(number)
}

// amountWords says an amount in minor units.
func amountWords(l lang.Language, minor string) string {
	n, err := strconv.ParseInt(minor, 10, 64)
	if err != nil {
		return ""
	}
	return money.Roubles(n).In(l)
}

func partTitles(s *service.Service, l lang.Language, keys string) string {
	var out []string
	for _, key := range strings.Fields(keys) {
		out = append(out, partTitle(s, l, key))
	}
	return strings.Join(out, ", ")
}

// EntryText is a line of a case's timeline in words.
func (m *Module) EntryText(city *service.City, s *service.Service, l lang.Language, e Entry) string {
	return entryTitle(city, s, l, func(key string, args ...any) string { return m.text(l, key, args...) }, e)
}

// when is a moment as the page says it.
func (v *view) when(at time.Time) string { return lang.Moment(v.lang, at, v.now, v.zone) }
