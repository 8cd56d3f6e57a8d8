package kitezh_test

import (
	"encoding/json"
	"slices"
	"testing"

	"posad.city/city/kitezh"
	"posad.city/core/service"
	"posad.city/kit/calendar"
)

var today = calendar.MustDate("2026-11-21")

func load(t *testing.T) (*service.City, kitezh.People) {
	t.Helper()
	city, faults := service.LoadCity(kitezh.Files())
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	people, err := kitezh.Demo()
	if err != nil {
		t.Fatal(err)
	}
	return city, people
}

func TestPeopleHoldTogether(t *testing.T) {
	t.Parallel()
	city, people := load(t)
	seen := map[string]string{}
	unique := func(key, kind, value string) {
		if first, taken := seen[kind+value]; taken && value != "" {
			t.Errorf("%s and %s share the %s %s", first, key, kind, value)
		}
		seen[kind+value] = key
	}
	signIn, admins := 0, 0
	for _, r := range people {
		unique(r.Key, "key ", r.Key)
		unique(r.Key, "SNILS ", r.SNILS)
		if r.Account != nil {
			signIn++
			unique(r.Key, "e-mail ", r.Account.Email)
			unique(r.Key, "phone ", r.Account.Phone)
		}
		for _, v := range r.Vehicles {
			unique(r.Key, "plate ", v.Plate)
		}
		if _, ok := city.Addresses().ByReference(r.Residence.Address); r.Residence.Address != "" && !ok {
			t.Errorf("%s lives at %q, which is no address", r.Key, r.Residence.Address)
		}
		for _, parent := range r.Parents {
			if p, ok := people.ByKey(parent); !ok || p.Birth.AgeOn(r.Birth) < 16 {
				t.Errorf("%s has no fitting parent %q", r.Key, parent)
			}
		}
		for _, role := range r.Roles {
			agency, ok := city.Agency(role.Agency)
			if !ok {
				t.Errorf("%s serves no agency %q", r.Key, role.Agency)
				continue
			}
			for _, queue := range role.Queues {
				if _, ok := agency.Queue(queue); !ok {
					t.Errorf("%s works no queue %q", r.Key, queue)
				}
			}
			for _, skill := range role.Skills {
				if !slices.ContainsFunc(agency.Skills, func(s service.Skill) bool { return s.Key == skill }) {
					t.Errorf("%s has no skill %q", r.Key, skill)
				}
			}
			if role.Role == "admin" {
				admins++
			}
		}
	}
	if len(people) < 30 || signIn < 20 || admins != 1 {
		t.Errorf("%d people, %d accounts, %d administrators", len(people), signIn, admins)
	}
}

// TestEveryReplyPassesItsSchema asks every register about everybody, and about strangers, as the simulators would.
func TestEveryReplyPassesItsSchema(t *testing.T) {
	t.Parallel()
	city, people := load(t)
	for i := range city.Registers {
		register := &city.Registers[i]
		if register.Transport == service.TransportOwn {
			continue // the city itself answers
		}
		schema, err := register.Validator()
		if err != nil {
			t.Fatal(err)
		}
		stranger := kitezh.Resident{SNILS: "00000000000", Vehicles: []kitezh.Vehicle{{Plate: "Х000ХХ00"}}, Trader: &kitezh.Trader{INN: "0"}}
		for _, r := range append(people, stranger) {
			parameters := map[string]string{"snils": r.SNILS, "plate": "А417МО52", "inn": "0"}
			if len(r.Vehicles) > 0 {
				parameters["plate"] = r.Vehicles[0].Plate
			}
			if r.Trader != nil {
				parameters["inn"] = r.Trader.INN
			}
			reply, ok := people.Reply(register.Key, parameters, today)
			if !ok {
				t.Fatalf("%s does not answer", register.Key)
			}
			if err := schema.Validate(throughJSON(t, reply)); err != nil {
				t.Errorf("%s about %s: %v", register.Key, r.Key, err)
			}
		}
		if _, ok := people.Reply(register.Key, nil, today); ok {
			t.Errorf("%s answers a question without parameters", register.Key)
		}
	}
}

func throughJSON(t *testing.T, value any) any {
	t.Helper()
	content, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	var out any
	if err := json.Unmarshal(content, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

// TestEveryQueueHasSomebody: a case that nobody can take would wait for ever.
func TestEveryQueueHasSomebody(t *testing.T) {
	t.Parallel()
	city, people := load(t)
	for _, agency := range city.Agencies {
		for _, queue := range agency.Queues {
			if !worked(people, agency.Key, queue.Key) {
				t.Errorf("nobody works %s/%s", agency.Key, queue.Key)
			}
		}
	}
}

func worked(people kitezh.People, agency, queue string) bool {
	return able(people, agency, queue, "") > 0
}

// able counts who works a queue and has a skill; "": no skill is needed.
func able(people kitezh.People, agency, queue, skill string) int {
	n := 0
	for _, r := range people {
		for _, role := range r.Roles {
			if role.Agency == agency && (len(role.Queues) == 0 || slices.Contains(role.Queues, queue)) && (skill == "" || slices.Contains(role.Skills, skill)) {
				n++
			}
		}
	}
	return n
}

// TestEveryWorkHasSomebodyWhoCan: work that needs a skill is in nobody's list while nobody has it, and a decision of two
// needs two.
func TestEveryWorkHasSomebodyWhoCan(t *testing.T) {
	t.Parallel()
	city, people := load(t)
	for i := range city.Services {
		s := &city.Services[i]
		wants := func(agency, queue, skill string, least int) {
			if agency == "" {
				agency = s.Agency
			}
			if n := able(people, agency, queue, skill); n < least {
				t.Errorf("%s: %d of %s have the skill %q, it takes %d", s.Key, n, agency, skill, least)
			}
		}
		for _, task := range s.Steps {
			if task.Skill != "" {
				wants("", task.Queue, task.Skill, map[bool]int{false: 1, true: 2}[task.TwoPersons])
			}
			for _, part := range task.Parts {
				if part.Skill != "" {
					wants(part.Agency, part.Queue, part.Skill, 1)
				}
			}
		}
	}
}

func TestRegistersTellTheStories(t *testing.T) {
	t.Parallel()
	_, people := load(t)
	anna, _ := people.ByKey("anna")
	oleg, _ := people.ByKey("oleg")
	rustam, _ := people.ByKey("rustam")
	misha, _ := people.ByKey("misha")
	cases := []struct {
		register   string
		parameters map[string]string
		value      string
		want       any
	}{
		{"vehicle-ownership", map[string]string{"plate": "А417МО52", "snils": anna.SNILS}, "owner", true},
		{"vehicle-ownership", map[string]string{"plate": "А417МО52", "snils": oleg.SNILS}, "owner", false},
		{"debts", map[string]string{"snils": oleg.SNILS}, "amount", int64(250000)},
		{"family", map[string]string{"snils": rustam.SNILS}, "big_family", true},
		{"family", map[string]string{"snils": anna.SNILS}, "minors", 2},
		{"pupils", map[string]string{"snils": misha.SNILS}, "enrolled", false},
		{"residence", map[string]string{"snils": anna.SNILS}, "address", "rechnaya:14/86"},
		{"marriages", map[string]string{"snils": anna.SNILS}, "record", "2014-318"},
		{"marriages-copy", map[string]string{"snils": anna.SNILS}, "record", "2014-318"},
	}
	for _, c := range cases {
		reply, _ := people.Reply(c.register, c.parameters, today)
		if reply[c.value] != c.want {
			t.Errorf("%s %v: %s is %v, want %v", c.register, c.parameters, c.value, reply[c.value], c.want)
		}
	}
}

// TestBillsAreOfTheCity: every bill of the demo is of a kind of the city and to somebody who has the number.
func TestBillsAreOfTheCity(t *testing.T) {
	t.Parallel()
	bills, err := kitezh.Bills()
	if err != nil {
		t.Fatal(err)
	}
	city, people := load(t)
	seen := map[string]bool{}
	for _, b := range bills {
		kind, ok := city.ChargeKind(b.Kind)
		resident, there := people.ByKey(b.To)
		switch {
		case !ok || !there || b.Value(resident) == "" || b.Amount <= 0 || seen[b.Number]:
			t.Errorf("%+v", b)
		case !slices.ContainsFunc(kind.Found, func(f service.ChargeFound) bool { return f.By == b.By }):
			t.Errorf("%s is not issued to a %s", b.Kind, b.By)
		}
		seen[b.Number] = true
	}
}
