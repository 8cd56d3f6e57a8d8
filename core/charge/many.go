package charge

import (
	"context"
	"errors"
	"fmt"

	"posad.city/core/charge/internal/store"
	"posad.city/kit/act"
	"posad.city/kit/fault"
	"posad.city/kit/id"
	"posad.city/kit/store"
)

// ManyMost is how many charges one call of IssueMany takes.
const ManyMost = 1000

// Result is what became of one charge of many.
type Result string

// The results.
const (
	Issued  Result = "issued"
	Known   Result = "known"   // it stands already, the same
	Differs Result = "differs" // it stands already with another amount or day; nothing was altered
	Refused Result = "refused" // Fault says why; nothing was issued
)

// Outcome is what became of one charge of many.
type Outcome struct {
	ID     id.ID
	Home   id.ID
	Number string
	Result Result
	Fault  *fault.Fault
}

// IssueMany issues many charges, at most ManyMost, and says of each what became of it, in the order of the list. A charge that
// is wrong is refused alone; the rest is taken. It may be repeated: what stands is known.
func (m *Module) IssueMany(ctx context.Context, a act.Act, batch []NewCharge) ([]Outcome, error) {
	if len(batch) > ManyMost {
		return nil, fmt.Errorf("charge: %d charges at once, %d at most", len(batch), ManyMost)
	}
	out := make([]Outcome, len(batch))
	list := make([]*Prepared, len(batch))
	for i, n := range batch {
		p, err := m.prepare(n)
		if err != nil {
			f := fault.Of(err)
			if f.Kind == fault.Internal {
				return nil, err
			}
			out[i] = Outcome{Result: Refused, Fault: f}
			continue
		}
		list[i], out[i] = p, Outcome{ID: p.ID, Home: p.Home, Number: p.Number, Result: Issued}
	}
	if err := m.ready(ctx, list); err != nil {
		return nil, err
	}
	known := make([]*chargedb.BillHome, len(batch))
	err := m.base.Store.Write(ctx, func(tx *store.Tx) error {
		for i, p := range list {
			if p == nil {
				continue
			}
			var err error
			if known[i], err = p.put(tx); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("charge: issue many: %w", err)
	}
	return out, m.compare(ctx, list, known, out)
}

// ready seals what is to be sealed and finds out whose homes somebody watches.
func (m *Module) ready(ctx context.Context, list []*Prepared) error {
	var sealing []id.ID
	for _, p := range list {
		if p != nil && p.details != nil {
			sealing = append(sealing, p.Home)
		}
	}
	if len(sealing) > 0 {
		keys, err := m.base.Vault.KeysMany(ctx, sealing)
		if err != nil {
			return fmt.Errorf("charge: keys of homes: %w", err)
		}
		for _, p := range list {
			if p == nil || p.details == nil {
				continue
			}
			if err := p.seal(keys[p.Home]); err != nil {
				return err
			}
		}
	}
	return m.hush(ctx, list)
}

// hush marks those charges of which there is nobody to tell.
func (m *Module) hush(ctx context.Context, list []*Prepared) error {
	return m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		for _, p := range list {
			if p == nil {
				continue
			}
			_, err := chargedb.HasWatcher(r, p.Home)
			if err != nil && !errors.Is(err, store.ErrNone) {
				return err
			}
			p.quiet = errors.Is(err, store.ErrNone) && p.away
		}
		return nil
	})
}

// compare says of each charge that stood already whether it is the same.
func (m *Module) compare(ctx context.Context, list []*Prepared, known []*chargedb.BillHome, out []Outcome) error {
	return m.base.Store.Look(ctx, act.ByJob(id.New(m.base.Clock.Now()), act.Purpose{}), "charge.look.charge", func(p *store.Personal) error {
		for i, k := range known {
			switch {
			case k == nil:
				continue
			case k.Home != list[i].Home:
				out[i] = Outcome{Result: Refused, Fault: ErrOther}
				continue
			}
			row, err := chargedb.BillByID(p, k.Home, k.ID)
			if err != nil {
				return err
			}
			out[i].Number, out[i].Result = row.Number, Known
			if r := list[i].row; row.Amount != r.Amount || row.Currency != r.Currency || row.Kind != r.Kind || list[i].dueGiven && !row.Due.Equal(r.Due) {
				out[i].Result = Differs
			}
		}
		return nil
	})
}
