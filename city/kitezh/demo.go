package kitezh

import (
	"bytes"
	"fmt"
	"io"

	"github.com/goccy/go-yaml"

	"posad.city/kit/calendar"
	"posad.city/kit/id"
	"posad.city/kit/lang"
)

// Password signs in every account of the demo. It protects nothing: the people are invented and the demo listens on
// the machine it runs on.
const Password = "kitezh-na-reke"

// People are the demo's residents and officials, with what the agencies' registers know of them.
type People []Resident

// Resident is an invented person.
type Resident struct {
	Key       string        `yaml:"key"`
	Name      lang.Name     `yaml:"name"`
	Birth     calendar.Date `yaml:"birth"`
	SNILS     string        `yaml:"snils"`
	Residence Residence     `yaml:"residence"`
	Account   *Account      `yaml:"account"`
	Parents   []string      `yaml:"parents"` // keys of other people
	School    string        `yaml:"school"`  // number of the school where a child studies; empty: none
	Vehicles  []Vehicle     `yaml:"vehicles"`
	Debt      Debt          `yaml:"debt"`
	Trader    *Trader       `yaml:"trader"`
	Roles     []Role        `yaml:"roles"`
	Story     lang.Text     `yaml:"story"` // who this is, for the demo's list of people
}

// Residence is where a person is registered; the zero Residence: not in the city.
type Residence struct {
	Address string `yaml:"address"` // reference of the address register: street:house/flat
	Kind    string `yaml:"kind"`    // permanent, temporary
	Since   string `yaml:"since"`
}

// Account is a way to sign in; its password is Password.
type Account struct {
	Email string `yaml:"email"`
	Phone string `yaml:"phone"`
	Level string `yaml:"level"` // basic, standard, verified
}

// Vehicle is a vehicle of a person.
type Vehicle struct {
	Plate    string `yaml:"plate"` // canonical: Cyrillic capitals, no spaces
	Model    string `yaml:"model"`
	Category string `yaml:"category"`
	EcoClass int    `yaml:"eco_class"`
	MaxMass  int    `yaml:"max_mass"` // kilograms
	Basis    string `yaml:"basis"`    // owned, leased
	Since    string `yaml:"since"`    // the day from which it is theirs
}

// Debt is what a person owes for parking.
type Debt struct {
	Amount int64 `yaml:"amount"` // kopecks
	Fines  int   `yaml:"fines"`
}

// Trader is a person's entry as a sole trader.
type Trader struct {
	INN    string    `yaml:"inn"`
	Name   lang.Text `yaml:"name"`
	Active bool      `yaml:"active"`
}

// Role is an official's place.
type Role struct {
	Agency string   `yaml:"agency"` // key
	Role   string   `yaml:"role"`   // clerk, officer, head, admin
	Queues []string `yaml:"queues"` // keys; none: all of the agency
	Skills []string `yaml:"skills"` // keys of the agency's; none: only work that needs no skill
}

// Demo reads the people. The error is a mistake in the embedded file, which a test keeps out.
func Demo() (People, error) {
	content, err := files.ReadFile("demo/people.yaml")
	if err != nil {
		return nil, fmt.Errorf("kitezh: people: %w", err)
	}
	var out People
	if err := yaml.NewDecoder(bytes.NewReader(content), yaml.Strict()).Decode(&out); err != nil && err != io.EOF {
		return nil, fmt.Errorf("kitezh: people: %w", err)
	}
	return out, nil
}

// ID is the person's id, the same on every machine.
func (r Resident) ID() id.ID { return id.Derived("kitezh", r.Key) }

// ByKey finds a person; false when there is none.
func (p People) ByKey(key string) (Resident, bool) {
	return p.first(func(r *Resident) bool { return r.Key == key })
}

// BySNILS finds a person by their insurance number.
func (p People) BySNILS(snils string) (Resident, bool) {
	return p.first(func(r *Resident) bool { return r.SNILS == snils })
}

func (p People) first(fits func(*Resident) bool) (Resident, bool) {
	for i := range p {
		if fits(&p[i]) {
			return p[i], true
		}
	}
	return Resident{}, false
}

// Children are the children of a person, in the order of the file.
func (p People) Children(of Resident) []Resident {
	var out []Resident
	for _, r := range p {
		for _, parent := range r.Parents {
			if parent == of.Key {
				out = append(out, r)
			}
		}
	}
	return out
}

// CharityFunds is the file of the demo's charity funds with their history, for charity.ReadBeginning.
func CharityFunds() ([]byte, error) {
	content, err := files.ReadFile("demo/charity.yaml")
	if err != nil {
		return nil, fmt.Errorf("kitezh: charity funds: %w", err)
	}
	return content, nil
}
