package openid_test

import (
	"encoding/json"
	"os"
	"testing"
	"time"

	"posad.city/core/openid"
	"posad.city/kit/store/storetest"
)

// TestServe runs a city for clients in other languages until the file is gone that POSAD_OPENID_SERVE names and
// that gets the settings: e2e/openid.test.mjs starts it when it is given no running city.
func TestServe(t *testing.T) {
	file := os.Getenv("POSAD_OPENID_SERVE")
	if file == "" {
		t.Skip("serves clients in other languages; see e2e/openid.test.mjs")
	}
	s, c := storetest.Open(t, needs()...)
	c.Move(time.Since(c.Now())) // other people's clients know the machine's clock alone
	r := newRig(t, s, c)
	redirect := os.Getenv("POSAD_OPENID_REDIRECT")
	site := r.register(func(p *openid.Profile) {
		p.Redirects, p.AfterLogout, p.BackChannel = []string{redirect}, []string{redirect + "/bye"}, redirect+"/logout"
	})
	spa := r.register(func(p *openid.Profile) {
		p.Method, p.Redirects, p.Alg, p.BackChannel = openid.AuthNone, []string{redirect}, "RS256", ""
	})
	text, err := json.Marshal(map[string]string{
		"issuer": r.url, "client": site.Key(), "secret": site.secret, "public": spa.Key(), "redirect": redirect,
		"email": "anna@example.org", "password": "password of anna",
	})
	check(t, err)
	check(t, os.WriteFile(file, text, 0o600))
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for range tick.C {
		if _, err := os.Stat(file); err != nil {
			return
		}
		c.Move(time.Since(c.Now()))
		r.drain()
	}
}
