package developer

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"posad.city/core/developer/internal/store"
	"posad.city/kit/act"
	"posad.city/kit/fault"
	"posad.city/kit/id"
	"posad.city/kit/store"
	"posad.city/kit/webhook"
)

// How an endpoint's messages are signed.
const (
	ByHMAC    = "v1"  // by a secret that both sides have
	ByEd25519 = "v1a" // by the city's key, checked by its public half
)

// NewEndpoint is an endpoint to be made, or what one is changed to.
type NewEndpoint struct {
	URL   string
	Name  string
	Types []string
	Test  bool   // fixed once made
	By    string // ByHMAC or ByEd25519; fixed once made
}

func (m *Module) checkEndpoint(n NewEndpoint) (NewEndpoint, []fault.Field) {
	var faults []fault.Field
	n.URL, n.Name = strings.TrimSpace(n.URL), strings.TrimSpace(n.Name)
	switch err := m.client.Check(n.URL); {
	case errors.Is(err, webhook.ErrInner):
		faults = append(faults, fault.Field{Name: "url", ID: "developer.inner_url"})
	case err != nil:
		faults = append(faults, fault.Field{Name: "url", ID: "developer.bad_url"})
	}
	if n.Name == "" || utf8.RuneCountInString(n.Name) > nameMost {
		faults = append(faults, fault.Field{Name: "name", ID: "developer.bad_name"})
	}
	n.Types = slices.Compact(slices.Sorted(slices.Values(n.Types)))
	if len(n.Types) == 0 || slices.ContainsFunc(n.Types, func(t string) bool { return !slices.Contains(Types(), t) }) {
		faults = append(faults, fault.Field{Name: "types", ID: "developer.bad_types"})
	}
	if n.By == "" {
		n.By = ByHMAC
	}
	if n.By != ByHMAC && n.By != ByEd25519 {
		faults = append(faults, fault.Field{Name: "by", ID: "developer.bad_by"})
	}
	return n, faults
}

// MakeEndpoint makes an endpoint and returns its secret, or, by Ed25519, the public key; that one is shown again later.
// Errors: ErrFields with what is wrong, ErrMany.
func (m *Module) MakeEndpoint(ctx context.Context, a act.Act, agency id.ID, n NewEndpoint) (Endpoint, string, error) {
	n, faults := m.checkEndpoint(n)
	if len(faults) > 0 {
		return Endpoint{}, "", ErrFields.With(faults...)
	}
	keys, err := m.base.Vault.Keys(ctx, agency)
	if err != nil {
		return Endpoint{}, "", fmt.Errorf("developer: the agency's key: %w", err)
	}
	secret, shown := newSecret(n.By)
	sealed := keys.Seal("developer_endpoint", "secret", []byte(secret))
	now := m.base.Clock.Now()
	made := id.New(now)
	err = m.base.Store.WriteAs(ctx, a, func(tx *store.Tx) error {
		rows, err := developerdb.EndpointsOf(tx, agency, EndpointsMost)
		if err != nil {
			return err
		}
		if len(rows) >= EndpointsMost {
			return tx.Fail(ErrMany)
		}
		return developerdb.InsertEndpoint(tx, developerdb.InsertEndpointParams{
			Agency: agency, ID: made, Test: n.Test, URL: n.URL, Name: n.Name, Types: joined(n.Types), Secret: sealed, MadeBy: a.Actor.Person, Made: now,
		})
	})
	if err != nil {
		return Endpoint{}, "", fmt.Errorf("developer: make an endpoint: %w", err)
	}
	e, err := m.Endpoint(ctx, agency, made)
	return e, shown, err
}

// newSecret makes what signs, and what the agency is shown of it.
func newSecret(by string) (secret, shown string) {
	if by == ByEd25519 {
		return webhook.NewPair()
	}
	secret = webhook.NewSecret()
	return secret, secret
}

// ChangeEndpoint gives an endpoint another address, name or choice of kinds, over the version that was read. Errors:
// ErrFields, ErrChanged.
func (m *Module) ChangeEndpoint(ctx context.Context, a act.Act, e Endpoint, n NewEndpoint) error {
	n, faults := m.checkEndpoint(n)
	if len(faults) > 0 {
		return ErrFields.With(faults...)
	}
	return m.changeEndpoint(ctx, a, e, func(p *developerdb.ChangeEndpointParams) {
		p.URL, p.Name, p.Types = n.URL, n.Name, joined(n.Types)
	})
}

// SwitchEndpoint turns an endpoint on or off. On also ends a pause: what waited goes out at once.
func (m *Module) SwitchEndpoint(ctx context.Context, a act.Act, e Endpoint, on bool) error {
	var waits []id.ID
	now, to := m.base.Clock.Now(), address{e.Agency, e.ID}
	hurry := anew{Asked: now}
	if on {
		var err error
		if waits, err = hurry.next(ctx, m.base.Store, to, now); err != nil {
			return err
		}
	}
	err := m.changeEndpointBy(ctx, a, e, func(p *developerdb.ChangeEndpointParams, tx *store.Tx) error {
		p.State, p.Failing, p.Failures = string(Off), time.Time{}, 0
		if !on {
			return nil
		}
		p.State = string(On)
		_, _, err := m.sendAnew(tx, to, hurry, waits)
		return err
	})
	if err == nil && on {
		m.sender.rest(to, 0, now)
	}
	return err
}

// RenewSecret gives an endpoint another secret and returns it; the old one signs beside it for SecretOverlap.
func (m *Module) RenewSecret(ctx context.Context, a act.Act, e Endpoint) (string, error) {
	by := ByHMAC
	if e.Public != "" {
		by = ByEd25519
	}
	keys, err := m.base.Vault.Keys(ctx, e.Agency)
	if err != nil {
		return "", fmt.Errorf("developer: the agency's key: %w", err)
	}
	secret, shown := newSecret(by)
	sealed := keys.Seal("developer_endpoint", "secret", []byte(secret))
	err = m.changeEndpointBy(ctx, a, e, func(p *developerdb.ChangeEndpointParams, tx *store.Tx) error {
		old, err := keys.Open("developer_endpoint", "secret", p.Secret)
		if err != nil {
			return fmt.Errorf("developer: an endpoint's secret: %w", err)
		}
		p.OldSecret, p.OldUntil = keys.Seal("developer_endpoint", "old_secret", old), tx.Now().Add(SecretOverlap)
		p.Secret = sealed
		return nil
	})
	return shown, err
}

func (m *Module) changeEndpoint(ctx context.Context, a act.Act, e Endpoint, change func(*developerdb.ChangeEndpointParams)) error {
	return m.changeEndpointBy(ctx, a, e, func(p *developerdb.ChangeEndpointParams, _ *store.Tx) error {
		change(p)
		return nil
	})
}

func (m *Module) changeEndpointBy(ctx context.Context, a act.Act, e Endpoint, change func(*developerdb.ChangeEndpointParams, *store.Tx) error) error {
	return m.base.Store.WriteAs(ctx, a, func(tx *store.Tx) error {
		row, err := developerdb.EndpointByID(tx, e.Agency, e.ID)
		if errors.Is(err, store.ErrNone) {
			return ErrMissing
		}
		if err != nil {
			return err
		}
		p := developerdb.ChangeEndpointParams{
			URL: row.URL, Name: row.Name, Types: row.Types, State: row.State, Secret: row.Secret, OldSecret: row.OldSecret, OldUntil: row.OldUntil,
			Failing: row.Failing, Failures: row.Failures, Agency: row.Agency, ID: row.ID, Version: e.Version,
		}
		if err := change(&p, tx); err != nil {
			return err
		}
		n, err := developerdb.ChangeEndpoint(tx, p)
		if err == nil && n == 0 {
			return tx.Fail(ErrChanged)
		}
		tx.AfterCommit(m.poke)
		return err
	})
}

// Endpoint is one endpoint; ErrMissing when the agency has none of that id.
func (m *Module) Endpoint(ctx context.Context, agency, endpoint id.ID) (Endpoint, error) {
	var row developerdb.DeveloperEndpoint
	err := m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		var err error
		row, err = developerdb.EndpointByID(r, agency, endpoint)
		return err
	})
	if errors.Is(err, store.ErrNone) {
		return Endpoint{}, ErrMissing
	}
	if err != nil {
		return Endpoint{}, err
	}
	return m.endpointOf(ctx, row)
}

// Endpoints lists an agency's endpoints, the oldest first.
func (m *Module) Endpoints(ctx context.Context, agency id.ID) ([]Endpoint, error) {
	var rows []developerdb.DeveloperEndpoint
	err := m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		var err error
		rows, err = developerdb.EndpointsOf(r, agency, EndpointsMost)
		return err
	})
	if err != nil {
		return nil, err
	}
	out := make([]Endpoint, len(rows))
	for i, row := range rows {
		if out[i], err = m.endpointOf(ctx, row); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// endpointOf is an endpoint without its secret, but with the half of it that may be shown.
func (m *Module) endpointOf(ctx context.Context, row developerdb.DeveloperEndpoint) (Endpoint, error) {
	e := plainEndpoint(row)
	keys, err := m.signers(ctx, row)
	if err != nil {
		return e, err
	}
	e.Public = keys[0].Public()
	return e, nil
}

func plainEndpoint(row developerdb.DeveloperEndpoint) Endpoint {
	return Endpoint{
		Agency: row.Agency, ID: row.ID, Test: row.Test, URL: row.URL, Name: row.Name, Types: words(row.Types), State: State(row.State), OldUntil: row.OldUntil,
		Made: row.Made, Heard: row.Heard, Failing: row.Failing, Failures: row.Failures, Version: row.Version,
	}
}

// signers are what signs an endpoint's messages now, the newest first.
func (m *Module) signers(ctx context.Context, row developerdb.DeveloperEndpoint) ([]webhook.Key, error) {
	keys, err := m.base.Vault.Keys(ctx, row.Agency)
	if err != nil {
		return nil, fmt.Errorf("developer: the agency's key: %w", err)
	}
	text, err := keys.Open("developer_endpoint", "secret", row.Secret)
	if err != nil {
		return nil, fmt.Errorf("developer: an endpoint's secret: %w", err)
	}
	first, err := webhook.ParseKey(string(text))
	if err != nil {
		return nil, err
	}
	out := []webhook.Key{first}
	if row.OldSecret == nil || !m.base.Clock.Now().Before(row.OldUntil) {
		return out, nil
	}
	if text, err = keys.Open("developer_endpoint", "old_secret", row.OldSecret); err != nil {
		return nil, fmt.Errorf("developer: an endpoint's old secret: %w", err)
	}
	old, err := webhook.ParseKey(string(text))
	return append(out, old), err
}
