package credential

import (
	"errors"
	"testing"
	"time"

	"posad.city/kit/vault"
)

// TestTheFileOfKeysSaysWhenTheyWereGood: whoever checks without the city must refuse what a destroyed key has signed since, as
// the city itself does, and believe what it signed before.
func TestTheFileOfKeysSaysWhenTheyWereGood(t *testing.T) {
	t.Parallel()
	c := newCity()
	before := c.issue(t, permit())
	c.clock.Move(24 * time.Hour)
	after := c.issue(t, permit()) // a thief has the secret
	list := must(t)(c.Status(listURL, List{Secret: []byte("0123456789abcdef0123456789abcdef"), Opened: start}, nil, time.Hour))
	c.keys.Rotate(vault.Credentials, start.Add(10*time.Hour))
	c.keys.Retire(vault.Credentials, 1, start.Add(12*time.Hour+500*time.Millisecond))
	file, err := c.keySet(t).Metadata()
	if err != nil {
		t.Fatal(err)
	}
	read, err := ParseMetadata(file)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Verify(before, read, Demand{At: c.clock.Now()}); err != nil {
		t.Errorf("of before: %v", err)
	}
	if _, err := Verify(after, read, Demand{At: c.clock.Now()}); !errors.Is(err, ErrUnknownKey) {
		t.Errorf("of after: %v", err)
	}
	if _, err := ParseStatus(list, listURL, read, c.clock.Now()); !errors.Is(err, ErrUnknownKey) {
		t.Errorf("a list of after: %v", err)
	}
	if live := read.Keys[0]; !live.Starts.Equal(start.Add(10*time.Hour)) || !live.Retired.IsZero() {
		t.Errorf("the living key: %+v", live)
	}
}
