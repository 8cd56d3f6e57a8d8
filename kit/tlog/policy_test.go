package tlog

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	fwitness "github.com/transparency-dev/formats/witness"
)

func samplePolicy(t testing.TB) Policy {
	t.Helper()
	_, public := signedBy(t, 'l', Checkpoint{Origin: "kitezh.example/log"})
	key, err := VerifierKey("kitezh.example/log", public)
	if err != nil {
		t.Fatal(err)
	}
	a, _ := witnessOf("university.example/witness", 'a')
	b, _ := witnessOf("newspaper.example", 'b')
	return Policy{Logs: []string{key}, Witnesses: []Witness{a, b}, Addresses: []string{"https://university.example/witness", "https://newspaper.example"}, Quorum: 2}
}

func TestAPolicyComesBack(t *testing.T) {
	t.Parallel()
	p := samplePolicy(t)
	for _, p := range []Policy{p, {Logs: p.Logs}, {Witnesses: p.Witnesses, Addresses: []string{"", ""}, Quorum: 1}} {
		if got, err := ParsePolicy(p.Text()); err != nil || cmp.Diff(p, got) != "" {
			t.Errorf("%v\n%s", err, cmp.Diff(p, got))
		}
	}
	// Another house reads it too.
	group, err := fwitness.ParsePolicy([]byte(p.Text()))
	if err != nil || len(group.Endpoints()) != 2 {
		t.Errorf("%v, %v", group, err)
	}
	w := p.Witnesses[0].Key()
	for _, text := range []string{
		"", "witness a " + w, "quorum a", "witness none " + w + "\nquorum none", "witness a x\nquorum a", "hello\nquorum none",
		"witness a " + w + "\nwitness b " + w + "\nquorum none", "witness a " + w + "\ngroup g 2 a\nquorum g",
		"witness a " + w + "\ngroup g 1 a\ngroup h 1 g\nquorum h", "witness a " + w + "\nquorum a\nquorum a", "quorum none\nquorum none",
		"witness a " + w + "\nwitness b " + p.Witnesses[1].Key() + "\nquorum a",
	} {
		if _, err := ParsePolicy(text); !errors.Is(err, ErrPolicy) {
			t.Errorf("%q: %v", text, err)
		}
	}
	if got, err := ParsePolicy("# mine\n\n\twitness a " + w + "\nquorum a\n"); err != nil || got.Quorum != 1 {
		t.Errorf("%+v, %v", got, err)
	}
}

func FuzzParsePolicy(f *testing.F) {
	f.Add(samplePolicy(f).Text())
	f.Fuzz(func(t *testing.T, text string) {
		p, err := ParsePolicy(text)
		if err != nil {
			return
		}
		again, err := ParsePolicy(p.Text())
		if err != nil || cmp.Diff(p.Witnesses, again.Witnesses) != "" || p.Quorum != again.Quorum {
			t.Errorf("%q: %v", text, err)
		}
	})
}
