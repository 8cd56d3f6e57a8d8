package service

import (
	"slices"
	"strings"
)

// TransportOwn is the transport of certificates that the city answers itself, from one of its own registers.
const TransportOwn = "own"

// OwnRegister is own-registers/KEY.yaml: a register that the city keeps itself. Its entries are made of services' results.
type OwnRegister struct {
	Key           string         `json:"own-register" need:"1" about:"Name of the register for ever"`
	Agency        string         `json:"agency" need:"1" about:"Key of the agency that keeps it"`
	Title         Text           `json:"title" need:"1" about:"What it is called"`
	About         Text           `json:"about" need:"1" about:"What an entry means, in one or two sentences"`
	Law           Text           `json:"law" need:"1" about:"The act and its point by which it is kept"`
	Fields        []OwnField     `json:"fields" need:"1" about:"What an entry holds"`
	From          []OwnSource    `json:"from" need:"1" about:"Which services' results enter, alter and end entries"`
	Corrects      []string       `json:"corrects" need:"1" one:"clerk|officer|head" about:"Roles of the agency's officials who may correct an entry with a reason, which issues its document anew; the agency's head may end one, which revokes it"`
	Purposes      []OwnPurpose   `json:"purposes" need:"1" about:"Who may read it without a case, and what for; whoever is not here reads it for a case whose service lists a certificate of it, or not at all"`
	Kept          int            `json:"kept" need:"1" about:"How many years an entry stays with its history after its end: 1 to 100"`
	Subscriptions []Subscription `json:"subscriptions,omitempty" about:"What a change starts"`
}

// OwnField is one thing that an entry of an own register holds.
type OwnField struct {
	Key      string `json:"key" need:"1" about:"Name of the field: Latin letters, digits and underscores"`
	Type     string `json:"type" need:"1" one:"text|name|address|phone|email|plate|snils|inn|number|money|yes-no|date" about:"What it is, as in a form"`
	Label    Text   `json:"label" need:"1" about:"What it is called"`
	Personal bool   `json:"personal,omitempty" about:"It tells of a person"`
	Public   bool   `json:"public,omitempty" about:"Told to everybody who gives an entry's number; not for personal fields"`
	Search   bool   `json:"search,omitempty" about:"Entries are found by its whole value; for text, plate, snils, inn, phone, email and number"`
}

// OwnSource says what a service's result does to a register. Values come from facts.KEY (a line of the result),
// result.number, result.from and result.until.
type OwnSource struct {
	Service string            `json:"service" need:"1" about:"Key of the service"`
	Does    string            `json:"does" need:"1" one:"enter|alter|end" about:"What its result does: enter, makes a new entry; alter, changes one of the same person; end, ends it"`
	Match   []string          `json:"match,omitempty" about:"For alter and end: fields whose values find the entry among the person's own; the newest that fits is meant"`
	Fields  map[string]string `json:"fields" need:"1" about:"Field and where its value is taken: facts.KEY, result.number, result.from, result.until"`
}

// OwnPurpose lets officials read a register without a case.
type OwnPurpose struct {
	Key    string   `json:"key" need:"1" about:"Name of the purpose, unique in the register"`
	Agency string   `json:"agency" need:"1" about:"Key of the agency whose officials may read"`
	Roles  []string `json:"roles" need:"1" one:"clerk|officer|head" about:"Roles of those who may"`
	Title  Text     `json:"title" need:"1" about:"What for, as the person reads it in the record of looks"`
	Law    Text     `json:"law" need:"1" about:"The act and its point that allow it"`
	Fields []string `json:"fields,omitempty" about:"What they see; left out: every field"`
}

// Subscription starts something when a register changes: a notice to the person, or a message to an agency's address.
type Subscription struct {
	Key     string      `json:"key" need:"1" about:"Name of the subscription, unique in the register"`
	On      []string    `json:"on" need:"1" one:"entered|altered|corrected|ended" about:"Which changes"`
	Notice  *OwnNotice  `json:"notice,omitempty" about:"Tells the person; this or webhook"`
	Webhook *OwnWebhook `json:"webhook,omitempty" about:"Sends the change to an agency; this or notice. The operator gives the address"`
}

// OwnNotice is what the person is told of a change.
type OwnNotice struct {
	Title Text `json:"title" need:"1" about:"Heading"`
	Text  Text `json:"text" need:"1" about:"What has changed and what to do"`
}

// OwnWebhook is what an agency is sent of a change.
type OwnWebhook struct {
	Agency string   `json:"agency" need:"1" about:"Key of the agency"`
	Title  Text     `json:"title" need:"1" about:"What for, as the person reads it in the record of looks"`
	Law    Text     `json:"law" need:"1" about:"The act and its point that allow it"`
	Fields []string `json:"fields" need:"1" about:"Fields that are sent"`
}

// OwnRegister finds a register that the city keeps itself by its key.
func (c *City) OwnRegister(key string) (*OwnRegister, bool) {
	return find(c.OwnRegisters, func(r *OwnRegister) string { return r.Key }, key)
}

// Field finds a field by its key.
func (r *OwnRegister) Field(key string) (*OwnField, bool) {
	return find(r.Fields, func(f *OwnField) string { return f.Key }, key)
}

// Purpose finds a purpose by its key.
func (r *OwnRegister) Purpose(key string) (*OwnPurpose, bool) {
	return find(r.Purposes, func(p *OwnPurpose) string { return p.Key }, key)
}

// Source finds what the results of a service do.
func (r *OwnRegister) Source(service string) (*OwnSource, bool) {
	return find(r.From, func(s *OwnSource) string { return s.Service }, service)
}

// Subscribed finds a subscription by its key.
func (r *OwnRegister) Subscribed(key string) (*Subscription, bool) {
	return find(r.Subscriptions, func(s *Subscription) string { return s.Key }, key)
}

// Hears tells whether a subscription is for such a change.
func (s *Subscription) Hears(change string) bool { return slices.Contains(s.On, change) }

// CertificatesOf are the keys of the registers by which a service asks one of the city's own registers.
func (c *City) CertificatesOf(s *Service, own string) []string {
	var out []string
	for i := range s.Certificates {
		if r, ok := c.Register(s.Certificates[i].Register); ok && r.Transport == TransportOwn && r.Of == own {
			out = append(out, r.Key)
		}
	}
	return out
}

// FactOf is the key of the result's line that a source names; false for what the result tells of itself.
func FactOf(source string) (string, bool) { return strings.CutPrefix(source, "facts.") }

// What a result tells of itself, as OwnSource.Fields names it.
const (
	FromNumber = "result.number"
	FromFrom   = "result.from"
	FromUntil  = "result.until"
)

// The values of a certificate of an own register.
const (
	OwnFound   = "found"   // yes-no: the person has such an entry today
	OwnCount   = "count"   // number: how many
	OwnEntries = "entries" // records: their number, since, until and fields
)

// ownEntryValues are what each record of entries may hold beside the register's fields: the document's number and days.
var ownEntryValues = map[string]kind{"number": kindText, "since": kindDate, "until": kindDate}
