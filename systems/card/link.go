package card

import (
	"context"
	"strings"
	"time"

	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/money"
	"posad.city/kit/store"
	"posad.city/systems/card/internal/store"
)

// Plastic is a card as it is printed.
type Plastic struct{ Number, Code string }

// Issue makes cards known that the carrier has made. A number that is known already changes nothing; it returns how many
// were new. ErrStock: a line can't be read, and nothing was taken.
func (m *Module) Issue(ctx context.Context, a act.Act, list []Plastic) (int, error) {
	type row struct {
		card id.ID
		code []byte
	}
	rows := make([]row, 0, len(list))
	for _, p := range list {
		number, ok := ParseNumber(p.Number)
		code, fits := onlyDigits(p.Code, codeDigits)
		if !ok || !fits {
			return 0, ErrStock
		}
		rows = append(rows, row{m.idOf(number), m.codeOf(number, code)})
	}
	fresh := 0
	err := m.base.Store.WriteAs(ctx, a, func(tx *store.Tx) error {
		fresh = 0
		for _, one := range rows {
			n, err := carddb.Issue(tx, one.card, one.code, tx.Now())
			if err != nil {
				return err
			}
			fresh += int(n)
		}
		return nil
	})
	return fresh, wrap("issue", err)
}

// StockMost is how many cards one list has.
const StockMost = 1000

// ParseStock reads a list of new cards: number and code a line. ErrStock.
func ParseStock(text string) ([]Plastic, error) {
	var out []Plastic
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line == "" {
			continue
		}
		fields := strings.FieldsFunc(line, func(r rune) bool { return r == ';' || r == ',' || r == '\t' })
		if len(fields) != 2 || len(out) == StockMost {
			return nil, ErrStock
		}
		number, ok := ParseNumber(fields[0])
		code, fits := onlyDigits(fields[1], codeDigits)
		if !ok || !fits {
			return nil, ErrStock
		}
		out = append(out, Plastic{number, code})
	}
	return out, nil
}

// Link puts a card into a person's account. Wrong numbers, wrong codes and cards of others look alike: ErrLink. Tries are
// counted, by person and by card. Errors too: ErrMany.
func (m *Module) Link(ctx context.Context, a act.Act, person id.ID, p Plastic) (id.ID, error) {
	in, err := m.prepareLink(ctx, a, person, p)
	if err != nil {
		return id.ID{}, err
	}
	return in.card, m.base.Store.WriteAs(ctx, a, func(tx *store.Tx) error {
		n, err := working(tx, tx.As(a, lookCards), person)
		if err != nil {
			return err
		}
		if n >= cardsMost {
			return tx.Fail(ErrMany)
		}
		return in.put(tx)
	})
}

// working is how many cards of a person's were not replaced.
func working(tx *store.Tx, reader *store.Personal, person id.ID) (int, error) {
	mine, err := carddb.MineOf(reader, person)
	n := 0
	for _, row := range mine {
		home, err := homeOf(tx, row.ID)
		if err != nil {
			return 0, err
		}
		if State(home.State) != Replaced {
			n++
		}
	}
	return n, err
}

// link is a card on its way into an account.
type link struct {
	person, card id.ID
	code, number []byte // keyed, sealed
	act          id.ID
}

func (m *Module) prepareLink(ctx context.Context, a act.Act, person id.ID, p Plastic) (link, error) {
	number, ok := ParseNumber(p.Number)
	code, fits := onlyDigits(p.Code, codeDigits)
	if !ok || !fits {
		return link{}, ErrLink
	}
	out := link{person: person, card: m.idOf(number), code: m.codeOf(number, code), act: a.ID}
	for _, key := range []string{person.String(), out.card.String()} {
		if err := m.deps.Limits.Limit(ctx, "card.code", key, triesMost, time.Hour); err != nil {
			return out, err
		}
	}
	keys, err := m.base.Vault.Keys(ctx, person)
	if err != nil {
		return out, wrap("link", err)
	}
	out.number = keys.Seal("card_mine", "number", []byte(number))
	return out, nil
}

func (l link) put(tx *store.Tx) error {
	n, err := carddb.TakeHome(tx, carddb.TakeHomeParams{Person: l.person, Changed: tx.Now(), ID: l.card, Code: l.code})
	if err != nil {
		return err
	}
	if n == 0 {
		return tx.Fail(ErrLink)
	}
	if err := carddb.InsertMine(tx, carddb.InsertMineParams{Person: l.person, ID: l.card, Number: l.number, Linked: tx.Now()}); err != nil {
		return err
	}
	home, err := homeOf(tx, l.card)
	if err != nil {
		return err
	}
	balance, err := lies(tx, l.card)
	if err != nil {
		return err
	}
	return carddb.InsertLine(tx, carddb.InsertLineParams{
		Person: l.person, ID: id.Derived("card linked", l.card.String()+"/"+home.Changed.String()), Card: l.card, Kind: string(Linked), Amount: balance, At: tx.Now(), About: l.card,
	})
}

// Block stops a card at once: nothing is paid with it any more. Unblock lets a card that was found work again.
func (m *Module) Block(ctx context.Context, a act.Act, person, card id.ID) error {
	return m.turn(ctx, a, turning{person, card, Active, Blocked})
}

// Unblock: see Block.
func (m *Module) Unblock(ctx context.Context, a act.Act, person, card id.ID) error {
	return m.turn(ctx, a, turning{person, card, Blocked, Active})
}

type turning struct {
	person, card id.ID
	was, to      State
}

func (m *Module) turn(ctx context.Context, a act.Act, t turning) error {
	return m.base.Store.WriteAs(ctx, a, func(tx *store.Tx) error {
		if err := ofPerson(tx, t.person, t.card); err != nil {
			return err
		}
		n, err := carddb.SetHome(tx, carddb.SetHomeParams{State: string(t.to), Changed: tx.Now(), ID: t.card, Was: string(t.was)})
		if err == nil && n == 0 {
			return tx.Fail(ErrState)
		}
		return err
	})
}

// ofPerson fails the Write with ErrNone unless a card is in a person's account.
func ofPerson(tx *store.Tx, person, card id.ID) error {
	home, err := homeOf(tx, card)
	if err != nil {
		return tx.Fail(err)
	}
	if home.Person != person {
		return tx.Fail(ErrNone)
	}
	return nil
}

// Replace puts a new card into the place of one that was lost: it is blocked for good, and its money, its tickets and
// whatever comes for it later are the new one's. Errors: those of Link, ErrReplace (it was replaced before).
func (m *Module) Replace(ctx context.Context, a act.Act, person, old id.ID, p Plastic) (id.ID, error) {
	in, err := m.prepareLink(ctx, a, person, p)
	if err != nil {
		return id.ID{}, err
	}
	return in.card, m.base.Store.WriteAs(ctx, a, func(tx *store.Tx) error {
		if err := ofPerson(tx, person, old); err != nil {
			return err
		}
		if err := in.put(tx); err != nil {
			return err
		}
		return in.takeOver(tx, old)
	})
}

func (l link) takeOver(tx *store.Tx, old id.ID) error {
	home, err := homeOf(tx, old)
	if err != nil {
		return err
	}
	n, err := carddb.SetHome(tx, carddb.SetHomeParams{State: string(Replaced), Next: l.card, Changed: tx.Now(), ID: old, Was: home.State})
	if err != nil {
		return err
	}
	if n == 0 || State(home.State) == Replaced || old == l.card {
		return tx.Fail(ErrReplace)
	}
	if err := carddb.MoveTickets(tx, l.card, l.person, old); err != nil {
		return err
	}
	balance, err := lies(tx, old)
	if err != nil || balance == 0 {
		return err
	}
	key := id.Derived("card replaced", old.String())
	err = move{id: key, act: l.act, home: home, from: wallet(old), to: wallet(l.card), amount: balance, kind: MovedOut, about: l.card}.put(tx)
	if err != nil {
		return err
	}
	return carddb.InsertLine(tx, carddb.InsertLineParams{
		Person: l.person, ID: id.Derived("card taken over", old.String()), Card: l.card, Kind: string(MovedIn), Amount: balance, At: tx.Now(), About: old,
	})
}

// Cards are a person's cards, the newest first, replaced ones left out unless all is true.
func (m *Module) Cards(ctx context.Context, a act.Act, person id.ID, all bool) ([]Card, error) {
	var found []shelved
	err := m.base.Store.Look(ctx, a, lookCards, func(p *store.Personal) error {
		found = nil
		for _, one := range a.Records(person) {
			some, err := shelf(p, one)
			if err != nil {
				return err
			}
			found = append(found, some...)
		}
		return nil
	})
	if err != nil {
		return nil, wrap("cards", err)
	}
	var out []Card
	for _, one := range found {
		if one.home.Person != one.row.Person || State(one.home.State) == Replaced && !all {
			continue
		}
		number, err := m.number(ctx, one.row)
		if err != nil {
			return nil, err
		}
		out = append(out, Card{
			ID: one.row.ID, Person: one.row.Person, Number: number, State: State(one.home.State), Next: one.home.Next, Balance: money.Roubles(one.balance),
			Owes: money.Roubles(one.owes), Linked: one.row.Linked,
		})
	}
	return out, nil
}

// shelved is a card as it lies in the books.
type shelved struct {
	row           carddb.CardMine
	home          carddb.CardHome
	balance, owes int64
}

// shelf reads the cards of one record of a person's.
func shelf(p *store.Personal, person id.ID) ([]shelved, error) {
	rows, err := carddb.MineOf(p, person)
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	debt, err := owes(p, person)
	if err != nil {
		return nil, err
	}
	out := make([]shelved, 0, len(rows))
	for _, row := range rows {
		one := shelved{row: row, owes: debt}
		if one.home, err = homeOf(p, row.ID); err != nil {
			return nil, err
		}
		if one.balance, err = lies(p, row.ID); err != nil {
			return nil, err
		}
		out = append(out, one)
	}
	return out, nil
}

func (m *Module) number(ctx context.Context, row carddb.CardMine) (string, error) {
	keys, err := m.base.Vault.Keys(ctx, row.Person)
	if err != nil || keys.Erased() {
		return "", wrap("number", err)
	}
	plain, err := keys.Open("card_mine", "number", row.Number)
	return string(plain), wrap("number", err)
}

// Card is one card of a person's; ErrNone.
func (m *Module) Card(ctx context.Context, a act.Act, person, card id.ID) (Card, error) {
	list, err := m.Cards(ctx, a, person, true)
	if err != nil {
		return Card{}, err
	}
	for _, one := range list {
		if one.ID == card {
			return one, nil
		}
	}
	return Card{}, ErrNone
}
