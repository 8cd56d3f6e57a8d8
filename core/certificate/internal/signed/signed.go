// Package signed reads a signature that a person made in their own program: CMS SignedData (RFC 5652), one signer, with
// signed attributes, detached or with its content inside; DER or BER, PEM or bare base64.
//
// It owns: what such a file must hold, which algorithms are good enough (RSA with SHA-2, PKCS#1 v1.5 or PSS; ECDSA on
// P-256, P-384 and P-521; Ed25519 as RFC 8419 has it), and the check of the signature itself. It does not own whether the
// certificate is to be trusted: internal/trust does. The shape is taken apart by github.com/smallstep/pkcs7; the checks are
// made here, on the standard library, because that package lets through signatures without signed attributes and SHA-1.
//
// It has no life cycle: Read is a pure function.
package signed

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"encoding/asn1"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"time"

	"github.com/smallstep/pkcs7"
)

// Most is the largest file that is read, bytes.
const Most = 256 << 10

const (
	deepest          = 24  // levels of nesting; a real signature with its certificates has about 12
	endlessMost      = 256 // objects that lie in ones of unknown length; after each of them the reader looks for the end
	certificatesMost = 10
)

// What may be wrong with a file.
var (
	ErrForm        = errors.New("signed: not a CMS signature of one signer")
	ErrNoSigner    = errors.New("signed: the signer's certificate is not inside")
	ErrAttributes  = errors.New("signed: signed attributes are missing or wrong")
	ErrContent     = errors.New("signed: another text is signed")
	ErrWrong       = errors.New("signed: the signature does not fit its certificate")
	ErrWeak        = errors.New("signed: the algorithm is too weak")
	ErrGOST        = errors.New("signed: GOST algorithms are not supported")
	ErrUnsupported = errors.New("signed: the algorithm is not supported")
)

// Signature is what a good file says.
type Signature struct {
	Signer *x509.Certificate
	Others []*x509.Certificate // the others inside; nobody vouches for them
	At     time.Time           // when it was made, by the signer's own clock
}

// Read checks that the file is a signature of exactly this content. Errors are those of this package, wrapped.
func Read(file, content []byte) (Signature, error) {
	raw, err := decode(file)
	if err != nil {
		return Signature{}, err
	}
	if !shallow(raw) {
		return Signature{}, fmt.Errorf("%w: its objects do not lie in each other well", ErrForm)
	}
	p7, err := pkcs7.Parse(raw)
	if err != nil {
		return Signature{}, fmt.Errorf("%w: %w", ErrForm, err)
	}
	if len(p7.Signers) != 1 || len(p7.Certificates) > certificatesMost {
		return Signature{}, fmt.Errorf("%w: %d signers, %d certificates", ErrForm, len(p7.Signers), len(p7.Certificates))
	}
	how := method{p7.Signers[0].DigestAlgorithm, p7.Signers[0].DigestEncryptionAlgorithm}
	hash, err := how.hash()
	if err != nil {
		return Signature{}, err
	}
	signer := p7.GetOnlySigner()
	if signer == nil {
		return Signature{}, ErrNoSigner
	}
	if len(p7.Content) > 0 && !bytes.Equal(p7.Content, content) {
		return Signature{}, ErrContent
	}
	var given []attribute
	for _, a := range p7.Signers[0].AuthenticatedAttributes {
		given = append(given, attribute(a))
	}
	at, err := checkAttributes(given, hash, content)
	if err != nil {
		return Signature{}, err
	}
	message, err := asn1.MarshalWithParams(given, "set") // what is signed is the attributes as a DER SET OF (RFC 5652, 5.4)
	if err != nil {
		return Signature{}, fmt.Errorf("%w: %w", ErrForm, err)
	}
	if err := how.verify(signer.PublicKey, hash, message, p7.Signers[0].EncryptedDigest); err != nil {
		return Signature{}, err
	}
	out := Signature{Signer: signer, At: at}
	for _, one := range p7.Certificates {
		if !one.Equal(signer) {
			out.Others = append(out.Others, one)
		}
	}
	return out, nil
}

// attribute is one signed attribute: its kind and the set of its values.
type attribute struct {
	Type  asn1.ObjectIdentifier
	Value asn1.RawValue `asn1:"set"`
}

// checkAttributes asks for each of the three attributes exactly once, and returns when the signature was made.
func checkAttributes(given []attribute, hash crypto.Hash, content []byte) (time.Time, error) {
	var kind asn1.ObjectIdentifier
	var digest []byte
	var at time.Time
	for _, want := range []struct {
		kind asn1.ObjectIdentifier
		into any
	}{{pkcs7.OIDAttributeContentType, &kind}, {pkcs7.OIDAttributeMessageDigest, &digest}, {pkcs7.OIDAttributeSigningTime, &at}} {
		if err := value(given, want.kind, want.into); err != nil {
			return at, err
		}
	}
	if !kind.Equal(pkcs7.OIDData) {
		return at, fmt.Errorf("%w: content type %v", ErrAttributes, kind)
	}
	sum := hash.New()
	sum.Write(content)
	if !bytes.Equal(sum.Sum(nil), digest) {
		return at, ErrContent
	}
	return at.UTC(), nil
}

// value reads the single value of an attribute that stands there once.
func value(given []attribute, kind asn1.ObjectIdentifier, into any) error {
	count := 0
	for _, a := range given {
		if !a.Type.Equal(kind) {
			continue
		}
		count++
		rest, err := asn1.Unmarshal(a.Value.Bytes, into)
		if err != nil || len(rest) > 0 {
			return fmt.Errorf("%w: %v", ErrAttributes, kind)
		}
	}
	if count != 1 {
		return fmt.Errorf("%w: %v stands there %d times", ErrAttributes, kind, count)
	}
	return nil
}

// decode takes PEM and base64 off. Signing programs name the PEM block as they like: CMS, PKCS7, SIGNATURE.
func decode(file []byte) ([]byte, error) {
	if len(file) == 0 || len(file) > Most {
		return nil, fmt.Errorf("%w: %d bytes", ErrForm, len(file))
	}
	const sequence = 0x30
	if file[0] == sequence {
		return file, nil
	}
	text := bytes.TrimSpace(bytes.TrimPrefix(file, []byte("\xef\xbb\xbf")))
	if block, rest := pem.Decode(text); block != nil && len(bytes.TrimSpace(rest)) == 0 {
		return block.Bytes, nil
	}
	plain := bytes.Join(bytes.Fields(text), nil)
	raw := make([]byte, base64.StdEncoding.DecodedLen(len(plain)))
	n, err := base64.StdEncoding.Decode(raw, plain)
	if err != nil || n == 0 || raw[0] != sequence {
		return nil, fmt.Errorf("%w: neither DER nor PEM nor base64", ErrForm)
	}
	return raw[:n], nil
}

// shallow tells whether nothing is nested deeper than a signature has it, and nothing runs over the end of what it lies in.
// The reader of the shape is recursive, copies at each level and reads again what overlaps, so that a small file made of
// nothing but that would cost it much.
func shallow(raw []byte) bool {
	type open struct {
		bound   int  // where the nearest object of known length ends
		endless bool // ends by a mark, not by its length
	}
	levels, inEndless := []open{{bound: len(raw)}}, 0
	for at := 0; at < len(raw); {
		for len(levels) > 1 && !levels[len(levels)-1].endless && levels[len(levels)-1].bound == at {
			levels = levels[:len(levels)-1]
		}
		here := levels[len(levels)-1]
		if here.endless && at+2 <= len(raw) && raw[at] == 0 && raw[at+1] == 0 {
			levels, at = levels[:len(levels)-1], at+2
			continue
		}
		if here.endless {
			inEndless++
		}
		head, ok := header(raw[at:])
		if at += head.length; !ok || at+head.content > here.bound || inEndless > endlessMost {
			return false
		}
		switch {
		case !head.constructed:
			at += head.content
			continue
		case head.indefinite:
			levels = append(levels, open{here.bound, true})
		default:
			levels = append(levels, open{at + head.content, false})
		}
		if len(levels) > deepest {
			return false
		}
	}
	return true
}

type head struct {
	length, content         int // of the header itself, of what follows
	constructed, indefinite bool
}

// header reads tag and length of one object (X.690, 8.1).
func header(raw []byte) (head, bool) {
	if len(raw) < 2 {
		return head{}, false
	}
	out, at := head{constructed: raw[0]&0x20 != 0}, 1
	if raw[0]&0x1f == 0x1f {
		for at < len(raw) && raw[at] >= 0x80 {
			at++
		}
		at++
	}
	if at >= len(raw) {
		return head{}, false
	}
	first := int(raw[at])
	at++
	out.indefinite = first == 0x80
	switch count := first & 0x7f; {
	case first < 0x80:
		out.content = first
	case count > 4 || at+count > len(raw):
		return head{}, false
	default:
		for _, b := range raw[at : at+count] {
			out.content = out.content<<8 | int(b)
		}
		at += count
	}
	out.length = at
	return out, out.content <= len(raw)-at
}
