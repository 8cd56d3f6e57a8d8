package register

import (
	"context"
	"errors"
	"slices"

	"posad.city/core/register/internal/store"
	"posad.city/core/service"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/store"
	"posad.city/kit/vault"
)

// Query is a search by the whole value of a field.
type Query struct {
	Reading
	Field string
	Value string // as somebody writes it
}

// Found is what a search has found.
type Found struct {
	Entries []Entry // the one entered last first
	More    bool    // there are others with the same value: these are some of them
}

// foundMost is how many entries a search gives.
const foundMost = 50

// Search finds entries by the whole value of a field, at most 50 of them. By a case it finds those of its people that are good
// today, among however many of others.
func (m *Module) Search(ctx context.Context, a act.Act, q Query) (Found, error) {
	l, err := m.allow(ctx, a, q.Reading)
	if err != nil {
		return Found{}, m.refused(ctx, a, q.Reading, id.ID{}, err)
	}
	f, ok := l.register.Field(q.Field)
	if !ok || !f.Search || !l.sees(f.Key) {
		return Found{}, ErrField
	}
	value, ok := clean(f.Type, q.Value)
	if !ok {
		return Found{}, ErrValue
	}
	rows, more, err := m.found(ctx, l, f, value)
	if err != nil {
		return Found{}, m.refused(ctx, a, q.Reading, id.ID{}, err)
	}
	out := Found{Entries: make([]Entry, 0, len(rows)), More: more}
	for _, row := range rows {
		e, err := m.open(ctx, row)
		if err != nil {
			return Found{}, err
		}
		out.Entries = append(out.Entries, e)
	}
	newest(out.Entries)
	for i, e := range out.Entries {
		out.Entries[i] = l.narrow(e)
	}
	return out, nil
}

// found reads the rows of a search, and tells whether there are more; each person whose row is read has a look, and all looks
// are one write.
func (m *Module) found(ctx context.Context, l leave, f *service.OwnField, value string) ([]registerdb.RegisterEntry, bool, error) {
	key := m.searchKey(l.register, f, value)
	var rows []registerdb.RegisterEntry
	more := false
	err := m.base.Store.Look(ctx, l.act, l.what, func(p *store.Personal) error {
		rows, more = rows[:0], false
		if err := m.judge(p, l); err != nil {
			return err
		}
		homes, err := homesBy(p, l, key)
		if err != nil {
			return err
		}
		for _, home := range homes {
			if len(rows) == foundMost {
				more = true
				return nil
			}
			row, err := m.rowFor(p, l, home.Holder, home.Entry)
			if errors.Is(err, store.ErrNone) && l.byCase() {
				continue
			}
			if err != nil {
				return err
			}
			rows = append(rows, row)
		}
		return nil
	})
	return rows, more, err
}

// homesBy are the entries that have a value, one more than a search gives; by a case, all of its people's. The register is a
// part of the key.
func homesBy(r store.Reader, l leave, key vault.Keyed) ([]registerdb.EntriesByKeyRow, error) {
	if !l.byCase() {
		return registerdb.EntriesByKey(r, key, foundMost+1)
	}
	var out []registerdb.EntriesByKeyRow
	for i, person := range l.people {
		if slices.Contains(l.people[:i], person) {
			continue
		}
		some, err := registerdb.EntriesByKeyOf(r, person, key, entriesMost)
		if err != nil {
			return nil, err
		}
		for _, one := range some {
			out = append(out, registerdb.EntriesByKeyRow(one))
		}
	}
	return out, nil
}
