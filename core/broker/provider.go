package broker

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"posad.city/core/agency"
	"posad.city/core/broker/internal/store"
	"posad.city/kit/act"
	"posad.city/kit/fault"
	"posad.city/kit/id"
	"posad.city/kit/store"
	"posad.city/kit/vault"
)

// city holds the providers.
func city() id.ID { return agency.ID(agency.City) }

// Providers lists all providers, those of the configuration too, in the order of their keys. Secrets stay sealed.
func (m *Module) Providers(ctx context.Context) ([]Provider, error) {
	var rows []brokerdb.Provider
	err := m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		var err error
		rows, err = brokerdb.Providers(r, city())
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("broker: providers: %w", err)
	}
	out := slices.Clone(m.deps.Providers)
	for _, row := range rows {
		if slices.ContainsFunc(out, func(p Provider) bool { return p.Key == row.Key }) {
			continue
		}
		p, err := providerOf(row)
		if err != nil {
			return nil, err
		}
		out = append(out, p)
	}
	slices.SortFunc(out, func(a, b Provider) int { return cmp.Compare(a.Key, b.Key) })
	return out, nil
}

// Provider returns one provider with its secret, or ErrProvider.
func (m *Module) Provider(ctx context.Context, key string) (Provider, error) {
	for _, p := range m.deps.Providers {
		if p.Key == key {
			return p, nil
		}
	}
	var row brokerdb.Provider
	err := m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		var err error
		row, err = brokerdb.ProviderByKey(r, city(), key)
		return err
	})
	if errors.Is(err, store.ErrNone) {
		return Provider{}, ErrProvider
	}
	if err != nil {
		return Provider{}, fmt.Errorf("broker: provider: %w", err)
	}
	out, err := providerOf(row)
	if err != nil || row.Secret == nil {
		return out, err
	}
	keys, err := m.base.Vault.Keys(ctx, city())
	if err != nil {
		return out, err
	}
	secret, err := keys.Open("provider", "secret", row.Secret)
	out.Secret = string(secret)
	return out, err
}

// working is Provider for a sign-in: one that is switched off is not there.
func (m *Module) working(ctx context.Context, key string) (Provider, error) {
	p, err := m.Provider(ctx, key)
	if err == nil && !p.On {
		return Provider{}, ErrProvider
	}
	return p, err
}

func providerOf(row brokerdb.Provider) (Provider, error) {
	out := Provider{
		Key: row.Key, Issuer: row.Issuer, Client: row.Client, Scopes: strings.Fields(row.Scopes), TitleRu: row.TitleRu, TitleEn: row.TitleEn,
		Level: act.Level(row.Level), Accepted: strings.Fields(row.Accepted), Registers: row.Registers, Strong: row.Strong, On: row.Working,
		version: row.Version,
	}
	if err := json.Unmarshal([]byte(row.Claims), &out.Claims); err != nil {
		return out, fmt.Errorf("broker: claims of %s: %w", row.Key, err)
	}
	return out, nil
}

// PutProvider adds a provider (version 0) or changes the one that was read at the version. An empty secret leaves the
// old one in place unless forget says to have none. Errors: ErrFields with fields, ErrFixed, ErrChanged.
func (m *Module) PutProvider(ctx context.Context, a act.Act, p Provider, version int64, forget bool) error {
	if slices.ContainsFunc(m.deps.Providers, func(o Provider) bool { return o.Key == p.Key }) {
		return ErrFixed
	}
	if faults := p.check(m.deps.Loopback); len(faults) > 0 {
		return ErrFields.With(faults...)
	}
	if version != 0 && p.Secret == "" && !forget {
		old, err := m.Provider(ctx, p.Key)
		if err != nil {
			return err
		}
		p.Secret = old.Secret
	}
	sealed, err := m.sealSecret(ctx, p.Secret)
	if err != nil {
		return err
	}
	claims, err := json.Marshal(p.Claims)
	if err != nil {
		return fmt.Errorf("broker: put a provider: %w", err)
	}
	return m.base.Store.WriteAs(ctx, a, func(tx *store.Tx) error { return putProvider(tx, p, sealed, string(claims), version) })
}

func (m *Module) sealSecret(ctx context.Context, secret string) (vault.Sealed, error) {
	if secret == "" {
		return nil, nil
	}
	keys, err := m.base.Vault.Keys(ctx, city())
	if err != nil {
		return nil, err
	}
	return keys.Seal("provider", "secret", []byte(secret)), nil
}

func putProvider(tx *store.Tx, p Provider, secret vault.Sealed, claims string, version int64) error {
	scopes, accepted := strings.Join(p.Scopes, " "), strings.Join(p.Accepted, " ")
	if version == 0 {
		n, err := brokerdb.InsertProvider(tx, brokerdb.InsertProviderParams{
			Agency: city(), Key: p.Key, Issuer: p.Issuer, Client: p.Client, Secret: secret, Scopes: scopes, TitleRu: p.TitleRu, TitleEn: p.TitleEn,
			Level: int64(p.Level), Accepted: accepted, Claims: claims, Registers: p.Registers, Strong: p.Strong, Working: p.On, Changed: tx.Now(),
		})
		if err == nil && n == 0 {
			return ErrFields.With(fault.Field{Name: "key", ID: "broker.key_taken"})
		}
		return err
	}
	n, err := brokerdb.ChangeProvider(tx, brokerdb.ChangeProviderParams{
		Issuer: p.Issuer, Client: p.Client, Secret: secret, Scopes: scopes, TitleRu: p.TitleRu, TitleEn: p.TitleEn, Level: int64(p.Level),
		Accepted: accepted, Claims: claims, Registers: p.Registers, Strong: p.Strong, Working: p.On, Changed: tx.Now(),
		Agency: city(), Key: p.Key, Version: version,
	})
	if err == nil && n == 0 {
		return ErrChanged
	}
	return err
}

// Switch turns a provider on or off. People who signed in by it keep it among their ways.
func (m *Module) Switch(ctx context.Context, a act.Act, key string, on bool) error {
	if slices.ContainsFunc(m.deps.Providers, func(o Provider) bool { return o.Key == key }) {
		return ErrFixed
	}
	return m.base.Store.WriteAs(ctx, a, func(tx *store.Tx) error {
		n, err := brokerdb.SwitchProvider(tx, brokerdb.SwitchProviderParams{Working: on, Changed: tx.Now(), Agency: city(), Key: key})
		if err == nil && n == 0 {
			return ErrProvider
		}
		return err
	})
}

// The bounds of a provider's words.
const (
	keyMost   = 32
	wordMost  = 300
	listMost  = 20
	titleMost = 60
)

// check tells everything that is wrong with a provider's settings, field by field.
func (p Provider) check(loopback bool) []fault.Field {
	var out []fault.Field
	wrong := func(bad bool, field, key string) {
		if bad {
			out = append(out, fault.Field{Name: field, ID: "broker." + key})
		}
	}
	wrong(!isKey(p.Key), "key", "key_form")
	wrong(p.TitleRu == "" || len([]rune(p.TitleRu)) > titleMost, "title_ru", "title_needed")
	wrong(p.TitleEn == "" || len([]rune(p.TitleEn)) > titleMost, "title_en", "title_needed")
	wrong(!isIssuer(p.Issuer, loopback), "issuer", "issuer_form")
	wrong(!isWord(p.Client), "client", "client_needed")
	wrong(p.Secret != "" && !isWord(p.Secret), "secret", "secret_form")
	wrong(!areWords(p.Scopes), "scopes", "scopes_form")
	wrong(!areWords(p.Accepted), "accepted", "accepted_form")
	wrong(p.Level < act.Basic || p.Level > act.Verified, "level", "level_needed")
	for _, one := range p.Claims.fields() {
		wrong(one.name != "" && !isWord(one.name), one.field, "claim_form")
	}
	c := p.Claims
	wrong(p.Level >= act.Standard && p.Registers && c.Family == "", "claim_family", "claim_needed")
	wrong(p.Level >= act.Standard && p.Registers && c.Given == "", "claim_given", "claim_needed")
	return out
}

type claimField struct{ field, name string }

// fields are the claims in the order of the form.
func (n ClaimNames) fields() []claimField {
	return []claimField{
		{"claim_family", n.Family}, {"claim_given", n.Given}, {"claim_patronymic", n.Patronymic}, {"claim_birth", n.Birth},
		{"claim_snils", n.SNILS}, {"claim_phone", n.Phone}, {"claim_email", n.Email},
	}
}

func isKey(key string) bool {
	if key == "" || len(key) > keyMost || key[0] < 'a' || key[0] > 'z' {
		return false
	}
	for _, r := range key {
		if (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-' {
			return false
		}
	}
	return !slices.Contains(reserved, key)
}

// reserved are keys that would hide another page of these paths.
var reserved = []string{"found", "new", "link"}

// isIssuer wants what OpenID Connect Discovery 1.0, 3 does: https, no query, no fragment.
func isIssuer(text string, loopback bool) bool {
	u, err := url.Parse(text)
	return err == nil && len(text) <= wordMost && u.RawQuery == "" && !strings.Contains(text, "#") && !strings.Contains(text, "?") &&
		checkURL(u, loopback && loopbackHost(text)) == nil
}

// isWord wants printable characters of ASCII without spaces or quotes, as OAuth has them (RFC 6749, appendix A).
func isWord(text string) bool {
	for _, r := range text {
		if r <= ' ' || r > '~' || r == '"' || r == '\\' {
			return false
		}
	}
	return text != "" && len(text) <= wordMost
}

func areWords(list []string) bool {
	return len(list) <= listMost && !slices.ContainsFunc(list, func(one string) bool { return !isWord(one) })
}
