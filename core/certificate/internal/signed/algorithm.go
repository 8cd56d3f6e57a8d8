package signed

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	_ "crypto/sha256" // the digests that are taken
	_ "crypto/sha512"
	"crypto/x509/pkix"
	"encoding/asn1"
	"fmt"
	"slices"
)

// method is how the signer says that they signed.
type method struct{ digest, signature pkix.AlgorithmIdentifier }

// leastRSA is the shortest RSA modulus that is taken, bits; mostRSA is the longest: a longer one only costs time.
const (
	leastRSA = 2048
	mostRSA  = 8192
)

// The names of algorithms (RFC 3370, 5754, 4056, 8419).
var (
	oidRSA     = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 1}
	oidPSS     = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 10}
	oidEC      = asn1.ObjectIdentifier{1, 2, 840, 10045, 2, 1}
	oidEd25519 = asn1.ObjectIdentifier{1, 3, 101, 112}
)

// digests are those that are strong enough, with the signature algorithms that name them once more.
var digests = []struct {
	digest, rsa, ecdsa asn1.ObjectIdentifier
	hash               crypto.Hash
}{
	{asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 1}, asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 11}, asn1.ObjectIdentifier{1, 2, 840, 10045, 4, 3, 2}, crypto.SHA256},
	{asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 2}, asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 12}, asn1.ObjectIdentifier{1, 2, 840, 10045, 4, 3, 3}, crypto.SHA384},
	{asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 3}, asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 13}, asn1.ObjectIdentifier{1, 2, 840, 10045, 4, 3, 4}, crypto.SHA512},
}

// weak are MD5, SHA-1 and the signatures that name them.
var weak = []string{"1.2.840.113549.2.5", "1.3.14.3.2.26", "1.2.840.113549.1.1.4", "1.2.840.113549.1.1.5", "1.2.840.10045.4.1"}

// IsGOST tells whether an algorithm is one of the Russian national ones (GOST R 34.10, 34.11; R 1323565.1.023).
func IsGOST(name asn1.ObjectIdentifier) bool {
	return len(name) > 3 && name[:3].Equal(asn1.ObjectIdentifier{1, 2, 643})
}

// hash is the digest that both algorithms agree on.
func (m method) hash() (crypto.Hash, error) {
	for _, name := range []asn1.ObjectIdentifier{m.digest.Algorithm, m.signature.Algorithm} {
		if IsGOST(name) {
			return 0, ErrGOST
		}
		if slices.Contains(weak, name.String()) {
			return 0, fmt.Errorf("%w: %v", ErrWeak, name)
		}
	}
	for _, known := range digests {
		if known.digest.Equal(m.digest.Algorithm) {
			return known.hash, nil
		}
	}
	return 0, fmt.Errorf("%w: digest %v", ErrUnsupported, m.digest.Algorithm)
}

// verify checks the signature by the key.
func (m method) verify(key crypto.PublicKey, hash crypto.Hash, message, signature []byte) error {
	sum := hash.New()
	sum.Write(message)
	digest := sum.Sum(nil)
	switch key := key.(type) {
	case *rsa.PublicKey:
		return m.verifyRSA(key, hash, digest, signature)
	case *ecdsa.PublicKey:
		if !m.named(hash, oidEC) {
			return fmt.Errorf("%w: %v", ErrUnsupported, m.signature.Algorithm)
		}
		if !ecdsa.VerifyASN1(key, digest, signature) {
			return ErrWrong
		}
		return nil
	case ed25519.PublicKey:
		if !m.signature.Algorithm.Equal(oidEd25519) || hash != crypto.SHA512 { // RFC 8419, 3.1
			return fmt.Errorf("%w: %v", ErrUnsupported, m.signature.Algorithm)
		}
		if !ed25519.Verify(key, message, signature) {
			return ErrWrong
		}
		return nil
	}
	return fmt.Errorf("%w: a key of the type %T", ErrUnsupported, key)
}

func (m method) verifyRSA(key *rsa.PublicKey, hash crypto.Hash, digest, signature []byte) error {
	if key.N.BitLen() < leastRSA {
		return fmt.Errorf("%w: RSA of %d bits", ErrWeak, key.N.BitLen())
	}
	if key.N.BitLen() > mostRSA {
		return fmt.Errorf("%w: RSA of %d bits", ErrUnsupported, key.N.BitLen())
	}
	var err error
	switch {
	case m.signature.Algorithm.Equal(oidPSS):
		if err := m.checkPSS(); err != nil {
			return err
		}
		err = rsa.VerifyPSS(key, hash, digest, signature, &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthAuto})
	case m.named(hash, oidRSA):
		err = rsa.VerifyPKCS1v15(key, hash, digest, signature)
	default:
		return fmt.Errorf("%w: %v", ErrUnsupported, m.signature.Algorithm)
	}
	if err != nil {
		return fmt.Errorf("%w: %w", ErrWrong, err)
	}
	return nil
}

// named tells whether the signature's algorithm is the plain one of the key, or the one that names this hash too.
func (m method) named(hash crypto.Hash, plain asn1.ObjectIdentifier) bool {
	for _, known := range digests {
		if known.hash == hash && (known.rsa.Equal(m.signature.Algorithm) && plain.Equal(oidRSA) || known.ecdsa.Equal(m.signature.Algorithm) && plain.Equal(oidEC)) {
			return true
		}
	}
	return plain.Equal(m.signature.Algorithm)
}

// checkPSS asks that the parameters name the digest of the signature (RFC 4056, 3). The mask's digest needs no look: with
// another one the check fails.
func (m method) checkPSS() error {
	var parameters struct {
		Hash  pkix.AlgorithmIdentifier `asn1:"explicit,tag:0,optional"`
		Mask  pkix.AlgorithmIdentifier `asn1:"explicit,tag:1,optional"`
		Salt  int                      `asn1:"explicit,tag:2,optional,default:20"`
		Trail int                      `asn1:"explicit,tag:3,optional,default:1"`
	}
	rest, err := asn1.Unmarshal(m.signature.Parameters.FullBytes, &parameters)
	if err != nil || len(rest) > 0 {
		return fmt.Errorf("%w: parameters of PSS", ErrForm)
	}
	if len(parameters.Hash.Algorithm) == 0 {
		return fmt.Errorf("%w: PSS with SHA-1", ErrWeak)
	}
	if !parameters.Hash.Algorithm.Equal(m.digest.Algorithm) || parameters.Trail != 1 {
		return fmt.Errorf("%w: PSS with another digest", ErrForm)
	}
	return nil
}
