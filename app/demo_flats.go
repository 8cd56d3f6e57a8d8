package app

import (
	"context"
	"fmt"
	"hash/fnv"
	"slices"
	"strconv"
	"strings"

	"posad.city/city/kitezh"
	"posad.city/core/service"
	"posad.city/kit/calendar"
	"posad.city/kit/decimal"
	"posad.city/kit/lang"
	"posad.city/systems/utility"
)

// The demo's house whose every flat gets bills, and for how many months back.
const (
	demoHouse  = "rechnaya:14"
	demoMonths = 13
)

// demoTariffs are what every flat of the demo is charged for.
var demoTariffs = []string{"cold-water", "hot-water", "drainage", "heating", "power", "gas", "upkeep", "repairs", "waste"}

// flats gives the demo's people their flats, and all flats of one house, with a year of readings and bills. The last month is
// charged; what came before was paid elsewhere. It may be repeated, and goes on from where it stands.
func (h *House) flats(ctx context.Context, people kitezh.People) error {
	city := h.Modules.Service.Current()
	if city == nil || city.Utilities == nil {
		return nil
	}
	last := utility.PeriodOf(calendar.DateOf(h.Clock.Now(), city.Days().Zone())).Add(-1)
	accounts := demoAccounts(city, people, last.Add(-demoMonths).First())
	if err := h.Modules.Utility.Enter(ctx, accounts); err != nil {
		return fmt.Errorf("demo: flats: %w", err)
	}
	for back := demoMonths - 1; back >= 0; back-- {
		p := last.Add(-back)
		if err := h.Modules.Utility.EnterReadings(ctx, p, demoReadings(accounts, p, demoMonths-back)); err != nil {
			return fmt.Errorf("demo: flats: %w", err)
		}
		if err := h.Modules.Utility.EnterBills(ctx, p, back == 0); err != nil {
			return fmt.Errorf("demo: flats: %w", err)
		}
	}
	return nil
}

// demoAccounts are the flats of the demo's people and of the house, each once.
func demoAccounts(city *service.City, people kitezh.People, since calendar.Date) []utility.Account {
	addresses := []string{}
	for number := 1; number <= 96; number++ {
		addresses = append(addresses, demoHouse+"/"+strconv.Itoa(number))
	}
	living := map[string][]kitezh.Resident{}
	for _, p := range people {
		if strings.Contains(p.Residence.Address, "/") {
			living[p.Residence.Address] = append(living[p.Residence.Address], p)
			if !slices.Contains(addresses, p.Residence.Address) {
				addresses = append(addresses, p.Residence.Address)
			}
		}
	}
	var out []utility.Account
	for _, reference := range addresses {
		if a, known := city.Addresses().ByReference(reference); known {
			out = append(out, demoAccount(reference, lang.Text{RU: a.Text, EN: a.TextEN}, living[reference], since))
		}
	}
	return out
}

// chance is a number below n that a name always gives.
func chance(n int, name string) int {
	sum := fnv.New32a()
	_, _ = sum.Write([]byte(name)) // a hash never fails
	return int(sum.Sum32()>>8) % n
}

func demoAccount(reference string, address lang.Text, people []kitezh.Resident, since calendar.Date) utility.Account {
	house, number, _ := strings.Cut(reference, "/")
	area := []int64{3240, 3810, 4470, 5230, 5460, 6180, 7420}[chance(7, "area "+reference)]
	out := utility.Account{Flat: utility.Flat{
		Account: demoNumber(reference), House: house, Number: number, Address: address, Area: decimal.Hundredths(area), People: demoPeople(reference, people),
		Tariffs: demoTariffs, Since: since,
	}}
	for _, p := range people {
		if p.Account != nil {
			out.Residents = append(out.Residents, p.ID())
		}
		if p.Account != nil && len(out.Owners) < 2 {
			out.Owners = append(out.Owners, utility.Owner{Name: p.Name.Full(lang.Russian), Share: utility.Share{Numerator: 1, Denominator: 1}})
		}
	}
	for i := range out.Owners {
		out.Owners[i].Share.Denominator = int64(len(out.Owners))
	}
	if children := slices.DeleteFunc(slices.Clone(people), func(p kitezh.Resident) bool { return len(p.Parents) == 0 }); len(children) > 2 {
		out.Benefits = append(out.Benefits, utility.NewBenefit{Key: "large-family", People: len(people), Since: since})
	}
	if len(people) == 0 && chance(12, "benefit "+reference) == 0 {
		out.Benefits = append(out.Benefits, utility.NewBenefit{Key: "disability", People: 1, Since: since})
	}
	verified := since.AddMonths(demoMonths + 4 + chance(40, "verified "+reference))
	for _, tariff := range []string{"cold-water", "hot-water", "power"} {
		if len(people) == 0 && chance(15, tariff+reference) == 0 {
			continue // a flat without this meter
		}
		m := utility.NewMeter{Tariff: tariff, Number: demoMeter(reference, tariff), Verified: verified, Since: since, First: map[string]utility.Decimal{}}
		if tariff == "power" {
			m.Zones = []string{"day", "night"}
			m.First["day"], m.First["night"] = decimal.Of(4000), decimal.Of(1500)
		} else {
			m.First[""] = decimal.Of(int64(100 + chance(200, "first "+tariff+reference)))
		}
		out.Meters = append(out.Meters, m)
	}
	return out
}

// demoPeople is how many are registered: those whom the demo knows, or somebody else.
func demoPeople(reference string, people []kitezh.Resident) int {
	if len(people) > 0 {
		return len(people)
	}
	return 1 + chance(3, "people "+reference)
}

// demoNumber is an account's number: the city, then ten digits of the address.
func demoNumber(reference string) string {
	if number, found := strings.CutPrefix(reference, demoHouse+"/"); found {
		return "5299014" + strings.Repeat("0", max(0, 3-len(number))) + number
	}
	return fmt.Sprintf("52990%05d", 20000+chance(79999, "account "+reference))
}

func demoMeter(reference, tariff string) string {
	return fmt.Sprintf("%02d-%05d", 18+chance(6, tariff), chance(99999, tariff+" of "+reference))
}

// demoReadings are what the meters showed in a month, the nth since they were entered. Who has nobody of the demo in the flat
// forgets a month now and then.
func demoReadings(accounts []utility.Account, p utility.Period, n int) []utility.PastReading {
	var out []utility.PastReading
	for _, a := range accounts {
		for _, m := range a.Meters {
			if len(a.Residents) == 0 && chance(9, "forgot "+a.Account+p.String()) == 0 {
				continue
			}
			for zone, first := range m.First {
				out = append(out, utility.PastReading{Account: a.Account, Tariff: m.Tariff, Number: m.Number, Zone: zone, Value: first + demoUsed(a, m.Tariff+zone, n)})
			}
		}
	}
	return out
}

// demoUsed is what a dial has counted in n months.
func demoUsed(a utility.Account, dial string, n int) utility.Decimal {
	usual := map[string]int64{"cold-water": 3100, "hot-water": 2300, "powerday": 62000, "powernight": 24000}[dial] * int64(a.People)
	var sum int64
	for month := 1; month <= n; month++ {
		sum += usual*int64(78+chance(45, dial+a.Account+strconv.Itoa(month)))/100 + 400
	}
	return decimal.Thousandths(sum)
}
