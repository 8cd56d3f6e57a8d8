package app

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"net/url"
	"os"
	"slices"
	"strings"

	"posad.city/core/casework"
	"posad.city/core/exchange"
	"posad.city/core/register"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/store"
)

// AgencyHook is where an agency takes messages about changes in the city's own registers, and the secret that they are signed with.
type AgencyHook struct {
	Address string `yaml:"address"`
	Secret  string `yaml:"secret"` // whsec_…; or POSAD_HOOK_SECRET_KEY, the agency's key in capitals, _ for -
}

// hooks reads where agencies take messages; the error joins everything that is wrong.
func (c Config) hooks() (map[string]register.Hook, error) {
	out := map[string]register.Hook{}
	var faults []error
	for _, key := range slices.Sorted(maps.Keys(c.Agencies)) {
		h := c.Agencies[key].Hook
		if h == (AgencyHook{}) {
			continue
		}
		place := "agencies." + key + ".hook"
		if err := hookAddress(h.Address); err != nil {
			faults = append(faults, fmt.Errorf("%s.address: %w", place, err))
		}
		one := register.Hook{URL: h.Address, Secret: h.Secret}
		if err := one.Check(); err != nil {
			faults = append(faults, fmt.Errorf("%s.secret: %w; or give it as %s", place, err, hookVariable(key)))
		}
		out[key] = one
	}
	return out, errors.Join(faults...)
}

// hookAddress judges an address: what is said of people goes by https, or stays on this machine.
func hookAddress(text string) error {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.User != nil || u.Fragment != "" {
		return fmt.Errorf("%q is not an address such as https://agency.example/hooks", text)
	}
	ip, err := netip.ParseAddr(u.Hostname())
	here := u.Hostname() == "localhost" || err == nil && ip.IsLoopback()
	if u.Scheme != "https" && (u.Scheme != "http" || !here) {
		return fmt.Errorf("%q tells of people: use https", text)
	}
	return nil
}

// hookVariable is the environment variable of an agency's secret.
func hookVariable(key string) string {
	return "POSAD_HOOK_SECRET_" + strings.ToUpper(strings.ReplaceAll(key, "-", "_"))
}

// hookSecrets takes the secrets that the environment gives.
func (c *Config) hookSecrets() {
	for key, a := range c.Agencies {
		if given := os.Getenv(hookVariable(key)); given != "" {
			a.Hook.Secret = given
			c.Agencies[key] = a
		}
	}
}

// readCase is whose a case is and who works on it, for those who read the city's own registers for it.
func (m *Modules) readCase(ctx context.Context, which id.ID) (register.Case, error) {
	ref, err := m.Casework.FindID(ctx, which)
	if errors.Is(err, casework.ErrNone) {
		return register.Case{}, store.ErrNone
	}
	if err != nil {
		return register.Case{}, err
	}
	return register.Case{Holder: ref.Holder, Applicant: ref.Applicant, Agency: ref.Agency, Service: ref.Service}, nil
}

// registers are all that a case asks: other agencies' and the city's own.
type registers struct {
	*exchange.Module
	own *register.Module
}

// whyLooked is what a service needs a register for, as its definition says it.
func (m *Modules) whyLooked(ctx context.Context, what string, p act.Purpose, l lang.Language) string {
	caseID, err := id.Parse(p.ID)
	if _, asked := m.Exchange.LookText(what, l); !asked || err != nil || p.Kind != "case" {
		return "" // no case is read for what no register told
	}
	ref, err := m.Casework.FindID(ctx, caseID)
	if err != nil {
		return ""
	}
	return m.Exchange.Needed(ref.Service, what, l)
}

// LookText is what the person reads of a look at a register.
func (r registers) LookText(what string, l lang.Language) (string, bool) {
	if text, ok := r.own.LookText(what, l); ok {
		return text, true
	}
	return r.Module.LookText(what, l)
}
