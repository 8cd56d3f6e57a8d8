package credential

import (
	"strings"
	"testing"
	"time"

	"posad.city/kit/vault"
)

func (c city) ask(t *testing.T, credential string, revoked ...int64) question {
	t.Helper()
	metadata, err := c.keySet(t).Metadata()
	if err != nil {
		t.Fatal(err)
	}
	list, err := c.Status(listURL, List{Secret: []byte("secret"), Opened: start}, revoked, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	return question{
		Credential: credential, Metadata: metadata, Lists: map[string]string{listURL: list}, Show: []string{"plate"},
		Audience: "https://inspector.example", Nonce: "n-1", At: seconds(c.clock.Now()),
	}
}

func TestAnIndependentWalletTakesIt(t *testing.T) {
	t.Parallel()
	c := newCity()
	_, public, private := holderKey(t)
	one := permit()
	one.Holder, one.Status.Index = &public, placeThatStands(t)
	q := c.ask(t, c.issue(t, one))
	q.Holder = private
	a := independent(t, q)
	if len(a.Refused) > 0 {
		t.Fatalf("it refused: %v", a.Refused)
	}
	for name, want := range map[string]any{"plate": "А417МО177", "family_name": "Соколова", "number": "1234-567-890", "vct": one.Type, "iss": site, "year": 2026.0} {
		if a.All[name] != want {
			t.Errorf("it read %s as %v", name, a.All[name])
		}
	}
	if a.Opened["plate"] != "А417МО177" || a.Opened["family_name"] != nil || a.Opened["zone"] != "4 <Заречье> & more" {
		t.Errorf("the inspector read %v", a.Opened)
	}
	got, err := Verify(a.Shown, c.keySet(t), Demand{At: c.clock.Now(), Audience: q.Audience, Nonce: q.Nonce})
	if err != nil || !got.Bound || len(got.Shown) != 1 || got.Shown[0] != "plate" || got.Claims["family_name"] != nil {
		t.Errorf("we read what the wallet shows as %+v: %v", got, err)
	}
	if _, err := Verify(a.Shown, c.keySet(t), Demand{At: c.clock.Now(), Audience: q.Audience, Nonce: "another"}); err == nil {
		t.Error("an old proof was taken")
	}
}

func TestAnIndependentVerifierSeesARevocation(t *testing.T) {
	t.Parallel()
	c := newCity()
	place := placeThatStands(t)
	one := permit()
	one.Status.Index = place
	text := c.issue(t, one)
	if a := independent(t, c.ask(t, text, place+1)); len(a.Refused) > 0 {
		t.Errorf("another's revocation: %v", a.Refused)
	}
	if a := independent(t, c.ask(t, text, place)); !strings.Contains(a.Refused["all"], "Status") {
		t.Errorf("it did not see it: %v", a.Refused)
	}
}

func TestAnIndependentVerifierKnowsOldKeysAndNoStrangers(t *testing.T) {
	t.Parallel()
	c := newCity()
	one := permit()
	one.Status = nil
	text := c.issue(t, one)
	c.keys.Rotate(vault.Credentials, start.Add(time.Hour))
	c.keys.Retire(vault.Credentials, 1, start.Add(2*time.Hour))
	if a := independent(t, c.ask(t, text)); len(a.Refused) > 0 {
		t.Errorf("of before the change: %v", a.Refused)
	}
	if a := independent(t, c.ask(t, c.issue(t, one))); len(a.Refused) > 0 {
		t.Errorf("of after the change: %v", a.Refused)
	}
	c.keys.Drop(vault.Credentials, 1)
	if a := independent(t, c.ask(t, text)); a.Refused["all"] == "" {
		t.Error("a key that the set does not have")
	}
}

// placeThatStands is one that is no decoy of the test's list.
func placeThatStands(t *testing.T) int64 {
	t.Helper()
	l := List{Secret: []byte("secret"), Opened: start}
	for place := range int64(ListSize) {
		_, one := l.falls(l.lots(), place)
		_, other := l.falls(l.lots(), place+1)
		if !one && !other {
			return place
		}
	}
	t.Fatal("every place is a decoy")
	return 0
}
