// Package id makes the names of things: identifiers that never change and numbers that people read out.
//
// An ID is a UUID version 7 (RFC 9562): sixteen bytes, ordered by the millisecond of its making, never reused and never
// changed. A Number is what a person writes down or dictates: random, so that it tells nothing of how many there are,
// with a check digit that catches every single wrong digit and every swap of neighbours.
//
// The package owns no storage and knows no clock but the one given to New. Its neighbours are kit/store, which binds an
// ID as sixteen bytes, and every module above.
package id

import (
	"crypto/rand"
	"database/sql/driver"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"
)

// ID names one thing for ever. The zero ID means "none" and is what a NULL column reads as.
type ID [16]byte

// ErrForm is returned when a text is not the canonical form of an ID.
var ErrForm = errors.New("id: want 32 hexadecimal digits, with or without hyphens")

// New returns a fresh version 7 ID for the moment now. Two calls never return the same ID. Safe for concurrent use.
func New(now time.Time) ID {
	var out ID
	if _, err := rand.Read(out[6:]); err != nil {
		panic("id: the system's random source failed: " + err.Error()) // crypto/rand documents that this never returns an error
	}
	ms := uint64(now.UnixMilli())
	for i := 5; i >= 0; i-- {
		out[i] = byte(ms)
		ms >>= 8
	}
	out[6] = out[6]&0x0f | 0x70
	out[8] = out[8]&0x3f | 0x80
	return out
}

// Derived returns a stable ID for a name inside a space: the same pair gives the same ID on every machine. It is for
// things whose identity comes from outside (a city's agency, a demo resident), not for acts.
func Derived(space, name string) ID {
	var out ID
	sum := deriveSum(space, name)
	copy(out[:], sum[:16])
	out[6] = out[6]&0x0f | 0x80
	out[8] = out[8]&0x3f | 0x80
	return out
}

// Parse reads the form that String writes; hyphens and letter case do not matter.
func Parse(text string) (ID, error) {
	var out ID
	plain := strings.ReplaceAll(text, "-", "")
	if len(plain) != 32 {
		return ID{}, ErrForm
	}
	if _, err := hex.Decode(out[:], []byte(plain)); err != nil {
		return ID{}, ErrForm
	}
	return out, nil
}

// MustParse is Parse for constants; it panics on a bad text.
func MustParse(text string) ID {
	out, err := Parse(text)
	if err != nil {
		panic(fmt.Sprintf("id: %q: %v", text, err))
	}
	return out
}

// IsZero tells whether the ID names nothing.
func (d ID) IsZero() bool { return d == ID{} }

// Time is the moment that a version 7 ID was made at, to the millisecond; the zero time for any other ID.
func (d ID) Time() time.Time {
	if d[6]>>4 != 7 {
		return time.Time{}
	}
	var ms uint64
	for _, b := range d[:6] {
		ms = ms<<8 | uint64(b)
	}
	return time.UnixMilli(int64(ms)).UTC()
}

// String is the canonical lower-case form with hyphens; the zero ID is the empty text.
func (d ID) String() string {
	if d.IsZero() {
		return ""
	}
	var buf [36]byte
	hex.Encode(buf[0:8], d[0:4])
	buf[8] = '-'
	hex.Encode(buf[9:13], d[4:6])
	buf[13] = '-'
	hex.Encode(buf[14:18], d[6:8])
	buf[18] = '-'
	hex.Encode(buf[19:23], d[8:10])
	buf[23] = '-'
	hex.Encode(buf[24:], d[10:])
	return string(buf[:])
}

// MarshalText and UnmarshalText let an ID stand in JSON, YAML and addresses; the empty text is the zero ID.
func (d ID) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads what MarshalText wrote.
func (d *ID) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*d = ID{}
		return nil
	}
	got, err := Parse(string(text))
	*d = got
	return err
}

// Value lets generic database tools bind an ID as its bytes.
func (d ID) Value() (driver.Value, error) { return d[:], nil }
