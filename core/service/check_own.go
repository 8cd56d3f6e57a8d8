package service

import (
	"maps"
	"slices"
	"strconv"
	"strings"
)

// ownSearchable are the types that are found by their whole value.
var ownSearchable = []string{"text", "plate", "snils", "inn", "phone", "email", "number"}

// ownPersonal are the types that tell of a person, whether or not the file says so.
var ownPersonal = []string{"name", "address", "phone", "email", "plate", "snils"}

// ownTyped are the types that rules have as their own; the others are texts there.
var ownTyped = []string{"date", "number", "money", "yes-no"}

// ownKeptMost is how many years an entry may be kept after its end.
const ownKeptMost = 100

// ownRegisters checks the registers that the city keeps itself.
func (c *checker) ownRegisters() {
	agencies := keysOf(c.city.Agencies, func(a *Agency) string { return a.Key })
	for i := range c.city.OwnRegisters {
		r := &c.city.OwnRegisters[i]
		o := ownChecker{checker: c, register: r, from: "own-register/" + r.Key, agencies: agencies, fields: keysOf(r.Fields, func(f *OwnField) string { return f.Key })}
		o.run()
	}
}

// ownChecker checks one own register.
type ownChecker struct {
	*checker
	register         *OwnRegister
	from             string
	agencies, fields []string
}

func (o ownChecker) run() {
	r := o.register
	if !keyed(r.Key, '-') {
		o.tell(o.from, "own-register", "bad_key", "key", r.Key, "joiner", "-")
	}
	o.reference(o.from, "agency", "agency", r.Agency, o.agencies)
	if r.Kept < 1 || r.Kept > ownKeptMost {
		o.tell(o.from, "kept", "own_kept", "value", strconv.Itoa(r.Kept), "most", strconv.Itoa(ownKeptMost))
	}
	o.checkFields()
	o.keys(o.from, "from", "service", '-', keysOf(r.From, func(s *OwnSource) string { return s.Service }))
	for i := range r.From {
		o.source("from."+strconv.Itoa(i), &r.From[i])
	}
	o.keys(o.from, "purposes", "key", '-', keysOf(r.Purposes, func(p *OwnPurpose) string { return p.Key }))
	for i := range r.Purposes {
		at := "purposes." + strconv.Itoa(i)
		o.reference(o.from, at+".agency", "agency", r.Purposes[i].Agency, o.agencies)
		o.named(at+".fields", r.Purposes[i].Fields)
	}
	o.keys(o.from, "subscriptions", "key", '-', keysOf(r.Subscriptions, func(s *Subscription) string { return s.Key }))
	for i := range r.Subscriptions {
		o.subscription("subscriptions."+strconv.Itoa(i), &r.Subscriptions[i])
	}
}

func (o ownChecker) checkFields() {
	o.keys(o.from, "fields", "key", '_', o.fields)
	for i, f := range o.register.Fields {
		at := "fields." + strconv.Itoa(i)
		switch {
		case f.Personal && f.Public:
			o.tell(o.from, at+".public", "own_public", "field", f.Key)
		case f.Public && slices.Contains(ownPersonal, f.Type):
			o.tell(o.from, at+".public", "own_public_type", "field", f.Key, "type", f.Type, "known", strings.Join(ownPersonal, ", "))
		}
		if f.Search && !slices.Contains(ownSearchable, f.Type) {
			o.tell(o.from, at+".search", "own_search", "field", f.Key, "type", f.Type, "known", strings.Join(ownSearchable, ", "))
		}
	}
}

// named checks that fields of the register are meant.
func (o ownChecker) named(at string, list []string) {
	for i, key := range list {
		o.reference(o.from, at+"."+strconv.Itoa(i), "field", key, o.fields)
	}
}

// source checks that the service is there and its result tells what is taken from it.
func (o ownChecker) source(at string, s *OwnSource) {
	services := keysOf(o.city.Services, func(s *Service) string { return s.Key })
	service, known := o.city.Service(s.Service)
	if !known {
		o.reference(o.from, at+".service", "service", s.Service, services)
		return
	}
	facts := keysOf(service.Result.Facts, func(f *ResultFact) string { return f.Key })
	for _, key := range slices.Sorted(maps.Keys(s.Fields)) {
		place := at + ".fields." + key
		if !o.reference(o.from, place, "field", key, o.fields) {
			continue
		}
		o.value(place, key, s.Fields[key], facts)
	}
	o.match(at, s)
}

// value checks where a field's value is taken: a date only from the result's own days, since a line is written in words.
func (o ownChecker) value(place, key, source string, facts []string) {
	field, _ := o.register.Field(key)
	if fact, ok := FactOf(source); ok {
		if o.reference(o.from, place, "line of the result", fact, facts) && field.Type == "date" {
			o.tell(o.from, place, "own_date", "field", key)
		}
		return
	}
	wanted := map[string]string{FromNumber: "text", FromFrom: "date", FromUntil: "date"}
	kind, known := wanted[source]
	if !known || kind != field.Type {
		o.tell(o.from, place, "own_source", "field", key, "value", source, "type", field.Type)
	}
}

// match checks that what alters or ends an entry says how it is found, and that what enters one does not.
func (o ownChecker) match(at string, s *OwnSource) {
	if (s.Does == "enter") != (len(s.Match) == 0) {
		o.tell(o.from, at+".match", "own_match", "does", s.Does)
		return
	}
	o.named(at+".match", s.Match)
	for i, key := range s.Match {
		if _, given := s.Fields[key]; !given {
			o.tell(o.from, at+".match."+strconv.Itoa(i), "own_match_value", "field", key)
		}
	}
}

func (o ownChecker) subscription(at string, s *Subscription) {
	if (s.Notice == nil) == (s.Webhook == nil) {
		o.tell(o.from, at, "own_subscription", "key", s.Key)
		return
	}
	if s.Webhook != nil {
		o.reference(o.from, at+".webhook.agency", "agency", s.Webhook.Agency, o.agencies)
		o.named(at+".webhook.fields", s.Webhook.Fields)
	}
}

// ownCertificate checks a certificate that an own register answers: it promises only what the register can tell, and takes
// as parameters only what the register finds entries by.
func (c *checker) ownCertificate(from string, r *Register) {
	if r.Transport != TransportOwn {
		if r.Of != "" {
			c.tell(from, "of", "own_of", "value", r.Of)
		}
		if len(r.Parameters) == 0 {
			c.tell(from, "parameters", "missing_key", "key", "parameters", "about", "register")
		}
		return
	}
	own, known := c.city.OwnRegister(r.Of)
	if !known {
		c.reference(from, "of", "own register", r.Of, keysOf(c.city.OwnRegisters, func(o *OwnRegister) string { return o.Key }))
		return
	}
	if own.Agency != r.Agency {
		c.tell(from, "agency", "own_agency", "agency", own.Agency)
	}
	for i, p := range r.Parameters {
		if f, ok := own.Field(p.Name); !ok || !f.Search {
			c.tell(from, "parameters."+strconv.Itoa(i)+".name", "own_parameter", "name", p.Name)
		}
	}
	for i := range r.Values {
		c.ownValue(from, "values."+strconv.Itoa(i), own, &r.Values[i])
	}
}

func (c *checker) ownValue(from, at string, own *OwnRegister, v *Value) {
	kinds := map[string]kind{OwnFound: kindYesNo, OwnCount: kindNumber, OwnEntries: kindRecords}
	if kinds[v.Name] != kind(v.Type) {
		c.tell(from, at+".name", "own_value", "value", v.Name, "type", v.Type)
		return
	}
	for i, f := range v.Fields {
		want, plain := ownEntryValues[f.Name]
		if !plain {
			want = kindText
			if field, ok := own.Field(f.Name); !ok {
				want = ""
			} else if slices.Contains(ownTyped, field.Type) {
				want = kind(field.Type)
			}
		}
		if want != kind(f.Type) {
			c.tell(from, at+".fields."+strconv.Itoa(i)+".name", "own_value", "value", f.Name, "type", f.Type)
		}
	}
}
