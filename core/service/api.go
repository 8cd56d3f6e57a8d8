package service

import (
	"net/http"
	"slices"

	"posad.city/kit/act"
	"posad.city/kit/lang"
	"posad.city/kit/web"
)

// wireService is a service as lists of the API show it.
type wireService struct {
	Key      string   `json:"key"`
	Title    string   `json:"title"`
	Summary  string   `json:"summary"`
	Topic    string   `json:"topic"`
	Audience []string `json:"audience"`
	Agency   string   `json:"agency"`
	Term     string   `json:"term" doc:"By when the applicant has the decision, in words"`
	Cost     string   `json:"cost" doc:"What it costs, in words"`
}

// wireCard is everything public about a service.
type wireCard struct {
	wireService
	Version   string          `json:"version" doc:"Hash of the city's published version"`
	For       string          `json:"for" doc:"In whose account the case lies: person, child, trader, organisation"`
	Assurance string          `json:"assurance" doc:"The least level of sign-in: basic, standard, verified"`
	Who       string          `json:"who"`
	Minutes   int             `json:"minutes,omitempty" doc:"How long the form takes"`
	Form      []wireStep      `json:"form"`
	Asks      []wireRegister  `json:"asks" doc:"What the city asks registers itself"`
	Steps     []string        `json:"steps" doc:"What is done with an application, in the order of the definition"`
	Result    string          `json:"result"`
	Grounds   []wireGround    `json:"grounds" doc:"Every ground of refusal"`
	Appeal    *wireAppeal     `json:"appeal,omitempty"`
	Apply     string          `json:"apply" doc:"Address of the page where one applies"`
	Drafts    string          `json:"drafts" doc:"Where a program begins an application"`
	Contacts  wireAgencyPoint `json:"contacts"`
}

type wireStep struct {
	Key    string      `json:"key"`
	Title  string      `json:"title"`
	Fields []wireField `json:"fields"`
}

type wireField struct {
	Key      string       `json:"key"`
	Type     Type         `json:"type"`
	Label    string       `json:"label"`
	Hint     string       `json:"hint,omitempty"`
	Why      string       `json:"why,omitempty"`
	Optional bool         `json:"optional,omitempty"`
	Options  []wireOption `json:"options,omitempty"`
}

type wireOption struct {
	Value string `json:"value"`
	Label string `json:"label"`
}

type wireRegister struct {
	Register string `json:"register"`
	Title    string `json:"title"`
	Agency   string `json:"agency"`
	Needed   string `json:"needed"`
	Early    bool   `json:"early" doc:"Asked while the form is being filled"`
	Fallback string `json:"fallback,omitempty" doc:"The register that is asked in its place when this one fails for good"`
	Ask      string `json:"ask,omitempty" doc:"The question of the form that stands in for it when it fails for good"`
}

type wireGround struct {
	Key     string `json:"key"`
	Words   string `json:"words"`
	Instead string `json:"instead,omitempty"`
	Law     string `json:"law"`
}

type wireAppeal struct {
	Where string `json:"where"`
	How   string `json:"how"`
	Days  int    `json:"days"`
	Law   string `json:"law"`
}

type wireAgencyPoint struct {
	Title   string `json:"title"`
	Address string `json:"address"`
	Phone   string `json:"phone"`
	Email   string `json:"email"`
	Hours   string `json:"hours"`
}

type wireFound struct {
	Found []Found `json:"found"`
	Total int     `json:"total"`
}

func (m *Module) api(s *web.Server, read, find *web.Op) {
	audience := web.Param{Name: "audience", Text: "Only services for residents, parents, traders, organisations or everyone"}
	topic := web.Param{Name: "topic", Text: "Only services of this topic"}
	s.API(read, "GET /api/v1/services", m.apiServices, web.Describe{Summary: "Services that the city offers", Out: []wireService{}, Params: []web.Param{audience, topic}})
	s.API(read, "GET /api/v1/services/{service}", m.apiService, web.Describe{Summary: "Everything public about a service", Out: wireCard{}})
	s.API(find, "GET /api/v1/search/quality", m.apiQuality, web.Describe{Summary: "How well the search answers the city's own set of queries", Out: wireQuality{}})
	s.API(find, "GET /api/v1/search", m.apiSearch, web.Describe{Summary: "Find services, situations, pages, agencies and news by words", Out: wireFound{}, Params: []web.Param{
		{Name: "q", Text: "Words, in Russian or English; at most 200 characters", Required: true}, audience,
	}})
}

func (m *Module) apiServices(c *web.Context) error {
	city, err := m.open(c)
	if err != nil {
		return err
	}
	out := []wireService{}
	for i := range city.Services {
		s := &city.Services[i]
		if fits(s, c.Query("audience")) && (c.Query("topic") == "" || c.Query("topic") == s.Topic) {
			out = append(out, toWire(city, s, c.Lang()))
		}
	}
	return c.JSON(http.StatusOK, out)
}

// fits tells whether a service is for an audience; empty: for any.
func fits(s *Service, audience string) bool {
	return audience == "" || slices.Contains(s.Audience, audience) || slices.Contains(s.Audience, "everyone")
}

func toWire(city *City, s *Service, l lang.Language) wireService {
	out := wireService{Key: s.Key, Title: s.Title.In(l), Summary: s.Summary.In(l), Topic: s.Topic, Audience: s.Audience, Term: term(l, s.Term)}
	if a, ok := city.Agency(s.Agency); ok {
		out.Agency = a.Short.In(l)
	}
	out.Cost = s.Cost().In(l)
	return out
}

func (m *Module) apiService(c *web.Context) error {
	city, err := m.open(c)
	if err != nil {
		return err
	}
	s, ok := city.Service(c.Path("service"))
	if !ok {
		return ErrNone
	}
	return c.JSON(http.StatusOK, cardWire(city, s, c.Lang()))
}

func cardWire(city *City, s *Service, l lang.Language) wireCard {
	out := wireCard{
		wireService: toWire(city, s, l), Version: string(city.Hash()), For: s.For, Assurance: s.Assurance, Who: s.Who.In(l), Minutes: s.Form.Minutes,
		Result: s.Result.Title.In(l), Asks: []wireRegister{}, Grounds: []wireGround{}, Apply: "/services/" + s.Key + "/apply", Drafts: "/api/v1/services/" + s.Key + "/drafts",
	}
	for i := range s.Form.Steps {
		out.Form = append(out.Form, stepWire(&s.Form.Steps[i], l))
	}
	for i := range s.Certificates {
		out.Asks = append(out.Asks, registerWire(city, &s.Certificates[i], l))
	}
	for i := range s.Steps {
		out.Steps = append(out.Steps, s.Steps[i].Title.In(l))
	}
	for _, g := range s.Grounds {
		out.Grounds = append(out.Grounds, wireGround{g.Key, g.Words.In(l), g.Instead.In(l), g.Law.In(l)})
	}
	if a := s.Appeal; a != nil {
		out.Appeal = &wireAppeal{a.Where.In(l), a.How.In(l), a.Days, a.Law.In(l)}
	}
	if a, ok := city.Agency(s.Agency); ok {
		out.Contacts = wireAgencyPoint{a.Title.In(l), a.Address.In(l), a.Phone, a.Email, a.Hours.In(l)}
	}
	return out
}

func stepWire(step *Step, l lang.Language) wireStep {
	out := wireStep{Key: step.Key, Title: step.Title.In(l)}
	for i := range step.Fields {
		f := &step.Fields[i]
		field := wireField{Key: f.Key, Type: f.Type, Label: f.Label.In(l), Hint: f.Hint.In(l), Why: f.Why.In(l), Optional: f.Optional}
		for _, o := range f.Options {
			field.Options = append(field.Options, wireOption{o.Key, o.Label.In(l)})
		}
		out.Fields = append(out.Fields, field)
	}
	return out
}

func registerWire(city *City, c *Certificate, l lang.Language) wireRegister {
	out := wireRegister{Register: c.Register, Needed: c.Needed.In(l), Early: c.Early, Ask: c.Ask}
	if r, ok := city.Register(c.Register); ok {
		out.Title, out.Fallback = r.Title.In(l), r.Fallback
		if a, ok := city.Agency(r.Agency); ok {
			out.Agency = a.Short.In(l)
		}
	}
	return out
}

func (m *Module) apiSearch(c *web.Context) error {
	if err := c.May(act.Object{Public: true}); err != nil {
		return err
	}
	found, total, err := m.Search(queryOf(c), c.Query("audience"), c.Lang(), foundMost)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, wireFound{Found: found, Total: total})
}

// In are the words in a language.
func (w Words) In(l lang.Language) []string {
	if l == lang.English {
		return w.EN
	}
	return w.RU
}
