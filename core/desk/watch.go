package desk

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"posad.city/core/agency"
	"posad.city/core/casework"
	"posad.city/core/desk/internal/store"
	"posad.city/core/mandate"
	"posad.city/core/notice"
	"posad.city/core/service"
	"posad.city/kit/id"
	"posad.city/kit/jobs"
	"posad.city/kit/store"
	"posad.city/kit/vault"
)

// Family knows for whom an official may act, and who may act for them; *mandate.Module is one.
type Family interface {
	Taken(ctx context.Context, taker id.ID) ([]mandate.Mandate, error)
	Of(ctx context.Context, giver id.ID) ([]mandate.Mandate, error)
}

// Teller tells heads; *notice.Module is one.
type Teller interface {
	Prepare(ctx context.Context, n notice.Notice) (*notice.Prepared, error)
}

// How the looks are gone through.
const (
	watchEvery  = 10 * time.Minute
	watchAfter  = 5 * time.Minute // an hour is gone through when it is over for so long: looks of its end are kept by then
	watchFirst  = 24 * time.Hour  // how far back the first time
	watchChunks = 48              // hours of one job
)

// watch goes through the looks of each agency's officials, hour by hour, and keeps what the rules find unusual. It may be
// done again: a finding is named by what it is. Heads are told once of an hour.
func (m *Module) watch(ctx context.Context, _ jobs.Job) error {
	city := m.deps.Services.Current()
	if city == nil {
		return nil
	}
	ctx = store.Background(ctx)
	var failed []error
	for i := range city.Agencies {
		if err := m.watchOffice(ctx, city, agency.ID(city.Agencies[i].Key)); err != nil {
			failed = append(failed, fmt.Errorf("desk: looks of %s: %w", city.Agencies[i].Key, err))
		}
	}
	return errors.Join(failed...)
}

func (m *Module) watchOffice(ctx context.Context, city *service.City, office id.ID) error {
	now := m.base.Clock.Now()
	until := now.Add(-watchAfter).Truncate(time.Hour)
	from := until.Add(-watchFirst)
	err := m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		mark, err := deskdb.UnusualMark(r, office)
		if err == nil {
			from = mark.Until
		}
		if errors.Is(err, store.ErrNone) {
			return nil
		}
		return err
	})
	if err != nil {
		return err
	}
	for range watchChunks {
		if !from.Before(until) {
			return nil
		}
		if err := m.watchHour(ctx, city, office, from); err != nil {
			return err
		}
		from = from.Add(time.Hour)
	}
	return nil
}

// watchHour goes through one hour and marks it as done.
func (m *Module) watchHour(ctx context.Context, city *service.City, office id.ID, hour time.Time) error {
	h, err := m.readHour(ctx, city, office, hour)
	if err != nil {
		return err
	}
	found := h.find(m.rules)
	told, err := m.prepareTold(ctx, h, found)
	if err != nil {
		return err
	}
	return m.base.Store.Write(ctx, func(tx *store.Tx) error {
		fresh := false
		for _, f := range found {
			n, err := deskdb.InsertUnusual(tx, deskdb.InsertUnusualParams{
				Agency: office, ID: f.id(h), Rule: f.Rule, Official: f.Official, Hour: hour, CaseNumber: f.Number, Looks: f.Looks, People: f.People, Usual: f.Usual, Found: tx.Now(),
			})
			if err != nil {
				return err
			}
			fresh = fresh || n > 0
		}
		if fresh {
			for _, one := range told {
				if err := one.Put(tx); err != nil {
					return err
				}
			}
		}
		return deskdb.PutUnusualMark(tx, office, hour.Add(time.Hour))
	})
}

// readHour reads the looks of an hour with what the rules ask about them. Posad reads, and shows nobody.
func (m *Module) readHour(ctx context.Context, city *service.City, office id.ID, hour time.Time) (hourLooks, error) {
	h := hourLooks{office: office, hour: hour, days: city.Days(), cases: map[string]casework.Whereabouts{}, districts: map[id.ID][]string{}, kin: map[id.ID][]id.ID{}}
	var counts []store.LookPeople
	var staff []deskdb.DeskStaff
	err := m.base.Store.Look(ctx, m.system(office), "casework.look.looks", func(p *store.Personal) error {
		h.looks = nil
		err := store.LooksOf(p, office, hour, hour.Add(time.Hour), func(l store.MadeLook) error {
			h.looks = append(h.looks, l)
			return nil
		})
		if err != nil || len(h.looks) == 0 {
			return err
		}
		if staff, err = deskdb.StaffOf(p, office); err != nil {
			return err
		}
		counts, err = store.LookPeopleOf(p, office, hour.AddDate(0, 0, -max(1, ruleOf(m.rules, ruleMany).Days)), hour)
		return err
	})
	if err != nil || len(h.looks) == 0 {
		return h, err
	}
	for _, row := range staff {
		h.districts[row.Person] = strings.Fields(row.Districts)
	}
	h.usual = usualOf(counts)
	if err := m.readCases(ctx, &h); err != nil {
		return h, err
	}
	return h, m.readKin(ctx, &h)
}

// readCases finds the cases that the looks were for: each in the account of one of those who were seen for it.
func (m *Module) readCases(ctx context.Context, h *hourLooks) error {
	for _, l := range h.looks {
		caseID, err := id.Parse(l.Purpose.ID)
		if _, known := h.cases[l.Purpose.ID]; known || err != nil || l.Purpose.Kind != "case" {
			continue
		}
		at, err := m.deps.Cases.Whereabouts(ctx, l.Person, caseID)
		if errors.Is(err, casework.ErrNone) || errors.Is(err, vault.ErrErased) {
			continue
		}
		if err != nil {
			return err
		}
		h.cases[l.Purpose.ID] = at
	}
	return nil
}

// readKin finds for whom each official may act and who may act for them.
func (m *Module) readKin(ctx context.Context, h *hourLooks) error {
	if m.deps.Family == nil {
		return nil
	}
	for _, l := range h.looks {
		official := l.Actor.Person
		if _, known := h.kin[official]; known {
			continue
		}
		h.kin[official] = []id.ID{}
		taken, err := m.deps.Family.Taken(ctx, official)
		if err != nil {
			return err
		}
		given, err := m.deps.Family.Of(ctx, official)
		if err != nil {
			return err
		}
		for _, one := range slices.Concat(taken, given) {
			for _, who := range []id.ID{one.Giver, one.Taker} {
				if who != official && one.Kind != mandate.Company {
					h.kin[official] = append(h.kin[official], who)
				}
			}
		}
	}
	return nil
}

// prepareTold makes the heads' notices of an hour ready: of the agency, or the city's administrators where the only head is
// who looked.
func (m *Module) prepareTold(ctx context.Context, h hourLooks, found []finding) ([]*notice.Prepared, error) {
	if len(found) == 0 || m.deps.Teller == nil {
		return nil, nil
	}
	heads, path, err := m.watchers(ctx, h.office, found)
	if err != nil {
		return nil, err
	}
	var out []*notice.Prepared
	for _, head := range heads {
		one, err := m.deps.Teller.Prepare(ctx, notice.Notice{
			Key: fmt.Sprintf("desk.unusual/%s/%d", h.office, h.hour.Unix()), To: head, Kind: "desk.unusual.notice", Params: map[string]any{"count": len(found)}, Path: path,
		})
		if err != nil {
			return nil, fmt.Errorf("desk: tell of unusual looks: %w", err)
		}
		out = append(out, one)
	}
	return out, nil
}

// watchers are the heads who may judge at least one of the findings, and where; when nobody may, the city's administrators
// learn of it, who see the totals.
func (m *Module) watchers(ctx context.Context, office id.ID, found []finding) ([]id.ID, string, error) {
	var out []id.ID
	list, err := m.deps.Officials.Officials(ctx, office)
	if err != nil {
		return nil, "", err
	}
	for _, o := range list {
		others := slices.ContainsFunc(found, func(f finding) bool { return f.Official != o.Person })
		if o.Role == agency.Head && others && !slices.Contains(out, o.Person) {
			out = append(out, o.Person)
		}
	}
	if len(out) > 0 {
		return out, looksPath, nil
	}
	admins, err := m.deps.Officials.Officials(ctx, agency.ID(agency.City))
	for _, o := range admins {
		if o.Role == agency.Admin && !slices.Contains(out, o.Person) {
			out = append(out, o.Person)
		}
	}
	return out, totalsPath, err
}
