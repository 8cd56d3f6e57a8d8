package app_test

import (
	"net/url"
	"strings"
	"time"

	"posad.city/core/agency"
	"posad.city/core/charge"
	"posad.city/kit/act"
	"posad.city/kit/calendar"
	"posad.city/kit/decimal"
	"posad.city/kit/id"
	"posad.city/kit/money"
	"posad.city/kit/web"
	"posad.city/systems/utility"
)

// charge issues a bill of the Department of Transport and sends a file of them.
func (t *things) charge() {
	clerk := act.Act{ID: id.New(t.w.Clock.Now()), Channel: act.Desk, Actor: act.Actor{
		Kind: act.Official, Person: t.w.Resident("belova").ID(), Agency: agency.ID("transport"), Role: string(agency.Head),
	}}
	out, err := t.w.Modules.Charge.IssueMany(t.w.t.Context(), act.ByJob(id.New(t.w.Clock.Now()), act.Purpose{}), []charge.NewCharge{{
		For: charge.Identifier{By: charge.ByNumber, Value: "matrix-1"}, Payee: agency.ID("transport"), External: "matrix-1", Kind: "parking-fine", Amount: money.Roubles(100_000),
	}})
	t.w.Must(err)
	sent, err := t.w.Modules.Charge.Send(t.w.t.Context(), clerk, charge.Sent{Content: strings.NewReader("number;kind;by;value;amount\nmatrix-2;parking-fine;number;matrix-2;100\n")})
	t.w.Must(err)
	t.made["bill"], t.made["file of bills"] = out[0].ID.String(), sent.ID.String()
}

// bills are what an agency's officials and programs do with its charges.
func (t *things) bills(r web.Route) []target {
	if r.Op.May&act.Self != 0 {
		return t.owned(r)
	}
	if !strings.Contains(r.Path, "{") {
		return []target{{name: "own desk", object: ownDesk("charge"), path: map[string]string{}}}
	}
	o := act.Object{Kind: "charge", Agency: agency.ID("transport")}
	return []target{{name: "of transport", object: always(o), path: map[string]string{"charge": t.made["bill"], "file": t.made["file of bills"]}}}
}

// flat gives Anna a flat, with a bill of the month before.
func (t *things) flat() {
	t.w.t.Helper()
	month := utility.PeriodOf(calendar.DateOf(t.w.Clock.Now(), time.UTC)).Add(-1)
	t.w.Must(t.w.Modules.Utility.Enter(t.w.t.Context(), []utility.Account{{
		Flat: utility.Flat{
			Account: "5299000001", House: "rechnaya:14", Number: "1", Area: decimal.Of(50), People: 1, Tariffs: []string{"upkeep", "waste"}, Since: month.Add(-1).First(),
		},
		Residents: []id.ID{t.anna},
	}}))
	t.w.Must(t.w.Modules.Utility.EnterBills(t.w.t.Context(), month, true))
	home, err := t.w.Modules.Charge.HomeOf(charge.Identifier{By: charge.ByFlat, Value: "5299000001"})
	t.w.Must(err)
	t.made["flat"], t.made["month"] = home.String(), month.String()
}

// flats are Anna's, and the desk of the settlement centre.
func (t *things) flats(r web.Route) []target {
	path := map[string]string{"home": t.made["flat"], "period": t.made["month"], "import": id.Derived("test", "no file").String()}
	switch {
	case r.Op.May&act.SameAgency != 0:
		return []target{{name: "the settlement centre's", object: always(act.Object{Kind: "flat", Agency: agency.ID("housing")}), path: path, form: url.Values{}}}
	case strings.Contains(r.Path, "{home}"):
		return []target{{name: "Anna's", object: always(act.Object{Kind: "flat", Holder: t.anna}), path: path}}
	}
	return []target{own(r, path)}
}

// regular are everybody's own templates and orders, of which nobody has one.
func (t *things) regular(r web.Route) []target {
	nothing := id.Derived("test", "no order").String()
	return []target{own(r, map[string]string{"order": nothing, "turn": nothing, "template": nothing})}
}

// receipts are what an agency received: of Anna's payment, or all of it.
func (t *things) receipts(r web.Route) []target {
	if !strings.Contains(r.Path, "{") {
		return []target{{name: "own desk", object: ownDesk("income"), path: map[string]string{}}}
	}
	return []target{{
		name: "of transport", object: always(act.Object{Kind: "income", Agency: agency.ID("transport")}),
		path: map[string]string{"payment": t.made["anna payment"], "refund": id.Derived("test", "no refund").String()}, form: url.Values{},
	}}
}

// books are the treasury's, and an agency's own income.
func (t *things) books(r web.Route) []target {
	nothing := id.Derived("test", "nothing in the books").String()
	out := target{name: "the treasury's", object: always(act.Object{Kind: "books", Agency: agency.ID("finance")}), path: map[string]string{"statement": nothing, "line": nothing, "payout": nothing}, form: url.Values{}}
	if r.Op.Name == "reconcile.income" {
		out.name, out.object = "own income", ownDesk("books")
	}
	return []target{out}
}
