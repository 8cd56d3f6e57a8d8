package service

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
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
	if path := incomplete(reflect.ValueOf(p.City).Elem(), ""); path != "" {
		return nil, fmt.Errorf("%w: %s is missing or not a word of the format", ErrVersion, path)
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

// incomplete finds a value that the format needs and a published version does not have, or a word that is not one of the
// format's; empty when there is none. Files are held to the same by their decoder.
func incomplete(v reflect.Value, path string) string {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			return incomplete(v.Elem(), path)
		}
	case reflect.Slice:
		for i := range v.Len() {
			if wrong := incomplete(v.Index(i), join(path, strconv.Itoa(i))); wrong != "" {
				return wrong
			}
		}
	case reflect.Struct:
		return incompleteStruct(v, path)
	}
	return ""
}

func incompleteStruct(v reflect.Value, path string) string {
	for _, f := range fieldsOf(v.Type()) {
		value, at := v.Field(f.index), join(path, f.name)
		number := value.Kind() == reflect.Int || value.Kind() == reflect.Int64
		if f.need && !number && (value.IsZero() || value.Kind() == reflect.Slice && value.Len() == 0) {
			return at
		}
		if f.one != "" && !inWords(f.one, value) {
			return at
		}
		if wrong := incomplete(value, at); wrong != "" {
			return wrong
		}
	}
	return ""
}

// inWords tells whether a text, or every text of a list, is one of the format's words; an empty one is checked by need.
func inWords(one string, value reflect.Value) bool {
	allowed := strings.Split(one, "|")
	if value.Kind() == reflect.Slice {
		for i := range value.Len() {
			if !slices.Contains(allowed, value.Index(i).String()) {
				return false
			}
		}
		return true
	}
	return value.String() == "" || slices.Contains(allowed, value.String())
}
