package service

import (
	"encoding/json"
	"iter"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"

	"posad.city/kit/calendar"
)

// Generate makes cases of a service that never were: its examples with values changed to others that its rules can tell
// apart, within the bounds of its questions. The same seed gives the same cases. Nothing comes when the city lacks the
// service.
func Generate(c *City, key string, cases int, seed uint64) iter.Seq2[SimCase, error] {
	return func(yield func(SimCase, error) bool) {
		s, ok := c.Service(key)
		if !ok || len(s.Examples) == 0 {
			return
		}
		g := newGenerator(c, s, seed)
		for range cases {
			one, err := g.next()
			if !yield(one, err) || err != nil {
				return
			}
		}
	}
}

type generator struct {
	service *Service
	domain  *domain
	random  *rand.Rand
}

func newGenerator(c *City, s *Service, seed uint64) *generator {
	rules := c.Rules(s.Key)
	p := &proof{serviceChecker: &serviceChecker{checker: &checker{city: c}, service: s, scope: rules.scope, records: rules.records, rules: rules}}
	for i := range s.Examples {
		if in, err := s.Examples[i].Inputs(); err == nil {
			p.cases = append(p.cases, proofCase{values: rules.with(in), in: in})
		}
	}
	var texts []Rule
	for _, one := range p.allRules() {
		texts = append(texts, one.rule)
	}
	return &generator{service: s, domain: p.domainOf(texts), random: rand.New(rand.NewPCG(seed, seed))}
}

// next is an example with about every third of the values that rules name changed.
func (g *generator) next() (SimCase, error) {
	in, err := g.service.Examples[g.random.IntN(len(g.service.Examples))].Inputs()
	if err != nil {
		return SimCase{}, err
	}
	in, err = deepInputs(in)
	if err != nil {
		return SimCase{}, err
	}
	for i, path := range g.domain.paths {
		if list := g.domain.values[i]; g.random.IntN(3) == 0 && len(list) > 0 {
			put(&in, path, list[g.random.IntN(len(list))])
		}
	}
	return SimCase{Inputs: in}, nil
}

// deepInputs copies inputs, so that an example stays as it is.
func deepInputs(in Inputs) (Inputs, error) {
	content, err := json.Marshal(in)
	if err != nil {
		return in, err
	}
	var out Inputs
	return out, json.Unmarshal(content, &out)
}

// put changes the value at a path of the scope, in the form in which inputs keep it. Lists, and what a register did not
// answer as a whole, are left as they are.
func put(in *Inputs, path string, value any) {
	var plain any
	switch v := value.(type) {
	case missing:
	case calendar.Date:
		plain = v.String()
	case int64:
		plain = float64(v)
	case bool, string:
		plain = v
	default:
		return
	}
	parts := strings.Split(path, ".")
	switch parts[0] {
	case "opinions":
		if in.Opinions == nil {
			in.Opinions = Opinions{}
		}
		in.Opinions[parts[1]], _ = plain.(string)
	case "applicant":
		putApplicant(&in.Applicant, parts[1], plain, in.Today)
	case "answers":
		putAnswer(in.Answers, parts[1:], plain)
	case "facts":
		fact, ok := in.Facts[parts[1]]
		if !ok || len(parts) != 3 {
			return
		}
		if plain == nil {
			delete(in.Facts, parts[1]) // a register that does not answer tells nothing at all
			return
		}
		values := maps.Clone(fact.Values)
		values[parts[2]] = plain
		fact.Values = values
		in.Facts[parts[1]] = fact
	}
}

func putAnswer(answers Answers, parts []string, plain any) {
	if len(parts) == 1 {
		if plain == nil {
			delete(answers, parts[0])
			return
		}
		answers[parts[0]] = plain
		return
	}
	object, ok := answers[parts[0]].(map[string]any)
	if !ok || plain == nil {
		return
	}
	for _, part := range parts[1 : len(parts)-1] {
		if object, ok = object[part].(map[string]any); !ok {
			return
		}
	}
	if _, there := object[parts[len(parts)-1]]; there {
		object[parts[len(parts)-1]] = plain
	}
}

func putApplicant(a *Person, part string, plain any, today calendar.Date) {
	text, _ := plain.(string)
	switch part {
	case "birth":
		a.Birth = text
	case "age":
		if age, ok := plain.(float64); ok && age < 130 {
			a.Birth = today.AddYears(-int(age)).String()
		}
	case "inn":
		a.INN = text
	case "phone":
		a.Phone = text
	case "email":
		a.Email = text
	}
}

// SimServices lists the keys of the services that both versions have and that are not the same: those that a simulation
// can tell something of.
func SimServices(from, to *City) []string {
	var out []string
	for i := range from.Services {
		is, ok := to.Service(from.Services[i].Key)
		if ok && ServiceHash(&from.Services[i]) != ServiceHash(is) {
			out = append(out, is.Key)
		}
	}
	slices.Sort(out)
	return out
}
