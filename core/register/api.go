package register

import (
	"net/http"
	"time"

	"posad.city/core/service"
	"posad.city/kit/calendar"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/web"
)

// wireEntry is an entry, with the fields that the reader may see.
type wireEntry struct {
	ID       id.ID             `json:"id"`
	Register string            `json:"register"`
	Number   string            `json:"number,omitempty"` // this and what follows is left out by a case whose certificates do not tell it
	Standing Standing          `json:"standing"`
	Version  int64             `json:"version,omitempty"`
	Since    calendar.Date     `json:"since,omitzero"`
	Until    *calendar.Date    `json:"until,omitempty"` // the last day; left out: no end
	Entered  time.Time         `json:"entered,omitzero"`
	Ended    *time.Time        `json:"ended,omitempty"`
	Fields   map[string]string `json:"fields"`
	History  []wireVersion     `json:"history,omitempty"`
}

type wireVersion struct {
	Version int64             `json:"version"`
	Change  Change            `json:"change"`
	At      time.Time         `json:"at"`
	Role    string            `json:"role,omitempty"` // of the official; left out: a document changed it
	Case    *id.ID            `json:"case,omitempty"`
	Reason  string            `json:"reason,omitempty"`
	Fields  map[string]string `json:"fields"`
}

type wireEntries struct {
	Entries []wireEntry `json:"entries"`
	More    bool        `json:"more,omitempty" doc:"There are others with the same value; they are not told"`
}

// wireCorrect is a correction.
type wireCorrect struct {
	Version int64             `json:"version"`
	Fields  map[string]string `json:"fields"`
	English map[string]string `json:"fields_en,omitempty"` // of texts, names and addresses; left out: the same words
	Reason  string            `json:"reason" max:"1000"`
}

func (w wireCorrect) values() map[string]lang.Text {
	out := make(map[string]lang.Text, len(w.Fields))
	for key, value := range w.Fields {
		out[key] = lang.Text{RU: value, EN: w.English[key]}
	}
	return out
}

// wireEnd is an end.
type wireEnd struct {
	Version int64  `json:"version"`
	Reason  string `json:"reason" max:"1000"`
}

func (m *Module) api(s *web.Server) {
	purpose := []web.Param{
		{Name: "purpose", Text: "Key of a purpose of the register, or case", Required: true}, {Name: "case", Text: "Id of a live case, for the purpose case"},
	}
	s.API(m.ops.list, "GET /api/v1/registers", m.apiMine, web.Describe{Summary: "Your entries in the city's own registers, the newest first", Out: wireEntries{}})
	s.API(m.ops.entry, "GET /api/v1/registers/{entry}", m.apiMyEntry, web.Describe{Summary: "One of your entries with its history", Out: wireEntry{}})
	s.API(m.ops.read, "GET /api/v1/desk/registers/{register}", m.apiSearch, web.Describe{
		Summary: "Entries of a register by the whole value of a field, for a purpose", Out: wireEntries{},
		Params: append([]web.Param{{Name: "field", Text: "A field by which the register is searched", Required: true}, {Name: "q", Text: "Its value", Required: true}}, purpose...),
	})
	s.API(m.ops.read, "GET /api/v1/desk/registers/{register}/{entry}", m.apiDeskEntry, web.Describe{Summary: "An entry with its history, for a purpose", Out: wireEntry{}, Params: purpose})
	s.API(m.ops.correct, "POST /api/v1/desk/registers/{register}/{entry}/correct", m.apiCorrect, web.Describe{Summary: "Correct an entry with a reason: its document is issued anew and the person is told", In: wireCorrect{}, Out: wireDone{}})
	s.API(m.ops.end, "POST /api/v1/desk/registers/{register}/{entry}/end", m.apiEnd, web.Describe{Summary: "End an entry with a reason: its document is revoked and the person is told", In: wireEnd{}, Out: wireDone{}})
}

// wireDone is the version that a change has made.
type wireDone struct {
	Version int64 `json:"version"`
}

// wire is an entry in the language of the answer.
func (m *Module) wire(c *web.Context, r *service.OwnRegister, e Entry, history []Version) wireEntry {
	out := wireEntry{
		ID: e.ID, Register: e.Register, Number: numberOf(e), Standing: e.Standing(m.today()), Version: e.Version, Since: e.Since, Entered: e.Entered,
		Fields: fieldsOf(c, r, e.Values),
	}
	if !e.Until.IsZero() {
		out.Until = &e.Until
	}
	if !e.Ended.IsZero() {
		out.Ended = &e.Ended
	}
	for _, v := range history {
		one := wireVersion{Version: v.Number, Change: v.Change, At: v.At, Role: v.Role, Reason: v.Reason.In(c.Lang()), Fields: fieldsOf(c, r, v.Values)}
		if !v.Case.IsZero() {
			one.Case = &v.Case
		}
		out.History = append(out.History, one)
	}
	return out
}

func fieldsOf(c *web.Context, r *service.OwnRegister, values Values) map[string]string {
	out := map[string]string{}
	for _, f := range r.Fields {
		if value, ok := values[f.Key]; ok {
			out[f.Key] = value.In(c.Lang())
		}
	}
	return out
}

func (m *Module) apiMine(c *web.Context) error {
	if err := c.May(object(c.Person())); err != nil {
		return err
	}
	list, err := m.Mine(c.Context(), c.Act(), c.Person())
	if err != nil {
		return err
	}
	out := wireEntries{Entries: []wireEntry{}}
	for _, e := range list {
		if r, err := m.own(e.Register); err == nil { // a register that was taken out of the city has no words
			out.Entries = append(out.Entries, m.wire(c, r, e, nil))
		}
	}
	return c.JSON(http.StatusOK, out)
}

func (m *Module) apiMyEntry(c *web.Context) error {
	v, err := m.mine(c)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, m.wire(c, v.Register, v.Entry, v.History))
}

func (m *Module) apiSearch(c *web.Context) error {
	if err := atDesk(c); err != nil {
		return err
	}
	r, err := m.own(c.Path("register"))
	if err != nil {
		return err
	}
	read, err := readingOf(c, r)
	if err != nil {
		return err
	}
	found, err := m.Search(c.Context(), c.Act(), Query{Reading: read, Field: c.Query("field"), Value: c.Query("q")})
	if err != nil {
		return err
	}
	out := wireEntries{Entries: []wireEntry{}, More: found.More}
	for _, e := range found.Entries {
		out.Entries = append(out.Entries, m.wire(c, r, e, nil))
	}
	return c.JSON(http.StatusOK, out)
}

func (m *Module) apiDeskEntry(c *web.Context) error {
	v, err := m.deskEntry(c, deskEntry{})
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, m.wire(c, v.Register, v.Entry, v.History))
}

func (m *Module) apiCorrect(c *web.Context) error {
	var in wireCorrect
	return m.apiChange(c, &in, func(which id.ID) (*Prepared, error) {
		return m.PrepareCorrection(c.Context(), c.Act(), Correction{Register: c.Path("register"), Entry: which, Version: in.Version, Values: in.values(), Reason: in.Reason})
	})
}

func (m *Module) apiEnd(c *web.Context) error {
	var in wireEnd
	return m.apiChange(c, &in, func(which id.ID) (*Prepared, error) {
		return m.PrepareEnd(c.Context(), c.Act(), Ending{Register: c.Path("register"), Entry: which, Version: in.Version, Reason: in.Reason})
	})
}

func (m *Module) apiChange(c *web.Context, in any, prepare func(which id.ID) (*Prepared, error)) error {
	which, err := c.ID("entry")
	if err != nil {
		return err
	}
	if err := atDesk(c); err != nil {
		return err
	}
	if err := c.Bind(in); err != nil {
		return err
	}
	p, err := prepare(which)
	if err == nil {
		err = m.base.Store.WriteAs(c.Context(), c.Act(), p.Put)
	}
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, wireDone{Version: p.version.Version})
}
