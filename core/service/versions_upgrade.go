package service

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// older is one step from an older format to today's. What was published before it keeps its bytes and its hash; only the
// reader changes what it reads.
type older struct {
	mark  string // bytes that only a version before the step can hold; most versions are passed over by it
	apply func(version map[string]any) bool
}

// olderFormats are in the order in which the format changed. A change of a published key gets a line here and a fixture
// in testdata/versions.
var olderFormats = []older{
	{`"fee":{`, singleFees},
}

// upgrade makes today's format of a version; true when it was of an older one.
func upgrade(version []byte) ([]byte, bool, error) {
	var tree map[string]any
	changed := false
	for _, step := range olderFormats {
		if !bytes.Contains(version, []byte(step.mark)) {
			continue
		}
		if tree == nil {
			decoder := json.NewDecoder(bytes.NewReader(version))
			decoder.UseNumber()
			if err := decoder.Decode(&tree); err != nil || decoder.More() {
				return nil, false, fmt.Errorf("%w: %w", ErrVersion, err)
			}
		}
		changed = step.apply(tree) || changed
	}
	if !changed {
		return version, false, nil
	}
	out, err := json.Marshal(tree)
	if err != nil {
		return nil, false, fmt.Errorf("%w: %w", ErrVersion, err)
	}
	return out, true, nil
}

// singleFees turns the one fee that a service once could have into a list of one, by the key fee.
func singleFees(version map[string]any) bool {
	changed := false
	services, _ := version["services"].([]any)
	for _, item := range services {
		one, _ := item.(map[string]any)
		fee, old := one["fee"].(map[string]any)
		if !old {
			continue
		}
		fee["key"] = "fee"
		delete(one, "fee")
		one["fees"] = []any{fee}
		changed = true
	}
	return changed
}

// sameVersion tells whether the canonical form of what was read says what the version says: the same bytes, or the same
// values and beside them only empty ones, of keys that the format got after the version was published.
func sameVersion(version, canonical []byte) bool {
	if bytes.Equal(version, canonical) {
		return true
	}
	var old, now any
	for _, pair := range []struct {
		content []byte
		into    *any
	}{{version, &old}, {canonical, &now}} {
		decoder := json.NewDecoder(bytes.NewReader(pair.content))
		decoder.UseNumber()
		if err := decoder.Decode(pair.into); err != nil {
			return false
		}
	}
	// Written again, a value of canonical form keeps its length: no spaces, no key twice, one way to write a text.
	return writtenLength(old) == len(version) && within(old, now)
}

func writtenLength(value any) int {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return -1
	}
	return out.Len() - 1 // the encoder ends with a new line
}

// within tells whether now says all that old does and adds nothing but empty values.
func within(old, now any) bool {
	switch was := old.(type) {
	case map[string]any:
		is, ok := now.(map[string]any)
		for key, value := range was {
			ok = ok && within(value, is[key])
		}
		for key, value := range is {
			_, there := was[key]
			ok = ok && (there || empty(value))
		}
		return ok
	case []any:
		is, ok := now.([]any)
		ok = ok && len(is) == len(was)
		for i := 0; ok && i < len(was); i++ {
			ok = within(was[i], is[i])
		}
		return ok
	}
	return old == now
}

func empty(value any) bool {
	switch v := value.(type) {
	case map[string]any:
		for _, inner := range v {
			if !empty(inner) {
				return false
			}
		}
		return true
	case []any:
		return len(v) == 0
	case json.Number:
		return v == "0"
	}
	return value == nil || value == "" || value == false
}
