package pay

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"posad.city/core/charge"
	"posad.city/core/pay/internal/store"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/jobs"
	"posad.city/kit/lang"
	"posad.city/kit/money"
	"posad.city/kit/store"
	"posad.city/kit/vault"
)

// Ask is one charge that is to be paid, and how much of it.
type Ask struct {
	Home, Charge id.ID
	Amount       int64 // minor units; 0: all that is left
	Shown        int64 // what somebody saw that is left; another sum is not taken. 0: nobody saw any
}

// Basket is what somebody is about to pay, at once.
type Basket struct {
	Payer  id.ID // in whose account the payment lies; zero: somebody without an account
	Asks   []Ask // 1 to AsksMost, each charge once
	Method Method
	Card   id.ID  // ByCard: a saved card; ByWallet: the city's card
	Save   bool   // ByPage: keep the card
	Email  string // where the receipt goes too; empty: nowhere
	Key    id.ID  // idempotency: a second Begin with the key and the same content is the same payment; zero: a new one
	Found  bool   // who pays has found the bill and need not owe it: gives way to who does. Always for somebody without an account
	Visit  string // of somebody without an account: the browser's visit, which comes back to its own payment; empty: unknown
}

// AsksMost is how many charges a payment may pay.
const AsksMost = 100

// Begun is a payment that was begun, or gone on with.
type Begun struct {
	Payment, Attempt, Payer id.ID
	State                   State  // of the attempt
	Page                    string // Open, ByPage: where the person pays
	QR                      string // Open, ByQR: what the code says
	Reason                  Reason // Declined: why
	Amount                  money.Amount
	Token                   string // opens the payment's page to somebody without an account; empty for others
}

// pollFirst is how long after its start an attempt is first asked about; the bank's message is usually there before.
const pollFirst = 20 * time.Second

// otherWait is how long somebody else's open attempt at the same charge keeps it: after it the attempt is closed at the bank.
const otherWait = 15 * time.Minute

// open is a payment that may still take money for a charge of the basket.
type open struct {
	Payment
	since time.Time
	mine  bool // of who pays now
}

// standing is what is known of a basket before somebody pays it.
type standing struct {
	charges []charge.Charge // in the order of the asks
	open    []open          // payments of any of them whose fate is not known, each once
	now     time.Time
	zone    *time.Location
}

// wanted is a basket with its sums.
type wanted struct {
	charge charge.Charge
	amount int64
}

// choice is what a press of the button does.
type choice struct {
	begin  []wanted // make a new payment of these
	resume *Payment // or go on with this one
	close  []open   // or first close these at the bank, and choose again
}

// choose decides what a press of the button does, so that two presses never make two payments: it goes on with an open
// payment of the very same things, and begins one only when no other can still take money for any of them.
func choose(b Basket, s standing) (choice, error) {
	list, err := sums(b, s)
	if err != nil {
		return choice{}, err
	}
	out := choice{}
	for i := range s.open {
		one := &s.open[i]
		gives := one.Found && !b.Found
		switch {
		case one.mine && b.same(one.Payment, list):
			out.resume = &one.Payment
		case !one.mine && !gives && s.now.Sub(one.since) < otherWait:
			return choice{}, ErrPending
		default:
			out.close = append(out.close, *one)
		}
	}
	if len(out.close) > 0 {
		return choice{close: out.close}, nil
	}
	if out.resume == nil {
		out.begin = list
	}
	return out, nil
}

// sums finds what each charge of a basket takes now.
func sums(b Basket, s standing) ([]wanted, error) {
	out := make([]wanted, 0, len(b.Asks))
	for i, ask := range b.Asks {
		c := s.charges[i]
		left := c.Owed(s.now, s.zone).Left
		if !c.State.Open() || left <= 0 || c.Test { // a sandbox's charge takes nobody's money
			return nil, ErrSettled
		}
		if ask.Amount == 0 && ask.Shown != 0 && ask.Shown != left {
			return nil, ErrShown
		}
		amount := cmp.Or(ask.Amount, left)
		switch {
		case c.Amount.Currency != s.charges[0].Amount.Currency:
			return nil, ErrBasket
		case amount < 0 || amount > left:
			return nil, ErrTooMuch
		case amount < left && !c.Terms.Parts:
			return nil, ErrWhole
		}
		out = append(out, wanted{c, amount})
	}
	return out, nil
}

// same tells whether an open payment is of the very things that a basket wants.
func (b Basket) same(p Payment, list []wanted) bool {
	if p.Method != b.Method || len(p.Lines) != len(list) || len(p.Attempts) == 0 || b.Method == ByCard && p.Attempts[0].Card != b.Card {
		return false
	}
	for _, w := range list {
		if !slices.ContainsFunc(p.Lines, func(l Line) bool { return l.Charge == w.charge.ID && l.Amount == w.amount }) {
			return false
		}
	}
	return true
}

// repeats tells whether a payment that the basket's key names is what the basket asks for. The sum that a bill had then counts,
// also when another is owed by now.
func (b Basket) repeats(p Payment) bool {
	if p.Method != b.Method || len(p.Lines) != len(b.Asks) || len(p.Attempts) == 0 || p.Attempts[0].Card != b.paysWith() {
		return false
	}
	for _, ask := range b.Asks {
		sum := cmp.Or(ask.Amount, ask.Shown)
		if !slices.ContainsFunc(p.Lines, func(l Line) bool { return l.Charge == ask.Charge && (sum == 0 || l.Amount == sum) }) {
			return false
		}
	}
	return true
}

// paysWith is the card that pays; zero: none.
func (b Basket) paysWith() id.ID {
	if b.Method == ByCard || b.Method == ByWallet {
		return b.Card
	}
	return id.ID{}
}

func (b *Basket) check() error {
	if b.Method == "" {
		b.Method = ByPage
	}
	if len(b.Asks) == 0 || len(b.Asks) > AsksMost || (b.Method == ByCard || b.Method == ByWallet) && b.Card.IsZero() {
		return ErrBasket
	}
	slices.SortFunc(b.Asks, func(x, y Ask) int { return strings.Compare(x.Charge.String(), y.Charge.String()) })
	for i, ask := range b.Asks {
		if i > 0 && ask.Charge == b.Asks[i-1].Charge {
			return ErrBasket
		}
	}
	return nil
}

// begin is a Begin with all that its Write needs made before it.
type begin struct {
	Basket
	act      act.Act
	guest    bool
	lang     lang.Language
	provider Provider
	token    string // of the saved card
	gone     bool   // the card is no more, and the payment was begun
	payment  id.ID
	attempt  id.ID
	email    vault.Sealed
}

// Begin begins to pay, or goes on where an earlier press had come. When the provider does not answer, the attempt stays and
// is found out about later; the error is ErrBank and the money may have been taken: the same key learns of it. A payment whose fate was decided meanwhile comes back
// with its state. Errors: ErrBasket, ErrMethod, ErrCard, ErrNone, ErrSettled, ErrWhole, ErrTooMuch, ErrKey (the key is of a
// payment of something else), ErrPending (the fate of another payment of one of the charges is not known), ErrBank, and those of mandates.
func (m *Module) Begin(ctx context.Context, a act.Act, b Basket, l lang.Language) (Begun, error) {
	in, err := m.prepareBegin(ctx, a, b, l)
	if err != nil {
		return Begun{}, err
	}
	for range 3 { // each time after the payments in the way were closed
		p, closing, err := m.choosePayment(ctx, in)
		if err != nil {
			return Begun{}, err
		}
		if len(closing) == 0 {
			return m.start(ctx, in, p)
		}
		for _, one := range closing {
			if err := m.closeOpen(ctx, one.Payment); err != nil {
				return Begun{}, err
			}
		}
	}
	return Begun{}, ErrPending
}

func (m *Module) prepareBegin(ctx context.Context, a act.Act, b Basket, l lang.Language) (*begin, error) {
	if err := b.check(); err != nil {
		return nil, err
	}
	now := m.base.Clock.Now()
	in := &begin{Basket: b, act: a, lang: l, guest: b.Payer.IsZero(), payment: id.New(now), attempt: id.New(now)}
	var err error
	if in.provider, err = m.providerFor(b.Method); err != nil {
		return nil, err
	}
	if !b.Key.IsZero() {
		in.payment = keyed(b.Payer, b.Key)
		in.attempt = id.Derived("attempt", in.payment.String())
	}
	if in.guest {
		in.Payer, in.Found = in.payment, true
	}
	if err := m.means(ctx, in); err != nil {
		return nil, err
	}
	if b.Email == "" {
		return in, nil
	}
	keys, err := m.base.Vault.Keys(ctx, in.Payer)
	if err != nil {
		return nil, fmt.Errorf("pay: begin: %w", err)
	}
	in.email = keys.Seal("payment", "email", []byte(b.Email))
	return in, nil
}

// means finds what the money is taken from. What was begun already is told of whatever became of the card since: the bank may have
// heard, and nothing is sent to it again.
func (m *Module) means(ctx context.Context, in *begin) error {
	var err error
	switch in.Method {
	case ByCard:
		in.token, err = m.token(ctx, in.act, in.Payer, in.Card)
	case ByWallet:
		in.token = in.Card.String()
		if err = m.deps.Wallet.MaySpend(ctx, in.act, in.Card); err != nil {
			err = ErrCard.Because(err)
		}
	}
	if !errors.Is(err, ErrCard) {
		return err
	}
	begun, known := m.begun(ctx, in.payment)
	if in.gone = begun; begun {
		return nil
	}
	return cmp.Or(known, err)
}

// keyed is the payment that a key names.
func keyed(payer, key id.ID) id.ID {
	return id.Derived("payment", payer.String()+"/"+key.String())
}

// Known tells whether a payment was begun under a payer's key: then Begin goes on with it.
func (m *Module) Known(ctx context.Context, payer, key id.ID) (bool, error) {
	return m.begun(ctx, keyed(payer, key))
}

func (m *Module) begun(ctx context.Context, payment id.ID) (bool, error) {
	_, err := m.home(ctx, payment)
	if errors.Is(err, ErrNone) {
		return false, nil
	}
	return err == nil, err
}

// choosePayment finds the payment to go on with, or makes one with its first attempt; or tells what has to be closed first.
func (m *Module) choosePayment(ctx context.Context, in *begin) (Payment, []open, error) {
	var out Payment
	var closing []open
	err := m.base.Store.WriteAs(ctx, in.act, func(tx *store.Tx) error {
		out, closing = Payment{}, nil
		reader := tx.As(act.ByJob(in.act.ID, act.Purpose{}), lookCharge)
		known, err := whole(reader, in.Payer, in.payment)
		if err == nil {
			out = known
			if !in.repeats(known) {
				return tx.Fail(ErrKey)
			}
			return nil
		}
		if !errors.Is(err, store.ErrNone) {
			return err
		}
		s, err := m.standing(tx, reader, in)
		if err != nil {
			return err
		}
		chosen, err := choose(in.Basket, s)
		if err != nil {
			return err
		}
		if closing = chosen.close; len(closing) > 0 {
			return nil
		}
		if chosen.resume != nil {
			out = *chosen.resume
			return nil
		}
		out, err = m.insertPayment(tx, in, chosen.begin)
		return err
	})
	return out, closing, none(err)
}

// standing reads what a basket is about. Payments of others are read by the module itself: who pays is not told.
func (m *Module) standing(tx *store.Tx, reader *store.Personal, in *begin) (standing, error) {
	out := standing{now: tx.Now(), zone: m.deps.Zone()}
	seen := map[id.ID]bool{}
	for _, ask := range in.Asks {
		c, err := m.deps.Charges.Read(reader, ask.Home, ask.Charge)
		if err != nil {
			return out, err
		}
		out.charges = append(out.charges, c)
		tries, err := paydb.TriesIn(tx, ask.Home, ask.Charge, string(Open))
		if err != nil {
			return out, err
		}
		for _, try := range tries {
			if seen[try.Payment] {
				continue
			}
			seen[try.Payment] = true
			one, err := m.openPayment(tx, in, try)
			if err != nil {
				return out, err
			}
			out.open = append(out.open, one)
		}
	}
	return out, nil
}

func (m *Module) openPayment(tx *store.Tx, in *begin, try paydb.ChargePayment) (open, error) {
	home, err := paydb.HomeOf(tx, try.Payment)
	if err != nil {
		return open{}, err
	}
	p, err := whole(tx.As(act.ByJob(in.act.ID, act.Purpose{}), lookPayment), home.Payer, try.Payment)
	return open{p, try.Begun, p.Payer == in.Payer || in.guest && m.opens(p, m.tokenOf(in.Visit, p.ID))}, err
}

func (m *Module) insertPayment(tx *store.Tx, in *begin, list []wanted) (Payment, error) {
	out := Payment{
		ID: in.payment, Payer: in.Payer, Actor: in.act.Actor.Person, State: Open, Method: in.Method, Guest: in.guest, Started: tx.Now(), Lang: in.lang, Found: in.Found,
		Amount: money.Amount{Currency: list[0].charge.Amount.Currency}, Revision: 1,
	}
	if out.Actor.IsZero() {
		out.Actor = in.Payer
	}
	for _, w := range list {
		c := w.charge
		out.Amount.Minor += w.amount
		out.Lines = append(out.Lines, Line{Home: c.Home, Charge: c.ID, Payee: c.Payee, Subject: c.Subject, Number: c.Number, Kind: c.Kind, Service: c.Service, Title: c.Title, Amount: w.amount})
	}
	at := Attempt{ID: in.attempt, Payment: out.ID, Payer: out.Payer, Provider: in.provider.Name(), Method: in.Method, State: Started, Save: in.Save && in.Method == ByPage && !in.guest, Started: tx.Now()}
	at.Card = in.paysWith()
	if in.guest {
		out.token = tokenHash(m.tokenOf(in.Visit, out.ID))
	}
	out.Attempts = []Attempt{at}
	if err := m.reserve(tx, in.act, out); err != nil {
		return out, err
	}
	return out, m.insertAll(tx, out, in.email)
}

func (m *Module) insertAll(tx *store.Tx, p Payment, email vault.Sealed) error {
	at := p.Attempts[0]
	n, err := paydb.InsertPayment(tx, paydb.InsertPaymentParams{
		Payer: p.Payer, ID: p.ID, Actor: p.Actor, Amount: p.Amount.Minor, Currency: string(p.Amount.Currency), Started: p.Started, Method: string(p.Method),
		Guest: p.Guest, Lang: string(p.Lang), Email: email, Token: p.token, Found: p.Found,
	})
	if err != nil || n == 0 {
		return cmp.Or(err, error(ErrPending))
	}
	list := []error{
		paydb.InsertAttempt(tx, paydb.InsertAttemptParams{
			Payer: p.Payer, Payment: p.ID, ID: at.ID, Provider: at.Provider, Started: at.Started, Method: string(at.Method), Card: at.Card, Save: at.Save,
		}),
		paydb.InsertHome(tx, paydb.InsertHomeParams{ID: at.ID, Payer: p.Payer, Payment: p.ID, Service: p.service()}),
		paydb.InsertHome(tx, paydb.InsertHomeParams{ID: p.ID, Payer: p.Payer, Payment: p.ID, Service: p.service()}),
		m.base.Jobs.Put(tx, jobs.New{Handler: jobPoll, Holder: p.Payer, Object: at.ID, At: tx.Now().Add(pollFirst)}),
	}
	for _, l := range p.Lines {
		title, err := json.Marshal(l.Title)
		list = append(list, err,
			paydb.InsertPaymentLine(tx, paydb.InsertPaymentLineParams{
				Payer: p.Payer, Payment: p.ID, Charge: l.Charge, Amount: l.Amount, Home: l.Home, Payee: l.Payee, Number: l.Number, Title: string(title), Kind: l.Kind, Service: l.Service, Subject: l.Subject,
			}),
			paydb.InsertTry(tx, paydb.InsertTryParams{Home: l.Home, Charge: l.Charge, Payment: p.ID, Amount: l.Amount, Begun: p.Started}))
	}
	if err := errors.Join(list...); err != nil {
		return fmt.Errorf("pay: begin: %w", err)
	}
	return nil
}

// service names the services of the lines, each once: a permission is asked for each of them.
func (p Payment) service() string {
	var out []string
	for _, l := range p.Lines {
		if !slices.Contains(out, l.Service) {
			out = append(out, l.Service)
		}
	}
	slices.Sort(out)
	return strings.Join(out, servicesBreak)
}

// servicesBreak stands between the services of a payment; no service's key has it.
const servicesBreak = ","

// reserve counts a payment against the mandate by which it is made.
func (m *Module) reserve(tx *store.Tx, a act.Act, p Payment) error {
	if a.Mandate.IsZero() {
		return nil
	}
	if m.deps.Mandates == nil {
		return errors.New("pay: nobody keeps what may be paid under a mandate")
	}
	return m.deps.Mandates.Reserve(tx, a, p.ID, p.Amount)
}

// start tells the provider of a payment that is committed, and carries out what it decides at once.
func (m *Module) start(ctx context.Context, in *begin, p Payment) (Begun, error) {
	at := p.Attempts[0]
	out := Begun{Payment: p.ID, Attempt: at.ID, Payer: p.Payer, Page: at.Page, QR: at.QR, Amount: p.Amount}
	out.State, out.Reason = at.fate()
	if p.Guest {
		out.Token = m.tokenOf(in.Visit, p.ID)
	}
	switch {
	case at.over():
		return out, nil
	case at.State == Open || in.gone: // it may have ended meanwhile; and what can't be sent any more may have been sent
		var err error
		out.State, out.Reason, err = m.settle(ctx, at.ID)
		return out, err
	}
	provider, err := m.provider(at.Provider) // an earlier press may have chosen it
	if err != nil {
		return out, err
	}
	answer, err := provider.Start(ctx, m.order(in, p, at))
	if err != nil {
		return out, ErrBank.Because(fmt.Errorf("pay: start: %w", err))
	}
	out.State, out.Page, out.QR, out.Reason = answer.State, answer.Page, answer.QR, answer.Reason
	if answer.State == Open {
		err = m.base.Store.Write(ctx, func(tx *store.Tx) error {
			_, err := paydb.OpenAttempt(tx, paydb.OpenAttemptParams{Page: answer.Page, QR: answer.QR, Reference: answer.Reference, Payer: p.Payer, Payment: p.ID, ID: at.ID})
			return err
		})
		return out, err
	}
	out.State, out.Reason, err = m.carried(ctx, at, answer)
	return out, err
}

func (m *Module) order(in *begin, p Payment, at Attempt) Order {
	first := p.Lines[0]
	text := first.Title.In(in.lang) + " · " + id.FormatNumber(first.Number)
	if len(p.Lines) > 1 {
		text = m.base.Texts.Text(in.lang, "pay.order_many", "count", len(p.Lines), "first", first.Title.In(in.lang))
	}
	back := "/pay/return/" + at.ID.String()
	if p.Guest {
		back = guestPath(p, m.tokenOf(in.Visit, p.ID))
	}
	return Order{
		Attempt: at.ID, Amount: p.Amount, Lang: string(in.lang), Description: text, Method: at.Method, Token: in.token, Save: at.Save,
		Return: m.deps.Address + back, Notify: m.deps.Address + "/api/v1/pay/notify",
	}
}

// closeOpen closes a payment that is in the way of another at its provider, and carries out how it ended. ErrPending when the provider is
// silent, or still lets it be paid: a second one would take the money twice.
func (m *Module) closeOpen(ctx context.Context, p Payment) error {
	for _, at := range p.Attempts {
		if at.over() {
			continue
		}
		provider, err := m.provider(at.Provider)
		if err != nil {
			return err
		}
		answer, err := provider.Cancel(ctx, at.ID)
		if err != nil {
			return ErrPending.Because(err)
		}
		if answer.State == Open {
			return ErrPending
		}
		if err := m.carry(ctx, at, answer); err != nil {
			return err
		}
	}
	return nil
}
