package account

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"posad.city/core/account/internal/store"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/store"
	"posad.city/kit/vault"
	"posad.city/kit/web"
)

// Device is a browser or a program that a person has signed in by.
type Device struct {
	ID      id.ID
	Person  id.ID
	Account id.ID
	Name    string // "Firefox, Linux"; empty when nothing is known
	Method  Method // how they signed in there last
	First   time.Time
	Seen    time.Time
	Current bool
}

// met is what a sign-in does to its device.
type met struct {
	id    id.ID
	token string // the browser's new name; empty: it keeps the one that it has
	stmts []store.Stmt
	word  func(*store.Tx) error // nil: nobody needs to be told
}

// browserOf is what a device is known by: the browser's cookie, or, for a program, what it calls itself.
func browserOf(via Via, person id.ID) string {
	if via.Browser == "" && via.Channel != act.Web {
		return "program " + person.String() + " " + via.Device
	}
	return via.Browser
}

// meet notes that a person signs in by a device, and tells them when it is a new one. A browser gets a new name at each
// sign-in, for everybody who signs in by it: a name that somebody planted there, or copied from there, is worth nothing
// after its owner's next sign-in.
func (m *Module) meet(ctx context.Context, p Proof, via Via) (met, error) {
	if via.Channel == act.Centre {
		return met{}, nil
	}
	keys, err := m.base.Vault.Keys(ctx, p.Person)
	if err != nil {
		return met{}, err
	}
	now, name := m.base.Clock.Now(), keys.Seal("device", "name", []byte(via.Device))
	browser := browserOf(via, p.Person)
	all, err := m.deviceKeys(ctx, browser)
	if err != nil {
		return met{}, err
	}
	out := met{}
	if browser == "" || via.Browser != "" && via.Channel != act.API {
		out.token, _ = web.NewToken()
		out.stmts = newNames(all, hashOf(out.token))
		browser = out.token
	}
	hash := hashOf(browser)
	if at := slices.IndexFunc(all, func(row accountdb.DeviceKey) bool { return row.Person == p.Person }); at >= 0 {
		out.id = all[at].Device
		out.stmts = append(out.stmts,
			accountdb.UseDeviceStmt(accountdb.UseDeviceParams{Method: string(p.Method), Account: p.Account, Seen: now, Name: name, Person: p.Person, ID: out.id}),
			accountdb.UseDeviceKeyStmt(hash, p.Person, now))
		return out, nil
	}
	out.id = id.New(now)
	out.stmts = append(out.stmts,
		accountdb.InsertDeviceStmt(accountdb.InsertDeviceParams{
			Person: p.Person, ID: out.id, Hash: hash, Account: p.Account, Name: name, Method: string(p.Method), First: now,
		}),
		accountdb.InsertDeviceKeyStmt(accountdb.InsertDeviceKeyParams{Hash: hash, Person: p.Person, Device: out.id, Seen: now}))
	if p.New {
		return out, nil
	}
	deny := m.PrepareNotMe(p.Person)
	word, err := m.PrepareWord(ctx, Word{
		Person: p.Person, Key: "account.new_device/" + out.id.String(), Kind: "account.word.new_device", Path: deny.Path,
		Params: map[string]any{"device": via.Device, "place": via.Place},
	})
	out.word = func(tx *store.Tx) error { return errors.Join(deny.Put(tx), word(tx)) }
	return out, err
}

// peopleOfBrowser is how many people a browser is known to; who used it longest ago is a stranger to it again, so that a
// browser that a whole library shares makes nobody's sign-in long.
const peopleOfBrowser = 20

// newNames gives a browser another name for each person who signs in by it.
func newNames(all []accountdb.DeviceKey, hash []byte) []store.Stmt {
	var out []store.Stmt
	all = slices.SortedFunc(slices.Values(all), func(a, b accountdb.DeviceKey) int { return b.Seen.Compare(a.Seen) })
	for i, row := range all {
		if i >= peopleOfBrowser {
			out = append(out, accountdb.LeaveDeviceKeyStmt(row.Hash, row.Person))
			continue
		}
		out = append(out,
			accountdb.InsertDeviceKeyStmt(accountdb.InsertDeviceKeyParams{Hash: hash, Person: row.Person, Device: row.Device, Seen: row.Seen}),
			accountdb.LeaveDeviceKeyStmt(row.Hash, row.Person),
			accountdb.RenameDeviceStmt(hash, row.Person, row.Device))
	}
	return out
}

// deviceKeys are the devices that a browser is, one for each person who has signed in by it.
func (m *Module) deviceKeys(ctx context.Context, browser string) ([]accountdb.DeviceKey, error) {
	if browser == "" {
		return nil, nil
	}
	var out []accountdb.DeviceKey
	err := m.base.Store.Look(ctx, reader, "account.session", func(p *store.Personal) error {
		var err error
		out, err = accountdb.DeviceKeysOf(p, hashOf(browser))
		return err
	})
	return out, err
}

// deviceKey finds a device by its browser's name; store.ErrNone for a new one.
func (m *Module) deviceKey(ctx context.Context, browser string, person id.ID) (accountdb.DeviceKey, error) {
	if browser == "" {
		return accountdb.DeviceKey{}, store.ErrNone
	}
	var row accountdb.DeviceKey
	err := m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		var err error
		row, err = accountdb.DeviceKeyOf(r, hashOf(browser), person)
		return err
	})
	return row, err
}

// knows tells whether a person has signed in by the browser before.
func (m *Module) knows(ctx context.Context, browser string, person id.ID) (bool, error) {
	_, err := m.deviceKey(ctx, browser, person)
	if errors.Is(err, store.ErrNone) {
		return false, nil
	}
	return err == nil, err
}

// DevicesOf lists the devices of a person, the last used first.
func (m *Module) DevicesOf(ctx context.Context, a act.Act, person id.ID) ([]Device, error) {
	var rows []accountdb.Device
	err := m.base.Store.Look(ctx, a, "account.look.sessions", func(p *store.Personal) error {
		var err error
		rows, err = accountdb.DevicesOf(p, person)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("account: devices: %w", err)
	}
	keys, err := m.base.Vault.Keys(ctx, person)
	if err != nil {
		return nil, err
	}
	out := make([]Device, len(rows))
	for i, row := range rows {
		if out[i], err = deviceFrom(keys, row); err != nil {
			return nil, err
		}
	}
	slices.SortStableFunc(out, func(a, b Device) int { return b.Seen.Compare(a.Seen) })
	return out, nil
}

func deviceFrom(keys *vault.Keys, row accountdb.Device) (Device, error) {
	name, err := keys.Open("device", "name", row.Name)
	if err != nil {
		return Device{}, err
	}
	return Device{
		ID: row.ID, Person: row.Person, Account: row.Account, Name: string(name), Method: Method(row.Method), First: row.First, Seen: row.Seen,
	}, nil
}

// lastHere is who signed in by this browser last, and how; false when nobody is known to have.
func (m *Module) lastHere(c *web.Context) (Device, bool, error) {
	browser := c.Cookie(cookieDevice)
	if browser == "" {
		return Device{}, false, nil
	}
	var row accountdb.Device
	err := m.base.Store.Look(c.Context(), reader, "account.session", func(p *store.Personal) error {
		keys, err := accountdb.DeviceKeysOf(p, hashOf(browser))
		if err != nil || len(keys) == 0 {
			return errors.Join(err, store.ErrNone)
		}
		last := slices.MaxFunc(keys, func(a, b accountdb.DeviceKey) int { return a.Seen.Compare(b.Seen) })
		row, err = accountdb.DeviceByID(p, last.Person, last.Device)
		return err
	})
	if errors.Is(err, store.ErrNone) {
		return Device{}, false, nil
	}
	if err != nil {
		return Device{}, false, fmt.Errorf("account: last sign-in: %w", err)
	}
	keys, err := m.base.Vault.Keys(c.Context(), row.Person)
	if err != nil || keys.Erased() {
		return Device{}, false, err
	}
	out, err := deviceFrom(keys, row)
	return out, err == nil, err
}

// ForgetDevice takes a device off a person's list: the next sign-in by it is a new one. Its sessions are closed.
func (m *Module) ForgetDevice(ctx context.Context, a act.Act, device id.ID) error {
	err := m.base.Store.WriteAs(ctx, a, func(tx *store.Tx) error {
		row, err := accountdb.DeviceByID(tx.As(reader, "account.session"), a.Actor.Person, device)
		if err != nil {
			return err
		}
		if _, err := accountdb.DropDeviceKey(tx, row.Hash, row.Person); err != nil {
			return err
		}
		if _, err := accountdb.DropDevice(tx, row.Person, row.ID); err != nil {
			return err
		}
		return m.closeOfDevice(tx, row.Person, device)
	})
	if err != nil {
		return fmt.Errorf("account: forget a device: %w", err)
	}
	return nil
}

func (m *Module) closeOfDevice(tx *store.Tx, person, device id.ID) error {
	rows, err := accountdb.SessionsOf(tx.As(reader, "account.session"), person, tx.Now())
	if err != nil {
		return err
	}
	for _, row := range rows {
		if row.DeviceID != device {
			continue
		}
		if err := m.closeIn(tx, person, row.ID); err != nil {
			return err
		}
	}
	return nil
}
