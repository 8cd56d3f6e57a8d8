package charge

import (
	"context"
	"errors"
	"net/http"
	"strconv"

	"posad.city/core/mandate"
	"posad.city/core/page"
	"posad.city/kit/act"
	"posad.city/kit/calendar"
	"posad.city/kit/fault"
	"posad.city/kit/id"
	"posad.city/kit/store"
	"posad.city/kit/web"
	"posad.city/ui"
)

func fmtInt(n int) string { return strconv.Itoa(n) }

// planRoutes are the pages and the JSON faces on which a payer divides their bill.
func (m *Module) planRoutes(s *web.Server) {
	own := act.Operation{Object: "charge", May: act.Self | act.ByMandate, Assurance: act.Basic, Scope: mandate.ScopePay}
	see, divide := own, own
	see.Name, see.Look = "charge.plan", "charge.look.charge"
	divide.Name, divide.Changes, divide.PerMinute = "charge.divide", true, 20
	look, change := s.Operation(see), s.Operation(divide)
	s.Page(look, "GET /charges/{charge}/instalments", m.showPlan)
	s.Page(change, "POST /charges/{charge}/instalments", m.postPlan)
	const path = "/api/v1/charges/{charge}/instalments"
	s.API(look, "GET "+path, m.apiPlan, web.Describe{
		Summary: "By which instalments a charge is paid, or into how many it may be divided", Out: wirePlan{},
		Params: []web.Param{{Name: "parts", Text: "Shows what the instalments would be; nothing is chosen", Of: int64(0)}},
	})
	s.API(change, "POST "+path, m.apiDivide, web.Describe{Summary: "Divide a charge into instalments, once", In: wireDivide{}, Out: wirePlan{}})
}

// planForm is into how many parts a bill is to be divided, and which revision of it the person saw.
type planForm struct {
	Parts    int64 `json:"parts"`
	Revision int64 `json:"revision"`
}

// planView is the page on which a bill is divided.
type planView struct {
	ID       string
	Title    string
	Sum      string
	Choices  []ui.Choice
	Parts    string // that are shown
	Revision string
	Rows     []ui.SummaryRow
	Fault    string
}

// owned finds the charge of the path and asks whether it is of the actor's own account; theirs tells whether it is also theirs
// to change: whoever only held a bill of its home once may pay it, not change by what terms another owes it.
func (m *Module) owned(c *web.Context) (Charge, bool, error) {
	which, err := c.ID("charge")
	if err != nil {
		return Charge{}, false, err
	}
	place, err := m.Where(c.Context(), which)
	if err != nil {
		return Charge{}, false, err
	}
	holder, err := m.Whose(c.Context(), c.Act(), place)
	if err != nil {
		return Charge{}, false, err
	}
	if err := c.May(act.Object{Kind: "charge", Holder: holder, Service: place.Service, Test: place.Test}); err != nil {
		return Charge{}, false, err
	}
	theirs, err := m.owes(c.Context(), c.Act(), holder, place)
	if err != nil {
		return Charge{}, false, err
	}
	one, err := m.Charge(c.Context(), c.Act(), place.Home, place.ID)
	return one, theirs, err
}

// owes tells whether a charge that lies in somebody's account is at their own home or at one that was theirs by right when it was
// decided.
func (m *Module) owes(ctx context.Context, a act.Act, holder id.ID, place Place) (bool, error) {
	for _, record := range a.Records(holder) {
		if record == place.Home {
			return true, nil
		}
		w, err := m.watchOf(ctx, a, record, place.Home)
		if err != nil {
			return false, err
		}
		if Source(w.Source).byRight() && (span{w.Begins, w.Ends}).holds(place.Decided) {
			return true, nil
		}
	}
	return false, nil
}

func (m *Module) showPlan(c *web.Context) error {
	one, theirs, err := m.owned(c)
	if err != nil {
		return err
	}
	if !theirs {
		return others(c, one)
	}
	n, _ := strconv.Atoi(c.Query("parts"))
	return m.planPage(c, one, n, nil)
}

// others leads back to a bill that is another's to divide.
func others(c *web.Context, one Charge) error {
	c.SetFlash("warning", "charge.plan_other_fault")
	return c.Redirect("/pay/" + one.ID.String())
}

func (m *Module) planPage(c *web.Context, one Charge, n int, failed *fault.Fault) error {
	v := planView{
		ID: one.ID.String(), Title: one.Title.In(c.Lang()), Sum: minor(c, one, one.Owed(c.Now(), m.Zone()).Left), Choices: planChoices(c, one, m.Zone()),
		Parts: fmtInt(n), Revision: strconv.FormatInt(one.Revision, 10),
	}
	if len(v.Choices) == 0 { // divided already, or not to be divided: the bill's page says how it stands
		return c.Redirect("/pay/" + v.ID)
	}
	if one.mayPlan(n, c.Now(), m.Zone()) == nil {
		v.Rows = PlanRows(c, one, one.Divided(n).Owed(c.Now(), m.Zone()))
	} else {
		v.Parts = v.Choices[0].Value
	}
	if failed != nil {
		v.Fault = c.FaultText(failed)
	}
	title := c.T("charge.plan.title")
	crumbs := []ui.Link{{Text: c.T("charge.watch.bills"), Href: "/pay"}, {Text: v.Title, Href: "/pay/" + v.ID}, {Text: title}}
	return m.base.Pages.Render(c, page.Options{Title: title, Layout: page.Plain, Crumbs: crumbs, Faulty: failed != nil}, planPage(c, v))
}

// divide chooses the instalments of a charge that is the actor's own.
func (m *Module) divide(c *web.Context, one Charge, n int, revision int64) error {
	return m.base.Store.WriteAs(c.Context(), c.Act(), func(tx *store.Tx) error { return m.Plan(tx, c.Act(), one.Home, one.ID, n, revision) })
}

func (m *Module) postPlan(c *web.Context) error {
	one, theirs, err := m.owned(c)
	if err != nil {
		return err
	}
	if !theirs {
		return others(c, one)
	}
	var typed planForm
	if err := c.Bind(&typed); err != nil {
		return err
	}
	err = m.divide(c, one, int(typed.Parts), typed.Revision)
	var wrong *fault.Fault
	if errors.As(err, &wrong) && (wrong.Is(ErrPlan) || wrong.Is(ErrChanged)) {
		if one, _, err = m.owned(c); err != nil {
			return err
		}
		return m.planPage(c, one, int(typed.Parts), wrong)
	}
	if err != nil {
		return err
	}
	c.SetFlash("success", "charge.plan.done")
	return c.Redirect("/pay/" + one.ID.String())
}

// wirePlan is by which instalments a charge is paid.
type wirePlan struct {
	Most   int              `json:"most" doc:"Into how many instalments it may be divided now; 0: it may not"`
	Chosen int              `json:"chosen" doc:"Into how many it was divided; 0: it was not"`
	Next   int64            `json:"next" doc:"What is to be paid next, kopecks, with the penalty"`
	Parts  []wireInstalment `json:"parts"`
}

type wireInstalment struct {
	Due    calendar.Date `json:"due"`
	Amount int64         `json:"amount" doc:"Kopecks"`
	Left   int64         `json:"left" doc:"Still to be paid of it"`
}

type wireDivide struct {
	Parts    int64 `json:"parts" doc:"From 2 to most"`
	Revision int64 `json:"revision,omitempty" doc:"Of the charge that was read; left out: whatever it is now"`
}

func (m *Module) planWire(c *web.Context, one Charge) wirePlan {
	o := one.Owed(c.Now(), m.Zone())
	out := wirePlan{Parts: []wireInstalment{}}
	if most := one.Divides(c.Now(), m.Zone()); most > 1 {
		out.Most = most
	}
	if i := one.Terms.Instalments; i != nil {
		out.Chosen = i.Chosen
	}
	out.Next, _ = o.Next()
	for _, i := range o.Instalments {
		out.Parts = append(out.Parts, wireInstalment{Due: i.Due, Amount: i.Amount, Left: i.Left})
	}
	return out
}

func (m *Module) apiPlan(c *web.Context) error {
	one, theirs, err := m.owned(c)
	if err != nil {
		return err
	}
	var in struct {
		Parts int64 `json:"parts"`
	}
	if err := c.Bind(&in); err != nil {
		return err
	}
	out := m.planWire(c, one)
	if !theirs {
		out.Most = 0
	}
	if in.Parts != 0 {
		if err := one.mayPlan(int(in.Parts), c.Now(), m.Zone()); err != nil {
			return err
		}
		out.Parts = m.planWire(c, one.Divided(int(in.Parts))).Parts
	}
	return c.JSON(http.StatusOK, out)
}

func (m *Module) apiDivide(c *web.Context) error {
	one, theirs, err := m.owned(c)
	if err != nil {
		return err
	}
	if !theirs {
		return ErrPlanOther
	}
	var in wireDivide
	if err := c.Bind(&in); err != nil {
		return err
	}
	if err := m.divide(c, one, int(in.Parts), in.Revision); err != nil {
		return err
	}
	if one, err = m.Charge(c.Context(), c.Act(), one.Home, one.ID); err != nil {
		return err
	}
	return c.JSON(http.StatusOK, m.planWire(c, one))
}
