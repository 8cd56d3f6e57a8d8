package agency

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"posad.city/core/agency/internal/store"
	"posad.city/kit/feed"
	"posad.city/kit/id"
	"posad.city/kit/store"
)

// OfficialOf lists the roles that a person has, in the order of agencies' ids; none for a resident who serves nowhere.
func (m *Module) OfficialOf(ctx context.Context, person id.ID) ([]Official, error) {
	return m.list(ctx, func(r store.Reader) ([]agencydb.Official, error) { return agencydb.OfficialsOfPerson(r, person) })
}

// Officials lists who acts for an agency, in the order of their ids.
func (m *Module) Officials(ctx context.Context, agency id.ID) ([]Official, error) {
	return m.list(ctx, func(r store.Reader) ([]agencydb.Official, error) { return agencydb.OfficialsOfAgency(r, agency) })
}

func (m *Module) list(ctx context.Context, read func(store.Reader) ([]agencydb.Official, error)) ([]Official, error) {
	var rows []agencydb.Official
	err := m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		var err error
		rows, err = read(r)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("agency: list officials: %w", err)
	}
	out := make([]Official, 0, len(rows))
	for _, row := range rows {
		one, err := official(row)
		if err != nil {
			return nil, err
		}
		out = append(out, one)
	}
	return out, nil
}

// Find returns the role of a person in an agency, or store.ErrNone. It serves inside a Write too.
func Find(r store.Reader, agency, person id.ID) (Official, error) {
	row, err := agencydb.OfficialByKey(r, agency, person)
	if err != nil {
		return Official{}, err
	}
	return official(row)
}

func official(row agencydb.Official) (Official, error) {
	out := Official{Person: row.Person, Agency: row.Agency, Role: Role(row.Role), Since: row.Since}
	if err := json.Unmarshal([]byte(row.Queues), &out.Queues); err != nil {
		return Official{}, fmt.Errorf("agency: queues of %s: %w", row.Person, err)
	}
	return out, nil
}

// Put gives a person a role in an agency, or changes it, and announces it. False: nothing was to be changed. Taking the
// last administrator's role away is ErrLast.
func (m *Module) Put(tx *store.Tx, o Official) (bool, error) {
	if !slices.Contains(Roles(o.Agency), o.Role) {
		return false, ErrRole
	}
	queues, err := json.Marshal(slices.Compact(slices.Sorted(slices.Values(o.Queues))))
	if err != nil {
		return false, fmt.Errorf("agency: queues: %w", err)
	}
	if o.Queues == nil {
		queues = []byte("[]")
	}
	if o.Role != Admin {
		if err := m.keepAdmin(tx, o.Agency, o.Person); err != nil {
			return false, err
		}
	}
	n, err := agencydb.PutOfficial(tx, agencydb.PutOfficialParams{
		Agency: o.Agency, Person: o.Person, Role: string(o.Role), Queues: string(queues), Since: tx.Now(),
	})
	if err != nil || n == 0 {
		return false, err
	}
	return true, m.announce(tx, o.Agency, o.Person)
}

// Drop takes the person's role in the agency away and announces it. False: there was none.
func (m *Module) Drop(tx *store.Tx, agency, person id.ID) (bool, error) {
	if err := m.keepAdmin(tx, agency, person); err != nil {
		return false, err
	}
	n, err := agencydb.DropOfficial(tx, agency, person)
	if err != nil || n == 0 {
		return false, err
	}
	return true, m.announce(tx, agency, person)
}

func (m *Module) announce(tx *store.Tx, agency, person id.ID) error {
	return m.base.Feed.Publish(tx, feed.Change{Topic: Topic, Holder: agency, Object: person})
}

// keepAdmin refuses to take the role of the only administrator: nobody could give it back.
func (m *Module) keepAdmin(tx *store.Tx, agency, person id.ID) error {
	now, err := agencydb.OfficialByKey(tx, agency, person)
	if errors.Is(err, store.ErrNone) || err == nil && Role(now.Role) != Admin {
		return nil
	}
	if err != nil {
		return err
	}
	admins, err := agencydb.CountRole(tx, agency, string(Admin))
	if err == nil && admins < 2 {
		return ErrLast
	}
	return err
}

// Enrol brings in officials who come with the city; those who are there with the same role are left as they are.
func (m *Module) Enrol(ctx context.Context, officials []Official) error {
	return m.base.Store.Write(ctx, func(tx *store.Tx) error {
		for _, o := range officials {
			if _, err := m.Put(tx, o); err != nil {
				return fmt.Errorf("agency: enrol %s: %w", o.Person, err)
			}
		}
		return nil
	})
}
