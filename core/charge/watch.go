package charge

import (
	"context"
	"errors"
	"slices"
	"time"

	"posad.city/core/charge/internal/store"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/store"
	"posad.city/kit/vault"
)

// watchersMost is how many people may watch one home: a flat's account has few owners.
const watchersMost = 50

// residentsMost is among how many watchers former residents are looked for: more than can ever be.
const residentsMost = 1000

// Source is why an account watches a home.
type Source string

// The sources.
const (
	SourceOwn      Source = "own"      // a number of the person themselves, of a confirmed account
	SourceRegister Source = "register" // a register says that it is theirs
	SourceSaved    Source = "saved"    // the person saved it
	SourceResident Source = "resident" // whoever keeps the flat's account says that they live there or own it
	SourceSent     Source = "sent"     // sent away by those whose it is: nothing is seen (shut.go)
	SourceLeft     Source = "left"     // it was the person's once: nothing is seen (shut.go)
)

// Watch is a home that an account watches.
type Watch struct {
	Home       id.ID
	Identifier Identifier
	Source     Source
	Since      time.Time
	Begins     time.Time // it sees the bills that were decided from then; zero: all
	Ends       time.Time // and until then: the home is theirs no more; zero: it is
	named      time.Time // when a register last said that it is theirs
}

// Show writes the identifier as people read it.
func (w Watch) Show() string { return w.Identifier.Show() }

// Watched lists what a person's account watches beside the person's own id.
func (m *Module) Watched(ctx context.Context, a act.Act, person id.ID) ([]Watch, error) {
	out, err := m.keptWatches(ctx, a, person)
	return slices.DeleteFunc(out, func(w Watch) bool { return w.Source.shut() }), err
}

// keptWatches are those of Watched and those that were shut.
func (m *Module) keptWatches(ctx context.Context, a act.Act, person id.ID) ([]Watch, error) {
	var rows []chargedb.ChargeWatch
	err := m.base.Store.Look(ctx, a, "charge.look.watches", func(p *store.Personal) error {
		rows = rows[:0]
		for _, record := range a.Records(person) {
			some, err := chargedb.WatchesOf(p, record)
			if err != nil {
				return err
			}
			rows = append(rows, some...)
		}
		return nil
	})
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	var out []Watch
	for _, row := range rows {
		keys, err := m.base.Vault.Keys(ctx, row.Person)
		if err != nil {
			return nil, err
		}
		value, err := keys.Open("charge_watch", "value", row.Value)
		if err != nil {
			return nil, err
		}
		out = append(out, Watch{Home: row.Home, Identifier: Identifier{By: By(row.Means), Value: string(value)}, Source: Source(row.Source),
			Since: row.Since, Begins: row.Begins, Ends: row.Ends, named: row.Named})
	}
	return out, nil
}

// PreparedWatch waits for its Write.
type PreparedWatch struct {
	Home id.ID
	m    *Module
	from time.Time
	row  chargedb.PutWatchParams
}

// From says since when the home is the person's, when that is known: they see the bills that were decided since then. It is to be
// called before Put.
func (p *PreparedWatch) From(at time.Time) *PreparedWatch {
	p.from = at
	return p
}

// PrepareWatch makes ready that a person's account watches the home of an identifier. Errors: those of identifiers. Whether it
// is theirs is the caller's to know.
func (m *Module) PrepareWatch(ctx context.Context, person id.ID, i Identifier, source Source) (*PreparedWatch, error) {
	normal, err := i.Normal()
	if err != nil {
		return nil, err
	}
	home, err := m.HomeOf(normal)
	if err != nil {
		return nil, err
	}
	keys, err := m.base.Vault.Keys(ctx, person)
	if err != nil {
		return nil, err
	}
	value := keys.Seal("charge_watch", "value", []byte(normal.Value))
	if value == nil {
		return nil, vault.ErrErased
	}
	return &PreparedWatch{Home: home, m: m, row: chargedb.PutWatchParams{Person: person, Home: home, Means: string(normal.By), Source: string(source), Value: value}}, nil
}

// Residents has a flat's home watched, as by its residents, by exactly these people: whoever was a resident and is not among them
// sees it no longer. What somebody saved themselves stays. The people are those of PrepareWatch with SourceResident.
func (m *Module) Residents(tx *store.Tx, home id.ID, people []*PreparedWatch) error {
	rows, err := chargedb.WatchersOf(tx, home, residentsMost)
	if err != nil {
		return err
	}
	for _, row := range rows {
		if slices.ContainsFunc(people, func(p *PreparedWatch) bool { return p.Home == home && p.row.Person == row.Person }) {
			continue
		}
		is, err := isResident(tx.As(m.system(), "charge.look.watches"), row.Person, home)
		if err != nil {
			return err
		}
		if !is {
			continue
		}
		if err := m.shut(tx, row.Person, home, SourceLeft, tx.Now()); err != nil {
			return err
		}
	}
	for _, p := range people {
		if err := p.Put(tx); err != nil {
			return err
		}
	}
	return nil
}

// ResidentsOf are the people who watch a flat's home as its residents, not as who saved its account.
func (m *Module) ResidentsOf(ctx context.Context, home id.ID) ([]id.ID, error) {
	var out []id.ID
	err := m.base.Store.Look(ctx, m.system(), "charge.look.watches", func(p *store.Personal) error {
		out = out[:0]
		rows, err := chargedb.WatchersOf(p, home, residentsMost)
		if err != nil {
			return err
		}
		for _, row := range rows {
			is, err := isResident(p, row.Person, home)
			if err != nil {
				return err
			}
			if is {
				out = append(out, row.Person)
			}
		}
		return nil
	})
	return out, err
}

// isResident tells whether a person watches a flat's home as its resident.
func isResident(r store.PersonalReader, person, home id.ID) (bool, error) {
	watch, err := chargedb.WatchOf(r, person, home)
	if errors.Is(err, store.ErrNone) {
		return false, nil
	}
	// Flats were once entered as a person's own number, which a flat's account never is.
	return By(watch.Means) == ByFlat && (watch.Source == string(SourceResident) || watch.Source == string(SourceOwn)), err
}
