package utility

import (
	"errors"
	"net/http"
	"slices"

	"posad.city/core/page"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/web"
	"posad.city/ui"
)

// readingField is one dial of the form.
type readingField struct {
	Dial   DialView
	Value  string // as typed, or as given before
	Error  string
	Asks   string // the question about an odd value; empty: there is none
	Review bool   // it waits for the agency
	Taken  bool
}

func (f readingField) name() string    { return "r-" + f.Dial.Key() }
func (f readingField) confirm() string { return "ok-" + f.Dial.Key() }

// readingsView is the page on which readings are given.
type readingsView struct {
	Flat   Flat
	Open   Period
	Action string
	Fields []readingField
	Desk   bool
	Opens  bool // the days for readings are now
	From   string
	To     string
}

func (v readingsView) faults() []ui.FaultLine {
	var out []ui.FaultLine
	for _, f := range v.Fields {
		if f.Error != "" {
			out = append(out, ui.FaultLine{Name: f.name(), Text: f.Error})
		}
	}
	return out
}

func (v readingsView) asks() bool {
	return slices.ContainsFunc(v.Fields, func(f readingField) bool { return f.Asks != "" })
}

// readingsView reads a flat's dials for the form.
func (m *Module) readingsView(c *web.Context, a act.Act, home id.ID) (readingsView, error) {
	u, err := m.utilities()
	if err != nil {
		return readingsView{}, err
	}
	v := readingsView{Open: m.Open(u), Action: path(home) + "/readings"}
	first, last, today := v.Open.Day(u.Opens), v.Open.Day(u.Closes), m.today()
	v.Opens = !today.Before(first) && !today.After(last)
	v.From, v.To = lang.DayMonth(c.Lang(), first), lang.DayMonth(c.Lang(), last)
	if v.Flat, err = m.Flat(c.Context(), a, home); err != nil {
		return v, err
	}
	dials, err := m.Dials(c.Context(), a, home)
	for _, d := range dials {
		f := readingField{Dial: d}
		if d.Open != nil {
			f.Value, f.Taken, f.Review = plainNumber(c.Lang(), d.Open.Value), d.Open.State == Taken, d.Open.State == Review
			if d.Open.State == Asked {
				f.Asks = m.question(c, d, d.Open.Doubt)
			}
		}
		v.Fields = append(v.Fields, f)
	}
	return v, err
}

// plainNumber is a number without groups, as a dial shows it and a form takes it.
func plainNumber(l lang.Language, d Decimal) string {
	text := d.String()
	for i := range text {
		if text[i] == '.' {
			return text[:i] + lang.DecimalMark(l) + text[i+1:]
		}
	}
	return text
}

// question asks about an odd reading.
func (m *Module) question(c *web.Context, d DialView, doubt string) string {
	return c.T("utility.ask."+doubt, "last", number(c.Lang(), d.Floor), "usual", number(c.Lang(), d.Usual), "unit", m.tariffUnit(c, d.Tariff))
}

func (m *Module) showReadings(c *web.Context) error {
	at, err := m.lives(c)
	if err != nil {
		return err
	}
	v, err := m.readingsView(c, at.Act, at.Home)
	if err != nil {
		return err
	}
	if typed, kept := c.Held(); kept { // they had to sign in again
		for i := range v.Fields {
			if text := typed.Get(v.Fields[i].name()); text != "" {
				v.Fields[i].Value = text
			}
		}
	}
	return m.renderReadings(c, v)
}

func (m *Module) renderReadings(c *web.Context, v readingsView) error {
	title := c.T("utility.readings.title")
	o := page.Options{Title: title, Layout: page.Account, Crumbs: m.crumbs(c, v.Flat.Home, title), Faulty: len(v.faults()) > 0}
	if v.Desk {
		o.Layout, o.Crumbs = page.Desk, []ui.Link{{Text: c.T("utility.desk.title"), Href: "/desk/utility"}, {Text: v.Flat.Address.In(c.Lang()), Href: deskPath(v.Flat.Home)}, {Text: title}}
	}
	if v.asks() && !o.Faulty && c.Request().Method == http.MethodPost {
		o.Status = http.StatusConflict
	}
	return m.base.Pages.Render(c, o, readingsPage(m, c, v))
}

func (m *Module) postReadings(c *web.Context) error {
	at, err := m.lives(c)
	if err != nil {
		return err
	}
	return m.takeReadings(c, at.Act, at.Home, FromResident)
}

// takeReadings takes the form: what is right is kept at once, what is odd is asked about, what can't be read is told.
func (m *Module) takeReadings(c *web.Context, a act.Act, home id.ID, source string) error {
	v, err := m.readingsView(c, a, home)
	if err != nil {
		return err
	}
	if v.Desk = source != FromResident; v.Desk {
		v.Action = deskPath(home) + "/readings"
	}
	sent, err := c.Fields()
	if err != nil {
		return err
	}
	list, from := v.fill(c, sent)
	if len(list) == 0 && len(v.faults()) == 0 && !v.asks() {
		c.SetFlash("info", "utility.readings.nothing")
		return c.Redirect(v.Action)
	}
	got, err := m.Give(c.Context(), a, home, source, list)
	if err != nil {
		return err
	}
	for i, r := range got {
		f := &v.Fields[from[i]]
		f.Taken, f.Review, f.Asks = r.State == Taken, r.State == Review, ""
		if r.State == Asked {
			f.Asks = m.question(c, f.Dial, r.Doubt)
		}
	}
	if v.asks() || len(v.faults()) > 0 {
		return m.renderReadings(c, v)
	}
	c.SetFlash("success", "utility.readings.taken")
	if v.Desk {
		return c.Redirect(deskPath(home))
	}
	return c.Redirect(path(home))
}

// fill reads what was typed into the fields, and returns what is to be kept and of which fields.
func (v *readingsView) fill(c *web.Context, sent web.Fields) ([]Given, []int) {
	var list []Given
	var from []int
	for i := range v.Fields {
		f := &v.Fields[i]
		text := sent.Get(f.name())
		if text == "" {
			continue
		}
		value, err := ParseValue(text)
		if err != nil {
			f.Value, f.Error = text, c.FaultText(ErrValue)
			continue
		}
		open, confirmed := f.Dial.Open, sent.Get(f.confirm()) == "yes"
		if open != nil && open.Value == value && (open.State != Asked || !confirmed) {
			f.Value = text
			continue // it is kept already, and asked about again when it was not confirmed
		}
		f.Value = text
		list, from = append(list, Given{Meter: f.Dial.Meter, Zone: f.Dial.Zone, Value: value, Confirmed: confirmed}), append(from, i)
	}
	return list, from
}

// dialTitle names a dial.
func (m *Module) dialTitle(c *web.Context, d DialView) string {
	title := m.tariffTitle(c, d.Tariff)
	if d.Zone != "" {
		title += ", " + c.T("utility.part."+d.Zone)
	}
	return title
}

// apiReading is a reading given by a program.
type apiReading struct {
	Meter     id.ID  `json:"meter" need:"1"`
	Zone      string `json:"zone" max:"10" one:"day|night|peak" doc:"For meters with several dials"`
	Value     string `json:"value" need:"1" max:"20" doc:"As the dial shows it: 345.678"`
	Confirmed bool   `json:"confirmed" doc:"The person was asked about an odd value and says that it is right"`
}

// wireReading is what became of it.
type wireReading struct {
	ID     id.ID  `json:"id"`
	Meter  id.ID  `json:"meter"`
	Zone   string `json:"zone,omitempty"`
	Period string `json:"period"`
	Value  string `json:"value"`
	State  string `json:"state" doc:"taken; asked: it is odd, send it again with confirmed; review: the agency looks at it; refused"`
	Doubt  string `json:"doubt,omitempty" doc:"lower than before, or high"`
}

func (m *Module) apiGive(c *web.Context) error {
	at, err := m.lives(c)
	if err != nil {
		return err
	}
	var form apiReading
	if err := c.Bind(&form); err != nil {
		return err
	}
	value, err := ParseValue(form.Value)
	if err != nil {
		return err
	}
	got, err := m.Give(c.Context(), at.Act, at.Home, FromResident, []Given{{Meter: form.Meter, Zone: form.Zone, Value: value, Confirmed: form.Confirmed}})
	if err != nil {
		return err
	}
	if len(got) != 1 {
		return errors.New("utility: one reading was given")
	}
	return c.JSON(http.StatusOK, wireOf(got[0]))
}

func wireOf(r Reading) wireReading {
	return wireReading{ID: r.ID, Meter: r.Meter, Zone: r.Zone, Period: r.Period.String(), Value: r.Value.String(), State: r.State, Doubt: r.Doubt}
}

func (m *Module) apiReadings(c *web.Context) error {
	at, err := m.mine(c)
	if err != nil {
		return err
	}
	list, err := m.Readings(c.Context(), at.Act, at.Home)
	if err != nil {
		return err
	}
	list = at.Stays.readings(list)
	out := []wireReading{}
	for _, r := range list {
		out = append(out, wireOf(r))
	}
	return c.JSON(http.StatusOK, out)
}
