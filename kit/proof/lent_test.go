package proof

import (
	"bytes"
	"compress/zlib"
	"crypto/ed25519"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"posad.city/kit/calendar"
	"posad.city/kit/id"
	"posad.city/kit/seal"
	"posad.city/kit/vault"
)

// TestAKeyThatIsGoneSignsNothingNew has a code of a day after the key's secret was destroyed: whoever has it has it from a thief.
func TestAKeyThatIsGoneSignsNothingNew(t *testing.T) {
	t.Parallel()
	c := newCity(t, "Китеж")
	code := func(issued string) []byte {
		return []byte(must2s(t)(c.seal.Token(seal.Token{Kind: "parking-permit", Number: "1", Document: id.MustParse(document), Issued: calendar.MustDate(issued)})))
	}
	before, day, later := code("2026-11-21"), code("2026-12-02"), code("2026-12-03")
	seed := sha256.Sum256([]byte("the next key"))
	next := vault.Secret{Purpose: vault.Seals, Number: 2, Starts: start, Bytes: seed[:], Public: ed25519.NewKeyFromSeed(seed[:]).Public().(ed25519.PublicKey)}
	c.keys[vault.Seals] = append([]vault.Secret{next}, c.keys[vault.Seals]...)
	c.keys.Retire(vault.Seals, 1, time.Date(2026, 12, 1, 22, 0, 0, 0, time.UTC)) // the second of December where it is later
	c.clock.Move(30 * 24 * time.Hour)
	with := c.with(c.keySet())
	for name, good := range map[string][]byte{"a code of before": before, "a code of that day": day} {
		if _, err := Check(good, with); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if got, err := Check(later, with); !errors.Is(err, ErrCodeTime) {
		t.Errorf("a code of after: %v, proved %v", err, keysIn(got.Proved))
	}
}

// TestPagesAreTheReadersToCompare has a paper that somebody signed themselves around a statement of the city: what the pages
// say is not what the city has said.
func TestPagesAreTheReadersToCompare(t *testing.T) {
	t.Parallel()
	c, other := newCity(t, "Китеж"), newCity(t, "Другой")
	forged := other.paper(c.attachment(c.statement("А417МО177"), c.statement("А417МО177")))
	got, err := Check(forged, c.with(c.keySet()))
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"roots_missing", "pages"} {
		if !slices.Contains(keysIn(got.Open), key) {
			t.Errorf("%s is not among what is open: %v", key, keysIn(got.Open))
		}
	}
	if sure, err := Check(c.good(), c.with(c.roots(), c.keySet())); err != nil || slices.Contains(keysIn(sure.Open), "pages") {
		t.Errorf("the city's own paper leaves open %v, %v", keysIn(sure.Open), err)
	}
}

// TestAPaperIsNotSearchedForEver: a file of anybody's may hold a million things that unpack to megabytes.
func TestAPaperIsNotSearchedForEver(t *testing.T) {
	t.Parallel()
	c := newCity(t, "Китеж")
	one := func(body []byte) []byte {
		var packed bytes.Buffer
		w := zlib.NewWriter(&packed)
		if _, err := w.Write(body); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		return append(fmt.Appendf(nil, "<< /Type /EmbeddedFile /Length %d>>\nstream\n", packed.Len()), packed.Bytes()...)
	}
	said := one(c.attachment(c.statement("А"), c.statement("А")))
	few, many := bytes.Repeat(one([]byte("another file")), 5), bytes.Repeat(one([]byte("another file")), 500)
	if _, ok := attachment(append(few, said...)); !ok {
		t.Error("the statement is not found behind five other files")
	}
	if _, ok := attachment(append(many, said...)); ok {
		t.Error("five hundred files were unpacked")
	}
}
