package sign

import (
	"bytes"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"posad.city/kit/authority"
	"posad.city/kit/pdf"
)

// The errors of signing and checking.
var (
	// ErrPlace says that the file has no empty place for a signature.
	ErrPlace = errors.New("sign: the file has no place for a signature")
	// ErrUnsigned says that the file carries no signature over all of it.
	ErrUnsigned = errors.New("sign: the file carries no signature over all of it")
	// ErrAltered says that the file or the signature was changed.
	ErrAltered = errors.New("sign: the file was changed after it was signed")
	// ErrStranger says that the signature is whole, but nobody who is trusted vouches for the signer.
	ErrStranger = errors.New("sign: the signer is not known")
)

var (
	rangeBegins = []byte("/ByteRange [0 ")
	placeBegins = []byte("] /Contents <")
)

const digits = 10 // of each number of the byte range

// Sign fills the place that pdf.Document.Signing made. The error is ErrPlace.
func Sign(file []byte, by authority.Signer) ([]byte, error) {
	out := slices.Clone(file)
	at := bytes.LastIndex(out, append([]byte(pdf.SignatureRange), placeBegins[1:]...))
	if at < 0 {
		return nil, ErrPlace
	}
	from := at + len(pdf.SignatureRange) + len(placeBegins) - 2 // of the bracket that opens the place
	to := from + 2 + 2*pdf.SignatureRoom
	if to > len(out) || out[to-1] != '>' {
		return nil, ErrPlace
	}
	copy(out[at:], fmt.Sprintf("/ByteRange [0 %010d %010d %010d]", from, to, len(out)-to))
	cms, err := statement(digestOf(out, from, to), by)
	if err != nil {
		return nil, err
	}
	if len(cms) > pdf.SignatureRoom {
		return nil, fmt.Errorf("sign: the signature takes %d bytes, there is room for %d", len(cms), pdf.SignatureRoom)
	}
	hex.Encode(out[from+1:], cms)
	return out, nil
}

func digestOf(file []byte, from, to int) []byte {
	hash := sha256.New()
	hash.Write(file[:from])
	hash.Write(file[to:])
	return hash.Sum(nil)
}

// Signed is who signed a file.
type Signed struct {
	Leaf *x509.Certificate
	Root *x509.Certificate // the trusted one
}

// Verify checks that a file is, byte for byte, what somebody signed for whom one of the roots vouches, with a certificate that
// was good at the time. Errors: ErrUnsigned, ErrAltered, ErrStranger.
func Verify(file []byte, roots []*x509.Certificate, at time.Time) (Signed, error) {
	from, to, err := place(file)
	if err != nil {
		return Signed{}, err
	}
	cms, err := contents(file[from+1 : to-1])
	if err != nil {
		return Signed{}, err
	}
	got, err := openStatement(cms, digestOf(file, from, to))
	if errors.Is(err, errCMS) {
		return Signed{}, fmt.Errorf("%w: %w", ErrUnsigned, err)
	}
	if err != nil {
		return Signed{}, err
	}
	trusted, between := x509.NewCertPool(), x509.NewCertPool()
	for _, root := range roots {
		if bytes.Equal(root.RawIssuer, root.RawSubject) {
			trusted.AddCert(root)
		} else {
			between.AddCert(root) // of a key whose secret is gone: the newest vouches for it
		}
	}
	chains, err := got.leaf.Verify(x509.VerifyOptions{Roots: trusted, Intermediates: between, CurrentTime: at, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny}})
	if err != nil {
		return Signed{}, fmt.Errorf("%w: %w", ErrStranger, err)
	}
	return Signed{Leaf: got.leaf, Root: chains[0][len(chains[0])-1]}, nil
}

// Inside are the roots that a signed file brings itself. By them a file is whole and no more: who signed it is its own word.
// Errors: those of Verify.
func Inside(file []byte) ([]*x509.Certificate, error) {
	from, to, err := place(file)
	if err != nil {
		return nil, err
	}
	cms, err := contents(file[from+1 : to-1])
	if err != nil {
		return nil, err
	}
	got, err := openStatement(cms, digestOf(file, from, to))
	if errors.Is(err, errCMS) {
		return nil, fmt.Errorf("%w: %w", ErrUnsigned, err)
	}
	return got.others, err
}

// place finds the last signature and checks that it covers the file from its first byte to its last.
func place(file []byte) (int, int, error) {
	at := bytes.LastIndex(file, rangeBegins)
	if at < 0 {
		return 0, 0, ErrUnsigned
	}
	rest := file[at+len(rangeBegins):]
	if len(rest) < 3*digits+2+len(placeBegins) || rest[digits] != ' ' || rest[2*digits+1] != ' ' {
		return 0, 0, ErrUnsigned
	}
	var numbers [3]int
	for i := range numbers {
		n, err := strconv.ParseUint(string(rest[i*(digits+1):i*(digits+1)+digits]), 10, 40)
		if err != nil {
			return 0, 0, ErrUnsigned
		}
		numbers[i] = int(n)
	}
	from, to, after := numbers[0], numbers[1], numbers[2]
	begins := at + len(rangeBegins) + 3*digits + 2
	if !bytes.HasPrefix(file[begins:], placeBegins) || from != begins+len(placeBegins)-1 {
		return 0, 0, ErrUnsigned
	}
	if to != from+2+2*pdf.SignatureRoom || to > len(file) || to+after != len(file) || file[to-1] != '>' {
		return 0, 0, ErrUnsigned
	}
	return from, to, nil
}

// contents decodes the place: one DER value and zeros after it, in capital or small digits as it was written.
func contents(place []byte) ([]byte, error) {
	out := make([]byte, len(place)/2)
	if _, err := hex.Decode(out, place); err != nil {
		return nil, ErrUnsigned
	}
	if !bytes.Equal(place, []byte(hex.EncodeToString(out))) {
		return nil, ErrAltered // capitals: the same signature, but not the same file
	}
	length, ok := lengthOf(out)
	if !ok || bytes.ContainsFunc(out[length:], func(r rune) bool { return r != 0 }) {
		return nil, ErrUnsigned
	}
	return out[:length], nil
}

// lengthOf is how long the DER value at the start is, with its head of four bytes.
func lengthOf(der []byte) (int, bool) {
	if len(der) < 4 || der[0] != 0x30 || der[1] != 0x82 {
		return 0, false
	}
	n := 4 + int(der[2])<<8 + int(der[3])
	return n, n <= len(der)
}
