package asic

import (
	"bytes"
	"encoding/asn1"
	"fmt"
	"slices"
	"strings"

	"github.com/beevik/etree"
)

// checkChain goes from the signed top down to each part. It fails unless every part of the container is referred to, once.
func checkChain(m Message) (Digest, error) {
	result, err := readXML(m.ChainResult)
	if err != nil {
		return Digest{}, err
	}
	signed, err := readDigest(result)
	if err != nil {
		return Digest{}, err
	}
	root, err := readXML(m.Chain)
	if err != nil {
		return Digest{}, err
	}
	c := &chain{parts: m.Parts}
	if err := c.readSteps(result, root); err != nil {
		return Digest{}, err
	}
	first, _ := strings.CutPrefix(attribute(result, "URI"), "/"+nameChain+"#")
	list, err := c.step(first)
	if err != nil {
		return Digest{}, err
	}
	if !signed.fits(list) {
		return Digest{}, ErrChain
	}
	if c.used != len(m.Parts) {
		return Digest{}, fmt.Errorf("%w: a part is not signed", ErrChain)
	}
	var top Digest
	copy(top[:], signed.digest)
	return top, nil
}

// chain is a hash chain while it is checked.
type chain struct {
	parts  []Part
	used   int // parts that were referred to, in their order
	steps  map[string]*etree.Element
	method string
}

// readSteps takes the steps out of their document. A step is used once: taken, it is gone, so that there is no circle.
func (c *chain) readSteps(result, root *etree.Element) error {
	if result.Tag != "HashChainResult" || result.NamespaceURI() != spaceChain || root.Tag != "HashChain" || root.NamespaceURI() != spaceChain {
		return fmt.Errorf("%w: no hash chain", ErrChain)
	}
	method, err := only(root, "DefaultDigestMethod", spaceChain)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrChain, err)
	}
	c.method, c.steps = attribute(method, "Algorithm"), map[string]*etree.Element{}
	for _, e := range root.ChildElements() {
		switch {
		case e == method:
		case e.Tag == "HashStep" && e.NamespaceURI() == spaceChain && attribute(e, "id") != "":
			c.steps[attribute(e, "id")] = e
		default:
			return fmt.Errorf("%w: an element that is not known", ErrChain)
		}
	}
	return nil
}

// step is the digest list of a step.
func (c *chain) step(name string) ([]byte, error) {
	e, ok := c.steps[name]
	if !ok {
		return nil, fmt.Errorf("%w: no such step", ErrChain)
	}
	delete(c.steps, name)
	var items []single
	before := c.used
	for _, v := range e.ChildElements() {
		item, err := c.value(v)
		if err != nil {
			return nil, err
		}
		items = append(items, item)
	}
	if len(items) == 0 {
		return nil, fmt.Errorf("%w: an empty step", ErrChain)
	}
	if refers(e) && (c.used-before != len(c.parts) || len(items) != len(c.parts)) {
		return nil, fmt.Errorf("%w: the parts are not of one message, or not all of it", ErrChain)
	}
	return stepList(items)
}

// refers tells whether a step itself refers to parts. Such a step is a message's own: all of its items must be parts that
// are there, in their places. A bare hash among them would be a part that was taken out, and those after it would move up.
func refers(step *etree.Element) bool {
	return slices.ContainsFunc(step.ChildElements(), func(v *etree.Element) bool { return v.Tag == "DataRef" })
}

// value is an item of a step: a hash as it is, another step, or a part.
func (c *chain) value(e *etree.Element) (single, error) {
	if e.NamespaceURI() != spaceChain {
		return single{}, fmt.Errorf("%w: an element that is not known", ErrChain)
	}
	method, given, err := c.digestOf(e)
	if err != nil {
		return single{}, err
	}
	switch e.Tag {
	case "HashValue":
		if sum, ok := sumBy(method, nil); !ok || len(given) != len(sum) {
			return single{}, fmt.Errorf("%w: a hash", ErrChain)
		}
		return single{Digest: given, Method: method}, nil
	case "StepRef":
		name, _ := strings.CutPrefix(attribute(e, "URI"), "#")
		list, err := c.step(name)
		if err != nil {
			return single{}, err
		}
		sum, ok := sumBy(method, list)
		if !ok {
			return single{}, fmt.Errorf("%w: a method that is not known", ErrChain)
		}
		return single{Digest: sum, Method: method}, nil
	case "DataRef":
		return c.part(attribute(e, "URI"), method, given)
	}
	return single{}, fmt.Errorf("%w: an element that is not known", ErrChain)
}

// digestOf are the method of an item, its own or the chain's, and the digest that stands in it.
func (c *chain) digestOf(e *etree.Element) (string, []byte, error) {
	method, given := c.method, []byte(nil)
	for _, child := range e.ChildElements() {
		switch {
		case child.Tag == "DigestMethod" && child.NamespaceURI() == spaceDS:
			method = attribute(child, "Algorithm")
		case child.Tag == "DigestValue" && child.NamespaceURI() == spaceDS && given == nil:
			value, ok := decode64(child.Text())
			if !ok {
				return "", nil, fmt.Errorf("%w: a digest", ErrChain)
			}
			given = value
		default:
			return "", nil, fmt.Errorf("%w: an element that is not known", ErrChain)
		}
	}
	return method, given, nil
}

// part takes the next part: they must be referred to in their order.
func (c *chain) part(uri, method string, given []byte) (single, error) {
	if c.used >= len(c.parts) || uri != "/"+c.parts[c.used].Name {
		return single{}, fmt.Errorf("%w: it refers to a part that is not there", ErrChain)
	}
	if isStep(c.parts[c.used].Content) {
		return single{}, fmt.Errorf("%w: a step of the tree stands where a part should", ErrChain)
	}
	sum, ok := sumBy(method, c.parts[c.used].Content)
	if !ok {
		return single{}, fmt.Errorf("%w: a method that is not known", ErrChain)
	}
	if !bytes.Equal(sum, given) {
		return single{}, fmt.Errorf("%w: a part", ErrDigest)
	}
	c.used++
	return single{Digest: sum, Method: method}, nil
}

// isStep tells whether a content is the list of a hash step. X-Road's chain does not tell the hash of a part from that of a
// step, so that a node of the tree could be shown as a message.
func isStep(content []byte) bool {
	var items []single
	rest, err := asn1.Unmarshal(content, &items)
	if err != nil || len(rest) > 0 || len(items) == 0 {
		return false
	}
	return !slices.ContainsFunc(items, func(s single) bool {
		sum, ok := sumBy(s.Method, nil)
		return !ok || len(s.Digest) != len(sum)
	})
}
