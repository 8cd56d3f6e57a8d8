package asic

import (
	"bytes"
	"crypto/x509"
	"fmt"

	"github.com/beevik/etree"
)

// The bounds of XML.
const (
	elementsMost = 4000
	depthMost    = 24
	// certificatesMost is how many certificates a signature may bring.
	certificatesMost = 8
)

// readXML reads a file of XML: no document type, no processing but the declaration, no attribute twice, bounded.
func readXML(data []byte) (*etree.Element, error) {
	if len(data) > xmlMost || bytes.Contains(data, []byte("<!")) {
		return nil, fmt.Errorf("%w: XML that is too long or has a document type", ErrContainer)
	}
	document := etree.NewDocument()
	document.ReadSettings = etree.ReadSettings{PreserveDuplicateAttrs: true}
	if err := document.ReadFromBytes(data); err != nil {
		return nil, fmt.Errorf("%w: XML: %w", ErrContainer, err)
	}
	root := document.Root()
	if root == nil {
		return nil, fmt.Errorf("%w: XML without an element", ErrContainer)
	}
	left := elementsMost
	return root, bounded(root, depthMost, &left, map[string]bool{})
}

// bounded walks the tree: depth, number, no attribute twice, no id twice.
func bounded(e *etree.Element, depth int, left *int, ids map[string]bool) error {
	*left--
	if depth == 0 || *left < 0 {
		return fmt.Errorf("%w: XML that is too deep or has too much", ErrContainer)
	}
	seen := map[string]bool{}
	for _, a := range e.Attr {
		if name := a.FullKey(); seen[name] || (a.Space == "" && name == "xmlns" && a.Value == "") {
			return fmt.Errorf("%w: an attribute twice", ErrContainer)
		}
		seen[a.FullKey()] = true
		if a.Key == "Id" || a.Key == "id" || a.Key == "ID" {
			if ids[a.Value] {
				return fmt.Errorf("%w: an id twice", ErrContainer)
			}
			ids[a.Value] = true
		}
	}
	for _, c := range e.Child {
		switch c := c.(type) {
		case *etree.Element:
			if err := bounded(c, depth-1, left, ids); err != nil {
				return err
			}
		case *etree.ProcInst, *etree.Directive:
			return fmt.Errorf("%w: XML with instructions", ErrContainer)
		}
	}
	return nil
}

// only is the one child of that name; there must be exactly one.
func only(e *etree.Element, tag, space string) (*etree.Element, error) {
	var found *etree.Element
	for _, c := range e.ChildElements() {
		if c.Tag != tag || c.NamespaceURI() != space {
			continue
		}
		if found != nil {
			return nil, fmt.Errorf("%w: %s twice", ErrSignature, tag)
		}
		found = c
	}
	if found == nil {
		return nil, fmt.Errorf("%w: no %s", ErrSignature, tag)
	}
	return found, nil
}

// onlyPath goes down by only.
func onlyPath(e *etree.Element, space string, tags ...string) (*etree.Element, error) {
	var err error
	for _, tag := range tags {
		if e, err = only(e, tag, space); err != nil {
			return nil, err
		}
	}
	return e, nil
}

func attribute(e *etree.Element, name string) string { return e.SelectAttrValue(name, "") }

// readSignature takes a signatures.xml apart. Everything has its one place; nothing is looked for.
func readSignature(data []byte) (*signature, error) {
	root, err := readXML(data)
	if err != nil {
		return nil, err
	}
	if root.Tag != "XAdESSignatures" || root.NamespaceURI() != spaceASiC {
		return nil, fmt.Errorf("%w: no signatures", ErrSignature)
	}
	all, err := only(root, "Signature", spaceDS)
	if err != nil {
		return nil, err
	}
	s := &signature{}
	if s.info, err = only(all, "SignedInfo", spaceDS); err != nil {
		return nil, err
	}
	if err := s.readInfo(); err != nil {
		return nil, err
	}
	if err := s.readKey(all); err != nil {
		return nil, err
	}
	return s, s.readFields(all)
}

func (s *signature) readInfo() error {
	canonical, err := only(s.info, "CanonicalizationMethod", spaceDS)
	if err != nil {
		return err
	}
	method, err := only(s.info, "SignatureMethod", spaceDS)
	if err != nil {
		return err
	}
	if len(canonical.ChildElements()) > 0 || len(method.ChildElements()) > 0 {
		return fmt.Errorf("%w: methods with parameters", ErrSignature)
	}
	s.canonical, s.method = attribute(canonical, "Algorithm"), attribute(method, "Algorithm")
	children := s.info.ChildElements()
	if len(children) != 4 {
		return fmt.Errorf("%w: it must sign a batch and its own properties and nothing else", ErrSignature)
	}
	for _, e := range children[2:] {
		r, err := readReference(e)
		if err != nil {
			return err
		}
		if attribute(e, "Type") == typeSignedFields {
			s.own = r
		} else {
			s.result = r
		}
	}
	if s.own.digest == nil || s.result.digest == nil || s.result.transform != "" {
		return fmt.Errorf("%w: it must sign a batch and its own properties", ErrSignature)
	}
	return nil
}

func readReference(e *etree.Element) (reference, error) {
	if e.Tag != "Reference" || e.NamespaceURI() != spaceDS {
		return reference{}, fmt.Errorf("%w: no reference", ErrSignature)
	}
	r, err := readDigest(e)
	if err != nil {
		return r, err
	}
	r.uri = attribute(e, "URI")
	for _, c := range e.ChildElements() {
		if c.Tag != "Transforms" {
			continue
		}
		one, err := only(c, "Transform", spaceDS)
		if err != nil || len(c.ChildElements()) != 1 || len(one.ChildElements()) > 0 || r.transform != "" {
			return r, fmt.Errorf("%w: transforms", ErrSignature)
		}
		r.transform = attribute(one, "Algorithm")
	}
	return r, nil
}

// readDigest reads a method and a value that stand in an element.
func readDigest(e *etree.Element) (reference, error) {
	method, err := only(e, "DigestMethod", spaceDS)
	if err != nil {
		return reference{}, err
	}
	value, err := only(e, "DigestValue", spaceDS)
	if err != nil {
		return reference{}, err
	}
	digest, ok := decode64(value.Text())
	if !ok || len(value.ChildElements()) > 0 {
		return reference{}, fmt.Errorf("%w: a digest", ErrSignature)
	}
	return reference{method: attribute(method, "Algorithm"), digest: digest}, nil
}

func (s *signature) readKey(all *etree.Element) error {
	value, err := only(all, "SignatureValue", spaceDS)
	if err != nil {
		return err
	}
	ok := false
	if s.value, ok = decode64(value.Text()); !ok {
		return fmt.Errorf("%w: its value", ErrSignature)
	}
	data, err := onlyPath(all, spaceDS, "KeyInfo", "X509Data")
	if err != nil {
		return err
	}
	for i, c := range data.ChildElements() {
		raw, ok := decode64(c.Text())
		if c.Tag != "X509Certificate" || !ok || i >= certificatesMost {
			return fmt.Errorf("%w: its certificates", ErrSignature)
		}
		certificate, err := x509.ParseCertificate(raw)
		if err != nil {
			return fmt.Errorf("%w: a certificate", ErrSignature)
		}
		if i == 0 {
			s.leaf = certificate
		} else {
			s.chain = append(s.chain, certificate)
		}
	}
	if s.leaf == nil {
		return fmt.Errorf("%w: no certificate", ErrSignature)
	}
	return nil
}

// readFields finds the signed properties at their one place, which must be what the reference points at.
func (s *signature) readFields(all *etree.Element) error {
	object, err := only(all, "Object", spaceDS)
	if err != nil {
		return err
	}
	if s.fields, err = onlyPath(object, spaceXAdES, "QualifyingProperties", "SignedProperties"); err != nil {
		return err
	}
	if id := attribute(s.fields, "Id"); id == "" || s.own.uri != "#"+id {
		return fmt.Errorf("%w: it refers to other properties", ErrSignature)
	}
	return nil
}
