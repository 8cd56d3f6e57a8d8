package casework

import (
	"context"
	"errors"
	"slices"

	"posad.city/kit/act"
	"posad.city/kit/id"
)

// Bounds of how many cases are read whole, the newest first: of all services, and of one.
const (
	pastMost     = 20
	standingMost = 100
)

// Past reads a holder's cases whole, the newest first: what a new application of theirs is compared with. With a service,
// those of it that are open or approved, since no others stand for anything; of every service when it is empty, all. With a
// number, or a case's id as text, that case alone, if it is the holder's and, when a service is named, of it.
func (m *Module) Past(ctx context.Context, a act.Act, holder id.ID, service, number string) ([]Case, error) {
	if number != "" {
		return m.pastOne(ctx, a, holder, service, number)
	}
	lines, err := m.linesOf(ctx, a, holder)
	if err != nil {
		return nil, err
	}
	most := pastMost
	if service != "" {
		most = standingMost
		lines = slices.DeleteFunc(lines, func(l Line) bool { return l.Service != service || l.Stage != Open && l.Stage != Approved })
	}
	var out []Case
	for _, line := range lines[:min(len(lines), most)] {
		one, err := m.Read(ctx, a, line.Holder, line.ID)
		if err != nil {
			return nil, err
		}
		out = append(out, one)
	}
	return out, nil
}

// pastOne finds one case by its number or its id, however many newer ones there are.
func (m *Module) pastOne(ctx context.Context, a act.Act, holder id.ID, service, number string) ([]Case, error) {
	find := m.Find
	if named, err := id.Parse(number); err == nil {
		find = func(ctx context.Context, _ string) (Ref, error) { return m.FindID(ctx, named) }
	}
	ref, err := find(ctx, number)
	if errors.Is(err, ErrNone) || err == nil && (ref.Holder != holder || service != "" && ref.Service != service) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	one, err := m.Read(ctx, a, ref.Holder, ref.ID)
	return []Case{one}, err
}
