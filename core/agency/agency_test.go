package agency_test

import (
	"errors"
	"slices"
	"testing"

	"posad.city/core/agency"
	"posad.city/core/module"
	"posad.city/kit/clock"
	"posad.city/kit/feed"
	"posad.city/kit/id"
	"posad.city/kit/store"
	"posad.city/kit/store/storetest"
)

type rig struct {
	*agency.Module
	base *module.Base
	told []feed.Change
}

func each(t *testing.T, test func(t *testing.T, r *rig)) {
	t.Helper()
	storetest.Each(t, func(t *testing.T, s *store.Store, c *clock.Fixed) {
		r := &rig{Module: agency.New(agency.Deps{}), base: &module.Base{Store: s, Clock: c, Feed: feed.Open(s, nil)}}
		if err := r.Provision(r.base); err != nil {
			t.Fatal(err)
		}
		r.base.Feed.Subscribe(agency.Topic, func(c feed.Change) { r.told = append(r.told, c) })
		test(t, r)
	}, feed.Migrations, agency.Migrations)
}

func (r *rig) put(t *testing.T, o agency.Official) (bool, error) {
	t.Helper()
	changed := false
	err := r.base.Store.Write(t.Context(), func(tx *store.Tx) error {
		var err error
		changed, err = r.Put(tx, o)
		return err
	})
	return changed, err
}

func (r *rig) drop(t *testing.T, of, person id.ID) error {
	t.Helper()
	return r.base.Store.Write(t.Context(), func(tx *store.Tx) error {
		_, err := r.Drop(tx, of, person)
		return err
	})
}

func TestRolesAreGivenChangedTakenAndAnnounced(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		person, transport, schools := id.Derived("person", "a"), agency.ID("transport"), agency.ID("schools")
		officer := agency.Official{Person: person, Agency: transport, Role: agency.Officer, Queues: []string{"parking", "freight", "parking"}}
		if changed, err := r.put(t, officer); err != nil || !changed {
			t.Fatalf("%v, %v", changed, err)
		}
		if changed, err := r.put(t, officer); err != nil || changed {
			t.Errorf("the same again: %v, %v", changed, err)
		}
		officer.Agency, officer.Role, officer.Queues = schools, agency.Head, nil
		if _, err := r.put(t, officer); err != nil {
			t.Fatal(err)
		}
		got, err := r.OfficialOf(t.Context(), person)
		if err != nil || len(got) != 2 {
			t.Fatalf("%+v, %v", got, err)
		}
		for _, o := range got {
			want := o.Agency == schools && o.Works("anything") || o.Agency == transport && o.Works("parking") && !o.Works("taxi") && slices.Equal(o.Queues, []string{"freight", "parking"})
			if !want {
				t.Errorf("%+v", o)
			}
		}
		if err := r.drop(t, transport, person); err != nil {
			t.Fatal(err)
		}
		if left, err := r.Officials(t.Context(), transport); err != nil || len(left) != 0 {
			t.Errorf("left are %+v, %v", left, err)
		}
		if len(r.told) != 3 || r.told[2].Holder != transport || r.told[2].Object != person {
			t.Errorf("told %+v", r.told)
		}
	})
}

func TestTheCityKeepsAnAdministrator(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		a, b, city := id.Derived("person", "a"), id.Derived("person", "b"), agency.ID(agency.City)
		if _, err := r.put(t, agency.Official{Person: a, Agency: agency.ID("transport"), Role: agency.Admin}); !errors.Is(err, agency.ErrRole) {
			t.Errorf("an administrator of an agency: %v", err)
		}
		if _, err := r.put(t, agency.Official{Person: a, Agency: city, Role: agency.Admin}); err != nil {
			t.Fatal(err)
		}
		if err := r.drop(t, city, a); !errors.Is(err, agency.ErrLast) {
			t.Errorf("the last one went: %v", err)
		}
		if _, err := r.put(t, agency.Official{Person: a, Agency: city, Role: agency.Officer}); !errors.Is(err, agency.ErrLast) {
			t.Errorf("the last one became an officer: %v", err)
		}
		if err := r.Enrol(t.Context(), []agency.Official{{Person: b, Agency: city, Role: agency.Admin}}); err != nil {
			t.Fatal(err)
		}
		if err := r.drop(t, city, a); err != nil {
			t.Errorf("one of two: %v", err)
		}
		if err := r.drop(t, city, id.Derived("person", "nobody")); err != nil {
			t.Errorf("one who was never there: %v", err)
		}
	})
}
