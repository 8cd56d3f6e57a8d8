package account

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"posad.city/core/account/internal/store"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/store"
	"posad.city/kit/vault"
)

// PreparedWay is a way ready to be put into its account.
type PreparedWay struct {
	ID    id.ID
	m     *Module
	row   accountdb.InsertWayParams
	words func(*store.Tx) error
}

// PrepareWay seals a way for its account. Call it before the Write.
func (m *Module) PrepareWay(ctx context.Context, w NewWay) (PreparedWay, error) {
	out, err := m.prepareWay(ctx, w)
	if err != nil {
		return PreparedWay{}, err
	}
	person, err := m.personOf(ctx, w.Account)
	if err != nil {
		return PreparedWay{}, err
	}
	out.words, err = m.PrepareWord(ctx, Word{
		Person: person, Key: "account.way_added/" + out.ID.String(), Kind: "account.word.way_added", Path: securityPath,
	})
	return out, err
}

// prepareWay is PrepareWay for an account that is not there yet: nobody is told of its first way.
func (m *Module) prepareWay(ctx context.Context, w NewWay) (PreparedWay, error) {
	keys, err := m.base.Vault.Keys(ctx, w.Account)
	if err != nil {
		return PreparedWay{}, err
	}
	out := PreparedWay{ID: id.New(m.base.Clock.Now()), m: m}
	out.row = accountdb.InsertWayParams{
		Account: w.Account, ID: out.ID, Method: string(w.Method), Name: keys.Seal("way", "name", []byte(w.Name)),
		Secret: keys.Seal("way", "secret", w.Secret), Alone: w.Alone, Second: w.Second,
	}
	if out.row.Secret == nil {
		return PreparedWay{}, fmt.Errorf("account: prepare a way: %w", vault.ErrErased)
	}
	if w.Key != "" {
		out.row.Key = m.wayKey(w.Method, w.Key)
	}
	return out, nil
}

// wayKey is what a way is found by.
func (m *Module) wayKey(method Method, key string) vault.Keyed {
	return m.base.Vault.Keyed("account.way."+string(method), key)
}

// Put adds the way and tells its owner. Errors: ErrWayTaken when another account has it.
func (p PreparedWay) Put(tx *store.Tx) error {
	if p.row.Key != nil {
		n, err := accountdb.InsertWayKey(tx, p.row.Key, p.row.Account, p.ID)
		if err != nil {
			return err
		}
		if n == 0 {
			return ErrWayTaken
		}
	}
	row := p.row
	row.Added = tx.Now()
	if err := accountdb.InsertWay(tx, row); err != nil {
		return err
	}
	if err := p.m.announceWays(tx, row.Account); err != nil || p.words == nil {
		return err
	}
	return p.words(tx)
}

// announceWays tells every node that the sessions of an account's person are to be read anew: whether two steps were
// chosen is part of them.
func (m *Module) announceWays(tx *store.Tx, account id.ID) error {
	row, err := accountdb.AccountByID(tx, account)
	if errors.Is(err, store.ErrNone) {
		return nil // it is being made, and has no session
	}
	if err != nil {
		return err
	}
	return m.announcePerson(tx, row.Person)
}

// personOf is whom an account leads to; store.ErrNone for none.
func (m *Module) personOf(ctx context.Context, account id.ID) (id.ID, error) {
	row, err := m.accountRow(ctx, account)
	return row.Person, err
}

func (m *Module) accountRow(ctx context.Context, account id.ID) (accountdb.AccountByIDRow, error) {
	var row accountdb.AccountByIDRow
	err := m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		var err error
		row, err = accountdb.AccountByID(r, account)
		return err
	})
	if err != nil {
		return row, fmt.Errorf("account: %s: %w", account, err)
	}
	return row, nil
}

// AccountOf lists the accounts that lead to a person, oldest first.
func (m *Module) AccountOf(ctx context.Context, person id.ID) ([]id.ID, error) {
	var out []id.ID
	err := m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		var err error
		out, err = accountdb.AccountsOf(r, person)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("account: accounts of a person: %w", err)
	}
	return out, nil
}

// WaysOf lists an account's ways in beside its contacts and its password, oldest first.
func (m *Module) WaysOf(ctx context.Context, account id.ID) ([]Way, error) {
	var rows []accountdb.WaysOfRow
	err := m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		var err error
		rows, err = accountdb.WaysOf(r, account)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("account: ways: %w", err)
	}
	keys, err := m.base.Vault.Keys(ctx, account)
	if err != nil {
		return nil, err
	}
	out := make([]Way, len(rows))
	for i, row := range rows {
		name, err := keys.Open("way", "name", row.Name)
		if err != nil && !errors.Is(err, vault.ErrErased) {
			return nil, err
		}
		out[i] = Way{
			ID: row.ID, Account: row.Account, Method: Method(row.Method), Name: string(name), Alone: row.Alone, Second: row.Second,
			Added: row.Added, Used: row.Used, Version: row.Version,
		}
	}
	return out, nil
}

// KeptOf lists an account's ways of one method with their secrets, oldest first.
func (m *Module) KeptOf(ctx context.Context, account id.ID, method Method) ([]Kept, error) {
	var rows []accountdb.KeptOfRow
	err := m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		var err error
		rows, err = accountdb.KeptOf(r, account, string(method))
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("account: kept ways: %w", err)
	}
	out := make([]Kept, len(rows))
	for i, row := range rows {
		if out[i], err = m.kept(ctx, accountdb.KeptByKeyRow(row)); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// KeptByKey finds a way by its key, or store.ErrNone.
func (m *Module) KeptByKey(ctx context.Context, method Method, key string) (Kept, error) {
	var row accountdb.KeptByKeyRow
	err := m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		var err error
		row, err = accountdb.KeptByKey(r, m.wayKey(method, key))
		return err
	})
	if err != nil {
		return Kept{}, err
	}
	return m.kept(ctx, row)
}

func (m *Module) kept(ctx context.Context, row accountdb.KeptByKeyRow) (Kept, error) {
	keys, err := m.base.Vault.Keys(ctx, row.Account)
	if err != nil {
		return Kept{}, err
	}
	name, err := keys.Open("way", "name", row.Name)
	if err != nil {
		return Kept{}, err
	}
	secret, err := keys.Open("way", "secret", row.Secret)
	if err != nil {
		return Kept{}, err
	}
	way := Way{
		ID: row.ID, Account: row.Account, Method: Method(row.Method), Name: string(name), Alone: row.Alone, Second: row.Second,
		Added: row.Added, Used: row.Used, Version: row.Version,
	}
	return Kept{Way: way, Person: row.Person, Secret: secret}, nil
}

// PrepareSecret replaces a way's secret and notes that it was used. What it returns fails with ErrChanged when another
// use came first, so that what may be used once is used once.
func (m *Module) PrepareSecret(ctx context.Context, k Kept, secret []byte) (func(*store.Tx) error, error) {
	keys, err := m.base.Vault.Keys(ctx, k.Account)
	if err != nil {
		return nil, err
	}
	sealed := keys.Seal("way", "secret", secret)
	if sealed == nil {
		return nil, fmt.Errorf("account: replace a secret: %w", vault.ErrErased)
	}
	return func(tx *store.Tx) error {
		n, err := accountdb.ReplaceSecret(tx, accountdb.ReplaceSecretParams{
			Secret: sealed, Used: tx.Now(), Account: k.Account, ID: k.ID, Version: k.Version,
		})
		if err == nil && n == 0 {
			return ErrChanged
		}
		return err
	}, nil
}

// RenameWay calls a way of the act's own accounts something else.
func (m *Module) RenameWay(ctx context.Context, a act.Act, account, way id.ID, name string) error {
	keys, err := m.base.Vault.Keys(ctx, account)
	if err != nil {
		return err
	}
	sealed := keys.Seal("way", "name", []byte(name))
	err = m.base.Store.WriteAs(ctx, a, func(tx *store.Tx) error {
		if err := ownAccount(tx, a, account); err != nil {
			return err
		}
		n, err := accountdb.RenameWay(tx, sealed, account, way)
		if err == nil && n == 0 {
			return store.ErrNone
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("account: rename a way: %w", err)
	}
	return nil
}

// ownAccount refuses an account that does not lead to the act's person.
func ownAccount(tx *store.Tx, a act.Act, account id.ID) error {
	row, err := accountdb.AccountByID(tx, account)
	if err != nil {
		return err
	}
	if row.Person != a.Actor.Person {
		return store.ErrNone
	}
	return nil
}

// DropWay takes a way out of the act's own account, and tells its owner by every channel. Errors: ErrLastWay when nobody
// could sign in any more, store.ErrNone.
func (m *Module) DropWay(ctx context.Context, a act.Act, account, way id.ID) error {
	words, err := m.PrepareWord(ctx, Word{
		Person: a.Actor.Person, Key: "account.way_dropped/" + way.String(), Kind: "account.word.way_dropped", Path: securityPath,
	})
	if err != nil {
		return err
	}
	err = m.base.Store.WriteAs(ctx, a, func(tx *store.Tx) error {
		if err := ownAccount(tx, a, account); err != nil {
			return err
		}
		row, err := accountdb.WayByID(tx, account, way)
		if err != nil {
			return err
		}
		if err := leaveOne(tx, account, way, nil); err != nil {
			return err
		}
		if err := m.dropIn(tx, row); err != nil {
			return err
		}
		return words(tx)
	})
	if err != nil {
		return fmt.Errorf("account: drop a way: %w", err)
	}
	return nil
}

func (m *Module) dropIn(tx *store.Tx, row accountdb.WayByIDRow) error {
	if row.Key != nil {
		if _, err := accountdb.DropWayKey(tx, row.Key, row.Account); err != nil {
			return err
		}
	}
	if _, err := accountdb.DropWay(tx, row.Account, row.ID); err != nil {
		return err
	}
	if err := m.announceWays(tx, row.Account); err != nil {
		return err
	}
	for _, fn := range m.dropped[Method(row.Method)] {
		if err := fn(tx, Way{ID: row.ID, Account: row.Account, Method: Method(row.Method), Alone: row.Alone, Second: row.Second}); err != nil {
			return err
		}
	}
	return nil
}

// leaveOne refuses to take away what only can be signed in by: the way given, or the contact, whichever is not empty. A
// password alone opens nothing: it goes with a contact.
func leaveOne(tx *store.Tx, account, way id.ID, contact vault.Keyed) error {
	contacts, err := accountdb.ContactsOf(tx, account)
	if err != nil {
		return err
	}
	for _, row := range contacts {
		if !bytes.Equal(row.Contact, contact) {
			return nil
		}
	}
	rows, err := accountdb.WaysOf(tx, account)
	if err != nil {
		return err
	}
	for _, row := range rows {
		if row.Alone && row.ID != way {
			return nil
		}
	}
	return ErrLastWay
}
