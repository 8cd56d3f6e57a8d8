package exchange

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/big"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"posad.city/core/service"
	"posad.city/kit/calendar"
)

// errReply says that a reply is not what its register promises. What the reply held is never part of the error: it may
// be about a person.
var errReply = errors.New("exchange: the reply does not fit the register's schema")

// replyMost is the longest reply in bytes.
const replyMost = 256 << 10

// depthMost is how deep a reply may nest.
const depthMost = 16

// readReply turns a reply into exactly the values that the register declares: text string, number and money int64,
// yes-no bool, date as 2026-11-21, texts []any, records []any of map[string]any with their declared fields. Whatever
// else the reply holds is dropped, since nobody needs it.
func readReply(r *service.Register, schema *jsonschema.Schema, body []byte) (map[string]any, error) {
	value, err := strictJSON(body)
	if err != nil {
		return nil, err
	}
	if err := schema.Validate(value); err != nil {
		return nil, fmt.Errorf("%w: %s", errReply, places(err))
	}
	object, ok := value.(map[string]any)
	if !ok {
		return nil, fmt.Errorf("%w: it is not an object", errReply)
	}
	return pick(r.Values, object)
}

// places names where a reply broke its schema, without what stood there.
func places(err error) string {
	var broken *jsonschema.ValidationError
	if !errors.As(err, &broken) {
		return "unknown"
	}
	for len(broken.Causes) > 0 {
		broken = broken.Causes[0]
	}
	return fmt.Sprintf("rule %v", broken.ErrorKind.KeywordPath())
}

func pick(values []service.Value, from map[string]any) (map[string]any, error) {
	out := make(map[string]any, len(values))
	for i := range values {
		v := &values[i]
		raw, ok := from[v.Name]
		if !ok || raw == nil {
			return nil, fmt.Errorf("%w: no value %s", errReply, v.Name)
		}
		if v.Type == "date" && raw == "" {
			continue // no such day, in the words of many registers
		}
		typed, ok := exact(v, raw)
		if !ok {
			return nil, fmt.Errorf("%w: value %s is no %s", errReply, v.Name, v.Type)
		}
		out[v.Name] = typed
	}
	return out, nil
}

// exact is the value in the one form that rules know.
func exact(v *service.Value, raw any) (any, bool) {
	switch v.Type {
	case "text":
		text, ok := raw.(string)
		return text, ok
	case "yes-no":
		yes, ok := raw.(bool)
		return yes, ok
	case "number", "money":
		return whole(raw)
	case "date":
		text, _ := raw.(string)
		day, err := calendar.ParseDate(text)
		return day.String(), err == nil
	case "texts":
		return texts(raw)
	case "records":
		return records(v.Fields, raw)
	}
	return nil, false
}

// wholeMost is the largest whole number that every JSON reader holds exactly.
const wholeMost = 1<<53 - 1

// whole takes 12, 12.0 and 1.2e1 alike, as JSON Schema does.
func whole(raw any) (any, bool) {
	number, ok := raw.(json.Number)
	if !ok {
		return nil, false
	}
	exact, ok := new(big.Rat).SetString(number.String())
	if !ok || !exact.IsInt() || exact.Num().CmpAbs(big.NewInt(wholeMost)) > 0 {
		return nil, false
	}
	return exact.Num().Int64(), true
}

// bounded tells whether a number is short enough to be computed with exactly: validators spell a power of ten out, so that
// a few bytes like 1e999999 would cost seconds.
func bounded(number json.Number) bool {
	mantissa, exponent, has := strings.Cut(strings.ToLower(number.String()), "e")
	if len(mantissa) > 40 {
		return false
	}
	power, err := strconv.Atoi(exponent)
	return !has || (err == nil && power <= 40 && power >= -40)
}

func texts(raw any) (any, bool) {
	list, ok := raw.([]any)
	for _, item := range list {
		if _, text := item.(string); !text {
			return nil, false
		}
	}
	return list, ok
}

func records(fields []service.Value, raw any) (any, bool) {
	list, ok := raw.([]any)
	if !ok {
		return nil, false
	}
	out := make([]any, 0, len(list))
	for _, item := range list {
		object, ok := item.(map[string]any)
		if !ok {
			return nil, false
		}
		record, err := pick(fields, object)
		if err != nil {
			return nil, false
		}
		out = append(out, record)
	}
	return out, true
}

// strictJSON reads one JSON value: UTF-8, no name twice in an object (two readers could take different ones), nothing
// after it, no depth without end. Numbers stay as they are written.
func strictJSON(body []byte) (any, error) {
	if !utf8.Valid(body) {
		return nil, fmt.Errorf("%w: it is not UTF-8", errReply)
	}
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	value, err := readValue(d, 0)
	if err != nil {
		return nil, fmt.Errorf("%w: it is not JSON as it should be", errReply)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%w: something follows the JSON", errReply)
	}
	return value, nil
}

func readValue(d *json.Decoder, depth int) (any, error) {
	token, err := d.Token()
	if err != nil {
		return nil, err
	}
	if number, ok := token.(json.Number); ok && !bounded(number) {
		return nil, errReply
	}
	open, ok := token.(json.Delim)
	switch {
	case !ok:
		return token, nil
	case depth >= depthMost:
		return nil, errReply
	case open == '{':
		return readObject(d, depth+1)
	}
	return readList(d, depth+1)
}

func readObject(d *json.Decoder, depth int) (any, error) {
	out := map[string]any{}
	for d.More() {
		token, err := d.Token()
		if err != nil {
			return nil, err
		}
		name, ok := token.(string)
		if _, twice := out[name]; twice || !ok {
			return nil, errReply
		}
		if out[name], err = readValue(d, depth); err != nil {
			return nil, err
		}
	}
	_, err := d.Token()
	return out, err
}

func readList(d *json.Decoder, depth int) (any, error) {
	out := []any{}
	for d.More() {
		value, err := readValue(d, depth)
		if err != nil {
			return nil, err
		}
		out = append(out, value)
	}
	_, err := d.Token()
	return out, err
}

// schemas keeps the compiled schema of each register, as long as the city's version has the same register.
type schemas struct {
	mu   sync.Mutex
	kept map[string]compiledSchema
}

type compiledSchema struct {
	of     *service.Register
	schema *jsonschema.Schema
}

func (s *schemas) of(r *service.Register) (*jsonschema.Schema, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if kept, ok := s.kept[r.Key]; ok && kept.of == r {
		return kept.schema, nil
	}
	schema, err := r.Validator()
	if err != nil {
		return nil, fmt.Errorf("exchange: %w", err)
	}
	if s.kept == nil {
		s.kept = map[string]compiledSchema{}
	}
	s.kept[r.Key] = compiledSchema{r, schema}
	return schema, nil
}
