package bank

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"regexp"
	"strings"
	"time"

	"posad.city/kit/iso20022"
	"posad.city/kit/money"
)

// moscow is the zone of the bank's days.
var moscow = time.FixedZone("Europe/Moscow", 3*60*60)

// How payouts go.
const (
	payoutAfter = 2 * time.Second // between an order and its money leaving
	returnAfter = 24 * time.Hour  // after which what went to a closed account is back
	closedEnds  = "0999"          // of an account that is closed, as the bank finds out too late
)

// Payout is an order to pay out (pain.001).
type Payout struct {
	ID     string        `json:"id"` // of the message
	Digest string        `json:"digest"`
	Made   time.Time     `json:"made"`
	Orders []*PayoutLine `json:"orders"`
}

// PayoutLine is one payment of an order.
type PayoutLine struct {
	Group     string    `json:"group"`
	EndToEnd  string    `json:"end_to_end"`
	Amount    int64     `json:"amount"`
	Name      string    `json:"name"`
	Account   string    `json:"account"`
	Member    string    `json:"member"` // BIK of the payee's bank
	Purpose   string    `json:"purpose"`
	Status    string    `json:"status"` // ACCP, ACSC, RJCT
	Reason    string    `json:"reason,omitempty"`
	Reference string    `json:"reference,omitempty"`
	At        time.Time `json:"at"` // when it goes, and went
	Return    time.Time `json:"return,omitzero"`
	Back      bool      `json:"back,omitempty"`
}

// payout takes an order to pay out, once for its id.
func (b *Bank) payout(r *http.Request) reply {
	text, err := io.ReadAll(r.Body)
	if err != nil {
		return refused(http.StatusBadRequest, "the order can't be read")
	}
	sum := sha256.Sum256(text)
	digest := hex.EncodeToString(sum[:])
	order, err := iso20022.ReadInitiation(bytes.NewReader(text))
	if err != nil {
		return refused(http.StatusUnprocessableEntity, err.Error())
	}
	known, ok := b.payouts[order.ID]
	switch {
	case ok && known.Digest != digest:
		return refused(http.StatusConflict, "the id is taken by another order")
	case !ok:
		known = b.accept(order, digest)
	}
	return b.report(known)
}

func (b *Bank) accept(order iso20022.Initiation, digest string) *Payout {
	out := &Payout{ID: order.ID, Digest: digest, Made: b.now()}
	left := b.balance()
	for _, group := range order.Groups {
		for _, t := range group.Transfers {
			one := &PayoutLine{
				Group: group.ID, EndToEnd: t.ID, Amount: t.Amount.Minor, Name: t.Creditor.Name, Account: t.CreditorAccount.Number, Member: t.CreditorBank.Member,
				Purpose: t.Purpose, Status: string(iso20022.AcceptedClient), At: b.now().Add(payoutAfter),
			}
			if one.Reason = b.payoutRefusal(t, left); one.Reason != "" {
				one.Status = string(iso20022.Rejected)
			} else {
				left -= one.Amount
			}
			out.Orders = append(out.Orders, one)
		}
	}
	b.payouts[out.ID] = out
	b.write(line{Payout: out})
	return out
}

var (
	accountForm = regexp.MustCompile(`^[0-9]{5}[0-9A-Z][0-9]{14}$`)
	memberForm  = regexp.MustCompile(`^[0-9]{9}$`)
)

// payoutRefusal tells why a payment is not taken, by the standard's codes.
func (b *Bank) payoutRefusal(t iso20022.Transfer, left int64) string {
	switch {
	case !accountForm.MatchString(t.CreditorAccount.Number):
		return "AC01"
	case !memberForm.MatchString(t.CreditorBank.Member):
		return "RC01"
	case t.Amount.Currency != money.RUB:
		return "AM03"
	case t.Amount.Minor > left:
		return "AM04"
	case take(&b.faults.RefusePayouts):
		return "AG01"
	}
	return ""
}

// balance is what lies on the account and is not promised to anybody.
func (b *Bank) balance() int64 {
	sum := int64(0)
	for _, one := range b.booked {
		sum += one.Amount
	}
	for _, p := range b.payouts {
		for _, one := range p.Orders {
			if one.Status == string(iso20022.AcceptedClient) {
				sum -= one.Amount
			}
		}
	}
	return sum
}

// ripenPayouts lets what was accepted go, and what went to a closed account come back.
func (b *Bank) ripenPayouts(now time.Time) {
	for _, p := range b.payouts {
		for _, one := range p.Orders {
			switch {
			case one.Status == string(iso20022.AcceptedClient) && !one.At.After(now):
				one.Status, one.Reference = string(iso20022.Settled), b.reference()
				if strings.HasSuffix(one.Account, closedEnds) {
					one.Return = one.At.Add(returnAfter)
				}
				b.move(p, one, "payout", one.At, -one.Amount)
			case !one.Return.IsZero() && !one.Back && !one.Return.After(now):
				one.Back, one.Reference = true, b.reference()
				b.move(p, one, "payout returned", one.Return, one.Amount)
			}
		}
	}
}

func (b *Bank) move(p *Payout, one *PayoutLine, kind string, at time.Time, amount int64) {
	booked := []Booking{{At: at, Kind: kind, Payment: p.ID, About: one.EndToEnd, Reference: one.Reference, Amount: amount, Name: one.Name, Account: one.Account, Words: one.Purpose}}
	b.booked = append(b.booked, booked...)
	b.write(line{Payout: p, Booked: booked})
}

func (b *Bank) askPayout(r *http.Request) reply {
	if p, ok := b.payouts[r.PathValue("id")]; ok {
		return b.report(p)
	}
	return refused(http.StatusNotFound, "no such order")
}

// report is the answer to an order (pain.002) as it stands now.
func (b *Bank) report(p *Payout) reply {
	out := iso20022.Report{ID: p.ID[:min(len(p.ID), 30)] + "-ans", Made: b.now(), Original: p.ID}
	at := map[string]int{}
	for _, one := range p.Orders {
		i, ok := at[one.Group]
		if !ok {
			i = len(out.Groups)
			at[one.Group] = i
			out.Groups = append(out.Groups, iso20022.GroupReport{ID: one.Group})
		}
		line := iso20022.PaymentReport{EndToEnd: one.EndToEnd, Status: iso20022.Status(one.Status), BankRef: one.Reference}
		if one.Reason != "" {
			line.Reason = iso20022.Reason{Code: one.Reason}
		} else {
			line.Accepted = p.Made
		}
		out.Groups[i].Payments = append(out.Groups[i].Payments, line)
	}
	var text bytes.Buffer
	if err := out.Write(&text); err != nil {
		b.log.Error("bank: the answer to an order", "error", err)
		return refused(http.StatusInternalServerError, "the answer can't be written")
	}
	return reply{status: http.StatusAccepted, xml: text.Bytes()}
}

// Incoming books a plain transfer from somebody to the merchant's account, once for its number.
func (b *Bank) Incoming(number, name, account, words string, amount int64) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, one := range b.booked {
		if one.Kind == "incoming" && one.About == number {
			return nil
		}
	}
	booked := []Booking{{At: b.now(), Kind: "incoming", About: number, Reference: b.reference(), Amount: amount, Name: name, Account: account, Words: words}}
	b.booked = append(b.booked, booked...)
	b.write(line{Booked: booked})
	return b.book.fault()
}
