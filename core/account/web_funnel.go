package account

import (
	"net/http"
	"slices"
	"strconv"

	"posad.city/core/agency"
	"posad.city/core/page"
	"posad.city/kit/act"
	"posad.city/kit/calendar"
	"posad.city/kit/lang"
	"posad.city/kit/web"
)

// funnelDays are the spans that the page of sign-ins shows, the first by itself.
var funnelDays = []int{7, 1, 30, 90}

// funnelView is how sign-ins went: how many began and came in, by method.
type funnelView struct {
	Days             int
	Started, Entered int64
	Methods          []Funnel
}

// left is how many opened the page and did not come in; whoever came in by a direct link of a method opened none.
func (v funnelView) left() int64 { return max(0, v.Started-v.Entered) }

func (m *Module) funnelView(c *web.Context) (funnelView, error) {
	v := funnelView{Days: funnelDays[0]}
	if days, err := strconv.Atoi(c.Query("days")); err == nil && slices.Contains(funnelDays, days) {
		v.Days = days
	}
	today := calendar.DateOf(c.Now(), m.deps.Zone)
	var err error
	v.Started, v.Methods, err = m.FunnelSince(c.Context(), today.AddDays(1-v.Days))
	for _, f := range v.Methods {
		v.Entered += f.Entered
	}
	slices.SortStableFunc(v.Methods, func(a, b Funnel) int { return int(b.Chosen - a.Chosen) })
	return v, err
}

// ofSignIns is the permission's object for the counts of sign-ins.
func ofSignIns() act.Object { return act.Object{Kind: "sign_ins", Agency: agency.ID(agency.City)} }

func (m *Module) showFunnel(c *web.Context) error {
	if err := c.May(ofSignIns()); err != nil {
		return err
	}
	v, err := m.funnelView(c)
	if err != nil {
		return err
	}
	return m.base.Pages.Render(c, page.Options{Title: c.T("account.funnel.title"), Layout: page.Desk}, funnelPage(c, v))
}

type funnelBody struct {
	Days    int          `json:"days"`
	Started int64        `json:"started" doc:"How often the sign-in page was opened"`
	Methods []funnelLine `json:"methods"`
}

type funnelLine struct {
	Method  string `json:"method"`
	Chosen  int64  `json:"chosen"`
	Failed  int64  `json:"failed"`
	Second  int64  `json:"second" doc:"How often a second step was asked"`
	Entered int64  `json:"entered"`
}

func (m *Module) apiFunnel(c *web.Context) error {
	if err := c.May(ofSignIns()); err != nil {
		return err
	}
	v, err := m.funnelView(c)
	if err != nil {
		return err
	}
	out := funnelBody{Days: v.Days, Started: v.Started, Methods: []funnelLine{}}
	for _, f := range v.Methods {
		out.Methods = append(out.Methods, funnelLine{string(f.Method), f.Chosen, f.Failed, f.Second, f.Entered})
	}
	return c.JSON(http.StatusOK, out)
}

// share is a part of a whole in whole percent, in words.
func share(c *web.Context, part, whole int64) string {
	if whole == 0 {
		return "—"
	}
	return lang.Number(c.Lang(), part*100/whole) + "\u00a0%"
}
