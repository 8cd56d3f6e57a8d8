package service

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func loadSmall(t testing.TB, changes ...change) *City {
	t.Helper()
	files := smallCity(t)
	for _, c := range changes {
		text := strings.Replace(string(files[c.file].Data), c.old, c.new, 1)
		files[c.file] = &fstest.MapFile{Data: []byte(text)}
	}
	city, faults := LoadCity(files)
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	return city
}

func TestAVersionRoundTrips(t *testing.T) {
	t.Parallel()
	city := loadSmall(t)
	again, err := Open(city.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	if again.Hash() != city.Hash() || !bytes.Equal(again.Bytes(), city.Bytes()) {
		t.Error("the version changed by being opened")
	}
	if diff := cmp.Diff(city, again, cmpopts.IgnoreUnexported(City{}), cmpopts.EquateEmpty()); diff != "" {
		t.Error(diff)
	}
	if again.Rules("permit") == nil || again.Addresses().Len() != city.Addresses().Len() || again.Days() == nil {
		t.Error("the opened city lacks its rules, addresses or calendar")
	}
}

// TestTheHashIsOfTheMeaning: comments, layout and names of files do not matter, every value does.
func TestTheHashIsOfTheMeaning(t *testing.T) {
	t.Parallel()
	city := loadSmall(t)
	same := loadSmall(t, change{"", permit, "term: 5 working days", "# a promise\nterm:   \"5 working days\""})
	if same.Hash() != city.Hash() {
		t.Error("a comment made another version")
	}
	files := smallCity(t)
	files["services/other-name.yaml"] = files[permit]
	delete(files, permit)
	renamed, faults := LoadCity(files)
	if len(faults) > 0 || renamed.Hash() != city.Hash() {
		t.Errorf("a name of a file made another version: %v", faults)
	}
	other := loadSmall(t, change{"", permit, "term: 5 working days", "term: 6 working days"})
	if other.Hash() == city.Hash() {
		t.Error("another promise has the same hash")
	}
}

func TestOpenRefusesWhatIsNotAVersion(t *testing.T) {
	t.Parallel()
	good := string(loadSmall(t).Bytes())
	for name, bad := range map[string]string{
		"nothing":           "",
		"another format":    strings.Replace(good, "posad-city/1", "posad-city/9", 1),
		"an unknown key":    strings.Replace(good, `"term":`, `"promise":`, 1),
		"no steps":          strings.Replace(good, `"steps":[{"key":"ask-registers"`, `"steps":[],"steps":[{"key":"x"`, 1),
		"a foreign word":    strings.Replace(good, `"assurance":"basic"`, `"assurance":"none"`, 1),
		"a broken rule":     strings.Replace(good, "facts.owner.debt \\u003e 0", "nonsense", 1) + " ",
		"spaces":            good + " ",
		"something after":   good + "{}",
		"a missing text":    strings.Replace(good, `"who":{"ru":"Житель","en":"A resident"}`, `"who":null`, 1),
		"a changed promise": strings.Replace(good, "5 working days", "5 working  days", 1),
	} {
		if _, err := Open([]byte(bad)); !errors.Is(err, ErrVersion) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
