package blob

import (
	"bytes"
	"errors"
	"io"
	"testing"
	"time"

	"posad.city/kit/clock"
	"posad.city/kit/id"
	"posad.city/kit/store"
	"posad.city/kit/store/storetest"
	"posad.city/kit/vault"
)

// TestAKeptBlobOutlivesItsHoldersKey: kept twice, it opens after the erasure, until its year is over.
func TestAKeptBlobOutlivesItsHoldersKey(t *testing.T) {
	t.Parallel()
	s, c := storetest.Open(t, vault.Migrations)
	kek, err := vault.ParseKEK(vault.NewKEKText())
	if err != nil {
		t.Fatal(err)
	}
	v, err := vault.Open(t.Context(), vault.Options{Store: s, KEK: kek, Clock: c})
	if err != nil {
		t.Fatal(err)
	}
	f, err := Open(t.TempDir(), clock.At(storetest.Start))
	if err != nil {
		t.Fatal(err)
	}
	anna := id.Derived("test", "anna")
	keys, err := v.Keys(t.Context(), anna)
	if err != nil {
		t.Fatal(err)
	}
	body := append(bytes.Clone(pdfHead), bytes.Repeat([]byte("секрет "), 40_000)...) // several segments
	kept, err := f.Put(t.Context(), keys, bytes.NewReader(body), Limits{})
	if err != nil {
		t.Fatal(err)
	}
	gone, err := f.Put(t.Context(), keys, bytes.NewReader(body), Limits{})
	if err != nil {
		t.Fatal(err)
	}
	year := c.Now().Year() + 5
	if err := v.MakeKept(t.Context(), anna, year); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if keys, err = v.Keys(t.Context(), anna); err != nil {
			t.Fatal(err)
		}
		if err := f.Keep(t.Context(), keys, kept.ID, year); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Write(t.Context(), func(tx *store.Tx) error { return v.Erase(tx, anna) }); err != nil {
		t.Fatal(err)
	}
	read := func(blob id.ID) ([]byte, error) {
		keys, err := v.Keys(t.Context(), anna)
		if err != nil {
			t.Fatal(err)
		}
		r, err := f.Open(t.Context(), keys, blob)
		if err != nil {
			return nil, err
		}
		defer r.Close()
		return io.ReadAll(r)
	}
	if got, err := read(kept.ID); err != nil || !bytes.Equal(got, body) {
		t.Errorf("the kept file does not open: %v", err)
	}
	if _, err := read(gone.ID); !errors.Is(err, vault.ErrErased) {
		t.Errorf("the other file: %v", err)
	}
	c.Move(6 * 366 * 24 * time.Hour)
	if _, err := v.Expire(t.Context(), c.Now(), 10); err != nil {
		t.Fatal(err)
	}
	if _, err := read(kept.ID); !errors.Is(err, vault.ErrErased) {
		t.Errorf("after its year the kept file gives %v", err)
	}
	if err := f.Keep(t.Context(), keys, id.Derived("test", "none"), year); err != nil {
		t.Errorf("a file that is not there: %v", err)
	}
}
