package app_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"posad.city/app/apptest"
	"posad.city/city/kitezh"
)

// Zulfiya, who is not confirmed yet, registered a second time: what both accounts have is counted before they are joined, and
// every page of her own opens after it.
func TestTwoAccountsAreJoinedInTheWholeHouse(t *testing.T) {
	t.Parallel()
	h := apptest.Open(t)
	h.Run()
	zulfiya := h.Resident("zulfiya")
	b := h.Nobody()
	got := b.Post("/sign-in", url.Values{"contact": {"zulfiya-2@kitezh.example"}})
	h.Run()
	letters := h.Post.Mail("zulfiya-2@kitezh.example")
	if len(letters) == 0 {
		t.Fatalf("no letter: %d %s", got.Status, got.Body)
	}
	at, err := url.Parse(got.Where())
	h.Must(err)
	try := at.Query().Get("try")
	if got = b.Post("/sign-in/code", url.Values{"try": {try}, "code": {codeIn(letters[0].Text)}}); got.Status != http.StatusSeeOther {
		t.Fatalf("%d %s", got.Status, got.Body)
	}
	second, err := h.Modules.Account.Find(t.Context(), "zulfiya-2@kitezh.example")
	h.Must(err)
	if got = b.Post("/account/merge", url.Values{}); got.Status != http.StatusSeeOther || !strings.HasPrefix(got.Where(), "/sign-in?") {
		t.Fatalf("%d to %q", got.Status, got.Where())
	}
	b.Post("/sign-in/password", url.Values{"contact": {zulfiya.Account.Email}, "password": {kitezh.Password}, "back": {"/account/merge/join"}})
	if got = b.Get("/account/merge/join"); got.Status != http.StatusOK || !strings.Contains(got.Body, "0 дел") || !strings.Contains(got.Body, "0 документов") {
		t.Fatalf("%d %s", got.Status, got.Body)
	}
	if got = b.Post("/account/merge/join", url.Values{}); got.Status != http.StatusSeeOther || got.Where() != "/account/merge" {
		t.Fatalf("%d to %q %s", got.Status, got.Where(), got.Body)
	}
	now, err := h.Modules.Account.Find(t.Context(), "zulfiya-2@kitezh.example")
	h.Must(err)
	if other, err := h.Modules.Account.Find(t.Context(), zulfiya.Account.Email); err != nil || other != now || now != second {
		t.Errorf("the accounts lead to %s and %s, %v", now, other, err)
	}
	for _, path := range []string{"/account", "/cases", "/documents", "/pay", "/messages", "/drafts", "/account/looks", "/account/merge", "/account/security", "/account/family"} {
		if got := b.Get(path); got.Status != http.StatusOK && got.Status != http.StatusNotFound && got.Status != http.StatusSeeOther {
			t.Errorf("%s after: %d", path, got.Status)
		}
	}
}

// codeIn finds the six digits of a letter.
func codeIn(text string) string {
	for i := 0; i+6 <= len(text); i++ {
		if digits := text[i : i+6]; strings.Trim(digits, "0123456789") == "" {
			return digits
		}
	}
	return ""
}
