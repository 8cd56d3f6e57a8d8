package service

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"posad.city/kit/xroad"
)

// registers checks the city's registers, resources and own lists.
func (c *checker) registers() {
	agencies := keysOf(c.city.Agencies, func(a *Agency) string { return a.Key })
	for i := range c.city.Registers {
		r := &c.city.Registers[i]
		from := "register/" + r.Key
		if !keyed(r.Key, '-') {
			c.tell(from, "register", "bad_key", "key", r.Key, "joiner", "-")
		}
		c.reference(from, "agency", "agency", r.Agency, agencies)
		c.keys(from, "parameters", "name", '_', keysOf(r.Parameters, func(p *Parameter) string { return p.Name }))
		c.keys(from, "values", "name", '_', keysOf(r.Values, func(v *Value) string { return v.Name }))
		for j, v := range r.Values {
			c.keys(from, "values."+strconv.Itoa(j)+".fields", "name", '_', keysOf(v.Fields, func(v *Value) string { return v.Name }))
		}
		for _, pair := range [][2]string{{"fresh", r.Fresh}, {"timeout", r.Timeout}} {
			if d, err := time.ParseDuration(pair[1]); err != nil || d <= 0 {
				c.tell(from, pair[0], "bad_duration", "value", pair[1])
			}
		}
		c.reply(from, r)
		c.transport(from, r)
		c.ownCertificate(from, r)
		c.fallback(from, r)
		if r.Correction != nil {
			c.correction(from, r.Correction)
		}
	}
	c.bookings()
	c.ownLists()
	c.ownRegisters()
}

// correction checks that the address is one that a page may lead to, and that a service of the city is there.
func (c *checker) correction(from string, k *Correction) {
	if k.Address == "" || strings.HasPrefix(k.Address, "https://") {
		return
	}
	if key, ok := strings.CutPrefix(k.Address, "/services/"); ok {
		c.reference(from, "correction.address", "service", key, keysOf(c.city.Services, func(s *Service) string { return s.Key }))
		return
	}
	if !strings.HasPrefix(k.Address, "/") || strings.HasPrefix(k.Address, "//") {
		c.tell(from, "correction.address", "bad_address", "value", k.Address)
	}
}

// transport checks that X-Road's identifiers are there and are ones, and stand in no register that has another transport.
func (c *checker) transport(from string, r *Register) {
	if r.Transport != TransportXRoad {
		for _, pair := range [][2]string{{"member", r.Member}, {"asks_as", r.AsksAs}} {
			if pair[1] != "" {
				c.tell(from, pair[0], "bad_member", "value", pair[1])
			}
		}
		return
	}
	if _, err := xroad.ParseService(r.Member); err != nil {
		c.tell(from, "member", "bad_member", "value", r.Member)
	}
	if asks, err := xroad.ParseClient(r.AsksAs); err != nil || asks.Subsystem == "" {
		c.tell(from, "asks_as", "bad_member", "value", r.AsksAs)
	}
}

// fallback checks that the register in a register's place is there, can be asked with the same parameters, tells the same
// values, and is the last one.
func (c *checker) fallback(from string, r *Register) {
	if r.Fallback == "" {
		return
	}
	others := keysOf(c.city.Registers, func(r *Register) string { return r.Key })
	if !c.reference(from, "fallback", "register", r.Fallback, others) {
		return
	}
	other, ok := c.city.Register(r.Fallback)
	if !ok {
		return
	}
	if other.Key == r.Key || other.Fallback != "" {
		c.tell(from, "fallback", "fallback_chain", "register", other.Key)
		return
	}
	for _, p := range other.Parameters {
		if mine, ok := find(r.Parameters, func(p *Parameter) string { return p.Name }, p.Name); !ok || mine.Type != p.Type {
			c.tell(from, "fallback", "fallback_parameter", "parameter", p.Name, "register", other.Key)
		}
	}
	for _, v := range r.Values {
		if theirs, ok := find(other.Values, func(v *Value) string { return v.Name }, v.Name); !ok || theirs.Type != v.Type {
			c.tell(from, "fallback", "fallback_value", "value", v.Name, "register", other.Key)
		}
	}
}

// reply checks that the schema is one, and that it promises every value that rules may use.
func (c *checker) reply(from string, r *Register) {
	if _, err := r.Validator(); err != nil {
		c.tell(from, "reply", "bad_schema", "message", err.Error())
		return
	}
	properties, _ := r.Reply["properties"].(map[string]any)
	required, _ := r.Reply["required"].([]any)
	for i, v := range r.Values {
		property, ok := properties[v.Name].(map[string]any)
		promised := false
		for _, name := range required {
			promised = promised || name == v.Name
		}
		if !ok || !promised || !schemaGives(property, kind(v.Type)) {
			c.tell(from, "values."+strconv.Itoa(i)+".name", "value_not_in_reply", "value", v.Name, "type", v.Type)
		}
	}
}

// schemaGives tells whether a property's schema gives the kind of value.
func schemaGives(property map[string]any, k kind) bool {
	want := map[kind]string{kindText: "string", kindNumber: "integer", kindYesNo: "boolean", kindDate: "string", kindMoney: "integer", kindTexts: "array", kindRecords: "array"}
	return property["type"] == want[k]
}

// Validator is the compiled JSON Schema of the register's reply. It is safe for concurrent use.
func (r *Register) Validator() (*jsonschema.Schema, error) {
	content, err := json.Marshal(r.Reply)
	if err != nil {
		return nil, fmt.Errorf("service: schema of register %s: %w", r.Key, err)
	}
	return compileSchema("register-"+r.Key+".json", content)
}

// FreshFor is how long a reply may be reused in the same case.
func (r *Register) FreshFor() time.Duration { return duration(r.Fresh) }

// AnswersWithin is how long one request may take.
func (r *Register) AnswersWithin() time.Duration { return duration(r.Timeout) }

// duration reads a value that the check has passed.
func duration(text string) time.Duration {
	d, err := time.ParseDuration(text)
	if err != nil {
		return 0
	}
	return d
}
