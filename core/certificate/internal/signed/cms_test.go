package signed_test

import (
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"math/big"
	"strconv"
	"strings"
	"testing"
	"time"
)

const sha256Name = "sha256"

// cms is a signature made here, byte by byte, so that it can be wrong in ways that no program makes it.
type cms struct {
	key           crypto.Signer
	signer        *x509.Certificate
	digest        string // sha256Name, or what fits the key
	digestName    string // instead of the digest's own
	signatureName string
	inside        string // the content's type
	content       []byte
	without       int // the attribute that is left out
	twice         bool
	signers       int
}

type attributeForm struct {
	Type  asn1.ObjectIdentifier
	Value asn1.RawValue
}

type signerForm struct {
	Version    int
	Who        whoForm
	Digest     pkix.AlgorithmIdentifier
	Attributes []attributeForm `asn1:"set,tag:0"`
	Method     pkix.AlgorithmIdentifier
	Signature  []byte
}

type whoForm struct {
	Issuer asn1.RawValue
	Serial *big.Int
}

type insideForm struct{ Type asn1.ObjectIdentifier }

type dataForm struct {
	Version      int
	Digests      []pkix.AlgorithmIdentifier `asn1:"set"`
	Content      insideForm
	Certificates asn1.RawValue
	Signers      []signerForm `asn1:"set"`
}

type outerForm struct {
	Type asn1.ObjectIdentifier
	Data dataForm `asn1:"explicit,tag:0"`
}

func name(text string) asn1.ObjectIdentifier {
	var out asn1.ObjectIdentifier
	for _, part := range strings.Split(text, ".") {
		n, _ := strconv.Atoi(part)
		out = append(out, n)
	}
	return out
}

func or(text, other string) string {
	if text == "" {
		return other
	}
	return text
}

func (c cms) make(t testing.TB) []byte {
	t.Helper()
	text := c.content
	if text == nil {
		text = content
	}
	_, isEd := c.key.(ed25519.PrivateKey)
	hash, digestName, signatureName := crypto.SHA256, "2.16.840.1.101.3.4.2.1", "1.2.840.10045.4.3.2"
	sum := func(data []byte) []byte { s := sha256.Sum256(data); return s[:] }
	if isEd {
		signatureName = "1.3.101.112"
		if c.digest != sha256Name {
			hash, digestName = crypto.SHA512, "2.16.840.1.101.3.4.2.3"
			sum = func(data []byte) []byte { s := sha512.Sum512(data); return s[:] }
		}
	}
	inside := name(or(c.inside, "1.2.840.113549.1.7.1"))
	attributes := []attributeForm{
		c.attribute(t, "1.2.840.113549.1.9.5", time.Now().UTC()), c.attribute(t, "1.2.840.113549.1.9.4", sum(text)), c.attribute(t, "1.2.840.113549.1.9.3", inside),
	}
	if c.without > 0 {
		attributes = append(attributes[:c.without-1], attributes[c.without:]...)
	}
	if c.twice {
		attributes = append(attributes, c.attribute(t, "1.2.840.113549.1.9.5", time.Unix(0, 0).UTC()))
	}
	message := must(asn1.MarshalWithParams(attributes, "set"))(t)
	toSign, how := sum(message), crypto.SignerOpts(hash)
	if isEd {
		toSign, how = message, crypto.Hash(0)
	}
	one := signerForm{
		Version: 1, Who: whoForm{asn1.RawValue{FullBytes: c.signer.RawIssuer}, c.signer.SerialNumber},
		Digest: pkix.AlgorithmIdentifier{Algorithm: name(or(c.digestName, digestName))}, Attributes: attributes,
		Method: pkix.AlgorithmIdentifier{Algorithm: name(or(c.signatureName, signatureName))}, Signature: must(c.key.Sign(rand.Reader, toSign, how))(t),
	}
	out := outerForm{name("1.2.840.113549.1.7.2"), dataForm{
		Version: 1, Digests: []pkix.AlgorithmIdentifier{one.Digest}, Content: insideForm{inside},
		Certificates: asn1.RawValue{Class: asn1.ClassContextSpecific, Tag: 0, IsCompound: true, Bytes: c.signer.Raw},
	}}
	for range max(c.signers, 1) {
		out.Data.Signers = append(out.Data.Signers, one)
	}
	return must(asn1.Marshal(out))(t)
}

func (c cms) attribute(t testing.TB, kind string, value any) attributeForm {
	t.Helper()
	return attributeForm{name(kind), asn1.RawValue{Class: asn1.ClassUniversal, Tag: asn1.TagSet, IsCompound: true, Bytes: must(asn1.Marshal(value))(t)}}
}
