package developer

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"posad.city/core/developer/internal/store"
	"posad.city/kit/act"
	"posad.city/kit/fault"
	"posad.city/kit/id"
	"posad.city/kit/journal"
	"posad.city/kit/lang"
	"posad.city/kit/store"
)

// The kinds of entry in the journal.
const (
	EntryKeyMade    = "developer.key_made"
	EntryKeyRevoked = "developer.key_revoked"
)

// keySpace is the space of keyed hashes of keys.
const keySpace = "developer.key"

// NewKey is a key to be made.
type NewKey struct {
	Name      string
	Test      bool
	Scopes    []string
	Networks  string // addresses or networks, parted by spaces or commas; empty: any
	PerMinute int    // 0: the common limit
	Life      time.Duration
}

// check says what is wrong with a key that is asked for.
func (n NewKey) check() (NewKey, []netip.Prefix, []fault.Field) {
	var faults []fault.Field
	n.Name = strings.TrimSpace(n.Name)
	if n.Name == "" || utf8.RuneCountInString(n.Name) > nameMost {
		faults = append(faults, fault.Field{Name: "name", ID: "developer.bad_name"})
	}
	n.Scopes = slices.Compact(slices.Sorted(slices.Values(n.Scopes)))
	if len(n.Scopes) == 0 || slices.ContainsFunc(n.Scopes, func(s string) bool { return !slices.Contains(Scopes(), s) }) {
		faults = append(faults, fault.Field{Name: "scopes", ID: "developer.bad_scopes"})
	}
	networks, err := readNetworks(n.Networks)
	if err != nil {
		faults = append(faults, fault.Field{Name: "networks", ID: "developer.bad_networks"})
	}
	if n.Life < 24*time.Hour || n.Life > KeyLife {
		faults = append(faults, fault.Field{Name: "days", ID: "developer.bad_days"})
	}
	if n.PerMinute < 0 || n.PerMinute > PerMinuteMost {
		faults = append(faults, fault.Field{Name: "per_minute", ID: "developer.bad_rate"})
	}
	return n, networks, faults
}

var errNetworks = errors.New("developer: not addresses or networks")

// readNetworks reads addresses and networks as they are typed. A network that takes in everybody is none.
func readNetworks(text string) ([]netip.Prefix, error) {
	parts := strings.FieldsFunc(text, func(r rune) bool { return r == ' ' || r == ',' || r == ';' || r == '\n' || r == '\t' })
	if len(parts) > addressesMost {
		return nil, errNetworks
	}
	var out []netip.Prefix
	for _, part := range parts {
		if address, err := netip.ParseAddr(part); err == nil && address.Zone() == "" {
			address = address.Unmap()
			out = append(out, netip.PrefixFrom(address, address.BitLen()))
			continue
		}
		network, err := netip.ParsePrefix(part)
		if err != nil || network.Bits() == 0 || network.Addr().Is4In6() {
			return nil, errNetworks
		}
		out = append(out, network.Masked())
	}
	return out, nil
}

func writeNetworks(list []netip.Prefix) string {
	out := make([]string, len(list))
	for i, n := range list {
		out[i] = n.String()
	}
	return joined(out)
}

// MakeKey makes a key of an agency and returns it, which is the only time that anybody sees it. Errors: ErrFields with what
// is wrong, ErrMany.
func (m *Module) MakeKey(ctx context.Context, a act.Act, agency id.ID, n NewKey) (Key, string, error) {
	n, networks, faults := n.check()
	if len(faults) > 0 {
		return Key{}, "", ErrFields.With(faults...)
	}
	now := m.base.Clock.Now()
	k := Key{
		Agency: agency, ID: id.New(now), Name: n.Name, Test: n.Test, Scopes: n.Scopes, Networks: networks, PerMinute: n.PerMinute, MadeBy: a.Actor.Person,
		Made: now, Expires: now.Add(n.Life),
	}
	shown, err := m.putKey(ctx, a, &k, nil)
	return k, shown, err
}

// putKey makes the key and writes it down with its entry in the journal; also joins the Write.
func (m *Module) putKey(ctx context.Context, a act.Act, k *Key, also func(*store.Tx) error) (string, error) {
	shown := newToken(k.Test)
	k.Hint = shown[len(shown)-hintPart:]
	hash := m.base.Vault.Keyed(keySpace, shown)
	entry, err := m.enterKey(ctx, a, EntryKeyMade, *k)
	if err != nil {
		return "", err
	}
	err = m.base.Store.WriteAs(ctx, a, func(tx *store.Tx) error {
		rows, err := developerdb.KeysOf(tx, k.Agency, 10*KeysMost)
		if err != nil {
			return err
		}
		if live(rows, tx.Now()) >= KeysMost {
			return tx.Fail(ErrMany)
		}
		if err := developerdb.InsertKey(tx, developerdb.InsertKeyParams{
			Agency: k.Agency, ID: k.ID, Name: k.Name, Test: k.Test, Scopes: joined(k.Scopes), Addresses: writeNetworks(k.Networks), PerMinute: int64(k.PerMinute),
			Hint: k.Hint, Follows: k.Follows, MadeBy: k.MadeBy, Made: k.Made, Expires: k.Expires,
		}); err != nil {
			return err
		}
		if err := developerdb.InsertKeyHash(tx, hash, k.Agency, k.ID); err != nil {
			return err
		}
		if _, err := journal.Enter(tx, entry); err != nil || also == nil {
			return err
		}
		return also(tx)
	})
	if err != nil {
		return "", fmt.Errorf("developer: make a key: %w", err)
	}
	return shown, nil
}

func live(rows []developerdb.DeveloperKey, at time.Time) int {
	n := 0
	for _, row := range rows {
		if row.Revoked.IsZero() && at.Before(row.Expires) {
			n++
		}
	}
	return n
}

// enterKey makes ready the journal's entry about a key.
func (m *Module) enterKey(ctx context.Context, a act.Act, kind string, k Key) (*journal.Ready, error) {
	keys, err := m.base.Vault.Keys(ctx, k.Agency)
	if err != nil {
		return nil, fmt.Errorf("developer: the agency's key: %w", err)
	}
	text := func(key string) string { return m.base.Texts.Text(lang.Russian, "developer.journal."+key) }
	hand := text("live")
	if k.Test {
		hand = text("test")
	}
	entry := journal.Entry{Act: a.ID, Kind: kind, Title: text(strings.TrimPrefix(kind, "developer.")), Object: k.ID, Facts: []journal.Fact{
		{Name: "name", Label: text("fact_name"), Value: k.Name}, {Name: "hand", Label: text("fact_hand"), Value: hand},
		{Name: "scopes", Label: text("fact_scopes"), Value: joined(k.Scopes)}, {Name: "expires", Label: text("fact_expires"), Value: k.Expires.UTC().Format(time.RFC3339)},
	}}
	ready, err := m.base.Journal.Prepare(keys, entry)
	if err != nil {
		return nil, fmt.Errorf("developer: enter a key: %w", err)
	}
	return ready, nil
}

// RevokeKey takes a key back at once. Errors: ErrMissing, ErrOver when it was taken back before.
func (m *Module) RevokeKey(ctx context.Context, a act.Act, agency, key id.ID) error {
	k, err := m.Key(ctx, agency, key)
	if err != nil {
		return err
	}
	entry, err := m.enterKey(ctx, a, EntryKeyRevoked, k)
	if err != nil {
		return err
	}
	return m.base.Store.WriteAs(ctx, a, func(tx *store.Tx) error {
		n, err := developerdb.RevokeKey(tx, developerdb.RevokeKeyParams{Revoked: tx.Now(), RevokedBy: a.Actor.Person, Agency: agency, ID: key})
		if err != nil {
			return err
		}
		if n == 0 {
			return tx.Fail(ErrOver)
		}
		_, err = journal.Enter(tx, entry)
		return err
	})
}

// RotateKey makes a key in another one's place: the same rights, as long a life. The old one lives on for the overlap, or to
// its end. Errors: ErrMissing, ErrOver, ErrFields, ErrMany.
func (m *Module) RotateKey(ctx context.Context, a act.Act, agency, key id.ID, overlap time.Duration) (Key, string, error) {
	old, err := m.Key(ctx, agency, key)
	if err != nil {
		return Key{}, "", err
	}
	now := m.base.Clock.Now()
	if !old.Live(now) {
		return Key{}, "", ErrOver
	}
	if overlap < 0 || overlap > OverlapMost {
		return Key{}, "", ErrFields.With(fault.Field{Name: "days", ID: "developer.bad_overlap"})
	}
	k := old
	k.ID, k.Follows, k.MadeBy, k.Made, k.Expires, k.Used = id.New(now), old.ID, a.Actor.Person, now, now.Add(old.Expires.Sub(old.Made)), time.Time{}
	shown, err := m.putKey(ctx, a, &k, func(tx *store.Tx) error {
		_, err := developerdb.ExpireKey(tx, tx.Now().Add(overlap), agency, old.ID)
		return err
	})
	return k, shown, err
}

// Key is one key; ErrMissing when the agency has none of that id.
func (m *Module) Key(ctx context.Context, agency, key id.ID) (Key, error) {
	var out Key
	err := m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		row, err := developerdb.KeyByID(r, agency, key)
		if err != nil {
			return err
		}
		out, err = keyOf(row)
		return err
	})
	if errors.Is(err, store.ErrNone) {
		return out, ErrMissing
	}
	return out, err
}

// Keys lists an agency's keys, the newest first.
func (m *Module) Keys(ctx context.Context, agency id.ID) ([]Key, error) {
	var out []Key
	err := m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		rows, err := developerdb.KeysOf(r, agency, 10*KeysMost)
		if err != nil {
			return err
		}
		out = make([]Key, len(rows))
		for i, row := range rows {
			if out[i], err = keyOf(row); err != nil {
				return err
			}
		}
		return nil
	})
	return out, err
}

func keyOf(row developerdb.DeveloperKey) (Key, error) {
	networks, err := readNetworks(row.Addresses)
	if err != nil {
		return Key{}, fmt.Errorf("developer: key %s: %w", row.ID, err) // what can't be read must not mean "from anywhere"
	}
	return Key{
		Agency: row.Agency, ID: row.ID, Name: row.Name, Test: row.Test, Scopes: words(row.Scopes), Networks: networks, PerMinute: int(row.PerMinute), Hint: row.Hint,
		Follows: row.Follows, MadeBy: row.MadeBy, Made: row.Made, Expires: row.Expires, Used: row.Used, Revoked: row.Revoked,
	}, nil
}
