package broker

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"posad.city/ui"
)

// Line is one thing that a test of a provider found, for the administrator.
type Line struct {
	Tone   ui.Tone // Success, Warning, Fault
	Key    string  // locale key
	Params []any   // pairs of the text
}

// Test asks a provider afresh for its metadata and its keys and tells what works, what is missing and what is at fault.
// It changes nothing.
func (m *Module) Test(ctx context.Context, p Provider) []Line {
	peer := newPeer(p.Issuer, m.base.Clock, m.deps.Loopback, m.deps.Wait)
	meta, err := peer.discover(ctx)
	if err != nil {
		return []Line{{Tone: ui.Fault, Key: "broker.why." + string(why(err, errDiscovery))}}
	}
	out := []Line{{Tone: ui.Success, Key: "broker.test.read", Params: []any{"issuer", p.Issuer}}}
	if err := meta.fit(p.Secret, m.local(p.Issuer)); err != nil {
		out = append(out, Line{Tone: ui.Fault, Key: "broker.why." + string(why(err, errFlow))})
	}
	out = append(out, keysLine(ctx, peer, meta))
	return append(out, meta.lines(p)...)
}

// keysLine reads the keys and counts those that can sign.
func keysLine(ctx context.Context, peer *peer, meta *metadata) Line {
	wrong := func(err error) Line { return Line{Tone: ui.Fault, Key: "broker.why." + string(why(err, errSignature))} }
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, meta.Keys, nil)
	if err != nil {
		return wrong(errAddress)
	}
	got, err := peer.client.Do(r)
	if err != nil {
		return wrong(err)
	}
	defer func() { _ = got.Body.Close() }() // it lies in memory
	var set struct {
		Keys []struct {
			Type string `json:"kty"`
			Use  string `json:"use"`
		} `json:"keys"`
	}
	n := 0
	if got.StatusCode == http.StatusOK && json.NewDecoder(got.Body).Decode(&set) == nil {
		for _, key := range set.Keys {
			if key.Use != "enc" && slices.Contains([]string{"RSA", "EC", "OKP"}, key.Type) {
				n++
			}
		}
	}
	if n == 0 {
		return wrong(errSignature)
	}
	return Line{Tone: ui.Success, Key: "broker.test.keys", Params: []any{"n", n}}
}

// lines tells what the metadata says of everything that is not needed but good to have.
func (m *metadata) lines(p Provider) []Line {
	var out []Line
	has := func(there bool, key string, params ...any) {
		tone, end := ui.Success, ".yes"
		if !there {
			tone, end = ui.Warning, ".no"
		}
		out = append(out, Line{Tone: tone, Key: "broker.test." + key + end, Params: params})
	}
	has(slices.Contains(m.Challenges, "S256"), "pkce")
	has(m.SaysIssuer, "says_issuer")
	has(m.Pushed != "", "pushed")
	has(m.Userinfo != "", "userinfo")
	has(m.EndSession != "", "end_session")
	has(m.BackChannel, "back_channel")
	if missing := absent(p.scopes(), m.ScopesKnown); len(missing) > 0 {
		out = append(out, Line{Tone: ui.Warning, Key: "broker.test.scopes", Params: []any{"list", strings.Join(missing, ", ")}})
	}
	var names []string
	for _, one := range p.Claims.fields() {
		if one.name != "" && !strings.HasPrefix(one.name, "/") {
			names = append(names, one.name)
		}
	}
	if missing := absent(names, m.ClaimsKnown); len(missing) > 0 {
		out = append(out, Line{Tone: ui.Warning, Key: "broker.test.claims", Params: []any{"list", strings.Join(missing, ", ")}})
	}
	return out
}

// absent are the names that a list does not have; a list that was not given says nothing.
func absent(names, list []string) []string {
	if len(list) == 0 {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(names), func(one string) bool { return slices.Contains(list, one) })
}
