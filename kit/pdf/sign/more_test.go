package sign

import (
	"bytes"
	"encoding/asn1"
	"encoding/hex"
	"errors"
	"testing"
)

// TestNothingIsAddedBesideTheSignature puts what nobody signed into the room of the signature: the file is no longer the one
// that the city made, and a reader that shows such things could be led astray.
func TestNothingIsAddedBesideTheSignature(t *testing.T) {
	t.Parallel()
	c := newCity()
	file, roots := c.sign(t, "x"), c.roots(t)
	from, to, err := place(file)
	if err != nil {
		t.Fatal(err)
	}
	cms, err := contents(file[from+1 : to-1])
	if err != nil {
		t.Fatal(err)
	}
	added, err := asn1.Marshal(asn1.RawValue{Class: asn1.ClassContextSpecific, Tag: 1, IsCompound: true, Bytes: []byte{4, 3, 'a', 'b', 'c'}})
	if err != nil {
		t.Fatal(err)
	}
	put := func(der []byte) []byte {
		bad := bytes.Clone(file)
		for i := from + 1; i < to-1; i++ {
			bad[i] = '0'
		}
		hex.Encode(bad[from+1:], der)
		return bad
	}
	if _, err := Verify(put(cms), roots, c.clock.Now()); err != nil {
		t.Fatal(err)
	}
	for name, der := range map[string][]byte{
		"in the signer's own data": grown(t, cms, added, 0, 1, 0, 4, 0),
		"in the signed data":       grown(t, cms, added, 0, 1, 0),
		"after the signed data":    grown(t, cms, added, 0),
		"a certificate twice":      twice(t, cms),
	} {
		if _, err := Verify(put(der), roots, c.clock.Now()); !errors.Is(err, ErrUnsigned) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// grown adds bytes at the end of the value that a path of places leads to; the first place is the value itself.
func grown(t *testing.T, der, added []byte, path ...int) []byte {
	t.Helper()
	var one asn1.RawValue
	rest, err := asn1.Unmarshal(der, &one)
	if err != nil {
		t.Fatal(err)
	}
	body := append(bytes.Clone(one.Bytes), added...)
	if len(path) > 1 {
		body = nil
		for i, left := 0, one.Bytes; len(left) > 0; i++ {
			var inner asn1.RawValue
			if left, err = asn1.Unmarshal(left, &inner); err != nil {
				t.Fatal(err)
			}
			if i == path[1] {
				body = append(body, grown(t, inner.FullBytes, added, path[1:]...)...)
				continue
			}
			body = append(body, inner.FullBytes...)
		}
	}
	out, err := asn1.Marshal(asn1.RawValue{Class: one.Class, Tag: one.Tag, IsCompound: one.IsCompound, Bytes: body})
	if err != nil {
		t.Fatal(err)
	}
	return append(out, rest...)
}

// twice has the last certificate once more.
func twice(t *testing.T, cms []byte) []byte {
	t.Helper()
	data, err := parse(cms)
	if err != nil {
		t.Fatal(err)
	}
	var last asn1.RawValue
	for left := data.Certificates.Bytes; len(left) > 0; {
		if left, err = asn1.Unmarshal(left, &last); err != nil {
			t.Fatal(err)
		}
	}
	return grown(t, cms, last.FullBytes, 0, 1, 0, 3)
}
