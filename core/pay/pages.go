package pay

import (
	"cmp"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"posad.city/core/charge"
	"posad.city/kit/calendar"
	"posad.city/kit/fault"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/money"
	"posad.city/kit/web"
	"posad.city/ui"
)

// chargesView is the page of all that a person owes.
type chargesView struct {
	Sum    string // of all that is to pay; empty: nothing is
	Note   string // how many, and by when the first
	All    string // address that pays everything shown
	Picks  []ui.PickItem
	Kinds  []ui.ChipProps
	Past   []ui.RowItem // what was paid lately, or cancelled
	For    string       // for whom, in the address; empty: oneself
	Guests bool
}

// urgent orders what is to pay: what is late or due first, then what loses a discount first, then the oldest.
func urgent(now time.Time, zone *time.Location) func(a, b charge.Charge) int {
	far := now.AddDate(100, 0, 0)
	when := func(c charge.Charge) time.Time {
		out := cmpTime(c.Due, far)
		if until := c.Owed(now, zone).DiscountUntil; !until.IsZero() && until.Before(out) {
			out = until
		}
		return out
	}
	return func(a, b charge.Charge) int {
		return cmp.Or(when(a).Compare(when(b)), a.Issued.Compare(b.Issued))
	}
}

func cmpTime(t, other time.Time) time.Time {
	if t.IsZero() {
		return other
	}
	return t
}

// pastMost is how many bills that are over the page of bills shows.
const pastMost = 8

func (m *Module) chargesView(c *web.Context, all []charge.Charge) chargesView {
	out := chargesView{}
	if one := giver(c); !one.IsZero() {
		out.For = one.String()
	}
	now, zone := c.Now(), m.deps.Zone()
	var due []charge.Charge
	kinds := map[string]int{}
	for _, one := range all {
		if one.State.Open() && one.Owed(now, zone).Left > 0 {
			if one.Kind == charge.KindGift || one.Kind == charge.KindWallet { // an offer, which nobody owes
				continue
			}
			due = append(due, one)
			kinds[one.Kind]++
		} else if len(out.Past) < pastMost {
			out.Past = append(out.Past, pastRow(c, one))
		}
	}
	slices.SortStableFunc(due, urgent(now, zone))
	out.Kinds = m.kindChips(c, kinds, len(due))
	if kind := c.Query("kind"); kind != "" {
		due = slices.DeleteFunc(due, func(one charge.Charge) bool { return one.Kind != kind })
	}
	m.addDue(c, &out, due)
	return out
}

func (m *Module) addDue(c *web.Context, out *chargesView, due []charge.Charge) {
	if len(due) == 0 {
		return
	}
	now, zone := c.Now(), m.deps.Zone()
	query, sum := url.Values{}, int64(0)
	for _, one := range due {
		out.Picks = append(out.Picks, m.pick(c, one, now, zone))
		if out.For != "" {
			query.Set("for", out.For)
		}
		if len(query["charge"]) < AsksMost {
			query.Add("charge", one.ID.String())
		}
		sum += one.Owed(now, zone).Left
	}
	out.Sum = money.Amount{Minor: sum, Currency: due[0].Amount.Currency}.In(c.Lang())
	out.Note = c.T("pay.due_count", "count", len(due))
	if first := due[0].Due; !first.IsZero() {
		out.Note = c.T("pay.due_first", "count", len(due), "due", lang.DayMonth(c.Lang(), calendar.DateOf(first.Add(-time.Second), zone)))
	}
	out.All = "/pay/basket?" + query.Encode()
}

func (m *Module) kindChips(c *web.Context, kinds map[string]int, total int) []ui.ChipProps {
	if len(kinds) < 2 {
		return nil
	}
	chosen := c.Query("kind")
	out := []ui.ChipProps{{Text: c.T("pay.all_kinds"), Count: total, Href: "/pay" + forQuery(giver(c)), Current: chosen == ""}}
	keys := make([]string, 0, len(kinds))
	for key := range kinds {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	for _, key := range keys {
		query := url.Values{"kind": {key}}
		if one := giver(c); !one.IsZero() {
			query.Set("for", one.String())
		}
		out = append(out, ui.ChipProps{Text: m.kindTitle(key, c.Lang()), Count: kinds[key], Href: "/pay?" + query.Encode(), Current: chosen == key})
	}
	return out
}

func (m *Module) kindTitle(kind string, l lang.Language) string {
	if m.deps.KindTitle != nil {
		if title := m.deps.KindTitle(kind, l); title != "" {
			return title
		}
	}
	if kind == charge.KindFee || kind == charge.KindGift {
		return m.base.Texts.Text(l, "pay.kind."+kind)
	}
	return kind
}

func (m *Module) pick(c *web.Context, one charge.Charge, now time.Time, zone *time.Location) ui.PickItem {
	return m.pickOwed(c, one, one.Owed(now, zone), zone)
}

// pickOwed is a bill with what is owed of it.
func (m *Module) pickOwed(c *web.Context, one charge.Charge, owed charge.Owed, zone *time.Location) ui.PickItem {
	l := c.Lang()
	out := ui.PickItem{Value: one.ID.String(), Text: one.Title.In(l), Sum: money.Amount{Minor: owed.Left, Currency: one.Amount.Currency}.In(l), Href: "/pay/" + one.ID.String() + forQuery(giver(c))}
	if one.Period != "" {
		out.Text += ", " + charge.PeriodWords(one.Period, l)
	}
	notes := []string{m.deps.AgencyName(one.Payee, l)}
	if !one.Due.IsZero() {
		notes = append(notes, c.T("pay.due_by", "due", lang.DayMonth(l, calendar.DateOf(one.Due.Add(-time.Second), zone))))
	}
	switch {
	case owed.Late > 0:
		out.Tag = &ui.TagProps{Text: c.T("pay.late", "days", lang.Days(l, owed.Late)), Tone: ui.Fault, Icon: "warning-octagon-fill"}
	case owed.Discount > 0 && !owed.DiscountUntil.IsZero():
		out.Was, out.WasLabel = money.Amount{Minor: owed.Left + owed.Discount, Currency: one.Amount.Currency}.In(l), c.T("pay.without_discount")
		out.Tag = &ui.TagProps{Text: c.T("pay.discount_until", "until", lang.DayMonth(l, calendar.DateOf(owed.DiscountUntil.Add(-time.Second), zone))), Tone: ui.Success, Icon: "clock"}
	}
	if one.State == charge.Part { // also beside what is late or cheaper until a day
		part := &ui.TagProps{Text: c.T("pay.state.part"), Tone: ui.Info}
		if out.Tag == nil {
			out.Tag = part
		} else {
			out.Also = part
		}
	}
	out.Note = strings.Join(notes, " · ")
	return out
}

var stateTones = map[charge.State]ui.Tone{
	charge.Due: ui.Warning, charge.Part: ui.Info, charge.Paid: ui.Success, charge.Cancelled: ui.Neutral, charge.Refunded: ui.Info,
}

func pastRow(c *web.Context, one charge.Charge) ui.RowItem {
	return ui.RowItem{
		Text: one.Title.In(c.Lang()), Href: "/pay/" + one.ID.String() + forQuery(giver(c)), Value: one.Amount.In(c.Lang()), Quiet: true,
		Tag: &ui.TagProps{Text: c.T("pay.state." + string(one.State)), Tone: stateTones[one.State]},
	}
}

// historyView is the list of payments.
type historyView struct {
	Rows []ui.RowItem
	Next string
}

var paymentTones = map[State]ui.Tone{Open: ui.Warning, Paid: ui.Success, Failed: ui.Neutral, Refunded: ui.Info, Reversed: ui.Warning}

func (m *Module) historyView(c *web.Context, list []Payment) historyView {
	out := historyView{}
	for _, p := range list {
		text := p.Lines[0].Title.In(c.Lang())
		if len(p.Lines) > 1 {
			text = c.T("pay.and_more", "first", text, "count", len(p.Lines)-1)
		}
		out.Rows = append(out.Rows, ui.RowItem{
			Text: lang.DateNear(c.Lang(), calendar.DateOf(p.Started, m.deps.Zone()), calendar.DateOf(c.Now(), m.deps.Zone())) + " · " + text, Href: "/pay/payment/" + p.ID.String(),
			Value: p.Amount.In(c.Lang()), Muted: p.State == Failed, Quiet: p.State != Paid, Tag: &ui.TagProps{Text: c.T("pay.state." + string(p.State)), Tone: paymentTones[p.State]},
		})
	}
	if len(list) == paymentsMost {
		out.Next = "/pay/history?before=" + list[len(list)-1].ID.String()
	}
	return out
}

// chargeView is one bill.
type chargeView struct {
	ID, Title, Sum, Note, Number string
	State                        charge.State
	Tag                          ui.TagProps
	Rows, Why, Details           []ui.SummaryRow
	Pending, Pays, Parts         bool
	Receipts                     []ui.RowItem
	Again                        string
	Plan                         []ui.SummaryRow // its instalments
	Next                         string          // what is due now of them
	Divides                      bool            // it may be paid by instalments
	Origin                       ui.Link         // where it is told why it is owed
}

// origin links to why something is owed; no link when its reader has no such page.
func (m *Module) origin(c *web.Context, o Origin) ui.Link {
	if m.deps.Origin == nil || c.Person().IsZero() {
		return ui.Link{}
	}
	words := "pay.origin"
	if o.Service != "" {
		words = "pay.origin_case"
	}
	return ui.Link{Text: c.T(words), Href: m.deps.Origin(c.Context(), c.Act(), o)}
}

func (m *Module) chargeView(c *web.Context, one charge.Charge, details []charge.Detail, pending bool) chargeView {
	l, zone := c.Lang(), m.deps.Zone()
	owed := one.Owed(c.Now(), zone)
	in := func(minor int64) string { return money.Amount{Minor: minor, Currency: one.Amount.Currency}.In(l) }
	out := chargeView{
		ID: one.ID.String(), Title: one.Title.In(l), Number: id.FormatNumber(one.Number), State: one.State, Pending: pending && owed.Left > 0, Pays: owed.Left > 0, Parts: one.Terms.Parts,
		Tag: ui.TagProps{Text: c.T("pay.state." + string(one.State)), Tone: stateTones[one.State]}, Sum: in(owed.Left),
	}
	out.Rows = []ui.SummaryRow{{Name: c.T("pay.amount"), Value: one.Amount.In(l)}, {Name: c.T("pay.to"), Value: m.deps.AgencyName(one.Payee, l)}, {Name: c.T("pay.number"), Value: out.Number}}
	out.Origin = m.origin(c, Origin{Home: one.Home, Subject: one.Subject, Service: one.Service, Period: one.Period})
	if one.Period != "" {
		out.Rows = append(out.Rows, ui.SummaryRow{Name: c.T("pay.period"), Value: charge.PeriodWords(one.Period, l)})
	}
	if one.State.Open() && !one.Due.IsZero() {
		out.Rows = append(out.Rows, ui.SummaryRow{Name: c.T("pay.due"), Value: lang.FullMoment(l, one.Due, zone)})
	}
	if !one.Settled.IsZero() {
		out.Rows = append(out.Rows, ui.SummaryRow{Name: c.T("pay.settled_on." + string(one.State)), Value: lang.FullMoment(l, one.Settled, zone)})
	}
	if !owed.DiscountUntil.IsZero() && owed.Discount > 0 {
		out.Note = c.T("pay.discount_until", "until", lang.FullMoment(l, owed.DiscountUntil.Add(-time.Second), zone))
	}
	if len(owed.Lines) > 1 {
		for _, line := range owed.Lines {
			out.Why = append(out.Why, ui.SummaryRow{Name: charge.LineText(c, one, line), Value: in(line.Amount)})
		}
	}
	for _, d := range details {
		out.Details = append(out.Details, charge.DetailRow(c, d))
	}
	out.Divides, out.Plan = one.Divides(c.Now(), zone) > 1 && !out.Pending, charge.PlanRows(c, one, owed)
	if next, day := owed.Next(); next < owed.Left {
		out.Next, out.Note = in(next), c.T("charge.plan.now", "amount", in(next), "day", lang.Date(l, day))
	}
	for _, part := range one.Parts {
		if part.Amount > 0 {
			out.Receipts = append(out.Receipts, ui.RowItem{Text: lang.FullMoment(l, part.At, zone), Href: "/pay/receipt/" + part.Payment.String(), Value: in(part.Amount)})
		}
	}
	return out
}

// basketView is the page on which a payment begins.
type basketView struct {
	Lines   []basketLine
	Total   string
	Choices []ui.Choice
	Method  string
	Form    basketForm
	Email   string
	Save    bool
	Mail    bool
	Faults  []fault.Field
	Action  string
	Hidden  map[string]string
	Gift    *giftView // nil: none is offered
	sum     int64
}

type basketLine struct {
	Shown                             string // what is left, minor units
	ID, Title, Note, Sum, Typed, Hint string
	Parts                             bool
}

func (m *Module) basketView(c *web.Context, f basketForm, in asked, cards []Card, faults []fault.Field) basketView {
	l, now, zone := c.Lang(), c.Now(), m.deps.Zone()
	hidden := map[string]string{}
	if !f.For.IsZero() {
		hidden["for"] = f.For.String()
	}
	out := basketView{Hidden: hidden, Form: f, Email: f.Email, Save: f.Save, Mail: m.deps.Mail != nil, Faults: faults, Method: cmp.Or(f.Method, string(ByPage)), Action: "/pay/basket"}
	sum := int64(0)
	for i, one := range in.charges {
		owed := one.Owed(now, zone)
		line := basketLine{
			ID: one.ID.String(), Title: one.Title.In(l), Note: m.deps.AgencyName(one.Payee, l) + " · " + c.T("pay.number") + " " + id.FormatNumber(one.Number), Typed: in.typed[i],
			Parts: one.Terms.Parts, Sum: money.Amount{Minor: owed.Left, Currency: one.Amount.Currency}.In(l), Shown: strconv.FormatInt(owed.Left, 10),
		}
		left := owed.Left
		if next, day := owed.Next(); next < left && line.Typed == "" {
			line.Typed = money.Amount{Minor: next, Currency: one.Amount.Currency}.In(l)
			line.Hint, left = c.T("pay.instalment", "due", lang.DayMonth(l, day)), next
		} else if typed, err := money.Parse(in.typed[i], one.Amount.Currency); err == nil && typed.Minor > 0 {
			left = min(left, typed.Minor)
		}
		sum += left
		out.Lines = append(out.Lines, line)
	}
	if len(in.charges) > 0 {
		out.Total = money.Amount{Minor: sum, Currency: in.charges[0].Amount.Currency}.In(l)
	}
	for _, card := range cards {
		if !card.Over(now) {
			out.Choices = append(out.Choices, ui.Choice{Value: "card:" + card.ID.String(), Text: card.Label, Hint: c.T("pay.card_hint", "expires", card.Expires)})
		}
	}
	out.Choices = append(out.Choices, in.wallets...)
	out.Choices = append(out.Choices,
		ui.Choice{Value: string(ByPage), Text: c.T("pay.method_name.page"), Hint: c.T("pay.method_hint.page")},
		ui.Choice{Value: string(ByQR), Text: c.T("pay.method_name.qr"), Hint: c.T("pay.method_hint.qr")})
	out.sum = sum
	out.Gift = m.offer(c, f, in, out)
	return out
}

// waitingView is a payment whose money has not come.
type waitingView struct {
	Title, Text, Sum, Path, QR, Page, Again string
	Nothing                                 string // what became of the money
	Waits                                   bool
	Tone                                    ui.Tone
	Rows                                    []ui.SummaryRow
}

func (m *Module) waitingView(c *web.Context, p Payment, path string) waitingView {
	at := p.Attempts[0]
	out := waitingView{Sum: p.Amount.In(c.Lang()), Path: path, Waits: p.State == Open}
	for _, line := range p.Lines {
		out.Rows = append(out.Rows, ui.SummaryRow{Name: line.Title.In(c.Lang()), Value: m.sum(p, line.Amount, c.Lang())})
	}
	switch {
	case p.State == Open && at.Method == ByQR:
		out.Title, out.Text = c.T("pay.qr_title"), c.T("pay.qr_text")
		if at.QR != "" {
			out.QR, out.Page = path+"/qr", at.QR
		}
	case p.State == Open:
		out.Title, out.Text, out.Page = c.T("pay.pending_title"), c.T("pay.pending_text"), at.Page
	default:
		reason := cmp.Or(at.Reason, Refused)
		if !slices.Contains([]Reason{Refused, ByPayer, NoFunds, OverLimit, CardExpired, CardBlocked, CardUnknown, NeedsPerson, OtherAmount}, reason) {
			reason = Refused
		}
		out.Title, out.Text, out.Tone = c.T("pay.failed_title"), c.T("pay.reason."+string(reason)), ui.Warning
		out.Nothing = c.T("pay.nothing_taken")
		switch {
		case at.State == Expired:
			out.Text = c.T("pay.reason.expired")
		case reason == OtherAmount:
			out.Nothing = c.T("pay.surplus_title")
		}
		if !p.Guest {
			out.Again = againPath(p, givenBy(c, p.Payer))
		}
	}
	return out
}

// givenBy is for whom somebody acts who deals with what lies in a payer's account; zero: for themselves.
func givenBy(c *web.Context, payer id.ID) id.ID {
	if c.Act().Is(payer) {
		return id.ID{}
	}
	return payer
}

// againPath is where what a payment was for is paid anew.
func againPath(p Payment, giver id.ID) string {
	query := url.Values{}
	for _, line := range p.Lines {
		if line.Kind != charge.KindGift || len(p.Lines) == 1 { // a gift is chosen anew
			query.Add("charge", line.Charge.String())
		}
	}
	if !giver.IsZero() {
		query.Set("for", giver.String())
	}
	return "/pay/basket?" + query.Encode()
}

// receiptView is a payment whose money came.
type receiptView struct {
	Number, Title, Text, PDF, Check string
	Rows                            []ui.SummaryRow
	Lines                           []ui.SummaryRow
	Back                            []ui.SummaryRow
	Notices                         []ui.NoticeProps
	Email                           bool
	Home                            bool    // the payer has an account
	Keep                            string  // the payment, when its reader may keep what it paid as a template (core/autopay)
	Again                           string  // a charge that may come again: for an order to pay the next ones
	Gifts                           string  // where the payer follows the gift that was in it
	Case                            ui.Link // the application whose fee it paid
}

// regular tells whether a kind of charge may come again: fees, gifts and top-ups do not.
func (m *Module) regular(kind string) bool {
	return m.deps.Regular && kind != charge.KindFee && kind != charge.KindGift && kind != charge.KindWallet
}

func (m *Module) receiptView(c *web.Context, p Payment, refunds []Refund, dispute *DisputeCase) receiptView {
	l := c.Lang()
	out := receiptView{
		Number: id.FormatCode(p.Code), Title: c.T("pay.receipt_title." + string(p.State)), Text: c.T("pay.receipt_text." + string(p.State)), Check: "/pay/check/" + p.Code,
		PDF: "/pay/receipt/" + p.ID.String() + "/pdf", Email: p.email != nil, Home: !p.Guest,
	}
	if p.Payer == c.Person() && len(p.Lines) == 1 && m.regular(p.Lines[0].Kind) {
		out.Keep, out.Again = p.ID.String(), p.Lines[0].Charge.String()
	}
	if p.gave() && !p.Guest && m.deps.Gifts != nil && p.Payer == c.Person() {
		out.Gifts = m.deps.Gifts.Page()
	}
	for _, r := range m.receiptRows(p, l) {
		out.Rows = append(out.Rows, ui.SummaryRow{Name: r.label, Value: r.value})
	}
	for _, line := range p.Lines {
		if line.Service != "" && !p.Guest {
			out.Case = m.origin(c, Origin{Home: line.Home, Subject: line.Subject, Service: line.Service})
		}
		out.Lines = append(out.Lines, ui.SummaryRow{Name: line.Title.In(l), Value: m.lineWords(p, line, l)})
	}
	for _, r := range refunds {
		text := r.Amount.In(l) + "\n" + c.T("pay.refund_state."+string(r.State))
		if r.Reason != "" {
			text += "\n" + r.Reason
		}
		out.Back = append(out.Back, ui.SummaryRow{Name: c.T("pay.refund_kind." + r.Kind), Value: text})
	}
	if p.Surplus() > 0 {
		out.Notices = append(out.Notices, ui.NoticeProps{Tone: ui.Info, Title: c.T("pay.surplus_title"), Text: c.T("pay.surplus_text", "amount", m.sum(p, p.Surplus(), l))})
	}
	if dispute != nil {
		out.Notices = append(out.Notices, ui.NoticeProps{Tone: ui.Warning, Title: c.T("pay.dispute_title"), Text: c.T("pay.dispute_text."+string(dispute.State), "amount", dispute.Amount.In(l))})
	}
	return out
}

// cardLine is a saved card on its page.
type cardLine struct {
	ID, Label, Note string
	Over            bool
}

func (m *Module) cardsView(c *web.Context, cards []Card) []cardLine {
	out := make([]cardLine, 0, len(cards))
	for _, card := range cards {
		out = append(out, cardLine{ID: card.ID.String(), Label: card.Label, Note: c.T("pay.card_hint", "expires", card.Expires), Over: card.Over(c.Now())})
	}
	return out
}
