package mandate

import (
	"errors"
	"time"

	"posad.city/core/mandate/internal/store"
	"posad.city/core/page"
	"posad.city/kit/act"
	"posad.city/kit/calendar"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/store"
	"posad.city/kit/web"
	"posad.city/ui"
)

// found is what the id of a page names: a mandate, or an offer.
type found struct {
	Right    Mandate
	Offer    Offer
	IsOffer  bool
	Received bool // the offer waits for the reader's answer
}

// object is it as permission sees it: it lies in the account of its giver or maker, and the other side's.
func (f found) object(reader id.ID) act.Object {
	switch {
	case f.IsOffer && f.Received:
		return act.Object{Kind: kind, Holder: f.Offer.Maker, Persons: []id.ID{reader}}
	case f.IsOffer:
		return act.Object{Kind: kind, Holder: f.Offer.Maker}
	}
	return act.Object{Kind: kind, Holder: f.Right.Giver, Persons: []id.ID{f.Right.Taker}}
}

// find finds what the path names and asks whether the reader may.
func (m *Module) find(c *web.Context) (found, error) {
	one, err := c.ID("mandate")
	if err != nil {
		return found{}, err
	}
	f, err := m.findIt(c, one)
	if err != nil {
		return found{}, err
	}
	return f, c.May(f.object(c.Person()))
}

func (m *Module) findIt(c *web.Context, one id.ID) (found, error) {
	var home mandatedb.MandateHome
	err := m.base.Store.Read(c.Context(), func(r *store.Snapshot) error {
		var err error
		home, err = mandatedb.HomeOf(r, one)
		return err
	})
	if errors.Is(err, store.ErrNone) {
		return found{}, ErrNone
	}
	if err != nil {
		return found{}, err
	}
	right, err := m.Mandate(c.Context(), home.Giver, one)
	if err == nil || !errors.Is(err, ErrNone) {
		return found{Right: right}, err
	}
	if o, err := m.waiting(c.Context(), c.Act(), one); err == nil {
		return found{Offer: o, IsOffer: true, Received: true}, nil
	} else if !errors.Is(err, ErrNone) {
		return found{}, err
	}
	// Who made it reads it as such; to anybody else the permission says that there is none.
	o, err := m.offer(c.Context(), act.ByJob(id.New(c.Now()), act.Purpose{}), home.Giver, one)
	if errors.Is(err, store.ErrNone) {
		err = ErrNone
	}
	return found{Offer: o, IsOffer: true}, err
}

// oneView is the page of a mandate or an offer.
type oneView struct {
	found
	Title     string
	Sentences []string
	Rows      []ui.SummaryRow
	Links     []ui.RowItem // what can be done for the giver, for the taker
	Trace     []ui.RowItem
	Live      bool
	CanEnd    bool
}

// traceShown is how many lines of what was done the page shows.
const traceShown = 100

func (m *Module) showOne(c *web.Context) error {
	f, err := m.find(c)
	if err != nil {
		return err
	}
	v := oneView{found: f}
	if f.IsOffer {
		err = m.offerView(c, &v)
	} else {
		err = m.rightView(c, &v)
	}
	if err != nil {
		return err
	}
	o := page.Options{Title: v.Title, Layout: page.Account, Crumbs: []ui.Link{{Text: c.T("mandate.list.title"), Href: listPath}, {Text: v.Title}}}
	return m.base.Pages.Render(c, o, onePage(c, v))
}

func (m *Module) offerView(c *web.Context, v *oneView) error {
	o := v.Offer
	maker, err := m.name(c.Context(), o.Maker, o.Kind == Company)
	if err != nil {
		return err
	}
	other := o.Whom.Name().Full(c.Lang())
	giver, taker := maker, other
	if o.Way == Ask {
		giver, taker = other, maker
	}
	seen := o.Way // the sentences say "you" to the one who reads
	if v.Received {
		seen = map[Way]Way{Give: Ask, Ask: Give}[o.Way]
	}
	v.Title = c.T("mandate.one.offer_"+string(seen), "giver", giver, "taker", taker)
	v.Sentences = m.sentences(c, o.Kind, seen, taker, giver, o.Terms)
	v.Rows = []ui.SummaryRow{{Name: c.T("mandate.one.waits_until"), Value: lang.FullMoment(c.Lang(), o.Until, m.deps.Zone)}}
	if !v.Received {
		v.Rows = append(v.Rows, ui.SummaryRow{Name: c.T("mandate.one.sent_to"), Value: other + ", " + o.Whom.Contact}, ui.SummaryRow{Name: c.T("mandate.one.state"), Value: c.T("mandate.state." + offerState(c, o))})
	}
	v.Live = o.Waits(c.Now())
	v.CanEnd = v.Live
	return nil
}

func offerState(c *web.Context, o Offer) string {
	if o.State == Open && !o.Waits(c.Now()) {
		return "over"
	}
	return string(o.State)
}

func (m *Module) rightView(c *web.Context, v *oneView) error {
	one := v.Right
	giver, err := m.name(c.Context(), one.Giver, one.Kind == Company)
	if err != nil {
		return err
	}
	taker, err := m.name(c.Context(), one.Taker, false)
	if err != nil {
		return err
	}
	seen := Give
	if c.Act().Is(one.Taker) {
		seen = Ask
	}
	today := calendar.DateOf(c.Now(), m.deps.Zone)
	v.Live = one.Live(today)
	v.CanEnd = one.Ended.IsZero() && today.Before(one.Ends) && !one.Kind.ByLaw() && (one.Source != SourceHead || seen == Ask)
	v.Title = c.T("mandate.one.title_"+string(seen), "giver", giver, "taker", taker)
	purse, bounded, err := m.Purse(c.Context(), one.Giver, one.ID)
	if err != nil {
		return err
	}
	t := Terms{Scopes: one.Scopes, Services: one.Services, Ends: one.Ends}
	if bounded {
		t.Each, t.Cap = purse.Each.Minor, purse.Cap.Minor
	}
	if v.Live {
		v.Sentences = m.sentences(c, one.Kind, seen, taker, giver, t)
		if one.Kind.ByLaw() { // nobody gave it, and nobody can take it back
			v.Sentences = v.Sentences[:1]
		}
		v.Links = takerLinks(c, one)
	}
	v.Rows = m.rightRows(c, one, purse, bounded)
	v.Trace, err = m.traceRows(c, one, taker)
	return err
}

func (m *Module) rightRows(c *web.Context, one Mandate, purse Purse, bounded bool) []ui.SummaryRow {
	out := []ui.SummaryRow{{Name: c.T("mandate.family.may"), Value: scopeLines(c, one.Scopes)}}
	services := c.T("mandate.one.all_services")
	if len(one.Services) > 0 {
		services = lang.And(c.Lang(), m.serviceTitles(c, one.Services)...)
	}
	out = append(out, ui.SummaryRow{Name: c.T("mandate.one.services"), Value: services})
	if bounded {
		out = append(out, ui.SummaryRow{Name: c.T("mandate.one.money"), Value: c.T("mandate.one.spent", "spent", purse.Spent.In(c.Lang()), "cap", purse.Cap.In(c.Lang()), "each", purse.Each.In(c.Lang()))})
	}
	out = append(out, ui.SummaryRow{Name: c.T("mandate.family.source"), Value: c.T(one.Source)}, ui.SummaryRow{Name: c.T("mandate.family.ends"), Value: lang.Date(c.Lang(), one.Ends.AddDays(-1))})
	if !one.Ended.IsZero() {
		out = append(out, ui.SummaryRow{Name: c.T("mandate.one.ended"), Value: lang.FullMoment(c.Lang(), one.Ended, m.deps.Zone)})
	}
	return out
}

// takerLinks are where the taker goes on for the giver, as far as the mandate lets them.
func takerLinks(c *web.Context, one Mandate) []ui.RowItem {
	if !c.Act().Is(one.Taker) {
		return nil
	}
	whom := "?for=" + one.Giver.String()
	var out []ui.RowItem
	for _, scope := range one.Scopes {
		switch scope {
		case ScopeRead:
			out = append(out, ui.RowItem{Icon: "files", Text: c.T("mandate.go.cases"), Href: "/cases" + whom}, ui.RowItem{Icon: "identification-card", Text: c.T("mandate.go.documents"), Href: "/documents" + whom})
		case ScopePay:
			out = append(out, ui.RowItem{Icon: "wallet", Text: c.T("mandate.go.bills"), Href: "/pay" + whom})
		case ScopeApply:
			if len(one.Services) == 0 {
				out = append(out, ui.RowItem{Icon: "pencil-simple", Text: c.T("mandate.go.apply"), Href: "/services"})
			}
			for _, service := range one.Services {
				out = append(out, ui.RowItem{Icon: "pencil-simple", Text: c.T("mandate.go.apply_one"), Href: "/services/" + service + "/apply" + whom})
			}
		}
	}
	return out
}

// traceRows are what was done and looked at under a mandate, in words, the same for both sides.
func (m *Module) traceRows(c *web.Context, one Mandate, taker string) ([]ui.RowItem, error) {
	deeds, err := m.Trace(c.Context(), c.Act(), one, c.Now().Add(time.Second), traceShown)
	if err != nil {
		return nil, err
	}
	out := make([]ui.RowItem, 0, len(deeds))
	for _, d := range deeds {
		who := c.T("mandate.trace.who", "name", taker)
		if c.Act().Is(d.Actor) {
			who = c.T("mandate.trace.you")
		}
		row := ui.RowItem{Text: who + ": " + m.deedWords(c, d), Value: lang.Moment(c.Lang(), d.At, c.Now(), m.deps.Zone), Quiet: true, Muted: d.Look}
		if m.deps.CaseLink != nil && !d.Case.IsZero() {
			if href, number := m.deps.CaseLink(c, d.Case); href != "" {
				row.Href = href
				row.Text += " · " + number
			}
		}
		out = append(out, row)
	}
	return out, nil
}

// deedWords say what was done: the operation, and the service.
func (m *Module) deedWords(c *web.Context, d Deed) string {
	key := d.Operation
	if !d.Look {
		key = "mandate.did." + keyOf(d.Operation)
	}
	if !m.base.Texts.Has(key) {
		key = "mandate.did.other"
		if d.Look {
			key = "mandate.did.look"
		}
	}
	out := c.T(key)
	if d.Service != "" {
		out += " · " + m.serviceTitles(c, []string{d.Service})[0]
	}
	return out
}

// keyOf is the last part of a locale key for an operation: pay.start is pay_start.
func keyOf(operation string) string {
	out := []byte(operation)
	for i := range out {
		if out[i] == '.' {
			out[i] = '_'
		}
	}
	return string(out)
}

func (m *Module) postAccept(c *web.Context) error { return m.answer(c, Give) }
func (m *Module) postGrant(c *web.Context) error  { return m.answer(c, Ask) }

// answer accepts an offer of the way that the route is for: being acted for needs more proof than acting.
func (m *Module) answer(c *web.Context, way Way) error {
	one, err := m.accept(c, way)
	if err != nil {
		return err
	}
	c.SetFlash("success", "mandate.flash.accepted")
	return c.Redirect(path(one.ID))
}

func (m *Module) accept(c *web.Context, way Way) (Mandate, error) {
	f, err := m.find(c)
	if err != nil {
		return Mandate{}, err
	}
	if !f.IsOffer || !f.Received || f.Offer.Way != way {
		return Mandate{}, ErrOver
	}
	return m.Accept(c.Context(), c.Act(), f.Offer.ID)
}

// postEnd revokes a mandate, declines an offer or takes it back, whichever the path names and the reader may.
func (m *Module) postEnd(c *web.Context) error {
	flash, err := m.endIt(c)
	if err != nil {
		return err
	}
	c.SetFlash("success", flash)
	return c.Redirect(listPath)
}

func (m *Module) endIt(c *web.Context) (string, error) {
	f, err := m.find(c)
	switch {
	case err != nil:
		return "", err
	case f.IsOffer && f.Received:
		return "mandate.flash.declined", m.Decline(c.Context(), c.Act(), f.Offer.ID)
	case f.IsOffer:
		return "mandate.flash.withdrawn", m.Withdraw(c.Context(), c.Act(), f.Offer.Maker, f.Offer.ID)
	}
	return "mandate.flash.revoked", m.Revoke(c.Context(), c.Act(), f.Right.Giver, f.Right.ID)
}

// answerPath is where an offer is accepted: being acted for is granted, acting is accepted.
func (v oneView) answerPath() string {
	if v.Offer.Way == Ask {
		return path(v.Offer.ID) + "/grant"
	}
	return path(v.Offer.ID) + "/accept"
}

func (v oneView) endPath() string {
	if v.IsOffer {
		return path(v.Offer.ID) + "/end"
	}
	return path(v.Right.ID) + "/end"
}

// endKey are the words of the button that ends what the page shows.
func (v oneView) endKey() string {
	switch {
	case v.IsOffer && v.Received:
		return "mandate.one.decline"
	case v.IsOffer:
		return "mandate.one.withdraw"
	}
	return "mandate.one.revoke"
}
