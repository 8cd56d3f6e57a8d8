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
	c.compiled.hash = hashOf(c.compiled.bytes)
	return nil
}

func hashOf(content []byte) Hash {
	sum := sha256.Sum256(content)
	return Hash(hex.EncodeToString(sum[:]))
}

// Open brings a published version back, today's or one of years ago. It is strict about what it must understand: every
// key, every word of the format and every rule. It does not ask what today's check asks beyond that: a version that was
// right when it was published serves its open cases for ever. The error is ErrVersion.
func Open(version []byte) (*City, error) {
	c, err := read(version)
	if err != nil {
		return nil, err
	}
	if path := unfit(reflect.ValueOf(c).Elem(), "", false); path != "" {
		return nil, fmt.Errorf("%w: %s is not a word of the format", ErrVersion, path)
	}
	check := &checker{city: c, sources: map[string]*source{}}
	if faults := check.compileOnly(); len(faults) > 0 {
		return nil, fmt.Errorf("%w: %w", ErrVersion, faults.sorted())
	}
	return c, nil
}

// Accept is Open for a version that is about to be published: it must pass the whole of today's check.
func Accept(version []byte) (*City, error) {
	c, err := read(version)
	if err != nil {
		return nil, err
	}
	if path := unfit(reflect.ValueOf(c).Elem(), "", true); path != "" {
		return nil, fmt.Errorf("%w: %s is missing or not a word of the format", ErrVersion, path)
	}
	kept := c.compiled
	check := &checker{city: c, sources: map[string]*source{}}
	check.run()
	if len(check.faults) > 0 {
		return nil, fmt.Errorf("%w: %w", ErrVersion, check.faults.sorted())
	}
	c.compiled.bytes, c.compiled.hash = kept.bytes, kept.hash
	return c, nil
}

// read decodes the bytes, of an older format too, and names them by their hash. The bytes of today's format must be
// canonical but for keys that the format got since; those of an older one are taken as they were published.
func read(version []byte) (*City, error) {
	current, older, err := upgrade(version)
	if err != nil {
		return nil, err
	}
	p := published{City: &City{}}
	decoder := json.NewDecoder(bytes.NewReader(current))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&p); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrVersion, err)
	}
	if p.Format != versionFormat || decoder.More() {
		return nil, ErrVersion
	}
	if faults := p.City.seal(); len(faults) > 0 {
		return nil, fmt.Errorf("%w: %w", ErrVersion, faults)
	}
	if !older && !sameVersion(version, p.City.compiled.bytes) {
		return nil, fmt.Errorf("%w: it is not in canonical form", ErrVersion)
	}
	p.City.compiled.bytes, p.City.compiled.hash = bytes.Clone(version), hashOf(version)
	return p.City, nil
}

// unfit finds a word that is not one of the format's and, when whole is asked, a value that the format needs and the
// version does not have; empty when there is none. Files are held to the same by their decoder.
func unfit(v reflect.Value, path string, whole bool) string {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			return unfit(v.Elem(), path, whole)
		}
	case reflect.Slice:
		for i := range v.Len() {
			if wrong := unfit(v.Index(i), join(path, strconv.Itoa(i)), whole); wrong != "" {
				return wrong
			}
		}
	case reflect.Struct:
		return unfitStruct(v, path, whole)
	}
	return ""
}

func unfitStruct(v reflect.Value, path string, whole bool) string {
	for _, f := range fieldsOf(v.Type()) {
		value, at := v.Field(f.index), join(path, f.name)
		number := value.Kind() == reflect.Int || value.Kind() == reflect.Int64
		set := value.Kind() == reflect.Struct && value.Type() != typeText // whether keys of its own are there is theirs to say
		if whole && f.need && !number && !set && (value.IsZero() || value.Kind() == reflect.Slice && value.Len() == 0) {
			return at
		}
		if f.one != "" && !inWords(f.one, value) {
			return at
		}
		if wrong := unfit(value, at, whole); wrong != "" {
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
