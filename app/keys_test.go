package app_test

import (
	"context"
	"html"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"posad.city/app"
	"posad.city/app/apptest"
	"posad.city/city/kitezh"
	"posad.city/core/account"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/vault"
)

// Keys change while people sign in, read and write; nobody notices, and what was begun before ends after.
func TestKeysRotateUnderLoad(t *testing.T) {
	t.Parallel()
	h := apptest.Open(t)
	h.Run()
	anna := h.Browser(h.Resident("anna"))
	form := anna.Get("/account/profile") // its token was made under the old key
	ctx, stop := context.WithCancel(t.Context())
	var group sync.WaitGroup
	for _, key := range []string{"oleg", "boris", "yelena"} {
		person := h.Resident(key)
		group.Go(func() { keepBusy(ctx, t, h, person) })
	}
	var said strings.Builder
	for _, purpose := range []vault.Purpose{vault.Sessions, vault.Holders, vault.Seals, vault.Journal} {
		if err := h.RotateKeys(ctx, app.KeysCommand{Rotate: purpose}, 0, &said); err != nil {
			t.Errorf("%s: %v", purpose, err)
		}
	}
	stop()
	group.Wait()
	if !strings.Contains(said.String(), "none is left under an older key") {
		t.Errorf("the operator is told:\n%s", said.String())
	}
	if err := h.Base.Vault.Retire(t.Context(), vault.Holders, 1); err != nil {
		t.Errorf("the old key still wraps somebody's: %v", err)
	}
	sent := url.Values{"_csrf": {hidden(t, form, "_csrf")}, "version": {hidden(t, form, "version")}, "lang": {"en"}}
	got := anna.Do(apptest.Call{ // an old browser, which says nothing of where it comes from: the form's token alone lets it through
		Method: http.MethodPost, Path: "/account/profile", Type: "application/x-www-form-urlencoded", Body: []byte(sent.Encode()),
		Header: map[string]string{"Sec-Fetch-Site": ""},
	})
	if got.Status != http.StatusSeeOther || got.Where() != "/account/profile" {
		t.Errorf("a form of before the change: %d to %s %s", got.Status, got.Where(), got.Body)
	}
	if saved := anna.Get("/account/profile"); !strings.Contains(saved.Body, `lang="en"`) {
		t.Error("the form of before the change was not taken")
	}
	if err := h.RotateKeys(t.Context(), app.KeysCommand{Rotate: "index"}, 0, &said); err == nil {
		t.Error("the index of keyed search was rotated")
	}
}

// keepBusy signs a person in, has them read their data and sign out, until ctx ends.
func keepBusy(ctx context.Context, t *testing.T, h *apptest.House, p kitezh.Resident) {
	contact, err := account.ParseContact(p.Account.Email)
	if err != nil {
		t.Error(err)
		return
	}
	for ctx.Err() == nil {
		entry, err := h.Modules.Account.EnterByPassword(context.WithoutCancel(ctx), contact, kitezh.Password, account.Via{Channel: act.API, Device: "test"})
		if err != nil {
			t.Errorf("%s can't sign in: %v", p.Key, err)
			return
		}
		by := act.Act{ID: id.New(h.Clock.Now()), Actor: act.Actor{Kind: act.Person, Person: entry.Person}, Holder: entry.Person, Session: entry.Session}
		if one, err := h.Modules.Account.Person(context.WithoutCancel(ctx), by, "account.look.profile", entry.Person); err != nil || one.Name != p.Name {
			t.Errorf("%s reads %v, %v", p.Key, one.Name, err)
			return
		}
		if err := h.Modules.Account.Close(context.WithoutCancel(ctx), entry.Person, entry.Session); err != nil {
			t.Errorf("%s can't sign out: %v", p.Key, err)
			return
		}
	}
}

// hidden is the value of a hidden field of a page.
func hidden(t *testing.T, page apptest.Answer, name string) string {
	t.Helper()
	_, rest, ok := strings.Cut(page.Body, `name="`+name+`" value="`)
	if !ok {
		t.Fatalf("the page has no field %s", name)
	}
	value, _, _ := strings.Cut(rest, `"`)
	return html.UnescapeString(value)
}
