package mydata

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"posad.city/core/agency"
	"posad.city/core/mydata/internal/store"
	"posad.city/core/service"
	"posad.city/kit/act"
	"posad.city/kit/calendar"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/store"
)

// Who is a class of those who look.
type Who string

// The classes, for the filter.
const (
	Anybody    Who = ""
	ByOfficial Who = "official"
	ByAgency   Who = "agency"
	ByMandate  Who = "mandate"
	BySite     Who = "site"
	ByOther    Who = "other" // anybody else: with the code of a document, or who signs with one
)

// Whos lists the classes in the order of the page.
func Whos() []Who { return []Who{Anybody, ByOfficial, ByAgency, ByMandate, BySite, ByOther} }

// siteLooks is what looks of outside sites are called: core/openid makes them.
const siteLooks = "openid."

// Filter chooses among looks. Zero fields choose all.
type Filter struct {
	Who    Who
	Agency id.ID
	Case   id.ID
	From   calendar.Date // the first day
	To     calendar.Date // the last day
}

// Seen is a look as the person it is about sees it.
type Seen struct {
	store.LookRecord
	Person  id.ID
	Delayed bool      // it was hidden for a time
	Until   time.Time // with Delayed: until when
	Law     lang.Text // with Delayed: by which law
}

// Who is the class of who looked.
func (s Seen) Who() Who {
	switch {
	case strings.HasPrefix(s.What, siteLooks):
		return BySite
	case s.Actor.Kind == act.Official:
		return ByOfficial
	case s.Actor.Kind == act.Agency, s.Actor.Kind == act.Program:
		return ByAgency
	case s.Mandate.IsZero():
		return ByOther
	}
	return ByMandate
}

// takes tells whether a filter chooses a look.
func (f Filter) takes(s Seen, zone *time.Location) bool {
	day := calendar.DateOf(s.At, zone)
	switch {
	case f.Who != Anybody && s.Who() != f.Who,
		!f.Agency.IsZero() && s.Actor.Agency != f.Agency,
		!f.Case.IsZero() && s.Purpose.ID != f.Case.String(),
		!f.From.IsZero() && day.Before(f.From),
		!f.To.IsZero() && day.After(f.To):
		return false
	}
	return true
}

// The look at a list of looks, and how far ahead of now a list begins, so that nothing of this moment is missed.
const (
	lookLooks = "mydata.look.looks"
	lookNames = "mydata.look.names"
	lookAhead = time.Hour
	lookChunk = 200
)

// Looks lists the looks at the persons that the filter takes, newest first, before the moment, at most most of them. next
// is where the next list begins; zero: that was all. A look of an investigation is not there before its time.
func (m *Module) Looks(ctx context.Context, a act.Act, persons []id.ID, f Filter, before time.Time, most int) ([]Seen, time.Time, error) {
	var out []Seen
	for _, person := range persons {
		some, err := m.looksAt(ctx, a, person, f, before, most+1)
		if err != nil {
			return nil, time.Time{}, err
		}
		out = append(out, some...)
	}
	slices.SortStableFunc(out, func(x, y Seen) int { return y.At.Compare(x.At) })
	if len(out) <= most {
		return out, time.Time{}, nil
	}
	return cut(out, most)
}

// cut ends a list at most items, or later where several are of one moment: the next list begins before that moment.
func cut(list []Seen, most int) ([]Seen, time.Time, error) {
	for most < len(list) && list[most].At.Equal(list[most-1].At) {
		most++
	}
	if most == len(list) {
		return list, list[most-1].At, nil
	}
	return list[:most], list[most-1].At, nil
}

func (m *Module) looksAt(ctx context.Context, a act.Act, person id.ID, f Filter, before time.Time, most int) ([]Seen, error) {
	var out []Seen
	err := m.base.Store.Look(ctx, a, lookLooks, func(p *store.Personal) error {
		out = nil
		from := before
		for {
			records, err := store.LooksAt(p, person, from, lookChunk)
			if err != nil {
				return err
			}
			last := len(records) < lookChunk
			records = wholeMoments(records)
			for _, record := range records {
				one, shown, err := m.shown(p, Seen{LookRecord: record, Person: person})
				if err != nil {
					return err
				}
				if shown && f.takes(one, m.deps.Zone()) {
					out = append(out, one)
				}
			}
			if last || len(out) >= most || m.past(f, records) {
				return nil
			}
			from = records[len(records)-1].At
		}
	})
	if err != nil {
		return nil, fmt.Errorf("mydata: looks: %w", err)
	}
	return out, nil
}

// wholeMoments leaves the last moment of a full chunk to the next one: there may be more looks of it.
func wholeMoments(records []store.LookRecord) []store.LookRecord {
	if len(records) < lookChunk {
		return records
	}
	end := records[len(records)-1].At
	if at := slices.IndexFunc(records, func(r store.LookRecord) bool { return r.At.Equal(end) }); at > 0 {
		return records[:at]
	}
	return records
}

// past tells whether a chunk ends before the first day of the filter.
func (m *Module) past(f Filter, records []store.LookRecord) bool {
	return !f.From.IsZero() && calendar.DateOf(records[len(records)-1].At, m.deps.Zone()).Before(f.From)
}

// shown tells whether a look may be shown now, and notes of one of an investigation that it was delayed. One whose
// investigation is not known is shown: nobody hides a look by a name of their own making.
func (m *Module) shown(r store.Reader, one Seen) (Seen, bool, error) {
	if one.Purpose.Kind != PurposeInvestigation {
		return one, true, nil
	}
	which, err := id.Parse(one.Purpose.ID)
	if err != nil {
		return one, true, nil //nolint:nilerr // a purpose that names no investigation hides nothing
	}
	home, err := mydatadb.HomeOf(r, which)
	if errors.Is(err, store.ErrNone) || err == nil && home.Agency != one.Actor.Agency {
		return one, true, nil
	}
	if err != nil {
		return one, false, err
	}
	if r.Now().Before(home.Until) {
		return one, false, nil
	}
	one.Delayed, one.Until = true, home.Until
	if rules, ok := m.investigations(home.Agency); ok {
		one.Law = rules.Law
	}
	return one, true, nil
}

// agencyOf finds an agency of the published city by its id.
func (m *Module) agencyOf(which id.ID) (*service.Agency, bool) {
	city := m.deps.City()
	if city == nil {
		return nil, false
	}
	for i := range city.Agencies {
		if agency.ID(city.Agencies[i].Key) == which {
			return &city.Agencies[i], true
		}
	}
	return nil, false
}

// whatWords says what was looked at. Registers are data, so their words come from the published city.
func (m *Module) whatWords(l lang.Language, what string) string {
	if m.deps.LookText != nil {
		if text, ok := m.deps.LookText(what, l); ok {
			return text
		}
	}
	if m.base.Texts.Has(what) {
		return m.base.Texts.Text(l, what)
	}
	return what
}

// officials are the names of the officials among those who looked: whoever looks by office is named to whom they look at.
// Posad asks for them, so that reading the list is no look at the officials.
func (m *Module) officials(ctx context.Context, list []Seen) (map[id.ID]lang.Name, error) {
	var people []id.ID
	for _, one := range list {
		if one.Who() == ByOfficial && !one.Actor.Person.IsZero() && !slices.Contains(people, one.Actor.Person) {
			people = append(people, one.Actor.Person)
		}
	}
	if len(people) == 0 {
		return map[id.ID]lang.Name{}, nil
	}
	names, err := m.deps.People.Names(ctx, act.ByJob(id.New(m.base.Clock.Now()), act.Purpose{Kind: "account"}), lookNames, people...)
	if err != nil {
		return nil, fmt.Errorf("mydata: names of officials: %w", err)
	}
	return names, nil
}

// whoWords says who looked: the kind, the role and the agency.
func (m *Module) whoWords(l lang.Language, one Seen) string {
	who := m.base.Texts.Text(l, "mydata.who_one."+string(one.Who()))
	if key := "mydata.role." + one.Actor.Role; one.Who() == ByOfficial && m.base.Texts.Has(key) {
		who = m.base.Texts.Text(l, key)
	}
	if one.Actor.Agency.IsZero() {
		return who
	}
	return who + ", " + m.deps.AgencyName(one.Actor.Agency, l)
}

// purposeWords says what a look was for.
func (m *Module) purposeWords(l lang.Language, p act.Purpose) string {
	switch p.Kind {
	case "agreement":
		return m.base.Texts.Text(l, "mydata.purpose.agreement", "number", p.ID)
	case "service":
		if city := m.deps.City(); city != nil {
			if s, ok := city.Service(p.ID); ok {
				return m.base.Texts.Text(l, "mydata.purpose.service") + ": " + s.Title.In(l)
			}
		}
	case "case", "account", "check", PurposeInvestigation:
	default:
		return m.base.Texts.Text(l, "mydata.purpose.other")
	}
	return m.base.Texts.Text(l, "mydata.purpose."+p.Kind)
}

// FindLook finds one look at the person by its id and its moment; ErrNone when there is none that may be shown.
func (m *Module) FindLook(ctx context.Context, a act.Act, person, look id.ID, at time.Time) (Seen, error) {
	list, err := m.looksAt(ctx, a, person, Filter{}, at.Add(time.Microsecond), 1)
	if err != nil {
		return Seen{}, err
	}
	i := slices.IndexFunc(list, func(s Seen) bool { return s.ID == look })
	if i < 0 {
		return Seen{}, ErrNone
	}
	return list[i], nil
}

// HiddenLooks is how many looks of the whole city are hidden now.
func (m *Module) HiddenLooks(ctx context.Context) (int, error) {
	var out int64
	err := m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		var err error
		out, err = mydatadb.SumHidden(r, r.Now())
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("mydata: hidden looks: %w", err)
	}
	return int(out), nil
}
