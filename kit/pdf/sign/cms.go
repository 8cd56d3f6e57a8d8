package sign

import (
	"bytes"
	"crypto"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"fmt"
	"math/big"

	"posad.city/kit/authority"
)

// The names of things in CMS.
var (
	oidData          = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 1}
	oidSignedData    = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 2}
	oidContentType   = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 3}
	oidMessageDigest = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 4}
	oidSigningCert   = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 2, 47} // signing-certificate-v2
	oidSHA256        = asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 1}
	oidECDSA         = asn1.ObjectIdentifier{1, 2, 840, 10045, 4, 3, 2} // with SHA-256
)

type contentInfo struct {
	Type    asn1.ObjectIdentifier
	Content asn1.RawValue
}

type signedData struct {
	Version      int
	Digests      []pkix.AlgorithmIdentifier `asn1:"set"`
	Content      struct{ Type asn1.ObjectIdentifier }
	Certificates asn1.RawValue
	Signers      []signerInfo `asn1:"set"`
}

type signerInfo struct {
	Version   int
	Issuer    issuerAndSerial
	Digest    pkix.AlgorithmIdentifier
	Attrs     asn1.RawValue
	Algorithm pkix.AlgorithmIdentifier
	Signature []byte
}

type issuerAndSerial struct {
	Issuer asn1.RawValue
	Serial *big.Int
}

type attribute struct {
	Type   asn1.ObjectIdentifier
	Values asn1.RawValue
}

// certID is ESSCertIDv2 with SHA-256, which is the default and so is not written.
type certID struct {
	Hash   []byte
	Issuer struct {
		Names  []asn1.RawValue
		Serial *big.Int
	}
}

type signingCertificate struct{ Certs []certID }

var errCMS = errors.New("this is no signature of the form that the city makes")

// statement builds the CMS over content of the digest.
func statement(digest []byte, by authority.Signer) ([]byte, error) {
	attrs, err := attributes(digest, by.Leaf)
	if err != nil {
		return nil, err
	}
	over := sha256.Sum256(attrs) // as a SET, by RFC 5652, 5.4
	signature, err := authority.Steady(by.Key).Sign(nil, over[:], crypto.SHA256)
	if err != nil {
		return nil, fmt.Errorf("sign: %w", err)
	}
	return compose(by.Leaf, append(bytes.Clone(by.Leaf.Raw), by.Root.Raw...), attrs, signature)
}

// compose is the one form of a CMS that the city makes.
func compose(leaf *x509.Certificate, certs, attrs, signature []byte) ([]byte, error) {
	data := signedData{
		Version: 1, Digests: []pkix.AlgorithmIdentifier{{Algorithm: oidSHA256}},
		Certificates: asn1.RawValue{Class: asn1.ClassContextSpecific, Tag: 0, IsCompound: true, Bytes: certs},
		Signers: []signerInfo{{
			Version: 1, Issuer: issuerAndSerial{asn1.RawValue{FullBytes: leaf.RawIssuer}, leaf.SerialNumber},
			Digest: pkix.AlgorithmIdentifier{Algorithm: oidSHA256}, Attrs: asn1.RawValue{FullBytes: retag(attrs, 0xa0)},
			Algorithm: pkix.AlgorithmIdentifier{Algorithm: oidECDSA}, Signature: signature,
		}},
	}
	data.Content.Type = oidData
	inner, err := asn1.Marshal(data)
	if err != nil {
		return nil, fmt.Errorf("sign: %w", err)
	}
	out, err := asn1.Marshal(contentInfo{oidSignedData, asn1.RawValue{Class: asn1.ClassContextSpecific, Tag: 0, IsCompound: true, Bytes: inner}})
	if err != nil {
		return nil, fmt.Errorf("sign: %w", err)
	}
	return out, nil
}

// retag gives encoded bytes another first byte: signed attributes are signed as a SET and kept as [0].
func retag(encoded []byte, tag byte) []byte {
	out := bytes.Clone(encoded)
	out[0] = tag
	return out
}

// attributes are what is signed: the kind of content, its digest, and whose certificate is meant; in the order of DER.
func attributes(digest []byte, leaf *x509.Certificate) ([]byte, error) {
	hash := sha256.Sum256(leaf.Raw)
	id := certID{Hash: hash[:]}
	id.Issuer.Names = []asn1.RawValue{{Class: asn1.ClassContextSpecific, Tag: 4, IsCompound: true, Bytes: leaf.RawIssuer}}
	id.Issuer.Serial = leaf.SerialNumber
	var out []attribute
	for _, one := range []struct {
		name  asn1.ObjectIdentifier
		value any
	}{{oidContentType, oidData}, {oidMessageDigest, digest}, {oidSigningCert, signingCertificate{[]certID{id}}}} {
		value, err := asn1.Marshal(one.value)
		if err != nil {
			return nil, fmt.Errorf("sign: %w", err)
		}
		out = append(out, attribute{one.name, asn1.RawValue{Class: asn1.ClassUniversal, Tag: asn1.TagSet, IsCompound: true, Bytes: value}})
	}
	encoded, err := asn1.MarshalWithParams(out, "set")
	if err != nil {
		return nil, fmt.Errorf("sign: %w", err)
	}
	return encoded, nil
}

// opened is a CMS taken apart.
type opened struct {
	leaf   *x509.Certificate
	others []*x509.Certificate
}

// openStatement reads a CMS and checks that it signs content of the digest by the certificate in it. Whether that certificate
// is the city's is for the caller to ask.
func openStatement(der, digest []byte) (opened, error) {
	data, err := parse(der)
	if err != nil {
		return opened{}, err
	}
	certs, err := x509.ParseCertificates(data.Certificates.Bytes)
	if err != nil || len(certs) != 2 { // the signer's and the root's
		return opened{}, errors.Join(errCMS, err)
	}
	one := data.Signers[0]
	var out opened
	for _, c := range certs {
		if out.leaf == nil && bytes.Equal(c.RawIssuer, one.Issuer.Issuer.FullBytes) && c.SerialNumber.Cmp(one.Issuer.Serial) == 0 {
			out.leaf = c
		} else {
			out.others = append(out.others, c)
		}
	}
	if out.leaf == nil {
		return opened{}, fmt.Errorf("%w: the signer's certificate is not there", errCMS)
	}
	want, err := attributes(digest, out.leaf)
	if err != nil {
		return opened{}, err
	}
	if len(one.Attrs.FullBytes) == 0 || !bytes.Equal(retag(one.Attrs.FullBytes, 0x31), want) {
		return opened{}, ErrAltered // another digest, another certificate, or a form that the city does not make
	}
	if err := out.leaf.CheckSignature(x509.ECDSAWithSHA256, want, one.Signature); err != nil {
		return opened{}, ErrAltered
	}
	// What nobody signed may not stand beside the signature: decoding passes over what it does not know.
	if same, err := compose(out.leaf, data.Certificates.Bytes, want, one.Signature); err != nil || !bytes.Equal(same, der) {
		return opened{}, errors.Join(errCMS, err)
	}
	return out, nil
}

func parse(der []byte) (signedData, error) {
	var outer contentInfo
	if rest, err := asn1.Unmarshal(der, &outer); err != nil || len(rest) > 0 {
		return signedData{}, errCMS
	}
	if !outer.Type.Equal(oidSignedData) || outer.Content.Class != asn1.ClassContextSpecific || outer.Content.Tag != 0 {
		return signedData{}, errCMS
	}
	var data signedData
	if rest, err := asn1.Unmarshal(outer.Content.Bytes, &data); err != nil || len(rest) > 0 {
		return signedData{}, errCMS
	}
	certs := data.Certificates
	if len(data.Signers) != 1 || !data.Content.Type.Equal(oidData) || certs.Class != asn1.ClassContextSpecific || certs.Tag != 0 || data.Signers[0].Issuer.Serial == nil {
		return signedData{}, errCMS
	}
	one := data.Signers[0]
	if !one.Digest.Algorithm.Equal(oidSHA256) || !one.Algorithm.Algorithm.Equal(oidECDSA) {
		return signedData{}, errCMS
	}
	return data, nil
}
