package app

import (
	"context"
	"fmt"
	"time"

	"posad.city/city/kitezh"
	"posad.city/core/agency"
	"posad.city/core/charge"
	"posad.city/kit/act"
	"posad.city/kit/calendar"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/money"
)

// bills gives the demo's people what agencies have issued to them by the first start. A later start finds the same numbers and
// issues nothing.
func (h *House) bills(ctx context.Context, people kitezh.People) error {
	city := h.Modules.Service.Current()
	list, err := kitezh.Bills()
	if err != nil || city == nil {
		return err
	}
	today := city.Days().Today(h.Clock.Now())
	zone := city.Days().Zone()
	var batch []charge.NewCharge
	for _, b := range list {
		kind, ok := city.ChargeKind(b.Kind)
		resident, there := people.ByKey(b.To)
		if !ok || !there || b.Value(resident) == "" {
			continue // an author of the demo's city took the kind out
		}
		n := charge.NewCharge{
			For: charge.Identifier{By: charge.By(b.By), Value: b.Value(resident)}, Payee: agency.ID(kind.Agency), External: b.Number, Kind: b.Kind,
			Amount: money.Roubles(b.Amount), Dated: today.AddDays(-b.Ago), Period: b.Month(today), Proof: b.Proof,
		}
		if b.Due != 0 {
			n.Due = lastMoment(today.AddDays(b.Due), zone)
		}
		for _, d := range []charge.Detail{{Label: lang.Text{RU: "Место", EN: "Place"}, Value: b.Place}, {Label: lang.Text{RU: "Основание", EN: "Basis"}, Value: b.Basis}} {
			if d.Value != "" {
				n.Details = append(n.Details, d)
			}
		}
		batch = append(batch, n)
	}
	out, err := h.Modules.Charge.IssueMany(ctx, act.ByJob(id.New(h.Clock.Now()), act.Purpose{}), batch)
	if err != nil {
		return fmt.Errorf("demo: bills: %w", err)
	}
	for i, o := range out {
		if o.Result == charge.Refused {
			return fmt.Errorf("demo: bill %s: %w", batch[i].External, o.Fault)
		}
	}
	return nil
}

// lastMoment is the end of a day, as a term is kept.
func lastMoment(day calendar.Date, zone *time.Location) time.Time {
	return day.AddDays(1).Start(zone).Add(-time.Second)
}
