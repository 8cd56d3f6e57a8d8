package asic

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"encoding/asn1"
	"encoding/base64"
	"errors"
	"fmt"
	"math/big"
	"time"

	"github.com/beevik/etree"
	dsig "github.com/russellhaering/goxmldsig"
)

// Signer is who signs: an ECDSA key on P-256 and its certificate, with those that issued it.
type Signer struct {
	Key    *ecdsa.PrivateKey
	Leaf   *x509.Certificate
	Issued []*x509.Certificate // the way up to the root, for whoever verifies; may be empty
}

// Sign makes META-INF/signatures.xml of a batch: one XAdES signature (B-B) over its ChainResult. The time is the signer's
// word for when. The same signer, time and batch give the same bytes. Errors: a key that is not on P-256.
func Sign(s Signer, t *Tree, at time.Time) ([]byte, error) {
	if s.Key == nil || s.Leaf == nil || s.Key.Curve.Params().BitSize != 256 {
		return nil, errors.New("asic: a signer needs a P-256 key and its certificate")
	}
	document := etree.NewDocument()
	root := document.CreateElement("asic:XAdESSignatures")
	root.CreateAttr("xmlns:asic", spaceASiC)
	root.CreateAttr("xmlns:ds", spaceDS)
	root.CreateAttr("xmlns:xades", spaceXAdES)
	signature := child(root, "ds:Signature", "Id", "signature")
	info := child(signature, "ds:SignedInfo")
	value := child(signature, "ds:SignatureValue", "Id", "signature-value")
	writeCertificates(child(signature, "ds:KeyInfo"), s)
	fields := writeFields(child(signature, "ds:Object"), s.Leaf, at)
	canonicalFields, err := dsig.MakeC14N10ExclusiveCanonicalizerWithPrefixList("").Canonicalize(detached(fields))
	if err != nil {
		return nil, fmt.Errorf("asic: canonical form: %w", err)
	}
	writeInfo(info, t.ChainResult(), canonicalFields)
	signed, err := signInfo(s.Key, info)
	if err != nil {
		return nil, err
	}
	value.SetText(base64.StdEncoding.EncodeToString(signed))
	body, err := document.WriteToBytes()
	if err != nil {
		return nil, fmt.Errorf("asic: signature: %w", err)
	}
	return append([]byte(xmlHead), body...), nil
}

func child(of *etree.Element, tag string, attributes ...string) *etree.Element {
	e := of.CreateElement(tag)
	for i := 0; i+1 < len(attributes); i += 2 {
		e.CreateAttr(attributes[i], attributes[i+1])
	}
	return e
}

func text(of *etree.Element, tag, content string) { of.CreateElement(tag).SetText(content) }

func writeCertificates(info *etree.Element, s Signer) {
	data := child(info, "ds:X509Data")
	text(data, "ds:X509Certificate", base64.StdEncoding.EncodeToString(s.Leaf.Raw))
	for _, c := range s.Issued {
		text(data, "ds:X509Certificate", base64.StdEncoding.EncodeToString(c.Raw))
	}
}

// writeFields writes what XAdES signs besides: when, by which certificate, of which type. It returns the signed element.
func writeFields(object *etree.Element, leaf *x509.Certificate, at time.Time) *etree.Element {
	qualifying := child(object, "xades:QualifyingProperties", "Target", "#signature")
	fields := child(qualifying, "xades:SignedProperties", "Id", "signed-properties")
	mine := child(fields, "xades:SignedSignatureProperties")
	text(mine, "xades:SigningTime", at.UTC().Format(time.RFC3339))
	certificate := child(child(mine, "xades:SigningCertificate"), "xades:Cert")
	digest := child(certificate, "xades:CertDigest")
	child(digest, "ds:DigestMethod", "Algorithm", methodSHA512)
	sum := sha512.Sum512(leaf.Raw)
	text(digest, "ds:DigestValue", base64.StdEncoding.EncodeToString(sum[:]))
	serial := child(certificate, "xades:IssuerSerial")
	text(serial, "ds:X509IssuerName", leaf.Issuer.String())
	text(serial, "ds:X509SerialNumber", leaf.SerialNumber.String())
	data := child(child(fields, "xades:SignedDataObjectProperties"), "xades:DataObjectFormat", "ObjectReference", "#signature-reference-0")
	text(data, "xades:MimeType", "text/xml")
	return fields
}

func writeInfo(info *etree.Element, result, fields []byte) {
	child(info, "ds:CanonicalizationMethod", "Algorithm", methodExclusive)
	child(info, "ds:SignatureMethod", "Algorithm", methodECDSA+"256")
	of := child(info, "ds:Reference", "Id", "signature-reference-0", "URI", "/"+nameChainResult)
	writeDigest(of, result)
	own := child(info, "ds:Reference", "Id", "signature-reference-1", "Type", typeSignedFields, "URI", "#signed-properties")
	child(child(own, "ds:Transforms"), "ds:Transform", "Algorithm", methodExclusive)
	writeDigest(own, fields)
}

func writeDigest(of *etree.Element, content []byte) {
	child(of, "ds:DigestMethod", "Algorithm", methodSHA512)
	sum := sha512.Sum512(content)
	text(of, "ds:DigestValue", base64.StdEncoding.EncodeToString(sum[:]))
}

// detached is a copy of an element that knows the namespaces of those around it, so that it can be made canonical alone.
func detached(e *etree.Element) *etree.Element {
	out := e.Copy()
	for up := e.Parent(); up != nil; up = up.Parent() {
		for _, a := range up.Attr {
			if (a.Space == "xmlns" || (a.Space == "" && a.Key == "xmlns")) && out.SelectAttr(a.FullKey()) == nil {
				out.CreateAttr(a.FullKey(), a.Value)
			}
		}
	}
	return out
}

// signInfo signs without chance (RFC 6979), and writes the signature as XML Signature has it: two numbers of 32 bytes.
func signInfo(key *ecdsa.PrivateKey, info *etree.Element) ([]byte, error) {
	canonical, err := dsig.MakeC14N10ExclusiveCanonicalizerWithPrefixList("").Canonicalize(detached(info))
	if err != nil {
		return nil, fmt.Errorf("asic: canonical form: %w", err)
	}
	sum := sha256.Sum256(canonical)
	der, err := key.Sign(nil, sum[:], crypto.SHA256)
	if err != nil {
		return nil, fmt.Errorf("asic: sign: %w", err)
	}
	var pair struct{ R, S *big.Int }
	if _, err := asn1.Unmarshal(der, &pair); err != nil {
		return nil, fmt.Errorf("asic: sign: %w", err)
	}
	out := make([]byte, 64)
	pair.R.FillBytes(out[:32])
	pair.S.FillBytes(out[32:])
	return out, nil
}
