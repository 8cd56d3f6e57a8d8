package pay

import (
	"fmt"
	"net/url"
	"regexp"
	"time"

	"posad.city/kit/money"
)

// The messages of docs/operator/bank.md.

type hostedOrder struct {
	ID          string `json:"id"`
	Amount      int64  `json:"amount"`
	Currency    string `json:"currency"`
	Description string `json:"description"`
	ReturnURL   string `json:"return_url"`
	NotifyURL   string `json:"notify_url"`
	Lang        string `json:"lang"`
	Method      string `json:"method"`
	Token       string `json:"token,omitempty"`
	Save        bool   `json:"save,omitempty"`
}

type hostedPayment struct {
	ID        string      `json:"id"`
	State     string      `json:"state"`
	Amount    int64       `json:"amount"`
	Currency  string      `json:"currency"`
	Page      string      `json:"page"`
	QR        string      `json:"qr"`
	Reason    string      `json:"reason"`
	Card      *hostedCard `json:"card"`
	Refunded  int64       `json:"refunded"`
	Disputed  int64       `json:"disputed"`
	Dispute   string      `json:"dispute"`
	Reference string      `json:"reference"`
	Taken     time.Time   `json:"taken"`
}

type hostedCard struct {
	Token   string `json:"token"`
	Label   string `json:"label"`
	Expires string `json:"expires"`
}

type hostedRefundAsk struct {
	ID     string `json:"id"`
	Amount int64  `json:"amount"`
}

type hostedRefund struct {
	ID        string `json:"id"`
	State     string `json:"state"`
	Amount    int64  `json:"amount"`
	Reason    string `json:"reason"`
	Reference string `json:"reference"`
}

// standing checks an answer before anything of it is believed.
func (p hostedPayment) standing() (Standing, error) {
	state := State(p.State)
	switch state {
	case Open, Paid, Declined, Expired, Refunded, Reversed:
	default:
		return Standing{}, fmt.Errorf("pay: the acquirer answered with a state that is not in the contract: %.20q", p.State)
	}
	dispute := Dispute(p.Dispute)
	switch dispute {
	case DisputeNone, DisputeOpen, DisputeWon, DisputeLost:
	default:
		return Standing{}, fmt.Errorf("pay: the acquirer answered with a dispute that is not in the contract: %.20q", p.Dispute)
	}
	if p.Amount < 0 || p.Refunded < 0 || p.Disputed < 0 || p.Refunded > p.Amount || p.Disputed > p.Amount {
		return Standing{}, fmt.Errorf("pay: the acquirer answered with sums that can't be: %d, %d given back, %d disputed", p.Amount, p.Refunded, p.Disputed)
	}
	out := Standing{
		State: state, Amount: p.Amount, Currency: money.Currency(p.Currency), Page: webAddress(p.Page), QR: p.QR, Refunded: p.Refunded,
		Disputed: p.Disputed, Dispute: dispute, Reference: p.Reference, Taken: p.Taken,
	}
	if state == Declined {
		out.Reason = reasonOf(p.Reason)
	}
	if p.Card.usable() {
		out.Card = &Saved{Token: p.Card.Token, Label: p.Card.Label, Expires: p.Card.Expires}
	}
	return out, nil
}

var month = regexp.MustCompile(`^\d{4}-(0[1-9]|1[0-2])$`)

// usable tells whether a card can be kept: it has a token, a label that fits a line and a month.
func (c *hostedCard) usable() bool {
	return c != nil && c.Token != "" && len(c.Token) <= 500 && c.Label != "" && len(c.Label) <= 100 && month.MatchString(c.Expires)
}

func reasonOf(text string) Reason {
	switch r := Reason(text); r {
	case ByPayer, NoFunds, OverLimit, CardExpired, CardBlocked, CardUnknown, NeedsPerson:
		return r
	}
	return Refused
}

// webAddress is an address of the web, or nothing: a person is sent there.
func webAddress(text string) string {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" {
		return ""
	}
	return text
}

func (r hostedRefund) standing() (RefundStanding, error) {
	switch state := RefundState(r.State); state {
	case RefundPending, RefundDone, RefundRefused:
		return RefundStanding{State: state, Amount: r.Amount, Reference: r.Reference, Reason: r.Reason}, nil
	}
	return RefundStanding{}, fmt.Errorf("pay: the acquirer answered with a refund that is not in the contract: %.20q", r.State)
}
