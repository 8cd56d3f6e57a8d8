package service

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestAVersionOfTheFormatBeforeOpens: testdata/versions/one-fee.json was published when a service had one fee.
func TestAVersionOfTheFormatBeforeOpens(t *testing.T) {
	t.Parallel()
	content, err := os.ReadFile(filepath.Join("testdata", "versions", "one-fee.json"))
	if err != nil {
		t.Fatal(err)
	}
	city, err := Open(content)
	if err != nil {
		t.Fatal(err)
	}
	if city.Hash() != "1e6ebfe486b4b88e87de74fcecd6e71af8a07c2957e2811234af1f048a88a7ac" || !bytes.Equal(city.Bytes(), content) {
		t.Errorf("the old version lost its name: %s", city.Hash())
	}
	permit, _ := city.Service("permit")
	if len(permit.Fees) != 1 || permit.Fees[0].Key != "fee" || permit.Fees[0].Title.EN != "Parking" {
		t.Fatalf("its fee is %+v", permit.Fees)
	}
	in, err := permit.Examples[0].Inputs()
	if err != nil {
		t.Fatal(err)
	}
	charge, err := city.Rules("permit").Charge(in)
	if err != nil || charge.Amount != 1000 {
		t.Errorf("the old fee comes out as %v, %v", charge, err)
	}
	if decision, err := city.Rules("permit").Decide(in); err != nil || decision.Row != "right" {
		t.Errorf("the old table says %v, %v", decision, err)
	}
	for name, bad := range map[string][]byte{"something after": append(bytes.Clone(content), '{', '}'), "cut off": content[:len(content)/2]} {
		if _, err := Open(bad); !errors.Is(err, ErrVersion) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestOldVersionsOpenWithoutTodaysCheck: what a check learned later is not asked of a published version, but of one that
// is about to be published.
func TestOldVersionsOpenWithoutTodaysCheck(t *testing.T) {
	t.Parallel()
	good := string(loadSmall(t).Bytes())
	for name, change := range map[string][2]string{
		"an example that comes out otherwise": {`"fee":"10.00 RUB","row":"right"`, `"fee":"11.00 RUB","row":"right"`},
		"a wait without a term":               {`"queue":"permits","route":"kind","within":"2 working days"`, `"queue":"permits","route":"kind"`},
		"a text that was not needed then":     {`,"needed":{"ru":"Чтобы знать","en":"To know"}`, ``},
	} {
		old := strings.Replace(good, change[0], change[1], 1)
		if old == good {
			t.Fatalf("%s: the version has no %s", name, change[0])
		}
		city, err := Open([]byte(old))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if city.Rules("permit") == nil || city.Days() == nil || city.Addresses().Len() == 0 {
			t.Errorf("%s: the city is opened by half", name)
		}
		if _, err := Accept([]byte(old)); !errors.Is(err, ErrVersion) {
			t.Errorf("%s: it may be published anew: %v", name, err)
		}
	}
	if city, err := Accept([]byte(good)); err != nil || city.Hash() != loadSmall(t).Hash() {
		t.Errorf("a right version is not taken: %v", err)
	}
}

func TestARuleThatIsNotUnderstoodDoesNotOpen(t *testing.T) {
	t.Parallel()
	bad := strings.Replace(string(loadSmall(t).Bytes()), `"when":"facts.owner.debt > 0"`, `"when":"facts.owner.debt !> 0"`, 1)
	if _, err := Open([]byte(bad)); !errors.Is(err, ErrVersion) {
		t.Errorf("got %v", err)
	}
}

func FuzzOpenOlder(f *testing.F) {
	content, err := os.ReadFile(filepath.Join("testdata", "versions", "one-fee.json"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(content)
	f.Add([]byte(`{"format":"posad-city/1","services":[{"fee":{}}]}`))
	f.Add([]byte(`{"services":[{"fee":{"key":1}},7,null]}`))
	f.Fuzz(func(t *testing.T, content []byte) {
		if city, err := Open(content); (city == nil) == (err == nil) || err != nil && !errors.Is(err, ErrVersion) {
			t.Errorf("%v, %v", city != nil, err)
		}
	})
}
