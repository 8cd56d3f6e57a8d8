package authority_test

import (
	"bytes"
	"encoding/pem"
	"errors"
	"testing"
	"time"

	"posad.city/kit/authority"
	"posad.city/kit/authority/authoritytest"
	"posad.city/kit/clock"
	"posad.city/kit/vault"
)

var start = time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC)

func TestCertificatesAreTheSameOnEveryNode(t *testing.T) {
	t.Parallel()
	c := clock.At(start)
	first, second := authority.New(authority.Name{City: "Kitezh"}, authoritytest.New(start), c), authority.New(authority.Name{City: "Kitezh"}, authoritytest.New(start), c)
	for _, p := range []vault.Purpose{vault.Papers, vault.Credentials} {
		one, err := first.Signer(p)
		if err != nil {
			t.Fatal(err)
		}
		two, err := second.Signer(p)
		if err != nil || !bytes.Equal(one.Leaf.Raw, two.Leaf.Raw) || !bytes.Equal(one.Root.Raw, two.Root.Raw) {
			t.Errorf("%s: two nodes make two certificates: %v", p, err)
		}
		if !one.Key.PublicKey.Equal(one.Leaf.PublicKey) {
			t.Errorf("%s: the certificate is of another key", p)
		}
	}
}

func TestAKeySignsFromItsStart(t *testing.T) {
	t.Parallel()
	c, keys := clock.At(start), authoritytest.New(start)
	a := authority.New(authority.Name{City: "Kitezh"}, keys, c)
	keys.Rotate(vault.Papers, start.Add(time.Hour))
	names := func() string {
		t.Helper()
		s, err := a.Signer(vault.Papers)
		if err != nil {
			t.Fatal(err)
		}
		return s.Leaf.Subject.CommonName
	}
	if got := names(); got != "Kitezh: papers 1" {
		t.Errorf("before its start: %s", got)
	}
	c.Move(time.Hour)
	if got := names(); got != "Kitezh: papers 2" {
		t.Errorf("from its start on: %s", got)
	}
}

func TestNoKeyIsSaid(t *testing.T) {
	t.Parallel()
	a := authority.New(authority.Name{City: "Kitezh"}, authoritytest.Keys{}, clock.At(start))
	if _, err := a.Signer(vault.Papers); !errors.Is(err, authority.ErrNoKey) {
		t.Error(err)
	}
	if _, err := a.PEM(); !errors.Is(err, authority.ErrNoKey) {
		t.Error(err)
	}
}

func TestTheRootsAreAFile(t *testing.T) {
	t.Parallel()
	keys := authoritytest.New(start)
	keys.Rotate(vault.Authority, start)
	keys.Retire(vault.Authority, 1, start)
	a := authority.New(authority.Name{City: "Kitezh"}, keys, clock.At(start))
	file, err := a.PEM()
	if err != nil {
		t.Fatal(err)
	}
	roots, err := a.Roots()
	if err != nil || len(roots) != 2 {
		t.Fatalf("%d roots: %v", len(roots), err)
	}
	if err := roots[1].CheckSignatureFrom(roots[0]); err != nil {
		t.Errorf("the newest does not vouch for the one whose secret is gone: %v", err)
	}
	for i := range roots {
		var block *pem.Block
		if block, file = pem.Decode(file); block == nil || !bytes.Equal(block.Bytes, roots[i].Raw) {
			t.Errorf("root %d is not in the file", i)
		}
	}
}
