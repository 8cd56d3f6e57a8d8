package kitezh

import (
	"slices"
	"strings"

	"posad.city/kit/calendar"
	"posad.city/kit/lang"
)

// bigFamily is how many children under 18 make a family a big one.
const bigFamily = 3

// adult is the age at which a child of the family register is no longer one.
const adult = 18

// Reply is what the agency's own register answers by the register's key: the simulators serve it. False when the city
// has no such register or a parameter is missing; an unknown person or plate is an answer like any other.
func (p People) Reply(register string, parameters map[string]string, today calendar.Date) (map[string]any, bool) {
	switch register {
	case "vehicles":
		return p.vehicle(parameters["plate"]), parameters["plate"] != ""
	case "vehicle-ownership":
		return p.ownership(parameters["plate"], parameters["snils"]), parameters["plate"] != "" && parameters["snils"] != ""
	case "traders":
		return p.trader(parameters["inn"]), parameters["inn"] != ""
	}
	if reply, ok := p.kept(register, parameters); ok {
		return reply, true
	}
	person, _ := p.BySNILS(parameters["snils"])
	known := parameters["snils"] != ""
	switch register {
	case "residence":
		return person.residence(), known
	case "family":
		return p.family(person, today), known
	case "debts":
		return map[string]any{"amount": person.Debt.Amount, "fines": person.Debt.Fines}, known
	case "pupils":
		return p.pupil(person), known
	case "garage":
		return person.garage(), known
	case "population":
		return person.fits(parameters), known
	}
	return nil, false
}

func (p People) vehicle(plate string) map[string]any {
	for _, r := range p {
		for _, v := range r.Vehicles {
			if v.Plate == plate {
				return map[string]any{"registered": true, "model": v.Model, "category": v.Category, "eco_class": v.EcoClass, "max_mass": v.MaxMass}
			}
		}
	}
	return map[string]any{"registered": false, "model": "", "category": "-", "eco_class": 0, "max_mass": 0}
}

// ownership answers yes or no: whose the vehicle is otherwise, nobody learns.
func (p People) ownership(plate, snils string) map[string]any {
	owner, _ := p.BySNILS(snils)
	for _, v := range owner.Vehicles {
		if v.Plate == plate {
			return map[string]any{"owner": true, "basis": v.Basis, "model": v.Model}
		}
	}
	return map[string]any{"owner": false, "basis": "none", "model": ""}
}

func (p People) trader(inn string) map[string]any {
	r, ok := p.first(func(r *Resident) bool { return r.Trader != nil && r.Trader.INN == inn })
	if !ok {
		return map[string]any{"active": false, "name": ""}
	}
	return map[string]any{"active": r.Trader.Active, "name": r.Trader.Name.In(lang.Russian)}
}

func (r Resident) residence() map[string]any {
	if r.Residence.Address == "" {
		return map[string]any{"registered": false, "address": "", "kind": "none"}
	}
	return map[string]any{"registered": true, "address": r.Residence.Address, "kind": r.Residence.Kind, "since": r.Residence.Since}
}

func (p People) family(parent Resident, today calendar.Date) map[string]any {
	children := []any{}
	for _, c := range p.Children(parent) {
		if c.Birth.AgeOn(today) < adult {
			children = append(children, map[string]any{"snils": c.SNILS, "name": c.Name.Full(lang.Russian), "birth": c.Birth.String()})
		}
	}
	return map[string]any{"big_family": len(children) >= bigFamily, "minors": len(children), "children": children}
}

func (p People) pupil(child Resident) map[string]any {
	schools := []any{}
	for _, r := range p {
		sibling := slices.ContainsFunc(r.Parents, func(parent string) bool { return slices.Contains(child.Parents, parent) })
		if sibling && r.Key != child.Key && r.School != "" && !slices.Contains(schools, any(r.School)) {
			schools = append(schools, r.School)
		}
	}
	return map[string]any{"enrolled": child.School != "", "siblings_schools": schools}
}

// fits compares what somebody says of themselves with the register, letter case and ё aside, and tells nothing else.
func (r Resident) fits(parameters map[string]string) map[string]any {
	same := func(a, b string) bool { return plainName(a) == plainName(b) }
	fits := r.Key != "" && same(r.Name.Family, parameters["surname"]) && same(r.Name.Given, parameters["given"]) &&
		same(r.Name.Patronymic, parameters["patronymic"]) && r.Birth.String() == parameters["birth"]
	return map[string]any{"known": r.Key != "", "fits": fits}
}

func plainName(name string) string {
	return strings.ReplaceAll(strings.ToLower(strings.TrimSpace(name)), "ё", "е")
}

// garage lists the person's own and leased vehicles.
func (r Resident) garage() map[string]any {
	list := []any{}
	for _, v := range r.Vehicles {
		list = append(list, map[string]any{"plate": v.Plate, "model": v.Model, "since": v.Since})
	}
	return map[string]any{"vehicles": list}
}
