package service

import (
	"encoding/json"
	"slices"

	"posad.city/kit/calendar"
)

// City is one version of a whole city's data: checked, compiled, immutable, named by its Hash. It is safe for
// concurrent use. LoadCity makes it from a folder, Open from a published version.
type City struct {
	Profile      Profile       `json:"city"`
	Calendar     Calendar      `json:"calendar"`
	Agencies     []Agency      `json:"agencies"`
	Registers    []Register    `json:"registers"`
	Topics       []Topic       `json:"topics"`
	Situations   []Situation   `json:"situations"`
	Services     []Service     `json:"services"`
	Pages        []Page        `json:"pages,omitempty"`
	News         []News        `json:"news,omitempty"`
	Places       Places        `json:"places"`
	Resources    []Resource    `json:"resources,omitempty"`
	Lists        []List        `json:"lists,omitempty"`
	OwnRegisters []OwnRegister `json:"own-registers,omitempty"`
	Queries      []Query       `json:"queries,omitempty"`
	Charges      []ChargeKind  `json:"charges,omitempty"`
	Rates        []Rate        `json:"rates,omitempty"`
	Synonyms     []Synonym     `json:"synonyms,omitempty"`
	Shortcuts    []Shortcut    `json:"shortcuts,omitempty"`
	Utilities    *Utilities    `json:"utilities,omitempty"`
	Charity      *Charity      `json:"charity,omitempty"`
	Tariffs      []Tariff      `json:"tariffs,omitempty"`

	compiled compiled
}

// Profile is city.yaml: what the city is called and looks like.
type Profile struct {
	Key       string   `json:"key" need:"1" about:"Short name for ever: Latin letters, digits and hyphens"`
	Name      Text     `json:"name" need:"1" about:"Name of the city"`
	Of        Text     `json:"of" need:"1" about:"Name as it stands after 'city of': Китежа, Kitezh"`
	Tagline   Text     `json:"tagline" need:"1" about:"Line under the name"`
	Languages []string `json:"languages" need:"1" one:"ru|en" about:"Languages of the portal, the first one is the default"`
	Zone      string   `json:"zone" need:"1" about:"Time zone, for example Europe/Moscow"`
	Regions   []string `json:"plate-regions,omitempty" about:"Vehicle plate regions of the city"`
	Contacts  Contacts `json:"contacts" need:"1" about:"How to reach the city"`
	Brand     Brand    `json:"brand" need:"1" about:"Colours and the mosaic"`
	Law       []Law    `json:"law,omitempty" about:"Acts that the portal refers to"`
	Facts     []Figure `json:"facts,omitempty" about:"The city in figures"`
	Popular   []string `json:"popular,omitempty" about:"Keys of the services that people need most, most needed first: the home page, the search and the help offer them before others"`
}

// Contacts is how people reach the city's help.
type Contacts struct {
	Phone     string `json:"phone" need:"1" about:"Telephone as people dial it"`
	Emergency string `json:"emergency" need:"1" about:"Emergency number"`
	Email     string `json:"email" need:"1" about:"E-mail"`
	Hours     Text   `json:"hours" need:"1" about:"When they answer"`
	Address   Text   `json:"address" need:"1" about:"Postal address"`
}

// Brand is what a city changes in the design: tokens and the mosaic of the hero.
type Brand struct {
	Tokens map[string]string `json:"tokens,omitempty" about:"Design tokens by name, for example c-brand: '#2450DC'"`
	Mosaic []string          `json:"mosaic,omitempty" about:"Rows of the mosaic; tiles separated by spaces"`
}

// Law is an act by a short key.
type Law struct {
	Key   string `json:"key" need:"1" about:"Short name"`
	Title Text   `json:"title" need:"1" about:"Full name of the act"`
}

// Figure is one fact of the city in figures.
type Figure struct {
	Value string `json:"value" need:"1" about:"The figure"`
	Label Text   `json:"label" need:"1" about:"What it counts"`
}

// Calendar is calendar.yaml: the days on which the city departs from its working week, Monday to Friday.
type Calendar struct {
	Opens  string `json:"opens" need:"1" about:"Start of the working day: 09:00"`
	Closes string `json:"closes" need:"1" about:"End of the working day: 18:00"`
	Years  []Year `json:"years" need:"1" about:"Years that the calendar covers, in order"`
}

// Year is one year of the calendar.
type Year struct {
	Year     int       `json:"year" need:"1" about:"The year"`
	Holidays []Holiday `json:"holidays" need:"1" about:"Days off that would be working days, or have a name"`
	Working  []string  `json:"working,omitempty" about:"Days of the weekend that are worked, as 2026-11-21"`
	Short    []string  `json:"short,omitempty" about:"Working days that end an hour earlier"`
	Law      Text      `json:"law" need:"1" about:"The act that moves the days"`
}

// Holiday is a day off, or several in a row.
type Holiday struct {
	From string `json:"from" need:"1" about:"First day, as 2026-11-21"`
	To   string `json:"to,omitempty" about:"Last day; left out: one day"`
	Name Text   `json:"name" need:"1" about:"Name of the holiday"`
}

// Agency is agencies/KEY.yaml.
type Agency struct {
	Key     string  `json:"agency" need:"1" about:"Name of the agency for ever"`
	Title   Text    `json:"title" need:"1" about:"Full name"`
	Short   Text    `json:"short" need:"1" about:"Short name"`
	Does    Text    `json:"does" need:"1" about:"What it does for people, in one sentence"`
	Address Text    `json:"address" need:"1" about:"Where it is"`
	Phone   string  `json:"phone" need:"1" about:"Telephone"`
	Email   string  `json:"email" need:"1" about:"E-mail"`
	Hours   Text    `json:"hours" need:"1" about:"When it receives people"`
	Head    Head    `json:"head" need:"1" about:"Who heads it"`
	Queues  []Queue `json:"queues,omitempty" about:"Queues of cases, one a department"`
	Skills  []Skill `json:"skills,omitempty" about:"What some of its officials can do and some work needs"`
	Appeals string  `json:"appeals,omitempty" about:"Key of the agency that hears appeals against it"`

	Investigations *Investigations `json:"investigations,omitempty" about:"For an agency that may look at people's data in an investigation without their being told at once; left out: it may not"`
}

// Investigations says who of an agency may open an investigation, by which law, and how long its looks stay hidden.
type Investigations struct {
	Roles []string `json:"roles" need:"1" one:"clerk|officer|head" about:"Roles of officials who may open one"`
	Days  int      `json:"days" need:"1" about:"How many days at most the looks stay hidden from the person: 1 to 180"`
	See   []string `json:"see" need:"1" one:"account.profile|casework.cases|exchange.certificates|document.results|pay.charges" about:"Kinds of data that may be looked at"`
	Law   Text     `json:"law" need:"1" about:"The act and its point, as the person reads it afterwards"`
}

// Head is the head of an agency.
type Head struct {
	Name  Text `json:"name" need:"1" about:"Name"`
	Title Text `json:"title" need:"1" about:"Post"`
}

// Queue is a department's queue of cases.
type Queue struct {
	Key   string `json:"key" need:"1" about:"Name of the queue, unique in the agency"`
	Title Text   `json:"title" need:"1" about:"Name of the department"`
}

// Skill is something that not every official can do.
type Skill struct {
	Key   string `json:"key" need:"1" about:"Name of the skill, unique in the agency"`
	Title Text   `json:"title" need:"1" about:"What it is"`
}

// Resource is resources/KEY.yaml: what people book a time of, an office's windows or a hall. Its timetable repeats weekly
// on the city's working days; single days depart from it.
type Resource struct {
	Key     string   `json:"resource" need:"1" about:"Name of the resource for ever"`
	Agency  string   `json:"agency" need:"1" about:"Key of the agency that keeps it"`
	Title   Text     `json:"title" need:"1" about:"What is booked"`
	Address Text     `json:"address" need:"1" about:"Where one comes"`
	Bring   Text     `json:"bring,omitzero" about:"What to bring"`
	Places  int      `json:"places" need:"1" about:"How many people at one time, 1 to 1000"`
	Minutes int      `json:"minutes" need:"1" about:"How long one appointment takes, 5 to 480 minutes"`
	Hours   []Hours  `json:"hours" need:"1" about:"When it receives people"`
	Closed  []string `json:"closed,omitempty" about:"Days on which it does not, as 2026-12-31"`
	Ahead   int      `json:"ahead" need:"1" about:"How many calendar days ahead one may book, 1 to 180"`
	Notice  int      `json:"notice,omitempty" about:"How many hours before the time one may still book"`
	Cancel  int      `json:"cancel,omitempty" about:"How many hours before the time one may still move or cancel"`
}

// Hours are the hours of some days of the week.
type Hours struct {
	Days []string `json:"days" need:"1" one:"monday|tuesday|wednesday|thursday|friday|saturday|sunday" about:"Days of the week"`
	From string   `json:"from" need:"1" about:"Start of the first appointment: 09:00"`
	To   string   `json:"to" need:"1" about:"End of the last one: 18:00"`
}

// List is an entry of lists.yaml: a register that the city keeps itself, of results of the kind entry.
type List struct {
	Key    string `json:"key" need:"1" about:"Name of the list for ever"`
	Agency string `json:"agency" need:"1" about:"Key of the agency that keeps it"`
	Title  Text   `json:"title" need:"1" about:"What it lists"`
	About  Text   `json:"about" need:"1" about:"What an entry means, in one or two sentences"`
	Public bool   `json:"public,omitempty" about:"Everybody may read it: number, dates and the result's public facts"`
}

// Register is registers/KEY.yaml: a certificate that an agency gives by exchange.
type Register struct {
	Key        string         `json:"register" need:"1" about:"Name of the register for ever"`
	Agency     string         `json:"agency" need:"1" about:"Key of the agency that keeps it"`
	Title      Text           `json:"title" need:"1" about:"Name of the certificate"`
	Tells      Text           `json:"tells" need:"1" about:"What it tells, in plain words"`
	Paper      []string       `json:"paper,omitempty" about:"Papers that it makes needless, in the words of forms (ru and en); check finds forms that ask for them"`
	Parameters []Parameter    `json:"parameters,omitempty" about:"What must be given to ask; left out for transport: own alone, which knows whom it is asked about"`
	Values     []Value        `json:"values" need:"1" about:"Values of the reply that rules and documents may use"`
	Reply      map[string]any `json:"reply" need:"1" about:"JSON Schema (2020-12) of the reply"`
	Fresh      string         `json:"fresh" need:"1" about:"How long a reply may be reused in the same case: 24h"`
	Timeout    string         `json:"timeout" need:"1" about:"How long one request may take: 5s"`
	Retries    int            `json:"retries" need:"1" about:"How many more times it is asked, with growing pauses"`
	Fallback   string         `json:"fallback,omitempty" about:"Key of the register that is asked in its place when this one fails for good; it takes no other parameters and gives the same values"`
	Transport  string         `json:"transport,omitempty" one:"http|xroad|own" about:"How it is asked: http, the contract of docs/operator/registers.md; xroad, X-Road's message protocol for REST; own, one of the city's own registers answers it, in the city. Left out: http"`
	Member     string         `json:"member,omitempty" about:"For xroad: the service that is asked, as INSTANCE/CLASS/MEMBER/SUBSYSTEM/service, each part percent-encoded"`
	Of         string         `json:"of,omitempty" about:"For own: key of the city's own register (own-registers/KEY.yaml); values are found (yes-no), count (number) and entries (records of its fields, number, since and until)"`
	AsksAs     string         `json:"asks_as,omitempty" about:"For xroad: the city's own subsystem that asks, as INSTANCE/CLASS/MEMBER/SUBSYSTEM"`
	Correction *Correction    `json:"correction,omitempty" about:"How a mistake in the register is put right; left out: by writing to the agency"`
}

// TransportXRoad is the transport of registers that are members' services.
const TransportXRoad = "xroad"

// Correction is how the owner of a register puts a mistake in it right.
type Correction struct {
	Text    Text   `json:"text" need:"1" about:"What to do, in one or two sentences"`
	Address string `json:"address,omitempty" about:"Where one begins: a path of the portal, for example /services/city-appeal, or an address with https://"`
}

// Parameter is something given to a register.
type Parameter struct {
	Name  string `json:"name" need:"1" about:"Name"`
	Type  string `json:"type" need:"1" one:"text|date|snils|plate|inn|address" about:"Type"`
	Title Text   `json:"title" need:"1" about:"What it is"`
}

// Value is something that a register tells. List values hold records; rules count and search them.
type Value struct {
	Name   string          `json:"name" need:"1" about:"Name, as rules use it"`
	Type   string          `json:"type" need:"1" one:"text|number|yes-no|date|money|texts|records" about:"Type"`
	Title  Text            `json:"title" need:"1" about:"What it is, as people read it"`
	Words  map[string]Text `json:"words,omitempty" about:"For text: the words of each code"`
	Fields []Value         `json:"fields,omitempty" about:"For records: the fields of one"`
}

// Topic is an entry of topics.yaml.
type Topic struct {
	Key   string `json:"key" need:"1" about:"Name of the topic"`
	Title Text   `json:"title" need:"1" about:"Title"`
	About Text   `json:"about" need:"1" about:"What it holds"`
	Icon  string `json:"icon" need:"1" about:"Name of an icon"`
	Tone  string `json:"tone" need:"1" one:"ice|mint|apricot|sand|lilac|rose|plain" about:"Tone of the design"`
}

// Situation is an entry of situations.yaml: a life situation.
type Situation struct {
	Key   string `json:"key" need:"1" about:"Name of the situation"`
	Title Text   `json:"title" need:"1" about:"Title"`
	About Text   `json:"about" need:"1" about:"What the city does in it"`
	Icon  string `json:"icon" need:"1" about:"Name of an icon"`
	Tone  string `json:"tone" need:"1" one:"ice|mint|apricot|sand|lilac|rose|plain" about:"Tone of the design"`
	Steps []Text `json:"steps,omitempty" about:"What to do, in order, in plain words"`
}

// Shortcut is an entry of shortcuts.yaml: a page of the portal itself that people look for, in the city's words.
type Shortcut struct {
	Key     string `json:"key" need:"1" about:"Name of the shortcut; no service is called so"`
	Href    string `json:"href" need:"1" one:"/pay|/pay/find|/pay/history|/pay/cards|/pay/autopay|/flats|/account/transport-card|/charity|/account/gifts|/open-books|/cases|/drafts|/visits|/messages|/documents|/check|/account/registers|/account/family|/account/mandates|/account/organisations|/account/looks|/account/data|/account/profile|/account/security|/account/notices|/developers|/log" about:"Address of the page"`
	Title   Text   `json:"title" need:"1" about:"Title"`
	About   Text   `json:"about" need:"1" about:"What one does there"`
	AskedAs Words  `json:"asked-as" need:"1" about:"The words that people search by, as they say them"`
}

// Page is content/pages/KEY.yaml: a page of the city.
type Page struct {
	Key   string  `json:"page" need:"1" about:"Address of the page under /city/"`
	Title Text    `json:"title" need:"1" about:"Heading"`
	Lead  Text    `json:"lead" need:"1" about:"A sentence under the heading"`
	Parts []Block `json:"parts" need:"1" about:"Parts of the page"`
}

// Block is a part of a page.
type Block struct {
	Title Text `json:"title" need:"1" about:"Heading of the part"`
	Text  Text `json:"text" need:"1" about:"Paragraphs, separated by empty lines"`
}

// News is an entry of content/news.yaml.
type News struct {
	Key   string `json:"key" need:"1" about:"Address of the item"`
	Date  string `json:"date" need:"1" about:"Day, as 2026-11-21"`
	Title Text   `json:"title" need:"1" about:"Headline"`
	Lead  Text   `json:"lead" need:"1" about:"One or two sentences"`
	Text  Text   `json:"text" need:"1" about:"Paragraphs, separated by empty lines"`
	Topic string `json:"topic,omitempty" about:"Key of a topic"`
}

// Places is the address register of the city: streets and houses, compact.
type Places struct {
	Districts []District `json:"districts" need:"1" about:"Districts of the city"`
	Streets   []Street   `json:"streets" need:"1" about:"Streets with their houses"`
}

// District is a part of the city.
type District struct {
	Key   string `json:"key" need:"1" about:"Name of the district"`
	Title Text   `json:"title" need:"1" about:"Title"`
}

// Street is a street and its houses.
type Street struct {
	Key    string  `json:"key" need:"1" about:"Name of the street for ever; ids of addresses are KEY:HOUSE"`
	Title  Text    `json:"title" need:"1" about:"Name as an address shows it: Речная ул."`
	Was    Text    `json:"was,omitzero" about:"Former name, for search"`
	Houses []House `json:"houses" need:"1" about:"Houses"`
}

// House is a run of houses that share a district, zones and a kind.
type House struct {
	Numbers  string            `json:"numbers" need:"1" about:"Numbers: 1-31/2 (odd from 1 to 31), 14, 14к2"`
	District string            `json:"district" need:"1" about:"Key of the district"`
	Zones    map[string]string `json:"zones,omitempty" about:"Zones by kind: parking, school, ecology"`
	Flats    int               `json:"flats,omitempty" about:"How many flats a house has; 0: a private house"`
}

// Hash names a version: hex SHA-256 of its canonical bytes.
type Hash string

// Days is the city's calendar: its zone, working days and terms.
func (c *City) Days() *calendar.City { return c.compiled.days }

// Service finds a definition by its key.
func (c *City) Service(key string) (*Service, bool) {
	return find(c.Services, func(s *Service) string { return s.Key }, key)
}

// Agency finds an agency by its key.
func (c *City) Agency(key string) (*Agency, bool) {
	return find(c.Agencies, func(a *Agency) string { return a.Key }, key)
}

// Register finds a register by its key.
func (c *City) Register(key string) (*Register, bool) {
	return find(c.Registers, func(r *Register) string { return r.Key }, key)
}

// Resource finds a bookable resource by its key.
func (c *City) Resource(key string) (*Resource, bool) {
	return find(c.Resources, func(r *Resource) string { return r.Key }, key)
}

// List finds one of the city's own lists by its key.
func (c *City) List(key string) (*List, bool) {
	return find(c.Lists, func(l *List) string { return l.Key }, key)
}

// Topic finds a topic by its key.
func (c *City) Topic(key string) (*Topic, bool) {
	return find(c.Topics, func(t *Topic) string { return t.Key }, key)
}

// Situation finds a life situation by its key.
func (c *City) Situation(key string) (*Situation, bool) {
	return find(c.Situations, func(s *Situation) string { return s.Key }, key)
}

// Queue finds a queue of the agency by its key.
func (a *Agency) Queue(key string) (*Queue, bool) {
	return find(a.Queues, func(q *Queue) string { return q.Key }, key)
}

// Ground finds a ground of refusal by its key.
func (s *Service) Ground(key string) (*Ground, bool) {
	return find(s.Grounds, func(g *Ground) string { return g.Key }, key)
}

// Task finds a step of the case by its key.
func (s *Service) Task(key string) (*Task, bool) {
	return find(s.Steps, func(t *Task) string { return t.Key }, key)
}

// Certificate finds a certificate by its key.
func (s *Service) Certificate(key string) (*Certificate, bool) {
	return find(s.Certificates, func(c *Certificate) string { return c.Key }, key)
}

// Field finds a field of the form by its key.
func (s *Service) Field(key string) (*Field, bool) {
	for i := range s.Form.Steps {
		if f, ok := find(s.Form.Steps[i].Fields, func(f *Field) string { return f.Key }, key); ok {
			return f, true
		}
	}
	return nil, false
}

// HasField tells whether the form asks for something of the type.
func (s *Service) HasField(t Type) bool {
	return slices.ContainsFunc(s.Form.Steps, func(step Step) bool {
		return slices.ContainsFunc(step.Fields, func(f Field) bool { return f.Type == t })
	})
}

func find[T any](list []T, key func(*T) string, want string) (*T, bool) {
	for i := range list {
		if key(&list[i]) == want {
			return &list[i], true
		}
	}
	return nil, false
}

// ReplySchema is the register's JSON Schema as JSON text, for a validator.
func (r *Register) ReplySchema() json.RawMessage {
	out, err := json.Marshal(r.Reply)
	if err != nil {
		return json.RawMessage("false") // Reply came from YAML, so it always marshals; a schema that takes nothing is the safe answer
	}
	return out
}
