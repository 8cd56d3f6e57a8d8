// Package authoritytest stands for kit/vault in tests of what signs by P-256: keys in memory that can be changed and retired.
package authoritytest

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"time"

	"posad.city/kit/vault"
)

// Keys are a city's keys, newest first for each purpose. They are not for use from several goroutines while they change.
type Keys map[vault.Purpose][]vault.Secret

// New returns one key for each purpose of P-256, and one for seals, which start at a time.
func New(start time.Time) Keys {
	k := Keys{}
	for _, p := range []vault.Purpose{vault.Authority, vault.Papers, vault.Credentials, vault.Exchange} {
		k.Rotate(p, start)
	}
	return k
}

// Secrets is what kit/vault has.
func (k Keys) Secrets(p vault.Purpose) []vault.Secret { return k[p] }

// Rotate adds a key. The same number gives the same key in every test.
func (k Keys) Rotate(p vault.Purpose, starts time.Time) {
	number := int64(len(k[p]) + 1)
	secret := sha256.Sum256(fmt.Append(nil, "a test's key ", p, number))
	s := vault.Secret{Purpose: p, Number: number, Starts: starts, Bytes: secret[:]}
	key, err := s.CurveKey()
	if err != nil {
		panic(err) // a mistake of the test
	}
	if s.Public, err = key.PublicKey.Bytes(); err != nil {
		panic(err)
	}
	k[p] = append([]vault.Secret{s}, k[p]...)
}

// Retire destroys a secret, as kit/vault does.
func (k Keys) Retire(p vault.Purpose, number int64, at time.Time) {
	k[p] = slices.Clone(k[p])
	for i, s := range k[p] {
		if s.Number == number {
			k[p][i].Bytes, k[p][i].Retired = nil, at
		}
	}
}

// Drop takes a key away altogether.
func (k Keys) Drop(p vault.Purpose, number int64) {
	k[p] = slices.DeleteFunc(slices.Clone(k[p]), func(s vault.Secret) bool { return s.Number == number })
}
