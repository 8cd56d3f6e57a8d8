package app

import (
	"crypto/ed25519"
	"strings"
	"testing"

	"posad.city/kit/tlog"
)

func TestWitnessesOfTheConfiguration(t *testing.T) {
	t.Parallel()
	key := func(name string, seed string) string {
		public, _ := ed25519.NewKeyFromSeed([]byte(strings.Repeat(seed, 32))).Public().(ed25519.PublicKey)
		return tlog.Witness{Name: name, Public: public}.Key()
	}
	a, b, alias := key("a", "a"), key("b", "b"), key("c", "a")
	const good = "https://witness.example/w"
	cases := []struct {
		name string
		conf PublicLog
		want string // in the error; empty: it is right
	}{
		{"none", PublicLog{}, ""},
		{"two", PublicLog{[]LogWitness{{a, good}, {b, "http://127.0.0.1:8090"}}, 2}, ""},
		{"a key that is none", PublicLog{[]LogWitness{{"a+b", good}}, 0}, "public-log.witnesses[0].key"},
		{"a key that was cut", PublicLog{[]LogWitness{{a, good}, {b[:len(b)-4], good}}, 0}, "public-log.witnesses[1].key"},
		{"one key under two names", PublicLog{[]LogWitness{{a, good}, {alias, good}}, 0}, "it stands twice"},
		{"two of one name", PublicLog{[]LogWitness{{a, good}, {key("a", "x"), good}}, 0}, "two witnesses are called a"},
		{"no address", PublicLog{[]LogWitness{{a, ""}}, 0}, "public-log.witnesses[0].address"},
		{"not safe", PublicLog{[]LogWitness{{a, "http://witness.example"}}, 0}, "want https://"},
		{"a quorum that can't be", PublicLog{[]LogWitness{{a, good}}, 2}, "public-log.quorum"},
	}
	for _, test := range cases {
		list, err := test.conf.known()
		switch {
		case test.want == "" && (err != nil || len(list) != len(test.conf.Witnesses)):
			t.Errorf("%s: %v", test.name, err)
		case test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)):
			t.Errorf("%s: %v", test.name, err)
		}
	}
}
