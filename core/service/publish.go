package service

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
)

// versionFormat opens the canonical form; a reader that does not know it must refuse.
const versionFormat = "posad-city/1"

// ErrVersion is returned by Open for bytes that are not a published version of a city.
var ErrVersion = errors.New("service: not a published version of a city")

// published is the canonical form: JSON with keys in a fixed order, no spaces, no HTML escapes.
type published struct {
	Format string `json:"format"`
	*City
}

// seal computes the canonical bytes and the hash.
func (c *City) seal() Faults {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(published{Format: versionFormat, City: c}); err != nil {
		return Faults{{File: ".", Kind: "file_syntax", Params: map[string]string{"message": err.Error()}}}
	}
	c.compiled.bytes = bytes.TrimSuffix(out.Bytes(), []byte("\n"))
	sum := sha256.Sum256(c.compiled.bytes)
	c.compiled.hash = Hash(hex.EncodeToString(sum[:]))
	return nil
}

// Open brings a published version back: strictly, checked and compiled again, so that a version that this program does
// not fully understand is refused rather than half served. The error is ErrVersion or Faults.
func Open(version []byte) (*City, error) {
	p := published{City: &City{}}
	decoder := json.NewDecoder(bytes.NewReader(version))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&p); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrVersion, err)
	}
	if p.Format != versionFormat || decoder.More() {
		return nil, ErrVersion
	}
	c := &checker{city: p.City, sources: map[string]*source{}}
	c.run()
	if len(c.faults) > 0 {
		return nil, fmt.Errorf("%w: %w", ErrVersion, c.faults.sorted())
	}
	if faults := p.City.seal(); len(faults) > 0 {
		return nil, fmt.Errorf("%w: %w", ErrVersion, faults)
	}
	if !bytes.Equal(p.City.compiled.bytes, version) {
		return nil, fmt.Errorf("%w: it is not in canonical form", ErrVersion)
	}
	return p.City, nil
}
