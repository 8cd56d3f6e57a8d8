package document

import (
	"net/http"
	"time"

	"posad.city/kit/act"
	"posad.city/kit/calendar"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/web"
)

// keysAge is how long anybody may keep the key set. A fresh key is published longer than that before it signs.
const keysAge = 10 * time.Minute

type wireFact struct {
	Key   string `json:"key"`
	Label string `json:"label"`
	Value string `json:"value"`
}

// wireDocument is a document as the API shows it to its holder.
type wireDocument struct {
	ID       id.ID          `json:"id"`
	Holder   id.ID          `json:"holder"`
	Case     id.ID          `json:"case"`
	Service  string         `json:"service"`
	Kind     string         `json:"kind"`
	Number   string         `json:"number"`
	Title    string         `json:"title"`
	Text     string         `json:"text,omitempty"`
	Office   string         `json:"office"`
	Facts    []wireFact     `json:"facts"`
	Standing Standing       `json:"standing"`
	Issued   time.Time      `json:"issued"`
	From     calendar.Date  `json:"from"`
	Until    *calendar.Date `json:"until,omitempty"` // the last day; left out: no end
	Revoked  *time.Time     `json:"revoked,omitempty"`
	Reason   string         `json:"reason,omitempty"` // why it was revoked
	Form     Form           `json:"form,omitempty"`   // entry, access or refusal; left out: a document
	List     string         `json:"list,omitempty"`
	Opens    string         `json:"opens,omitempty"`
	Replaces string         `json:"replaces,omitempty"` // number of the document in whose place it stands
	Replaced string         `json:"replaced,omitempty"` // number of the document that stands in its place
	Renew    string         `json:"renew,omitempty"`    // where it can be renewed today
	PDF      string         `json:"pdf"`                // address of the file
	Check    string         `json:"check"`              // address of the public check
}

// wireCheck is what the public check tells.
type wireCheck struct {
	Standing Standing       `json:"standing"`
	Signed   bool           `json:"signed"` // a code was given, and the city's key signed it
	Key      string         `json:"key,omitempty"`
	Kind     string         `json:"kind,omitempty"`
	Title    string         `json:"title,omitempty"`
	Office   string         `json:"office,omitempty"`
	Number   string         `json:"number,omitempty"`
	Issued   *calendar.Date `json:"issued,omitempty"`
	From     *calendar.Date `json:"from,omitempty"`
	Until    *calendar.Date `json:"until,omitempty"`
	Revoked  *time.Time     `json:"revoked,omitempty"`
	Replaced string         `json:"replaced,omitempty"` // number of the document that stands in its place
	Facts    []wireFact     `json:"facts"`              // only for whoever has the code
}

func (m *Module) api(s *web.Server, list, read, check, keys *web.Op) {
	s.API(list, "GET /api/v1/documents", m.apiList, web.Describe{Summary: "The person's documents, and those of their children", Out: []wireDocument{}})
	s.API(read, "GET /api/v1/documents/{document}", m.apiOne, web.Describe{Summary: "One document", Out: wireDocument{}})
	s.API(read, "GET /api/v1/documents/{document}/pdf", m.sendPDF, web.Describe{Summary: "A document's file", Type: "application/pdf"})
	s.API(read, "GET /api/v1/documents/{document}/receipt", m.sendReceipt, web.Describe{Summary: "The journal's receipt of a document", Type: "application/json"})
	s.API(check, "GET /api/v1/check/{code}", m.apiCheck, web.Describe{
		Summary: "How a document stands, by the code on it or by its number", Out: wireCheck{},
		Details: "Open to everybody. By the number alone the public facts are left out. A text that is neither a code nor a number of this city is `not_ours`.",
	})
	s.API(keys, "GET /.well-known/posad-keys.json", m.sendKeys, web.Describe{
		Summary: "The city's public keys, signed", Type: "application/json", Root: true, Tag: "document",
		Details: "Format posad-keys/1. With these keys a document's code can be checked with no network.",
	})
}

func wireFacts(facts []Fact, l lang.Language) []wireFact {
	out := make([]wireFact, 0, len(facts))
	for _, f := range facts {
		out = append(out, wireFact{Key: f.Key, Label: f.Label.In(l), Value: f.Value.In(l)})
	}
	return out
}

func (m *Module) toWire(c *web.Context, r Result) wireDocument {
	l := c.Lang()
	return wireDocument{
		ID: r.ID, Holder: r.Holder, Case: r.Case, Service: r.Service, Kind: r.Kind, Number: r.Number, Title: r.Title.In(l), Text: r.Text.In(l),
		Office: r.Office.In(l), Facts: wireFacts(r.Facts, l), Standing: r.Standing(m.today()), Issued: r.Issued, From: r.From,
		Until: dateOrNil(r.Until), Revoked: momentOrNil(r.Revoked), Reason: r.Reason.In(l), Form: r.Form, List: r.List, Opens: r.Opens,
		Replaces: r.Replaces, Replaced: r.Replaced, Renew: m.renewURL(c, r), PDF: c.URL("/api/v1/documents/" + r.ID.String() + "/pdf"),
		Check: c.URL("/v/" + r.Token),
	}
}

func (m *Module) renewURL(c *web.Context, r Result) string {
	if path := m.renewal(r); path != "" {
		return c.URL(path)
	}
	return ""
}

func dateOrNil(d calendar.Date) *calendar.Date {
	if d.IsZero() {
		return nil
	}
	return &d
}

func momentOrNil(at time.Time) *time.Time {
	if at.IsZero() {
		return nil
	}
	return &at
}

func (m *Module) apiList(c *web.Context) error {
	shelves, err := m.shelves(c)
	if err != nil {
		return err
	}
	out := []wireDocument{}
	for _, s := range shelves {
		for _, r := range s.Results {
			out = append(out, m.toWire(c, r))
		}
	}
	return c.JSON(http.StatusOK, out)
}

func (m *Module) apiOne(c *web.Context) error {
	r, err := m.readOne(c)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, m.toWire(c, r))
}

func (m *Module) apiCheck(c *web.Context) error {
	if err := c.May(act.Object{}); err != nil {
		return err
	}
	found := Checked{Standing: NotOurs}
	what := understand(c.Path("code"))
	var err error
	switch {
	case what.code != "":
		found, err = m.Check(c.Context(), c.Act(), what.code)
	case what.number != "":
		found, err = m.CheckNumber(c.Context(), c.Act(), what.number)
	}
	if err != nil {
		return err
	}
	l := c.Lang()
	return c.JSON(http.StatusOK, wireCheck{
		Standing: found.Standing, Signed: found.Signed, Key: string(found.Key), Kind: found.Kind, Title: found.Title.In(l), Office: found.Office.In(l),
		Number: found.Number, Issued: dateOrNil(found.Issued), From: dateOrNil(found.From), Until: dateOrNil(found.Until),
		Revoked: momentOrNil(found.Revoked), Replaced: found.Replaced, Facts: wireFacts(found.Facts, l),
	})
}

func (m *Module) sendKeys(c *web.Context) error {
	if err := c.May(act.Object{}); err != nil {
		return err
	}
	set, err := m.base.Seal.Keys()
	if err != nil {
		return err
	}
	file, err := set.File()
	if err != nil {
		return err
	}
	c.Public(keysAge)
	return c.Data("application/json", file)
}
