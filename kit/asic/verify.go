package asic

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"math/big"
	"strings"
	"time"

	"github.com/beevik/etree"
	dsig "github.com/russellhaering/goxmldsig"
)

// Trust says whether a signer is to be believed at the time that the signature claims. The chain is what the container
// brings, without any promise.
type Trust func(leaf *x509.Certificate, chain []*x509.Certificate, signed time.Time) error

// TrustRoots believes whom one of the roots has issued a certificate that was valid when it signed.
func TrustRoots(roots *x509.CertPool) Trust {
	return func(leaf *x509.Certificate, chain []*x509.Certificate, signed time.Time) error {
		_, err := above(leaf, chain, roots, signed)
		return err
	}
}

// Above is the root, of those that are believed, to which a signer's certificate leads. The error is ErrUntrusted.
func Above(leaf *x509.Certificate, chain, roots []*x509.Certificate, signed time.Time) (*x509.Certificate, error) {
	return above(leaf, chain, pool(roots), signed)
}

func above(leaf *x509.Certificate, chain []*x509.Certificate, roots *x509.CertPool, signed time.Time) (*x509.Certificate, error) {
	ways, err := leaf.Verify(x509.VerifyOptions{Roots: roots, Intermediates: pool(chain), CurrentTime: signed, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny}})
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUntrusted, err)
	}
	return ways[0][len(ways[0])-1], nil
}

func pool(list []*x509.Certificate) *x509.CertPool {
	out := x509.NewCertPool()
	for _, c := range list {
		out.AddCert(c)
	}
	return out
}

// Verified is what a good container holds.
type Verified struct {
	Parts       []Part // the head first
	Signed      time.Time
	Certificate *x509.Certificate // the signer's
	Batch       Digest            // the top of the batch's tree; by which it is found in the log
}

// Verify checks a container from the signer to each byte of each part. All parts are signed, or it fails. Errors:
// ErrContainer, ErrSignature, ErrDigest, ErrChain, and those of trust, which must not be nil.
func Verify(data []byte, trust Trust) (*Verified, error) {
	m, err := read(data)
	if err != nil {
		return nil, err
	}
	s, err := checkSignature(m.Signatures, m.ChainResult)
	if err != nil {
		return nil, err
	}
	top, err := checkChain(m)
	if err != nil {
		return nil, err
	}
	if err := trust(s.leaf, s.chain, s.signed); err != nil {
		return nil, err
	}
	return &Verified{Parts: m.Parts, Signed: s.signed, Certificate: s.leaf, Batch: top}, nil
}

// VerifyTop checks the signature over the tree of a whole batch, for whoever has all its leaves. Verified has no parts.
// Errors: those of Verify.
func VerifyTop(signatures []byte, t *Tree, trust Trust) (*Verified, error) {
	s, err := checkSignature(signatures, t.ChainResult())
	if err != nil {
		return nil, err
	}
	if err := trust(s.leaf, s.chain, s.signed); err != nil {
		return nil, err
	}
	return &Verified{Signed: s.signed, Certificate: s.leaf, Batch: t.Top()}, nil
}

// checkSignature checks a signature by itself and over the hash chain's result.
func checkSignature(signatures, result []byte) (*signature, error) {
	s, err := readSignature(signatures)
	if err != nil {
		return nil, err
	}
	if err := s.checkValue(); err != nil {
		return nil, err
	}
	if err := s.checkFields(); err != nil {
		return nil, err
	}
	if s.result.uri != "/"+nameChainResult {
		return nil, fmt.Errorf("%w: it signs something else than a batch", ErrSignature)
	}
	if !s.result.fits(result) {
		return nil, fmt.Errorf("%w: the batch", ErrDigest)
	}
	return s, nil
}

// reference is what a signature says of something: where it is and its digest.
type reference struct {
	uri, method string
	transform   string
	digest      []byte
}

func (r reference) fits(content []byte) bool {
	sum, ok := sumBy(r.method, content)
	return ok && bytes.Equal(sum, r.digest)
}

// sumBy makes a digest by its method; false when the method is not known or too weak.
func sumBy(method string, content []byte) ([]byte, bool) {
	hash, ok := map[string]crypto.Hash{methodSHA256: crypto.SHA256, methodSHA384: crypto.SHA384, methodSHA512: crypto.SHA512}[method]
	if !ok {
		return nil, false
	}
	h := hash.New()
	_, _ = h.Write(content) // a hash takes everything
	return h.Sum(nil), true
}

// signature is a signatures.xml that was read; nothing of it is believed before checkValue.
type signature struct {
	info, fields      *etree.Element
	canonical, method string
	result, own       reference
	value             []byte
	leaf              *x509.Certificate
	chain             []*x509.Certificate
	signed            time.Time
}

// canonicalBy makes an element canonical; false when the method is not known.
func canonicalBy(method string, e *etree.Element) ([]byte, bool) {
	var out []byte
	var err error
	switch method {
	case methodExclusive:
		out, err = dsig.MakeC14N10ExclusiveCanonicalizerWithPrefixList("").Canonicalize(detached(e))
	case methodInclusive:
		out, err = dsig.MakeC14N10RecCanonicalizer().Canonicalize(e)
	default:
		return nil, false
	}
	return out, err == nil
}

// checkValue checks the signature's own number over its SignedInfo.
func (s *signature) checkValue() error {
	content, ok := canonicalBy(s.canonical, s.info)
	if !ok {
		return fmt.Errorf("%w: a canonical form that is not known", ErrSignature)
	}
	family, bits := s.method[:max(len(s.method)-3, 0)], s.method[max(len(s.method)-3, 0):]
	hash, ok := map[string]crypto.Hash{"256": crypto.SHA256, "384": crypto.SHA384, "512": crypto.SHA512}[bits]
	if !ok {
		return fmt.Errorf("%w: a method that is not known", ErrSignature)
	}
	h := hash.New()
	_, _ = h.Write(content) // a hash takes everything
	good := false
	switch key := s.leaf.PublicKey.(type) {
	case *ecdsa.PublicKey:
		good = family == methodECDSA && fitsECDSA(key, h.Sum(nil), s.value)
	case *rsa.PublicKey:
		good = family == methodRSA && key.Size() >= 256 && rsa.VerifyPKCS1v15(key, hash, h.Sum(nil), s.value) == nil
	}
	if !good {
		return ErrSignature
	}
	return nil
}

func fitsECDSA(key *ecdsa.PublicKey, sum, value []byte) bool {
	size := (key.Curve.Params().BitSize + 7) / 8
	if len(value) != 2*size {
		return false
	}
	return ecdsa.Verify(key, sum, new(big.Int).SetBytes(value[:size]), new(big.Int).SetBytes(value[size:]))
}

// checkFields checks what XAdES signs besides: the element itself, and that it names the very certificate.
func (s *signature) checkFields() error {
	content, ok := canonicalBy(s.own.transform, s.fields)
	if !ok || !s.own.fits(content) {
		return fmt.Errorf("%w: the signed properties", ErrDigest)
	}
	mine, err := only(s.fields, "SignedSignatureProperties", spaceXAdES)
	if err != nil {
		return err
	}
	when, err := only(mine, "SigningTime", spaceXAdES)
	if err != nil {
		return err
	}
	if s.signed, err = time.Parse(time.RFC3339, strings.TrimSpace(when.Text())); err != nil {
		return fmt.Errorf("%w: the signing time", ErrSignature)
	}
	return s.checkCertificate(mine)
}

func (s *signature) checkCertificate(mine *etree.Element) error {
	list, err := only(mine, "SigningCertificate", spaceXAdES)
	if err != nil {
		return err
	}
	certificates := list.ChildElements()
	if len(certificates) == 0 {
		return fmt.Errorf("%w: no signing certificate", ErrSignature)
	}
	digest, err := only(certificates[0], "CertDigest", spaceXAdES)
	if err != nil {
		return err
	}
	r, err := readDigest(digest)
	if err != nil {
		return err
	}
	if !r.fits(s.leaf.Raw) {
		return fmt.Errorf("%w: it is of another certificate", ErrSignature)
	}
	return nil
}

func decode64(text string) ([]byte, bool) {
	out, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(text), ""))
	return out, err == nil && len(out) > 0
}
