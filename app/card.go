package app

import (
	"context"
	"errors"
	"fmt"
	"time"

	"posad.city/city/kitezh"
	"posad.city/core/agency"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/systems/card"
)

// carrier is the agency that sells tickets and keeps transport cards.
const carrier = "transport"

// newCards makes the transport cards, which core/pay then takes money from.
func (m *Modules) newCards(zone func() *time.Location) *card.Module {
	return card.New(card.Deps{Charges: m.Charge, Limits: m.Account, Carrier: func() id.ID { return agency.ID(carrier) }, Zone: zone})
}

// payeeName is what a payee is called on bills and receipts: an agency, a charity fund, or the money that lies on cards.
func (m *Modules) payeeName(payee id.ID, l lang.Language) string {
	if payee == card.Float() {
		return card.FloatTitle().In(l)
	}
	if name := m.Service.AgencyName(payee, l); name != "" {
		return name
	}
	return m.Charity.FundName(payee, l)
}

// demoCards are transport cards of the demo: the first is in Anna's account, the others wait to be added.
var demoCards = []card.Plastic{{Number: "0012345674", Code: "417052"}, {Number: "0012345682", Code: "903118"}, {Number: "0012345690", Code: "225760"}}

// transportCards gives the demo its cards. A later start finds them.
func (h *House) transportCards(ctx context.Context, people kitezh.People) error {
	a := act.ByJob(id.New(h.Clock.Now()), act.Purpose{})
	fresh, err := h.Modules.Card.Issue(ctx, a, demoCards)
	if err != nil {
		return fmt.Errorf("demo: cards: %w", err)
	}
	anna, ok := people.ByKey("anna")
	if !ok || fresh < len(demoCards) {
		return nil
	}
	_, err = h.Modules.Card.Link(ctx, a, anna.ID(), demoCards[0])
	if err != nil && !errors.Is(err, card.ErrLink) {
		return fmt.Errorf("demo: cards: %w", err)
	}
	return nil
}
