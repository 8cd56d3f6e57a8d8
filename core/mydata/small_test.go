package mydata

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"posad.city/core/module"
	"posad.city/kit/id"
	"posad.city/kit/store/storetest"
	"posad.city/kit/vault"
)

func TestThePlan(t *testing.T) {
	t.Parallel()
	m := New(Deps{Zone: func() *time.Location { return time.UTC }})
	decided := time.Date(2024, 12, 31, 23, 0, 0, 0, time.UTC)
	got := m.plan([]module.Holding{
		{Key: "casework.cases", Items: make([]module.Item, 4)}, {Key: "notice.messages", Items: make([]module.Item, 7)}, {Key: "charge.charges", Items: make([]module.Item, 1)},
	}, []module.Stay{
		{Key: "casework.cases", Law: module.LawDecision, Since: decided, Count: 1, Item: "1234567890"},
		{Key: "casework.cases", Law: module.LawOpen, Count: 1, Item: "2234567890"},
		{Key: "charge.charges", Law: module.LawPayment, Since: decided, Count: 1},
	})
	want := Plan{
		Goes: []PlanLine{{Key: "casework.cases", Count: 2}, {Key: "notice.messages", Count: 7}},
		Stays: []PlanLine{
			{Key: "casework.cases", Count: 1, Law: module.LawDecision, Until: 2029, Numbers: []string{id.FormatNumber("1234567890")}},
			{Key: "charge.charges", Count: 1, Law: module.LawPayment, Until: 2029},
		},
		Waits: []PlanLine{{Key: "casework.cases", Count: 1, Law: module.LawOpen, Numbers: []string{id.FormatNumber("2234567890")}}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestNoCellIsAFormula(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.String().Draw(t, "text")
		if got := harmless(text); got != "" && strings.ContainsRune("=+-@\t\r", rune(got[0])) || !strings.HasSuffix(got, text) {
			t.Errorf("%q becomes %q", text, got)
		}
	})
}

func newList(t *testing.T) *list {
	t.Helper()
	s, c := storetest.Open(t, vault.Migrations)
	v, err := vault.Open(t.Context(), vault.Options{Store: s, KEK: masterKey(), Clock: c})
	if err != nil {
		t.Fatal(err)
	}
	return &list{path: filepath.Join(t.TempDir(), "erased"), vault: v}
}

func TestTheErasureList(t *testing.T) {
	t.Parallel()
	l := newList(t)
	now := storetest.Start
	for range 2 { // a second time changes nothing
		if err := l.add(now, anna, misha); err != nil {
			t.Fatal(err)
		}
	}
	got, bad, err := l.read()
	if err != nil || bad != 0 || len(got) != 2 || got[0].Person != anna || !got[0].At.Equal(now) {
		t.Errorf("%v, %d bad, %v", got, bad, err)
	}
	content, err := os.ReadFile(l.path)
	if err != nil {
		t.Fatal(err)
	}
	cutShort := content[:len(content)-10]
	if got, bad := parseList(cutShort, l.mark); len(got) != 1 || bad != 1 {
		t.Errorf("of a list that was cut short %d lines and %d bad ones", len(got), bad)
	}
	swapped := strings.ReplaceAll(string(content), anna.String(), old.String())
	if got, bad := parseList([]byte(swapped), l.mark); len(got) != 1 || bad != 1 {
		t.Errorf("a changed id is believed: %v", got)
	}
	if mode, err := os.Stat(l.path); err != nil || mode.Mode().Perm() != 0o600 {
		t.Errorf("the list is open to others: %v", err)
	}
}

func FuzzParseList(f *testing.F) {
	mark := func(at, person string) string { return at + person }
	f.Add([]byte("# head\n2026-11-28T09:00:00Z " + anna.String() + " 2026-11-28T09:00:00Z" + anna.String() + "\n"))
	f.Add([]byte("a b c\n\n# \n x"))
	f.Fuzz(func(t *testing.T, content []byte) {
		got, bad := parseList(content, mark)
		if len(got)+bad > strings.Count(string(content), "\n")+1 {
			t.Errorf("%d and %d lines of %q", len(got), bad, content)
		}
		for _, one := range got {
			if one.Person.IsZero() || one.At.IsZero() && !strings.Contains(string(content), "0001") {
				t.Errorf("an empty line is believed: %+v", one)
			}
		}
	})
}
