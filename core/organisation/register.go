package organisation

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"posad.city/core/account"
	"posad.city/core/mandate"
	"posad.city/core/organisation/internal/store"
	"posad.city/kit/act"
	"posad.city/kit/calendar"
	"posad.city/kit/id"
	"posad.city/kit/store"
	"posad.city/kit/vault"
)

// registerWait is how long a page waits for the state register.
const registerWait = 8 * time.Second

// triesMost is how many numbers a person may try in a day: enough for their own, too few to search.
const triesMost = 20

// Register makes the person the head of an organisation here, when one of their certificates or the state register says
// that they are. A second time it confirms what is there: the mandate's term begins anew, and a former head's ends. Faults:
// ErrOGRN, ErrStanding, ErrNotHead, ErrRegister.
func (m *Module) Register(ctx context.Context, a act.Act, ogrn string) (Organisation, error) {
	number, ok := ParseOGRN(ogrn)
	if !ok {
		return Organisation{}, ErrOGRN
	}
	person, err := m.confirmed(ctx, a)
	if err != nil {
		return Organisation{}, err
	}
	if err := m.deps.Accounts.Limit(ctx, "organisation.register", person.ID.String(), triesMost, 24*time.Hour); err != nil {
		return Organisation{}, err
	}
	entry, source, err := m.proof(ctx, a, person, number)
	if err != nil {
		return Organisation{}, err
	}
	if err := m.put(ctx, a, entry, source, person.ID); err != nil {
		return Organisation{}, fmt.Errorf("organisation: register: %w", err)
	}
	return m.Organisation(ctx, ID(number))
}

func (m *Module) confirmed(ctx context.Context, a act.Act) (account.Person, error) {
	person, err := m.deps.Accounts.Person(ctx, a, "organisation.look.head", a.Actor.Person)
	if err != nil {
		return account.Person{}, fmt.Errorf("organisation: head: %w", err)
	}
	if person.Level < act.Standard || person.SNILS == "" {
		return account.Person{}, ErrStanding
	}
	return person, nil
}

// proof finds what says that the person heads the organisation: a certificate that is good now, else the register.
func (m *Module) proof(ctx context.Context, a act.Act, person account.Person, ogrn string) (Entry, Source, error) {
	entry, found, err := m.byCertificate(ctx, person, ogrn)
	if err != nil || found {
		return entry, ByCertificate, err
	}
	if m.deps.Register == nil {
		return Entry{}, "", ErrNotHead
	}
	ctx, cancel := context.WithTimeout(ctx, registerWait)
	defer cancel()
	entry, err = m.deps.Register.Organisation(ctx, ogrn, a.ID)
	switch {
	case errors.Is(err, ErrUnknown):
		return Entry{}, "", ErrNotHead
	case err != nil:
		return Entry{}, "", ErrRegister.Because(err)
	case !entry.Active, entry.OGRN != ogrn, entry.HeadSNILS == "", entry.HeadSNILS != person.SNILS:
		return Entry{}, "", ErrNotHead
	}
	return entry, ByRegister, nil
}

// byCertificate looks for a certificate of the person's that names them and the organisation, and asks whether it is good
// at this moment. One that is not, or can't be asked about, proves nothing.
func (m *Module) byCertificate(ctx context.Context, person account.Person, ogrn string) (Entry, bool, error) {
	if m.deps.Certificates == nil {
		return Entry{}, false, nil
	}
	accounts, err := m.deps.Accounts.AccountOf(ctx, person.ID)
	if err != nil {
		return Entry{}, false, err
	}
	for _, one := range accounts {
		linked, err := m.deps.Certificates.Linked(ctx, one)
		if err != nil {
			return Entry{}, false, err
		}
		for _, l := range linked {
			if l.Person == person.ID && names(l.Subject, ogrn, person) && m.deps.Certificates.Holds(ctx, l) == nil {
				return Entry{OGRN: ogrn, INN: l.Subject.OrgINN, Title: l.Subject.Organisation, HeadSNILS: person.SNILS, Active: true}, true, nil
			}
		}
	}
	return Entry{}, false, nil
}

// put makes or confirms the organisation and its head's mandate, which both lie with the organisation. A former head's ends.
func (m *Module) put(ctx context.Context, a act.Act, e Entry, source Source, head id.ID) error {
	company := ID(e.OGRN)
	return m.base.Store.WriteAs(ctx, a, func(tx *store.Tx) error {
		err := organisationdb.PutOrganisation(tx, organisationdb.PutOrganisationParams{
			Organisation: company, Ogrn: e.OGRN, Inn: e.INN, Title: e.Title, Source: string(source), Since: tx.Now(),
		})
		if err != nil {
			return err
		}
		return m.deps.Mandates.PutHead(tx, mandate.Mandate{
			ID: id.Derived("head", company.String()+" "+head.String()), Giver: company, Taker: head, Kind: mandate.Company, Scopes: mandate.Company.Scopes(),
			Source: mandate.SourceHead, Ends: calendar.DateOf(tx.Now(), m.deps.Zone).AddYears(HeadTerm),
		})
	})
}

// Close ends an organisation's account here by its head: nobody acts for it any more. What it has filed goes on, and its
// head may register it again.
func (m *Module) Close(ctx context.Context, a act.Act, company id.ID) error {
	err := m.base.Store.WriteAs(ctx, a, func(tx *store.Tx) error {
		n, err := organisationdb.CloseOrganisation(tx, tx.Now(), company)
		if err != nil {
			return err
		}
		if n == 0 {
			return ErrNone
		}
		return m.deps.Mandates.EndAll(tx, company)
	})
	if err != nil {
		return fmt.Errorf("organisation: close: %w", err)
	}
	return nil
}

// Organisation reads one; ErrNone when there is none.
func (m *Module) Organisation(ctx context.Context, company id.ID) (Organisation, error) {
	var row organisationdb.Organisation
	err := m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		var err error
		row, err = organisationdb.OrganisationByID(r, company)
		return err
	})
	if errors.Is(err, store.ErrNone) {
		return Organisation{}, ErrNone
	}
	return organisation(row), err
}

func organisation(row organisationdb.Organisation) Organisation {
	return Organisation{ID: row.Organisation, OGRN: row.Ogrn, INN: row.Inn, Title: row.Title, Source: Source(row.Source), Since: row.Since,
		Confirmed: row.Confirmed, Closed: row.Closed}
}

// Titles implements mandate.Companies.
func (m *Module) Titles(ctx context.Context, _ act.Act, companies ...id.ID) (map[id.ID]string, error) {
	out := make(map[id.ID]string, len(companies))
	if len(companies) == 0 {
		return out, nil
	}
	err := m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		rows, err := organisationdb.OrganisationsByID(r, companies)
		for _, row := range rows {
			out[row.Organisation] = row.Title
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("organisation: titles: %w", err)
	}
	return out, nil
}

const (
	traderTable = "organisation_trader"
	columnEntry = "entry"
)

// RegisterTrader notes that the person is a sole trader, when the state register says so. Faults: ErrOGRNIP, ErrStanding,
// ErrNotYours, ErrRegister.
func (m *Module) RegisterTrader(ctx context.Context, a act.Act, ogrnip string) (Trader, error) {
	number, ok := ParseOGRNIP(ogrnip)
	if !ok {
		return Trader{}, ErrOGRNIP
	}
	person, err := m.confirmed(ctx, a)
	if err != nil {
		return Trader{}, err
	}
	if err := m.deps.Accounts.Limit(ctx, "organisation.register", person.ID.String(), triesMost, 24*time.Hour); err != nil {
		return Trader{}, err
	}
	entry, err := m.traderEntry(ctx, a, person, number)
	if err != nil {
		return Trader{}, err
	}
	keys, err := m.base.Vault.Keys(ctx, person.ID)
	if err != nil {
		return Trader{}, err
	}
	plain, err := json.Marshal(entry)
	if err != nil {
		return Trader{}, fmt.Errorf("organisation: trader: %w", err)
	}
	sealed := keys.Seal(traderTable, columnEntry, plain)
	if sealed == nil {
		return Trader{}, fmt.Errorf("organisation: trader: %w", vault.ErrErased)
	}
	err = m.base.Store.WriteAs(ctx, a, func(tx *store.Tx) error {
		return organisationdb.PutTrader(tx, person.ID, sealed, tx.Now())
	})
	return entry, err
}

func (m *Module) traderEntry(ctx context.Context, a act.Act, person account.Person, ogrnip string) (Trader, error) {
	if m.deps.Register == nil {
		return Trader{}, ErrRegister
	}
	ctx, cancel := context.WithTimeout(ctx, registerWait)
	defer cancel()
	entry, err := m.deps.Register.Trader(ctx, ogrnip, a.ID)
	switch {
	case errors.Is(err, ErrUnknown):
		return Trader{}, ErrNotYours
	case err != nil:
		return Trader{}, ErrRegister.Because(err)
	case !entry.Active, entry.OGRNIP != ogrnip, entry.SNILS == "", entry.SNILS != person.SNILS:
		return Trader{}, ErrNotYours
	}
	return entry.Trader, nil
}

// Trader is a person's entry as a sole trader, as it was when it was last confirmed; false: they are none here.
func (m *Module) Trader(ctx context.Context, a act.Act, person id.ID) (Trader, bool, error) {
	var row organisationdb.OrganisationTrader
	err := m.base.Store.Look(ctx, a, "organisation.look.trader", func(p *store.Personal) error {
		var err error
		row, err = organisationdb.TraderOf(p, person)
		return err
	})
	if errors.Is(err, store.ErrNone) {
		return Trader{}, false, nil
	}
	if err != nil {
		return Trader{}, false, err
	}
	keys, err := m.base.Vault.Keys(ctx, person)
	if err != nil {
		return Trader{}, false, err
	}
	plain, err := keys.Open(traderTable, columnEntry, row.Entry)
	if err != nil {
		return Trader{}, false, err
	}
	var out Trader
	if err := json.Unmarshal(plain, &out); err != nil {
		return Trader{}, false, fmt.Errorf("organisation: trader: %w", err)
	}
	return out, true, nil
}

// DropTrader forgets that the person is a sole trader.
func (m *Module) DropTrader(ctx context.Context, a act.Act) error {
	return m.base.Store.WriteAs(ctx, a, func(tx *store.Tx) error {
		_, err := organisationdb.DropTrader(tx, a.Actor.Person)
		return err
	})
}
