package seal

import (
	"errors"
	"testing"
	"time"

	"posad.city/kit/calendar"
	"posad.city/kit/clock"
	"posad.city/kit/id"
	"posad.city/kit/vault"
)

// A code on paper is good for years: it verifies by the set of its day, by the set of after the change of keys, and by the
// one in which its key's secret is gone; not by a set that has lost the key, nor by another city's.
func TestACodeOnPaperOutlivesItsKey(t *testing.T) {
	t.Parallel()
	c, keys := clock.At(start), firstKeys()
	s := New("kitezh", keys, c)
	text, err := s.Token(Token{Kind: "permit", Number: "1234-567-890", Document: id.Derived("document", "1"), Issued: calendar.MustDate("2026-11-21")})
	if err != nil {
		t.Fatal(err)
	}
	sets := map[string]KeySet{"of its day": keysOf(t, s)}
	c.Move(time.Hour)
	keys[vault.Seals] = append([]vault.Secret{secret(vault.Seals, 2, start)}, keys[vault.Seals]...)
	sets["after the change"] = keysOf(t, s)
	keys[vault.Seals][1].Bytes, keys[vault.Seals][1].Retired = nil, start.Add(time.Minute)
	retired := keysOf(t, s)
	file, err := retired.File()
	if err != nil {
		t.Fatal(err)
	}
	if sets["its secret is gone"], err = ParseKeySet(file); err != nil {
		t.Fatal(err)
	}
	for name, set := range sets {
		if got, _, err := OpenToken(CheckURL("https://kitezh.example", text), set); err != nil || got.Number != "1234-567-890" {
			t.Errorf("%s: %v", name, err)
		}
	}
	fresh, err := s.Token(Token{Kind: "permit", Document: id.Derived("document", "2"), Issued: calendar.MustDate("2026-11-21")})
	if err != nil {
		t.Fatal(err)
	}
	if _, key, err := OpenToken(fresh, retired); err != nil || key.ID != retired.Keys[0].ID {
		t.Errorf("the new key's code: %v", err)
	}
	if _, _, err := OpenToken(fresh, sets["of its day"]); !errors.Is(err, ErrUnknownKey) {
		t.Errorf("a code newer than the set: %v", err)
	}
	keys[vault.Seals] = keys[vault.Seals][:1]
	if _, _, err := OpenToken(text, keysOf(t, s)); !errors.Is(err, ErrUnknownKey) {
		t.Errorf("a set without the key: %v", err)
	}
}
