package trust

import (
	"testing"
	"time"

	"posad.city/core/certificate/authoritytest"
	"posad.city/kit/clock"
)

func FuzzParseList(f *testing.F) {
	authority := authoritytest.New(f, clock.At(time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC)), "CA")
	authority.Revoke(authority.Cert)
	list, err := authority.List()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(list)
	f.Add([]byte("-----BEGIN X509 CRL-----\nMAA=\n-----END X509 CRL-----\n"))
	f.Fuzz(func(t *testing.T, der []byte) {
		if got, err := parseList(der); err == nil && (got.next.IsZero() || got.raw == nil) {
			t.Fatal("a list without an end")
		}
	})
}

func FuzzParseScope(f *testing.F) {
	f.Add([]byte{0x30, 3, 0x84, 1, 0xff})
	f.Add([]byte{0x30, 0})
	f.Fuzz(func(t *testing.T, der []byte) {
		if _, err := parseScope(der); err == nil && len(der) == 0 {
			t.Fatal("something of nothing")
		}
	})
}
