package charity

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"posad.city/core/notice"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/jobs"
	"posad.city/kit/money"
	"posad.city/kit/store"
	"posad.city/systems/charity/internal/store"
)

// NewGift is a gift that somebody makes.
type NewGift struct {
	ID      id.ID // zero: a new one
	Giver   id.ID // zero: nobody is signed in, and the gift is of a person of its own
	Fund    id.ID
	Appeal  id.ID // the fund's id: its own aims
	Amount  int64 // kopecks
	Shown   string
	Monthly id.ID
	Code    string        // of its page, as newCode made it and the giver has seen it; empty: a new one
	Wait    time.Duration // for its payment; zero: payWithin
}

// giftBody is what is sealed of a gift.
type giftBody struct {
	Code  string `json:"code"`
	Shown string `json:"shown,omitempty"`
	Known bool   `json:"known,omitempty"` // the giver has an account
}

// payWithin is how long a promised gift waits to be paid.
const payWithin = 30 * 24 * time.Hour

// Promise makes a gift that is to be paid: its charge and its page. Errors: ErrClosed (the fund or the appeal takes no gifts),
// ErrNone, ErrForm (the amount).
func (m *Module) Promise(ctx context.Context, a act.Act, n NewGift) (Gift, error) {
	g, err := m.promised(ctx, n)
	if err != nil {
		return g, err
	}
	put, err := m.preparePromise(ctx, n, g)
	if err != nil {
		return g, err
	}
	return g, m.base.Store.WriteAs(ctx, a, func(tx *store.Tx) error { return put(tx) })
}

// promised decides what gift it will be.
func (m *Module) promised(ctx context.Context, n NewGift) (Gift, error) {
	if n.Amount < GiftLeast || n.Amount > GiftMost {
		return Gift{}, ErrForm.With(field("amount", "amount"))
	}
	f, err := m.Fund(ctx, n.Fund)
	if err != nil {
		return Gift{}, err
	}
	if f.State != FundOpen {
		return Gift{}, ErrClosed
	}
	if n.Appeal != n.Fund {
		s, err := m.Appeal(ctx, n.Appeal)
		if err != nil {
			return Gift{}, err
		}
		if s.Fund != n.Fund {
			return Gift{}, ErrNone
		}
		if s.State != AppealOpen && n.Monthly.IsZero() { // a monthly one goes where the rule says
			return Gift{}, ErrClosed
		}
	}
	out := Gift{Giver: n.Giver, ID: n.ID, Fund: n.Fund, Appeal: n.Appeal, Amount: n.Amount, State: GiftPromised, Monthly: n.Monthly, Made: m.now(), Code: newCode()}
	if out.ID.IsZero() {
		out.ID = id.New(m.now())
	}
	if out.Giver.IsZero() {
		out.Giver = id.New(m.now())
	}
	if codeForm.MatchString(n.Code) {
		out.Code = n.Code
	}
	out.Shown = shownName(n.Shown)
	return out, nil
}

// newCode is the code of a gift's page: 26 letters and digits that nobody guesses.
func newCode() string { return rand.Text() }

// codeForm is what newCode makes.
var codeForm = regexp.MustCompile(`^[A-Z2-7]{26}$`)

// shownName is a name as everybody will see it.
func shownName(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	if runes := []rune(text); len(runes) > nameMost {
		text = string(runes[:nameMost])
	}
	return text
}

// preparePromise makes a promise ready for a Write: the gift and its charge, both in the giver's account.
func (m *Module) preparePromise(ctx context.Context, n NewGift, g Gift) (func(*store.Tx) error, error) {
	f, err := m.Fund(ctx, g.Fund)
	if err != nil {
		return nil, err
	}
	keys, err := m.base.Vault.Keys(ctx, g.Giver)
	if err != nil {
		return nil, fmt.Errorf("charity: keys: %w", err)
	}
	title := m.both("charity.gift_to")
	title.RU, title.EN = title.RU+": "+f.Title.RU, title.EN+": "+f.Title.EN
	wait := cmp.Or(n.Wait, payWithin)
	charge, err := m.charges.Prepare(ctx, NewCharge{
		ID: g.ID, Person: g.Giver, Payee: g.Fund, Aim: g.Appeal, Amount: money.Roubles(g.Amount), Title: title, Due: g.Made.Add(wait),
	})
	if err != nil {
		return nil, fmt.Errorf("charity: charge: %w", err)
	}
	body := keys.Seal("charity_gift", "body", []byte(write(giftBody{Code: g.Code, Shown: g.Shown, Known: !n.Giver.IsZero()})))
	code := m.base.Vault.Keyed("charity.code", g.Code)
	return func(tx *store.Tx) error {
		fresh, err := charitydb.InsertGift(tx, charitydb.InsertGiftParams{
			Giver: g.Giver, ID: g.ID, Fund: g.Fund, Appeal: g.Appeal, Amount: g.Amount, Currency: string(money.RUB), State: string(GiftPromised),
			Monthly: g.Monthly, Made: tx.Now(), Body: body,
		})
		if err != nil || fresh == 0 {
			return err
		}
		if err := charitydb.InsertCode(tx, charitydb.InsertCodeParams{Code: code, Fund: g.Fund, Gift: g.ID, Appeal: g.Appeal, Amount: g.Amount}); err != nil {
			return err
		}
		if err := m.base.Jobs.Put(tx, jobs.New{Handler: jobLapse, Holder: g.Giver, Object: g.ID, At: tx.Now().Add(wait)}); err != nil {
			return err
		}
		return charge.Put(tx)
	}, nil
}

// Gift reads one gift of a giver; ErrNone when there is none.
func (m *Module) Gift(ctx context.Context, a act.Act, giver, gift id.ID) (Gift, error) {
	out, _, err := m.gift(ctx, a, giver, gift)
	return out, none(err)
}

func (m *Module) gift(ctx context.Context, a act.Act, giver, gift id.ID) (Gift, bool, error) {
	var row charitydb.CharityGift
	err := m.base.Store.Look(ctx, a, lookGifts, func(p *store.Personal) error {
		var err error
		row, err = charitydb.GiftByID(p, giver, gift)
		return err
	})
	if err != nil {
		return Gift{}, false, err
	}
	return m.open(ctx, row)
}

// open opens what is sealed of a gift; it tells also whether the giver has an account.
func (m *Module) open(ctx context.Context, row charitydb.CharityGift) (Gift, bool, error) {
	out := Gift{
		Giver: row.Giver, ID: row.ID, Fund: row.Fund, Appeal: row.Appeal, Amount: row.Amount, State: GiftState(row.State), Monthly: row.Monthly,
		Made: row.Made, Given: row.Given,
	}
	keys, err := m.base.Vault.Keys(ctx, row.Giver)
	if err != nil {
		return out, false, fmt.Errorf("charity: keys: %w", err)
	}
	if keys.Erased() {
		return out, false, nil
	}
	plain, err := keys.Open("charity_gift", "body", row.Body)
	if err != nil {
		return out, false, fmt.Errorf("charity: gift %s: %w", row.ID, err)
	}
	var body giftBody
	if err := json.Unmarshal(plain, &body); err != nil {
		return out, false, fmt.Errorf("charity: gift %s: %w", row.ID, err)
	}
	out.Code, out.Shown = body.Code, body.Shown
	return out, body.Known, nil
}

// giftsMost is how many gifts a person's list has, the newest.
const giftsMost = 2000

// GiftsOf lists a person's gifts, the newest first.
func (m *Module) GiftsOf(ctx context.Context, a act.Act, person id.ID) ([]Gift, error) {
	var rows []charitydb.CharityGift
	err := m.base.Store.Look(ctx, a, lookGifts, func(p *store.Personal) error {
		rows = nil
		for _, one := range a.Records(person) {
			some, err := charitydb.GiftsOf(p, one, giftsMost)
			if err != nil {
				return err
			}
			rows = append(rows, some...)
		}
		return nil
	})
	if err != nil {
		return nil, wrap("gifts", err)
	}
	out := make([]Gift, 0, len(rows))
	for _, row := range rows {
		one, _, err := m.open(ctx, row)
		if err != nil {
			return nil, err
		}
		out = append(out, one)
	}
	slices.SortStableFunc(out, func(x, y Gift) int { return y.Made.Compare(x.Made) })
	return out, nil
}

// thanks is the word to a giver whose gift comes; nil when there is nobody to tell.
func (m *Module) thanks(ctx context.Context, g Gift, known bool) (*notice.Prepared, error) {
	if !known || g.State == GiftGiven || m.deps.Teller == nil {
		return nil, nil
	}
	f, err := m.Fund(ctx, g.Fund)
	if err != nil {
		return nil, err
	}
	return m.deps.Teller.Prepare(ctx, notice.Notice{
		Key: "charity.given/" + g.ID.String(), To: g.Giver, Topic: notice.Money, Kind: "charity.told.given", Path: "/charity/where/" + g.Code,
		Params: map[string]any{"amount": money.Roubles(g.Amount), "fund": f.Title},
	})
}

func (m *Module) enterShare(tx *store.Tx, g Gift, part int64, share Share, at time.Time) error {
	if err := charitydb.OpenPurse(tx, g.Fund, share.Appeal); err != nil {
		return err
	}
	p, err := purse(tx, g.Fund, share.Appeal)
	if err != nil {
		return err
	}
	if _, err := charitydb.GiveToPurse(tx, charitydb.GiveToPurseParams{Amount: share.Amount, Fund: g.Fund, Appeal: share.Appeal, Place: p.Place}); err != nil {
		return err
	}
	return enter(tx, charitydb.InsertEntryParams{
		Fund: g.Fund, ID: g.ID, Part: part, Kind: string(EntryGift), Appeal: share.Appeal, Place: p.Place + 1, Amount: share.Amount, At: at, Day: m.dayOf(at),
		Shown: g.Shown, Ahead: p.Came,
	})
}

// goal is an appeal as the splitting of a gift sees it.
type goal struct {
	id       id.ID
	state    AppealState
	category string
	target   int64
	over     Over
	given    int64 // when it was read
}

// aimsOf are the appeals that a gift may go to, or that may open again when it leaves: those of its fund that are open or have
// their target, the longest open first, and its own.
func aimsOf(r store.Reader, g Gift) ([]goal, error) {
	var out []goal
	own := g.Appeal == g.Fund
	for _, state := range []AppealState{AppealOpen, AppealReached} {
		rows, err := charitydb.AimsOf(r, g.Fund, string(state), appealsMost)
		if err != nil {
			return nil, err
		}
		for _, row := range rows {
			out = append(out, goal{row.ID, AppealState(row.State), row.Category, row.Target, Over(row.Over), row.Given})
			own = own || row.ID == g.Appeal
		}
	}
	if own {
		return out, nil
	}
	s, err := standingOf(r, g.Fund, g.Appeal)
	return append(out, goal{s.ID, s.State, s.Category, s.Target, s.Over, s.Purse.Given}), err
}

// roomsOf are the aims that a gift may go to, as its appeal said: itself while it is open, then the similar ones.
func roomsOf(g Gift, aims []goal) []Room {
	room := func(s goal) Room {
		if s.over == OverStays {
			return Room{s.id, -1}
		}
		return Room{s.id, max(s.target-s.given, 0)}
	}
	var out []Room
	category := ""
	for _, s := range aims {
		if s.id != g.Appeal {
			continue
		}
		category = s.category
		if s.state == AppealOpen {
			out = append(out, room(s))
		}
	}
	for _, s := range aims {
		if s.id != g.Appeal && s.state == AppealOpen && s.category == category {
			out = append(out, room(s))
		}
	}
	return out
}

// reach closes the appeals that have their target and want no more, and opens again those from which a gift went back. touched
// are those whose money has changed.
func reach(tx *store.Tx, fund id.ID, aims []goal, touched map[id.ID]bool) error {
	for _, s := range aims {
		if !touched[s.id] {
			continue
		}
		now, err := purse(tx, fund, s.id)
		if err != nil {
			return err
		}
		next := s.state
		switch {
		case s.state == AppealOpen && s.over == OverSimilar && now.Given >= s.target:
			next = AppealReached
		case s.state == AppealReached && now.Given < s.target:
			next = AppealOpen
		}
		if next == s.state {
			continue
		}
		if err := setAppeal(tx, Appeal{Fund: fund, ID: s.id, State: s.state}, next, time.Time{}, time.Time{}); err != nil {
			return err
		}
	}
	return nil
}

// GiveBack gives a gift back to its giver while no part of it was paid out or waits to be. Errors: ErrNone, ErrState (it was
// not paid, or went back), ErrSpent.
func (m *Module) GiveBack(ctx context.Context, a act.Act, giver, gift id.ID) error {
	g, _, err := m.gift(ctx, a, giver, gift)
	if err != nil {
		return none(err)
	}
	if g.State != GiftGiven {
		return ErrState
	}
	if err := m.base.Store.Read(ctx, func(r *store.Snapshot) error { return m.mayGoBack(r, g) }); err != nil {
		return err
	}
	refund, err := m.payments.PrepareRefund(ctx, a, giver, gift)
	if err != nil {
		return err
	}
	return m.base.Store.WriteAs(ctx, a, func(tx *store.Tx) error {
		if err := m.mayGoBack(tx, g); err != nil {
			return err
		}
		if err := refund.Put(tx); err != nil {
			return err
		}
		_, err := m.bring(tx, a, g, tx.Now())
		return err
	})
}

// mayGoBack tells whether all of a gift lies, and nothing that was asked of the purse needs it.
func (m *Module) mayGoBack(tx store.Reader, g Gift) error {
	parts, err := charitydb.EntriesOf(tx, g.Fund, g.ID)
	if err != nil {
		return err
	}
	lies, _ := lying(parts)
	if len(lies) == 0 {
		return ErrState
	}
	needs := map[id.ID]int64{}
	for _, part := range lies {
		needs[part.Appeal] += part.Amount
		u, err := usesOf(tx, g.Fund, part.Appeal)
		if err != nil {
			return err
		}
		way, err := wayOf(tx, part, u)
		if err != nil {
			return err
		}
		if way.Lies != way.Given {
			return ErrSpent
		}
	}
	for aim, amount := range needs {
		p, err := purse(tx, g.Fund, aim)
		if err != nil {
			return err
		}
		if p.Free() < amount {
			return ErrSpent
		}
	}
	return nil
}

// HideName takes a giver's name out of the public books.
func (m *Module) HideName(ctx context.Context, a act.Act, giver, gift id.ID) error {
	g, _, err := m.gift(ctx, a, giver, gift)
	if err != nil {
		return none(err)
	}
	return m.base.Store.WriteAs(ctx, a, func(tx *store.Tx) error { return charitydb.HideName(tx, g.Fund, g.ID) })
}
