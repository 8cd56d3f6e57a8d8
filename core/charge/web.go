package charge

import (
	"errors"
	"time"

	"posad.city/core/page"
	"posad.city/kit/act"
	"posad.city/kit/calendar"
	"posad.city/kit/fault"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/web"
	"posad.city/ui"
)

// operations are the module's.
type operations struct {
	watches, watch                        *web.Op
	desk, read, issue, change, send       *web.Op
	apiRead, apiIssue, apiChange, apiSend *web.Op
}

func (m *Module) operations(s *web.Server) operations {
	own := func(name string, changes bool, perMinute int) *web.Op {
		return s.Operation(act.Operation{Name: name, Object: "account", May: act.Self, Assurance: act.Basic, Look: "charge.look.watches", Changes: changes, PerMinute: perMinute})
	}
	official := func(name, look string, changes bool) act.Operation {
		return act.Operation{Name: name, Object: "charge", May: act.SameAgency, Assurance: act.Basic, Look: look, Changes: changes}
	}
	program := func(name, key, look string, changes bool, body int64) *web.Op {
		o := official(name, look, changes)
		o.May, o.Key, o.Body = act.SameAgency|act.OwnProgram, key, body
		if body > manyBody {
			o.Timeout = sendTimeout
		}
		return s.Operation(o)
	}
	upload := official("charge.send", "", true)
	upload.Body, upload.Timeout = importMost+(1<<20), sendTimeout
	change := official("charge.change", "charge.look.charge", true)
	change.Fresh = act.Lately // it may give back what was paid
	return operations{
		watches: own("charge.watches", false, 0), watch: own("charge.watch", true, 20),
		desk:  s.Operation(official("charge.desk", "charge.look.charges", false)),
		read:  s.Operation(official("charge.read", "charge.look.charge", false)),
		issue: s.Operation(official("charge.issue", "", true)), change: s.Operation(change), send: s.Operation(upload),
		apiRead:   program("charge.api_read", "charges:read", "charge.look.charge", false, 0),
		apiIssue:  program("charge.api_issue", "charges:write", "", true, manyBody),
		apiChange: program("charge.api_change", "charges:write", "charge.look.charge", true, 0),
		apiSend:   program("charge.api_send", "charges:write", "", true, importMost),
	}
}

func (m *Module) routes(s *web.Server) {
	ops := m.operations(s)
	s.Page(ops.watches, "GET /charges/watch", m.showWatches)
	s.Page(ops.watch, "POST /charges/watch", m.postWatch)
	s.Page(ops.watch, "POST /charges/watch/drop", m.postDrop)
	s.Page(ops.watch, "POST /charges/watch/ask", m.postAsk)
	s.Page(ops.watch, "POST /charges/watch/others", m.postOthers)
	m.planRoutes(s)
	m.deskRoutes(s, ops)
	m.api(s, ops)
}

// watchView is the page of what an account watches.
type watchView struct {
	List   []Watch
	Others map[id.ID]int // how many others watch a home that the person may send away
	Typed  watchForm
	Failed *fault.Fault
}

// watchForm is what a person says is theirs.
type watchForm struct {
	By     string `json:"by" max:"20"`
	Value  string `json:"value" max:"60"`
	Second string `json:"second" max:"60"`
}

// savable are the identifiers that a person may save: their own SNILS comes of their profile, and on bills
// of an INN stands nothing that others could not know.
func savable() []By { return []By{ByFlat, ByPlate, ByLicence} }

// mine asks whether the act is of somebody's own account.
func mine(c *web.Context) error {
	return c.May(act.Object{Kind: "account", Holder: c.Person()})
}

func (m *Module) showWatches(c *web.Context) error {
	if err := mine(c); err != nil {
		return err
	}
	return m.watchPage(c, watchView{Typed: watchForm{By: string(ByFlat)}})
}

func (m *Module) watchPage(c *web.Context, v watchView) error {
	if _, err := m.HomesOf(c.Context(), c.Act(), c.Person()); err != nil { // the person's own numbers are found at once
		return err
	}
	var err error
	if v.List, err = m.Watched(c.Context(), c.Act(), c.Person()); err != nil {
		return err
	}
	v.Others = map[id.ID]int{}
	for _, w := range v.List {
		if !w.sends() {
			continue
		}
		guests, err := m.guests(c.Context(), c.Person(), w.Home)
		if err != nil {
			return err
		}
		v.Others[w.Home] = len(guests)
	}
	title := c.T("charge.watch.title")
	crumbs := []ui.Link{{Text: c.T("charge.watch.bills"), Href: "/pay"}, {Text: title}}
	return m.base.Pages.Render(c, page.Options{Title: title, Layout: page.Account, Crumbs: crumbs, Faulty: v.Failed != nil}, watchPage(c, v))
}

func (m *Module) postWatch(c *web.Context) error {
	if err := mine(c); err != nil {
		return err
	}
	var typed watchForm
	if err := c.Bind(&typed); err != nil {
		return err
	}
	err := m.Save(c.Context(), c.Person(), Identifier{By: By(typed.By), Value: typed.Value}, typed.Second)
	var wrong *fault.Fault
	if errors.As(err, &wrong) && (wrong.Kind == fault.Invalid || wrong.Is(ErrWatches) || wrong.Is(ErrShut)) {
		return m.watchPage(c, watchView{Typed: typed, Failed: wrong})
	}
	if err != nil {
		return err
	}
	c.SetFlash("success", "charge.watch.saved")
	return c.Redirect("/charges/watch")
}

// homeForm names a home that the account watches.
type homeForm struct {
	Home id.ID `json:"home"`
}

func (m *Module) postOthers(c *web.Context) error {
	if err := mine(c); err != nil {
		return err
	}
	var typed homeForm
	if err := c.Bind(&typed); err != nil {
		return err
	}
	if err := m.SendAway(c.Context(), c.Person(), typed.Home); err != nil {
		return err
	}
	c.SetFlash("success", "charge.watch.sent_away")
	return c.Redirect("/charges/watch")
}

func (m *Module) postDrop(c *web.Context) error {
	if err := mine(c); err != nil {
		return err
	}
	var typed homeForm
	if err := c.Bind(&typed); err != nil {
		return err
	}
	if err := m.Drop(c.Context(), c.Person(), typed.Home); err != nil {
		return err
	}
	c.SetFlash("success", "charge.watch.dropped")
	return c.Redirect("/charges/watch")
}

func (m *Module) postAsk(c *web.Context) error {
	if err := mine(c); err != nil {
		return err
	}
	if err := m.askRegisters(c.Context(), c.Person()); err != nil {
		return err
	}
	c.SetFlash("success", "charge.watch.asked")
	return c.Redirect("/charges/watch")
}

// fieldFault is which field of the form of a watch is wrong.
func (v watchView) fieldFault(c *web.Context, name string) string {
	if v.Failed == nil {
		return ""
	}
	at := "value"
	switch {
	case v.Failed.Is(ErrSecond):
		at = "second"
	case v.Failed.Is(ErrBy):
		at = "by"
	}
	if at != name {
		return ""
	}
	return c.FaultText(v.Failed)
}

func (v watchView) faults(c *web.Context) []ui.FaultLine {
	var out []ui.FaultLine
	for _, name := range []string{"by", "value", "second"} {
		if text := v.fieldFault(c, name); text != "" {
			out = append(out, ui.FaultLine{Name: name, Text: text})
		}
	}
	return out
}

// note says why a home is watched, and until when.
func (w Watch) note(c *web.Context) string {
	if w.Ends.IsZero() {
		return c.T("charge.watch.source." + string(w.Source))
	}
	return c.T("charge.watch.ended", "day", lang.Date(c.Lang(), calendar.DateOf(w.Ends, time.UTC)))
}

func byChoices(c *web.Context, list []By) []ui.Choice {
	out := make([]ui.Choice, 0, len(list))
	for _, by := range list {
		out = append(out, ui.Choice{Value: string(by), Text: c.T("charge.by." + string(by))})
	}
	return out
}
