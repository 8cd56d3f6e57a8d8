package mydata

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"posad.city/core/agency"
	"posad.city/kit/act"
	"posad.city/kit/calendar"
	"posad.city/kit/fault"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/web"
	"posad.city/ui"
)

// looksPage is how many looks a page lists; fileLooks is how many a file holds.
const (
	looksPage = 50

	looksGrouped = 400 // that a page lists when it groups them otherwise than by day
	fileLooks    = 10_000
)

// filterForm is the filter as the address has it. Days that are not days are faults of the page.
type filterForm struct {
	Who    string `json:"who" max:"20"`
	Agency string `json:"agency" max:"60"`
	From   string `json:"from" max:"10"`
	To     string `json:"to" max:"10"`
	Case   id.ID  `json:"case"`
	By     string `json:"by" max:"10"`
	Before string `json:"before" max:"40"`
	As     string `json:"as" max:"4"`
}

// filter reads the form; what it can't read is told and chooses everything.
func (f filterForm) filter() (Filter, []fault.Field) {
	var out Filter
	var faults []fault.Field
	for _, who := range Whos() {
		if string(who) == f.Who {
			out.Who = who
		}
	}
	if f.Agency != "" {
		out.Agency = agency.ID(f.Agency)
	}
	out.Case = f.Case
	day := func(name, text string) calendar.Date {
		if text == "" {
			return calendar.Date{}
		}
		d, err := calendar.ParseDate(text)
		if err != nil {
			faults = append(faults, fault.Field{Name: name, ID: "mydata.bad_day"})
		}
		return d
	}
	out.From, out.To = day("from", f.From), day("to", f.To)
	return out, faults
}

// empty tells whether the filter chooses everything.
func (f filterForm) empty() bool { return f.Who+f.Agency+f.From+f.To == "" && f.Case.IsZero() }

func (f filterForm) caseText() string {
	if f.Case.IsZero() {
		return ""
	}
	return f.Case.String()
}

// The ways in which looks are grouped.
const (
	byDay    = "day"
	byAgency = "agency"
	byCase   = "case"
)

// grouped is how many looks one page groups: by day as many as it lists, otherwise so many that a group is seldom torn.
func (f filterForm) grouped() int {
	if f.By == byAgency || f.By == byCase {
		return looksGrouped
	}
	return looksPage
}

// query is the filter in an address, with what else belongs there.
func (f filterForm) query(more ...string) string {
	v := url.Values{}
	for _, pair := range [][2]string{{"who", f.Who}, {"agency", f.Agency}, {"from", f.From}, {"to", f.To}, {"case", f.caseText()}, {"by", f.By}} {
		if pair[1] != "" {
			v.Set(pair[0], pair[1])
		}
	}
	for i := 0; i+1 < len(more); i += 2 {
		v.Set(more[i], more[i+1])
	}
	return v.Encode()
}

func (m *Module) before(f filterForm) time.Time {
	if given, err := time.Parse(time.RFC3339Nano, f.Before); err == nil {
		return given
	}
	return m.base.Clock.Now().Add(lookAhead)
}

// looksView is the page of looks.
type looksView struct {
	Form   filterForm
	Faults []fault.Field
	Days   []lookDay
	Next   string // address of earlier ones; empty: that was all
	Hidden int    // in the whole city
}

// lookDay is a day of the list, with its groups.
type lookDay struct {
	Title  string
	Groups []lookGroup
}

// lookGroup is what one actor saw for one purpose on one day.
type lookGroup struct {
	By, Purpose  string
	Href, Number string // of the case
	Case         string // its id
	Delayed      string
	Lines        []lookLine
}

// lookLine is one look.
type lookLine struct {
	ID     id.ID
	Person id.ID
	At     time.Time
	When   string
	What   string
	Why    string // it was needed; empty: the service does not say
	Among  int64  // persons whom the look showed at once
}

func (m *Module) readLooks(c *web.Context, most int) (filterForm, []fault.Field, []Seen, time.Time, error) {
	var form filterForm
	if err := c.Bind(&form); err != nil {
		return form, nil, nil, time.Time{}, err
	}
	if err := c.May(own(c)); err != nil {
		return form, nil, nil, time.Time{}, err
	}
	filter, faults := form.filter()
	a := m.reads(c)(c.Person())
	if most == 0 {
		most = form.grouped()
	}
	list, next, err := m.Looks(c.Context(), a, persons(c), filter, m.before(form), most)
	return form, faults, list, next, err
}

func (m *Module) showLooks(c *web.Context) error {
	form, faults, list, next, err := m.readLooks(c, 0)
	if err != nil {
		return err
	}
	names, err := m.officials(c.Context(), list)
	if err != nil {
		return err
	}
	v := looksView{Form: form, Faults: faults, Days: m.groups(c, form.By, list, names)}
	if !next.IsZero() {
		v.Next = "/account/looks?" + form.query("before", next.UTC().Format(time.RFC3339Nano))
	}
	if v.Hidden, err = m.HiddenLooks(c.Context()); err != nil {
		return err
	}
	o := m.options(c, "mydata.menu_looks")
	o.Faulty = len(faults) > 0
	return m.base.Pages.Render(c, o, looksList(m, c, v))
}

// groups puts looks together by day, agency or case, and within that by who looked and what for, in the order of the list.
func (m *Module) groups(c *web.Context, by string, list []Seen, names map[id.ID]lang.Name) []lookDay {
	var out []lookDay
	w := m.wordsOfLooks(c)
	tops, places := map[string]int{}, map[string]int{}
	for _, one := range list {
		title := m.groupTitle(w, by, one)
		top, there := tops[title]
		if !there {
			top = len(out)
			tops[title] = top
			out = append(out, lookDay{Title: title})
		}
		groups := &out[top].Groups
		key := fmt.Sprint(top, one.Actor, one.Purpose, one.Delayed)
		place, there := places[key]
		if !there {
			place = len(*groups)
			places[key] = place
			*groups = append(*groups, m.group(w, one, names))
		}
		(*groups)[place].Lines = append((*groups)[place].Lines, lookLine{
			ID: one.ID, Person: one.Person, At: one.At, When: lang.Moment(c.Lang(), one.At, c.Now(), m.deps.Zone()), What: m.whatWords(c.Lang(), one.What), Why: w.why(one), Among: one.Among,
		})
	}
	return out
}

// groupTitle is what a look is put under.
func (m *Module) groupTitle(w lookWords, by string, one Seen) string {
	c := w.c
	switch by {
	case byAgency:
		if one.Actor.Agency.IsZero() {
			return c.T("mydata.who_one." + string(one.Who()))
		}
		return m.deps.AgencyName(one.Actor.Agency, c.Lang())
	case byCase:
		if _, number := w.caseOf(one.Purpose); number != "" {
			return c.T("mydata.looks_case", "number", number)
		}
		return m.purposeWords(c.Lang(), one.Purpose)
	}
	return lang.WeekdayDate(c.Lang(), calendar.DateOf(one.At, m.deps.Zone()), calendar.DateOf(c.Now(), m.deps.Zone()))
}

// named is who looked, with the name of an official.
func (m *Module) named(l lang.Language, one Seen, names map[id.ID]lang.Name) string {
	if name := names[one.Actor.Person].Full(l); one.Who() == ByOfficial && name != "" {
		return name + " · " + m.whoWords(l, one)
	}
	return m.whoWords(l, one)
}

func (m *Module) group(w lookWords, one Seen, names map[id.ID]lang.Name) lookGroup {
	c := w.c
	out := lookGroup{By: m.named(c.Lang(), one, names), Case: one.Purpose.ID, Purpose: m.purposeWords(c.Lang(), one.Purpose)}
	out.Href, out.Number = w.caseOf(one.Purpose)
	if one.Delayed {
		out.Delayed = c.T("mydata.looks_delayed", "until", lang.FullMoment(c.Lang(), one.Until, m.deps.Zone()), "law", one.Law.In(c.Lang()))
	}
	return out
}

// lookWords are the words of one answer's looks that take a reading of a case. Many looks are for one case, which is read once.
type lookWords struct {
	m     *Module
	c     *web.Context
	cases map[act.Purpose][2]string // address and number
	whys  map[whyKey]string
}

type whyKey struct {
	what    string
	purpose act.Purpose
}

func (m *Module) wordsOfLooks(c *web.Context) lookWords {
	return lookWords{m: m, c: c, cases: map[act.Purpose][2]string{}, whys: map[whyKey]string{}}
}

// caseOf is the address and the number of the case that a look was for; empty for any other purpose.
func (w lookWords) caseOf(p act.Purpose) (string, string) {
	caseID, err := id.Parse(p.ID)
	if err != nil || p.Kind != "case" || w.m.deps.CaseLink == nil {
		return "", ""
	}
	found, known := w.cases[p]
	if !known {
		found[0], found[1] = w.m.deps.CaseLink(w.c, caseID)
		w.cases[p] = found
	}
	return found[0], found[1]
}

// why says what a look was needed for; empty where the service's definition does not say.
func (w lookWords) why(one Seen) string {
	if w.m.deps.LookWhy == nil {
		return ""
	}
	key := whyKey{one.What, one.Purpose}
	words, known := w.whys[key]
	if !known {
		words = w.m.deps.LookWhy(w.c.Context(), one.What, one.Purpose, w.c.Lang())
		w.whys[key] = words
	}
	return words
}

// WireLook is a look for programs.
type WireLook struct {
	ID      id.ID     `json:"id"`
	At      time.Time `json:"at"`
	What    string    `json:"what"`
	Who     string    `json:"who"`
	Kind    string    `json:"kind" doc:"official, agency, mandate or site"`
	Agency  string    `json:"agency,omitempty"`
	Role    string    `json:"role,omitempty"`
	Purpose string    `json:"purpose,omitempty"`
	Why     string    `json:"why,omitempty" doc:"What the service needs it for"`
	Case    string    `json:"case,omitempty" doc:"Public number"`
	Channel string    `json:"channel"`
	Delayed string    `json:"delayed_until,omitempty" doc:"Until when its display was delayed"`
	Law     string    `json:"delayed_by,omitempty" doc:"By which law"`
	Name    string    `json:"name,omitempty" doc:"Of the official"`
	Among   int64     `json:"among" doc:"How many persons the same look showed: 1, or as many as a list has or a search found"`
}

func (m *Module) wireLooks(c *web.Context, list []Seen) ([]WireLook, error) {
	l := c.Lang()
	names, err := m.officials(c.Context(), list)
	if err != nil {
		return nil, err
	}
	w := m.wordsOfLooks(c)
	out := make([]WireLook, 0, len(list))
	for _, one := range list {
		line := WireLook{
			ID: one.ID, At: one.At.UTC(), What: m.whatWords(l, one.What), Who: m.whoWords(l, one), Kind: string(one.Who()), Role: one.Actor.Role,
			Purpose: m.purposeWords(l, one.Purpose), Why: w.why(one), Channel: string(one.Channel), Among: max(one.Among, 1),
		}
		if one.Who() == ByOfficial {
			line.Name = names[one.Actor.Person].Full(l)
		}
		if !one.Actor.Agency.IsZero() {
			line.Agency = m.deps.AgencyName(one.Actor.Agency, l)
		}
		_, line.Case = w.caseOf(one.Purpose)
		if one.Delayed {
			line.Delayed, line.Law = one.Until.UTC().Format(timeForm), one.Law.In(l)
		}
		out = append(out, line)
	}
	return out, nil
}

func (m *Module) apiLooks(c *web.Context) error {
	_, faults, list, _, err := m.readLooks(c, looksPage)
	if err != nil {
		return err
	}
	if len(faults) > 0 {
		return ErrWord.With(faults...)
	}
	out, err := m.wireLooks(c, list)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, out)
}

// sendLooks answers with the filtered list as a file: all of it, or, beyond fileLooks, with ErrMany, since a list that was cut
// would be taken for all.
func (m *Module) sendLooks(c *web.Context) error {
	form, faults, list, next, err := m.readLooks(c, m.fileLooks)
	if err != nil {
		return err
	}
	if len(faults) > 0 {
		return ErrWord.With(faults...)
	}
	if !next.IsZero() {
		return ErrMany
	}
	lines, err := m.wireLooks(c, list)
	if err != nil {
		return err
	}
	if form.As == "json" {
		data, err := json.MarshalIndent(lines, "", "  ")
		if err != nil {
			return fmt.Errorf("mydata: looks: %w", err)
		}
		return c.File(web.File{Name: "posad-looks.json", Type: "application/json", Data: append(data, '\n')}, false)
	}
	data, err := table(lines)
	if err != nil {
		return err
	}
	return c.File(web.File{Name: "posad-looks.csv", Type: "text/csv; charset=utf-8", Data: data}, false)
}

// table makes a CSV file (RFC 4180) that spreadsheets open right: with a mark of its encoding, and with no cell that they
// would take for a formula.
func table(lines []WireLook) ([]byte, error) {
	var out bytes.Buffer
	out.WriteString("\ufeff")
	w := csv.NewWriter(&out)
	rows := [][]string{{"id", "at", "who", "kind", "role", "agency", "what", "purpose", "case", "channel", "delayed_until", "delayed_by", "name", "among", "why"}}
	for _, l := range lines {
		rows = append(rows, []string{l.ID.String(), l.At.Format(timeForm), l.Who, l.Kind, l.Role, l.Agency, l.What, l.Purpose, l.Case, l.Channel, l.Delayed, l.Law, l.Name, strconv.FormatInt(l.Among, 10), l.Why})
	}
	for _, row := range rows {
		for i := range row {
			row[i] = harmless(row[i])
		}
		if err := w.Write(row); err != nil {
			return nil, fmt.Errorf("mydata: a table of looks: %w", err)
		}
	}
	w.Flush()
	return out.Bytes(), w.Error()
}

// harmless keeps a spreadsheet from running a cell.
func harmless(text string) string {
	if text != "" && strings.ContainsRune("=+-@\t\r", rune(text[0])) {
		return "'" + text
	}
	return text
}

type complaintForm struct {
	Look   id.ID  `json:"look"`
	Person id.ID  `json:"person"`
	At     string `json:"at" max:"40"`
}

// postComplaint begins a complaint about a look and leads to its form.
func (m *Module) postComplaint(c *web.Context) error {
	var form complaintForm
	if err := c.Bind(&form); err != nil {
		return err
	}
	if err := c.May(own(c)); err != nil {
		return err
	}
	at, err := time.Parse(time.RFC3339Nano, form.At)
	if err != nil {
		return ErrNone.Because(err)
	}
	for _, person := range persons(c) {
		if person != form.Person {
			continue
		}
		one, err := m.FindLook(c.Context(), m.reads(c)(person), person, form.Look, at)
		if err != nil {
			return err
		}
		draft, err := m.Complain(c.Context(), c.Act(), one, c.Lang())
		if err != nil {
			return err
		}
		c.SetFlash("success", "mydata.complaint_begun")
		return c.Redirect("/drafts/" + draft.String() + "/steps/" + complaintStep)
	}
	return ErrNone
}

// agencies are the choices of the filter.
func (m *Module) agencies(c *web.Context) []ui.Choice {
	city := m.deps.City()
	if city == nil {
		return nil
	}
	out := make([]ui.Choice, len(city.Agencies))
	for i := range city.Agencies {
		out[i] = ui.Choice{Value: city.Agencies[i].Key, Text: city.Agencies[i].Short.In(c.Lang())}
	}
	return out
}

func byChoices(c *web.Context) []ui.Choice {
	var out []ui.Choice
	for _, by := range []string{byDay, byAgency, byCase} {
		out = append(out, ui.Choice{Value: by, Text: c.T("mydata.by." + by)})
	}
	return out
}

func whoChoices(c *web.Context) []ui.Choice {
	out := make([]ui.Choice, 0, len(Whos()))
	for _, who := range Whos() {
		name := string(who)
		if who == Anybody {
			name = "any"
		}
		out = append(out, ui.Choice{Value: string(who), Text: c.T("mydata.who." + name)})
	}
	return out
}
