package casework

import (
	"context"

	"posad.city/kit/act"
	"posad.city/kit/id"
)

// pastMost bounds how many cases of a service are read whole, the newest first.
const pastMost = 20

// Past reads a holder's cases of a service whole, of every service when it is empty, the newest first: what a new
// application of theirs is compared with. With a number, the case of that number alone.
func (m *Module) Past(ctx context.Context, a act.Act, holder id.ID, service, number string) ([]Case, error) {
	lines, err := m.linesOf(ctx, a, holder)
	if err != nil {
		return nil, err
	}
	var out []Case
	for _, line := range lines {
		if service != "" && line.Service != service || number != "" && line.Number != number || len(out) == pastMost {
			continue
		}
		one, err := m.Read(ctx, a, line.Holder, line.ID)
		if err != nil {
			return nil, err
		}
		out = append(out, one)
	}
	return out, nil
}
