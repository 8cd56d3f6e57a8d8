package mydata

import (
	"context"
	_ "embed"
	"slices"
	"strings"
	"time"

	"posad.city/core/module"
	"posad.city/kit/id"
	"posad.city/kit/lang"
)

// schema is the JSON Schema of a copy.
//
//go:embed my-data.schema.json
var schema []byte

// formName names the form of a copy; a change that breaks readers gets another number.
const formName = "posad-my-data/1"

// Whole is a copy as its JSON file has it. Texts are in the copy's language; moments are RFC 3339 in UTC.
type Whole struct {
	Format   string        `json:"format"`
	City     string        `json:"city"`
	Made     time.Time     `json:"made"`
	Language string        `json:"language"`
	Persons  []id.ID       `json:"persons"`
	Holdings []WireHolding `json:"holdings"`
	LeftOut  []WireLeftOut `json:"left_out"`
}

// WireHolding is one kind of data.
type WireHolding struct {
	Key   string     `json:"key" doc:"Name of the kind for programs: module.kind"`
	Title string     `json:"title" doc:"What it is"`
	From  string     `json:"from" doc:"Where it comes from"`
	Why   string     `json:"why" doc:"Why the city holds it"`
	Keeps string     `json:"keeps" doc:"How long it is kept"`
	Seen  string     `json:"seen" doc:"Who may see it"`
	Edit  string     `json:"edit,omitempty" doc:"Path of the page on which the person changes it"`
	More  bool       `json:"more,omitempty" doc:"There is more than is listed here"`
	Items []WireItem `json:"items"`
}

// WireItem is one thing.
type WireItem struct {
	ID         string          `json:"id,omitempty"`
	Number     string          `json:"number,omitempty" doc:"Public number"`
	Title      string          `json:"title,omitempty"`
	At         *time.Time      `json:"at,omitempty" doc:"When it came to be"`
	Path       string          `json:"path,omitempty" doc:"Its page"`
	Erased     bool            `json:"erased,omitempty" doc:"Its data was deleted at the person's wish"`
	Facts      []WireFact      `json:"facts,omitempty"`
	Correction *WireCorrection `json:"correction,omitempty"`
}

// WireFact is one value.
type WireFact struct {
	Key   string `json:"key"`
	Label string `json:"label"`
	Value string `json:"value"`
}

// WireCorrection is how a register's data is put right.
type WireCorrection struct {
	Owner string `json:"owner"`
	Text  string `json:"text,omitempty"`
	Path  string `json:"path,omitempty"`
}

// WireLeftOut is why a table is not among the holdings.
type WireLeftOut struct {
	Table  string `json:"table"`
	Reason string `json:"reason"`
}

// whole puts what was gathered into words.
func (m *Module) whole(ctx context.Context, c Copy, holdings []module.Holding) (Whole, error) {
	wire, err := m.wire(ctx, c.Lang, holdings)
	out := Whole{
		Format: formName, Made: m.base.Clock.Now().UTC(), Language: string(c.Lang), Persons: c.persons(), Holdings: wire, LeftOut: []WireLeftOut{},
	}
	if city := m.deps.City(); city != nil {
		out.City = city.Profile.Name.In(c.Lang)
	}
	for table, reason := range m.LeftOut() {
		out.LeftOut = append(out.LeftOut, WireLeftOut{Table: table, Reason: reason})
	}
	slices.SortFunc(out.LeftOut, func(a, b WireLeftOut) int { return strings.Compare(a.Table, b.Table) })
	return out, err
}

func (m *Module) wire(ctx context.Context, l lang.Language, holdings []module.Holding) ([]WireHolding, error) {
	names, err := m.names(ctx, holdings)
	if err != nil {
		return nil, err
	}
	out := make([]WireHolding, 0, len(holdings))
	for _, h := range holdings {
		one := WireHolding{Key: h.Key, Edit: h.Edit, More: h.More, Items: make([]WireItem, 0, len(h.Items))}
		one.Title, one.From, one.Why = m.about(l, h.Key, "title"), m.about(l, h.Key, "from"), m.about(l, h.Key, "why")
		one.Keeps, one.Seen = m.about(l, h.Key, "keeps"), m.about(l, h.Key, "seen")
		for _, item := range h.Items {
			one.Items = append(one.Items, m.wireItem(l, item, names))
		}
		out = append(out, one)
	}
	return out, nil
}

// about is one of the sentences about a kind of data.
func (m *Module) about(l lang.Language, key, which string) string {
	return m.base.Texts.Text(l, "mydata.holding."+key+"."+which)
}

func (m *Module) wireItem(l lang.Language, item module.Item, names map[id.ID]lang.Name) WireItem {
	out := WireItem{Title: item.Title.In(l), Path: item.Path, Erased: item.Erased}
	if !item.ID.IsZero() {
		out.ID = item.ID.String()
	}
	if item.Number != "" {
		out.Number = id.FormatNumber(item.Number)
	}
	if !item.At.IsZero() {
		at := item.At.UTC()
		out.At = &at
	}
	for _, f := range item.Facts {
		if value := m.value(l, f, names); value != "" {
			out.Facts = append(out.Facts, WireFact{Key: f.Key, Label: m.label(l, f), Value: value})
		}
	}
	if k := item.Correct; k != nil {
		out.Correction = &WireCorrection{Owner: k.Owner.In(l), Text: k.Text.In(l), Path: k.Path}
		if out.Correction.Text == "" {
			out.Correction.Text = m.base.Texts.Text(l, "mydata.correction_plain", "owner", out.Correction.Owner)
		}
	}
	return out
}

func (m *Module) label(l lang.Language, f module.Fact) string {
	if label := f.Label.In(l); label != "" {
		return label
	}
	return m.base.Texts.Text(l, "mydata.fact."+f.Key)
}

// value is a fact in words. Ids of agencies and people, and codes that have words, are said by these.
func (m *Module) value(l lang.Language, f module.Fact, names map[id.ID]lang.Name) string {
	switch {
	case !f.Time.IsZero():
		return lang.FullMoment(l, f.Time, m.deps.Zone())
	case f.Code != "":
		if m.base.Texts.Has(f.Code) {
			return m.base.Texts.Text(l, f.Code)
		}
		return f.Code
	case f.Words != (lang.Text{}):
		return f.Words.In(l)
	}
	if which, err := id.Parse(f.Value); err == nil {
		if name, ok := names[which]; ok {
			return name.Full(l)
		}
		if f.Key == "agency" {
			return m.deps.AgencyName(which, l)
		}
	}
	if key := "mydata.code." + f.Key + "." + f.Value; m.base.Texts.Has(key) {
		return m.base.Texts.Text(l, key)
	}
	return m.titleOf(l, f)
}

// titleOf says the key of a service by its title.
func (m *Module) titleOf(l lang.Language, f module.Fact) string {
	if city := m.deps.City(); f.Key == "service" && city != nil {
		if s, ok := city.Service(f.Value); ok {
			return s.Title.In(l)
		}
	}
	return f.Value
}

// peopleFacts are the facts whose value is a person's id.
var peopleFacts = []string{"taker", "giver"}

// names finds the names of people whom facts name by their ids. They are the other side of a mandate, whom the person
// knows by it.
func (m *Module) names(ctx context.Context, holdings []module.Holding) (map[id.ID]lang.Name, error) {
	var people []id.ID
	for _, h := range holdings {
		for _, item := range h.Items {
			for _, f := range item.Facts {
				if which, err := id.Parse(f.Value); err == nil && slices.Contains(peopleFacts, f.Key) && !slices.Contains(people, which) {
					people = append(people, which)
				}
			}
		}
	}
	if len(people) == 0 {
		return nil, nil
	}
	return m.deps.People.Names(ctx, m.system(), "mydata.look.names", people...)
}
