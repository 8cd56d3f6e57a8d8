package account

import (
	"context"
	"errors"
	"fmt"

	"posad.city/core/account/internal/store"
	"posad.city/core/module"
	"posad.city/kit/act"
	"posad.city/kit/feed"
	"posad.city/kit/id"
	"posad.city/kit/store"
	"posad.city/kit/vault"
)

// Data tells what the account holds of a person.
func (m *Module) Data() module.Data { return held{m: m} }

type held struct {
	module.NoData
	m *Module
}

// lookData is the look of a person's own data, shown, exported or erased.
const lookData = "account.look.profile"

// Covers implements module.Data.
func (held) Covers() map[string]string {
	return map[string]string{
		"person_file":  "account.profile",
		"session":      "account.sessions",
		"device":       "account.devices",
		"repeat_call":  "- copies of answers to repeated API calls, kept for a day; what they say stands in the other parts",
		"person_merge": "account.profile",
		"recovery":     "- ids and times of a recovery of access; the person is told of each by messages, which are shown",
	}
}

// Held implements module.Data.
func (h held) Held(ctx context.Context, a act.Act, person id.ID, most int) ([]module.Holding, error) {
	profile, err := h.profile(ctx, a, person)
	if err != nil {
		return nil, err
	}
	accounts, err := h.m.AccountOf(ctx, person)
	if err != nil {
		return nil, err
	}
	ways := module.Holding{Key: "account.ways", Edit: securityPath}
	for _, account := range accounts {
		some, err := h.ways(ctx, account)
		if err != nil {
			return nil, err
		}
		ways.Items = append(ways.Items, some...)
	}
	out := []module.Holding{profile, ways}
	sessions, err := h.sessions(ctx, a, person, most)
	if err != nil {
		return nil, err
	}
	devices, err := h.devices(ctx, a, person)
	return append(out, sessions, devices), err
}

func (h held) profile(ctx context.Context, a act.Act, person id.ID) (module.Holding, error) {
	out := module.Holding{Key: "account.profile", Edit: "/account/profile"}
	one, err := h.m.Person(ctx, a, lookData, person)
	if errors.Is(err, store.ErrNone) {
		return out, nil
	}
	if err != nil {
		return out, err
	}
	item := module.Item{ID: person}
	add := func(key, value string) {
		if value != "" {
			item.Facts = append(item.Facts, module.Fact{Key: key, Value: value})
		}
	}
	add("family_name", one.Name.Family)
	add("given_name", one.Name.Given)
	add("patronymic", one.Name.Patronymic)
	add("birth_date", one.Birth.String())
	add("snils", one.SNILS)
	add("phone", one.Phone)
	add("email", one.Email)
	add("language", string(one.Lang))
	item.Facts = append(item.Facts, module.Fact{Key: "level", Code: fmt.Sprintf("mydata.level.%d", one.Level)})
	out.Items = []module.Item{item}
	return out, nil
}

func (h held) ways(ctx context.Context, account id.ID) ([]module.Item, error) {
	row, err := h.m.accountRow(ctx, account)
	if err != nil {
		return nil, err
	}
	var out []module.Item
	if row.Password != "" {
		out = append(out, module.Item{ID: account, Facts: []module.Fact{{Key: "method", Value: string(ByPassword)}}})
	}
	list, err := h.m.WaysOf(ctx, account)
	if err != nil {
		return nil, err
	}
	for _, way := range list {
		item := module.Item{ID: way.ID, At: way.Added, Facts: []module.Fact{{Key: "method", Value: string(way.Method)}}}
		if way.Name != "" {
			item.Facts = append(item.Facts, module.Fact{Key: "called", Value: way.Name})
		}
		if !way.Used.IsZero() {
			item.Facts = append(item.Facts, module.Fact{Key: "used", Time: way.Used})
		}
		out = append(out, item)
	}
	return out, nil
}

// everySession is more sessions than anybody has.
const everySession = 100_000

// sessions are all that were ever begun, the closed ones too: where from and by what is the person's data for as long as the
// city keeps it.
func (h held) sessions(ctx context.Context, a act.Act, person id.ID, most int) (module.Holding, error) {
	out := module.Holding{Key: "account.sessions", Edit: securityPath}
	limit := int64(everySession)
	if most > 0 {
		limit = int64(most) + 1
	}
	var rows []accountdb.EverySessionOfRow
	err := h.m.base.Store.Look(ctx, a, "account.look.sessions", func(p *store.Personal) error {
		var err error
		rows, err = accountdb.EverySessionOf(p, person, limit)
		return err
	})
	if err != nil {
		return out, fmt.Errorf("account: sessions of a person: %w", err)
	}
	keys, err := h.m.base.Vault.Keys(ctx, person)
	if err != nil || keys.Erased() {
		return out, err
	}
	for _, row := range rows {
		if out.More = most > 0 && len(out.Items) == most; out.More {
			break
		}
		item, err := sessionItem(keys, row)
		if err != nil {
			return out, err
		}
		out.Items = append(out.Items, item)
	}
	return out, nil
}

func sessionItem(keys *vault.Keys, row accountdb.EverySessionOfRow) (module.Item, error) {
	device, errDevice := keys.Open("session", "device", row.Device)
	place, errPlace := keys.Open("session", "place", row.Place)
	item := module.Item{ID: row.ID, At: row.Started, Facts: []module.Fact{{Key: "seen", Time: row.Seen}, {Key: "channel", Value: row.Channel}}}
	for _, f := range []module.Fact{{Key: "device", Value: string(device)}, {Key: "place", Value: string(place)}, {Key: "methods", Value: row.Methods}} {
		if f.Value != "" {
			item.Facts = append(item.Facts, f)
		}
	}
	if !row.Closed.IsZero() {
		item.Facts = append(item.Facts, module.Fact{Key: "ended", Time: row.Closed})
	}
	return item, errors.Join(errDevice, errPlace)
}

func (h held) devices(ctx context.Context, a act.Act, person id.ID) (module.Holding, error) {
	out := module.Holding{Key: "account.devices", Edit: securityPath}
	list, err := h.m.DevicesOf(ctx, a, person)
	if errors.Is(err, vault.ErrErased) {
		return out, nil
	}
	for _, d := range list {
		item := module.Item{ID: d.ID, At: d.First, Facts: []module.Fact{{Key: "seen", Time: d.Seen}, {Key: "method", Value: string(d.Method)}}}
		if d.Name != "" {
			item.Facts = append(item.Facts, module.Fact{Key: "device", Value: d.Name})
		}
		out.Items = append(out.Items, item)
	}
	return out, err
}

// Holders implements module.Data: ways in are sealed by their account's key.
func (h held) Holders(ctx context.Context, person id.ID) ([]id.ID, error) {
	return h.m.AccountOf(ctx, person)
}

// Forget implements module.Data: sessions are closed, ways in, contacts, devices and the number's lookup are dropped, so
// that nobody can sign in and the same person may begin anew as somebody the city has never met.
func (h held) Forget(ctx context.Context, person id.ID) error {
	one, err := h.m.Person(ctx, reader, lookData, person)
	if err != nil && !errors.Is(err, store.ErrNone) {
		return err
	}
	err = h.m.base.Store.Write(ctx, func(tx *store.Tx) error {
		if err := dropContacts(tx, person); err != nil {
			return err
		}
		return h.m.forgetWays(tx, person)
	})
	if err != nil {
		return fmt.Errorf("account: forget ways in: %w", err)
	}
	err = h.m.base.Store.Write(ctx, func(tx *store.Tx) error {
		if err := h.m.CloseOthers(tx, person, id.ID{}); err != nil {
			return err
		}
		if one.SNILS != "" {
			if _, err := accountdb.DropPersonKey(tx, h.m.base.Vault.Keyed(spaceSNILS, one.SNILS), person); err != nil {
				return err
			}
		}
		if err := h.dropDevices(tx, person); err != nil {
			return err
		}
		return h.m.base.Feed.Publish(tx, feed.Change{Topic: TopicPerson, Holder: person, Object: person})
	})
	if err != nil {
		return fmt.Errorf("account: forget: %w", err)
	}
	return nil
}

func (h held) dropDevices(tx *store.Tx, person id.ID) error {
	list, err := accountdb.DevicesOf(tx.As(reader, "account.look.sessions"), person)
	if err != nil {
		return err
	}
	for _, d := range list {
		if _, err := accountdb.DropDeviceKey(tx, d.Hash, person); err != nil {
			return err
		}
		if _, err := accountdb.DropDevice(tx, person, d.ID); err != nil {
			return err
		}
	}
	return nil
}
