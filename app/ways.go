package app

import (
	"context"
	"fmt"

	"posad.city/core/account"
	"posad.city/core/broker"
	"posad.city/core/certificate"
)

// Provider is an outside OpenID provider of the configuration; those that an administrator adds on a page stand beside it.
type Provider struct {
	Key       string            `yaml:"key"`    // names it in addresses for ever
	Issuer    string            `yaml:"issuer"` // exactly as the provider writes it
	Client    string            `yaml:"client"`
	Secret    string            `yaml:"secret"` // or POSAD_PROVIDER_SECRET_KEY, KEY in capitals, with _ for -
	Scopes    []string          `yaml:"scopes"` // beside openid
	TitleRu   string            `yaml:"title-ru"`
	TitleEn   string            `yaml:"title-en"`
	Level     string            `yaml:"level"`    // basic, standard, verified: the most that a sign-in by it makes sure of
	Accepted  []string          `yaml:"accepted"` // acr values that lend the level
	Claims    broker.ClaimNames `yaml:"claims"`   // which claim says what; empty: the standard's names
	Registers bool              `yaml:"registers"`
	Strong    bool              `yaml:"strong"`
}

// providers are the configuration's, as core/broker takes them.
func (c Config) providers() ([]broker.Provider, error) {
	var out []broker.Provider
	for _, p := range c.Providers {
		level, ok := levels[p.Level]
		if !ok {
			return nil, fmt.Errorf("configuration: providers: %s: level %q is none of basic, standard, verified", p.Key, p.Level)
		}
		claims := p.Claims
		if claims == (broker.ClaimNames{}) {
			claims = broker.StandardClaims
		}
		out = append(out, broker.Provider{
			Key: p.Key, Issuer: p.Issuer, Client: p.Client, Secret: p.Secret, Scopes: p.Scopes, TitleRu: p.TitleRu, TitleEn: p.TitleEn,
			Level: level, Accepted: p.Accepted, Claims: claims, Registers: p.Registers, Strong: p.Strong, On: true,
		})
	}
	return out, nil
}

// byCertificate makes people by their certificates.
type byCertificate struct{ accounts *account.Module }

// RegisterBy implements certificate.People.
func (b byCertificate) RegisterBy(ctx context.Context, n certificate.Newcomer) (certificate.Registered, error) {
	made, err := b.accounts.RegisterBy(ctx, account.Newcomer{Identity: account.Identity{Name: n.Name}, Level: n.Level, Lang: n.Lang, Way: n.Way})
	return certificate.Registered(made), err
}

// certificates is the configuration of client certificates with the proxies that are believed.
func (c Config) certificates() (certificate.Config, error) {
	out := c.Certificates
	var err error
	if out.Certificate == "" && out.Listen != "" {
		out.Proxies, err = prefixes(c.Proxies)
	}
	return out, err
}
