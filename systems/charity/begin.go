package charity

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/goccy/go-yaml"

	"posad.city/core/ledger"
	"posad.city/core/organisation"
	"posad.city/kit/calendar"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/money"
	"posad.city/kit/store"
	"posad.city/systems/charity/internal/store"
)

// Beginning is a fund that a city brings with it, with what it did before: a demo, or a move from an older system. Days count
// back from today.
type Beginning struct {
	OGRN     string            `yaml:"ogrn"`
	INN      string            `yaml:"inn"`
	Head     string            `yaml:"head"` // key of a person
	State    FundState         `yaml:"state"`
	Since    int               `yaml:"since"`
	Category string            `yaml:"category"`
	Title    lang.Text         `yaml:"title"`
	About    lang.Text         `yaml:"about"`
	People   []Member          `yaml:"people"`
	Address  lang.Text         `yaml:"address"`
	Site     string            `yaml:"site"`
	Email    string            `yaml:"email"`
	Phone    string            `yaml:"phone"`
	Bank     Bank              `yaml:"bank"`
	Reason   string            `yaml:"reason"` // of the official who verified it
	Appeals  []BeginningAppeal `yaml:"appeals"`
	Asks     []BeginningPayout `yaml:"asks"` // payouts that wait
}

// BeginningAppeal is an appeal of such a fund.
type BeginningAppeal struct {
	Key      string            `yaml:"key"`
	State    AppealState       `yaml:"state"`
	Opened   int               `yaml:"opened"`
	Until    int               `yaml:"until"` // below zero: still to come
	Category string            `yaml:"category"`
	District string            `yaml:"district"`
	Over     Over              `yaml:"over"`
	Title    lang.Text         `yaml:"title"`
	Story    lang.Text         `yaml:"story"`
	Lines    []BudgetLine      `yaml:"lines"`
	Gifts    BeginningGifts    `yaml:"gifts"`
	Payouts  []BeginningPayout `yaml:"payouts"`
	Reports  []BeginningReport `yaml:"reports"`
}

// BeginningGifts are gifts strewn over days.
type BeginningGifts struct {
	Count   int      `yaml:"count"`
	From    int      `yaml:"from"`
	To      int      `yaml:"to"`
	Amounts []int64  `yaml:"amounts"` // kopecks
	By      []string `yaml:"by"`      // people whose gifts some of them are
	Exactly bool     `yaml:"exactly"` // they come to the target
}

// BeginningPayout is a payout.
type BeginningPayout struct {
	Key     string    `yaml:"key"`
	Day     int       `yaml:"day"`
	Appeal  string    `yaml:"appeal"` // of one that waits
	Line    string    `yaml:"line"`
	Amount  int64     `yaml:"amount"`
	To      lang.Text `yaml:"to"`
	What    lang.Text `yaml:"what"`
	Account string    `yaml:"account"`
	BIC     string    `yaml:"bic"`
}

// BeginningReport is a report.
type BeginningReport struct {
	Day   int          `yaml:"day"`
	Text  lang.Text    `yaml:"text"`
	Lines []ReportLine `yaml:"lines"`
}

// ReadBeginnings reads a file of funds.
func ReadBeginnings(content []byte) ([]Beginning, error) {
	var out []Beginning
	err := yaml.NewDecoder(bytes.NewReader(content), yaml.Strict()).Decode(&out)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("charity: funds: %w", err)
	}
	return out, nil
}

// historyAccount is the account from which money came that was given before the city's own books began.
func historyAccount() ledger.Account { return ledger.Named("charity history", money.RUB, ledger.Free) }

// beginner brings one fund in.
type beginner struct {
	m        *Module
	b        Beginning
	fund     id.ID
	official id.ID // who is said to have verified it
	people   map[string]id.ID
	now      time.Time
	dice     *rand.Rand
	moves    []move
}

// move is a movement of the fund's money in the past.
type move struct {
	entry charitydb.InsertEntryParams
	at    time.Time
	giver string // key; empty: nobody here
}

// Begin brings funds in that are not there yet, by the keys of people. Their money comes into the ledger from an account of its
// own, on the days on which it moved, so that their books and the city's are one from the first day.
func (m *Module) Begin(ctx context.Context, list []Beginning, official id.ID, people map[string]id.ID) error {
	for _, one := range list {
		fund := organisation.ID(one.OGRN)
		if _, err := m.Fund(ctx, fund); err == nil {
			continue
		}
		b := &beginner{m: m, b: one, fund: fund, official: official, people: people, now: m.now(), dice: rand.New(rand.NewPCG(uint64(len(one.OGRN)), uint64(one.OGRN[11])))}
		if err := b.bring(ctx); err != nil {
			return fmt.Errorf("charity: fund %s: %w", one.OGRN, err)
		}
	}
	return nil
}

func (b *beginner) bring(ctx context.Context) error {
	// Money first: a fund whose row stands has all of its books. The same movements again change nothing.
	for _, a := range b.b.Appeals {
		b.strew(a)
	}
	slices.SortStableFunc(b.moves, func(x, y move) int { return x.at.Compare(y.at) })
	if err := b.post(ctx); err != nil {
		return err
	}
	gifts, err := b.mine(ctx)
	if err != nil {
		return err
	}
	for _, put := range gifts { // each in its giver's account
		if err := b.m.base.Store.Write(ctx, put); err != nil {
			return err
		}
	}
	return b.m.base.Store.Write(ctx, b.put)
}

func (b *beginner) day(ago int) calendar.Date { return b.m.today().AddDays(-ago) }

// at is a moment of a day, before now.
func (b *beginner) at(ago int) time.Time {
	out := b.day(ago).Start(b.m.deps.Zone()).Add(time.Duration(8*60+b.dice.IntN(13*60)) * time.Minute)
	if out.After(b.now) {
		out = b.now.Add(-time.Duration(1+b.dice.IntN(30)) * time.Second)
	}
	return out.UTC().Truncate(time.Microsecond)
}

func (b *beginner) key(what string) id.ID { return id.Derived("charity begin", b.b.OGRN+" "+what) }

// names are what some givers wish to be called.
var names = []string{"Анна", "Семья Кузнецовых", "Пётр И.", "Марина", "Соседи с Речной", "Ильдар", "8 «Б»", "Тамара Павловна", "Дед Мороз", "Коллектив аптеки № 4"}

// strew makes the gifts and payouts of an appeal.
func (b *beginner) strew(a BeginningAppeal) {
	aim, target, total := b.key(a.Key), int64(0), int64(0)
	for _, l := range a.Lines {
		target += l.Amount
	}
	for i := range a.Gifts.Count {
		amount := a.Gifts.Amounts[b.dice.IntN(len(a.Gifts.Amounts))]
		last := i == a.Gifts.Count-1
		if a.Gifts.Exactly && (last || total+amount > target) {
			amount = target - total
		}
		if amount <= 0 || total+amount > target {
			break
		}
		total += amount
		ago := a.Gifts.From
		if a.Gifts.Count > 1 {
			ago -= i * (a.Gifts.From - a.Gifts.To) / (a.Gifts.Count - 1)
		}
		one := move{at: b.at(ago), entry: charitydb.InsertEntryParams{
			Fund: b.fund, ID: b.key(fmt.Sprintf("%s gift %d", a.Key, i)), Kind: string(EntryGift), Appeal: aim, Amount: amount,
		}}
		if b.dice.IntN(5) < 2 {
			one.entry.Shown = names[b.dice.IntN(len(names))]
		}
		for n, key := range a.Gifts.By {
			if i == (n+1)*a.Gifts.Count/(len(a.Gifts.By)+1) {
				one.giver = key
			}
		}
		b.moves = append(b.moves, one)
	}
	for _, p := range a.Payouts {
		b.moves = append(b.moves, move{at: b.day(p.Day).Start(b.m.deps.Zone()).Add(23 * time.Hour).UTC(), entry: charitydb.InsertEntryParams{
			Fund: b.fund, ID: b.key(a.Key + " payout " + p.Key), Kind: string(EntryPayout), Appeal: aim, Amount: p.Amount, Line: p.Line,
		}})
	}
}

// post brings the money into the ledger, on the moments on which it moved.
func (b *beginner) post(ctx context.Context) error {
	actID := b.key("act")
	for _, one := range b.moves {
		line := ledger.Line{Debit: historyAccount(), Credit: Account(b.fund), Amount: money.Roubles(one.entry.Amount), About: one.entry.Appeal}
		if one.entry.Kind == string(EntryPayout) {
			line.Debit, line.Credit = line.Credit, line.Debit
		}
		stmts, err := ledger.PostStmts(ledger.Movement{ID: id.Derived("charity begin movement", one.entry.ID.String()), Holder: b.fund, Act: actID, Lines: []ledger.Line{line}}, one.at)
		if err != nil {
			return err
		}
		if err := b.m.base.Store.Append(ctx, stmts...); err != nil && !errors.Is(err, store.ErrExists) {
			return err
		}
	}
	return nil
}

// put writes the fund, its appeals and its books.
func (b *beginner) put(tx *store.Tx) error {
	since := time.Time{}
	if b.b.State.Public() {
		since = b.at(b.b.Since)
	}
	body := FundBody{About: b.b.About, People: b.b.People, Bank: b.b.Bank, Address: b.b.Address, Site: b.b.Site, Email: b.b.Email, Phone: b.b.Phone}
	_, err := charitydb.InsertFund(tx, charitydb.InsertFundParams{
		Fund: b.fund, State: string(b.b.State), Title: write(b.b.Title), Body: write(body), Ogrn: b.b.OGRN, Inn: b.b.INN, Category: b.b.Category, Asked: first(since, tx.Now()), Since: since,
	})
	if err != nil {
		return err
	}
	if err := charitydb.OpenPurse(tx, b.fund, b.fund); err != nil {
		return err
	}
	if b.b.State.Public() {
		err := charitydb.InsertDecision(tx, charitydb.InsertDecisionParams{
			Fund: b.fund, ID: b.key("decision"), Object: b.fund, Kind: "fund_" + string(Publish), Reason: b.b.Reason, Body: write(Checks), Official: b.official, Agency: b.m.deps.City().Agency, At: since,
		})
		if err != nil {
			return err
		}
	}
	for _, a := range b.b.Appeals {
		if err := b.putAppeal(tx, a); err != nil {
			return err
		}
	}
	if err := b.putBooks(tx); err != nil {
		return err
	}
	return b.putPapers(tx)
}

func (b *beginner) putAppeal(tx *store.Tx, a BeginningAppeal) error {
	key, target := b.key(a.Key), int64(0)
	for _, l := range a.Lines {
		target += l.Amount
	}
	opened, closed := time.Time{}, time.Time{}
	if a.State.Public() {
		opened = b.day(a.Opened).Start(b.m.deps.Zone()).Add(9 * time.Hour).UTC()
	}
	if a.State == AppealReported || a.State == AppealEnded {
		closed = b.day(a.Until).Start(b.m.deps.Zone()).UTC()
	}
	if err := charitydb.InsertHome(tx, key, b.fund); err != nil {
		return err
	}
	_, err := charitydb.InsertAppeal(tx, charitydb.InsertAppealParams{
		Fund: b.fund, ID: key, State: string(a.State), Category: a.Category, District: a.District, Target: target, Until: b.day(a.Until).String(), Over: string(a.Over),
		Body: write(AppealBody{Title: a.Title, Story: a.Story, Lines: a.Lines}), Made: first(opened, tx.Now()), Opened: opened, Closed: closed,
	})
	if err != nil {
		return err
	}
	return charitydb.OpenPurse(tx, b.fund, key)
}

// putBooks writes the movements in their order.
func (b *beginner) putBooks(tx *store.Tx) error {
	places, came := map[id.ID]int64{}, map[id.ID]int64{}
	for _, one := range b.moves {
		e := one.entry
		place := places[e.Appeal]
		places[e.Appeal] = place + 1
		e.Place, e.At, e.Day = place+1, one.at, b.m.dayOf(one.at)
		var err error
		if e.Kind == string(EntryGift) {
			e.Ahead, came[e.Appeal] = came[e.Appeal], came[e.Appeal]+e.Amount
			_, err = charitydb.GiveToPurse(tx, charitydb.GiveToPurseParams{Amount: e.Amount, Fund: b.fund, Appeal: e.Appeal, Place: place})
		} else {
			n := int64(0)
			if n, err = charitydb.AskOfPurse(tx, e.Amount, b.fund, e.Appeal); err == nil && n > 0 {
				_, err = charitydb.PayFromPurse(tx, e.Amount, b.fund, e.Appeal)
			} else if err == nil {
				err = ErrShort
			}
		}
		if err != nil {
			return err
		}
		if err := enter(tx, e); err != nil {
			return err
		}
	}
	return nil
}

// putPapers writes payouts, reports and what waits.
func (b *beginner) putPapers(tx *store.Tx) error {
	for _, a := range b.b.Appeals {
		for _, p := range a.Payouts {
			if err := b.putPayout(tx, b.key(a.Key+" payout "+p.Key), b.key(a.Key), p, PayoutPaid); err != nil {
				return err
			}
		}
		for i, r := range a.Reports {
			total := int64(0)
			for _, l := range r.Lines {
				total += l.Amount
			}
			if n, err := charitydb.TellOfPurse(tx, total, b.fund, b.key(a.Key)); err != nil || n == 0 {
				return lacking(err)
			}
			key := b.key(fmt.Sprintf("%s report %d", a.Key, i))
			if err := charitydb.InsertHome(tx, key, b.fund); err != nil {
				return err
			}
			_, err := charitydb.InsertReport(tx, charitydb.InsertReportParams{
				Fund: b.fund, ID: key, Appeal: b.key(a.Key), At: b.day(r.Day).Start(b.m.deps.Zone()).Add(12 * time.Hour).UTC(), Amount: total, Body: write(ReportBody{Text: r.Text, Lines: r.Lines}),
			})
			if err != nil {
				return err
			}
		}
	}
	for _, p := range b.b.Asks {
		if n, err := charitydb.AskOfPurse(tx, p.Amount, b.fund, b.key(p.Appeal)); err != nil || n == 0 {
			return lacking(err)
		}
		if err := b.putPayout(tx, b.key("ask "+p.Key), b.key(p.Appeal), p, PayoutAsked); err != nil {
			return err
		}
	}
	return nil
}

func (b *beginner) putPayout(tx *store.Tx, key, aim id.ID, p BeginningPayout, state PayoutState) error {
	at, decided := b.day(p.Day).Start(b.m.deps.Zone()).Add(9*time.Hour).UTC(), time.Time{}
	if state == PayoutPaid {
		decided = at.Add(14 * time.Hour)
	}
	if err := charitydb.InsertHome(tx, key, b.fund); err != nil {
		return err
	}
	_, err := charitydb.InsertPayout(tx, charitydb.InsertPayoutParams{
		Fund: b.fund, ID: key, Appeal: aim, Line: p.Line, Amount: p.Amount, Body: write(PayoutBody{To: p.To, What: p.What, Account: p.Account, BIC: p.BIC}), State: string(state), Asked: at, Decided: decided,
	})
	if err != nil {
		return err
	}
	if err := charitydb.OpenLine(tx, b.fund, aim, p.Line); err != nil {
		return err
	}
	moved := Payout{Fund: b.fund, Appeal: aim, Line: p.Line}
	if state == PayoutPaid {
		return moveLine(tx, moved, 0, p.Amount)
	}
	return moveLine(tx, moved, p.Amount, 0)
}

// mine makes ready the gifts of people who have an account here.
func (b *beginner) mine(ctx context.Context) ([]func(*store.Tx) error, error) {
	var out []func(*store.Tx) error
	for _, one := range b.moves {
		giver, known := b.people[one.giver]
		if one.giver == "" || !known {
			continue
		}
		keys, err := b.m.base.Vault.Keys(ctx, giver)
		if err != nil {
			return nil, fmt.Errorf("charity: keys: %w", err)
		}
		code, e, at := newCode(), one.entry, one.at
		body := keys.Seal("charity_gift", "body", []byte(write(giftBody{Code: code, Shown: e.Shown, Known: true})))
		keyed := b.m.base.Vault.Keyed("charity.code", code)
		out = append(out, func(tx *store.Tx) error {
			_, err := charitydb.InsertGift(tx, charitydb.InsertGiftParams{
				Giver: giver, ID: e.ID, Fund: b.fund, Appeal: e.Appeal, Amount: e.Amount, Currency: string(money.RUB), State: string(GiftGiven), Made: at, Given: at, Body: body,
			})
			if err != nil {
				return err
			}
			return charitydb.InsertCode(tx, charitydb.InsertCodeParams{Code: keyed, Fund: b.fund, Gift: e.ID, Appeal: e.Appeal, Amount: e.Amount})
		})
	}
	return out, nil
}

func first(a, b time.Time) time.Time {
	if a.IsZero() {
		return b
	}
	return a
}

// lacking is why a purse did not move: the database's error, or that it has less.
func lacking(err error) error {
	if err != nil {
		return err
	}
	return ErrShort
}
