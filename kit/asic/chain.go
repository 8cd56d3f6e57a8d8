package asic

import (
	"encoding/base64"
	"fmt"
	"strings"
)

// stepName is the id of a hash step.
func stepName(i int) string { return fmt.Sprintf("STEP%d", i) }

const xmlHead = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>` + "\n"

// ChainResult is the file sig-hashchainresult.xml of a batch: the same for all its messages, and what is signed.
func (t *Tree) ChainResult() []byte {
	top := t.Top()
	return []byte(xmlHead + `<hc:HashChainResult xmlns:hc="` + spaceChain + `" xmlns:ds="` + spaceDS + `" URI="/` + nameChain + "#" + stepName(0) + `">` +
		`<ds:DigestMethod Algorithm="` + methodSHA512 + `"/>` + digestValue(top) + `</hc:HashChainResult>`)
}

// Chain is the file sig-hashchain.xml of the message with the leaf's index: the way from the top to its parts. The parts
// must be those that the leaf was made of. Errors: there is no such leaf, or it is of other parts.
func (t *Tree) Chain(leaf int, parts []PartDigest) ([]byte, error) {
	if leaf < 0 || leaf >= len(t.levels[0]) {
		return nil, fmt.Errorf("asic: no message %d in a batch of %d", leaf, len(t.levels[0]))
	}
	made, err := Leaf(parts)
	if err != nil {
		return nil, err
	}
	if made != t.levels[0][leaf] {
		return nil, fmt.Errorf("%w: message %d", ErrChain, leaf)
	}
	var b strings.Builder
	b.WriteString(xmlHead + `<hc:HashChain xmlns:hc="` + spaceChain + `" xmlns:ds="` + spaceDS + `"><hc:DefaultDigestMethod Algorithm="` + methodSHA512 + `"/>`)
	writeSteps(&b, t.path(leaf), parts)
	b.WriteString(`</hc:HashChain>`)
	return []byte(b.String()), nil
}

// writeSteps writes a step for each neighbour, and the step of the parts.
func writeSteps(b *strings.Builder, path []side, parts []PartDigest) {
	for i, s := range path {
		one, other := `<hc:StepRef URI="#`+stepName(i+1)+`"/>`, `<hc:HashValue>`+digestValue(s.digest)+`</hc:HashValue>`
		if s.left {
			one, other = other, one
		}
		b.WriteString(`<hc:HashStep id="` + stepName(i) + `">` + one + other + `</hc:HashStep>`)
	}
	b.WriteString(`<hc:HashStep id="` + stepName(len(path)) + `">`)
	for _, p := range parts {
		b.WriteString(dataRef(p))
	}
	b.WriteString(`</hc:HashStep>`)
}

// dataRef names a part. Its name needs no escaping.
func dataRef(p PartDigest) string {
	return `<hc:DataRef URI="/` + p.Name + `">` + digestValue(p.Digest) + `</hc:DataRef>`
}

func digestValue(d Digest) string {
	return `<ds:DigestValue>` + base64.StdEncoding.EncodeToString(d[:]) + `</ds:DigestValue>`
}
