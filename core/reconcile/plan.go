package reconcile

import (
	"context"
	"errors"
	"slices"

	"posad.city/core/reconcile/internal/store"
	"posad.city/kit/id"
	"posad.city/kit/store"
)

// hear asks core/pay about lines that name something which nobody has told of yet: an event may be on its way.
func (m *Module) hear(ctx context.Context, lines []read) error {
	if m.deps.Payments == nil {
		return nil
	}
	var unheard []id.ID
	for chunk := range slices.Chunk(lines, chunkPlan) {
		var found []id.ID
		err := m.base.Store.Read(ctx, func(r *store.Snapshot) error {
			found = found[:0]
			for _, l := range chunk {
				name, ok := ownReference(l.Reference)
				if !ok {
					continue
				}
				n, err := reconciledb.ExpectedOf(r, name)
				if err != nil {
					return err
				}
				if n == 0 {
					found = append(found, name)
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
		unheard = append(unheard, found...)
	}
	for _, name := range unheard {
		if err := m.expect(ctx, name); err != nil {
			return err
		}
	}
	return nil
}

// shown is what was decided of a line.
type shown struct {
	pairs []showing
	rest  int64
	twice bool
	came  *returned // a payout that came back
}

type showing struct {
	Pair
	expected Expected
}

type returned struct{ payout, line, payee id.ID }

// plan matches lines with what is expected, all of a statement at once. What is expected is read chunk by chunk: whoever writes a line
// looks again whether it is still open.
func (m *Module) plan(ctx context.Context, lines []read) (map[id.ID]shown, error) {
	out := map[id.ID]shown{}
	candidates := map[id.ID]Expected{}
	var plain []Line
	for chunk := range slices.Chunk(lines, chunkPlan) {
		var own []Line
		err := m.base.Store.Read(ctx, func(r *store.Snapshot) error {
			own = own[:0]
			for _, l := range chunk {
				matched, err := m.planLine(r, l, candidates, out)
				if err != nil {
					return err
				}
				if matched {
					own = append(own, l.Line)
				}
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
		plain = append(plain, own...)
	}
	decide(plain, candidates, out)
	return out, nil
}

// planLine decides about a payout that came back and about a fee; for any other line it adds what the line may show, and is true.
func (m *Module) planLine(r store.Reader, l read, candidates map[id.ID]Expected, into map[id.ID]shown) (bool, error) {
	back, err := cameBack(r, l)
	switch {
	case err != nil:
		return false, err
	case back != nil:
		into[l.ID] = shown{came: back}
		return false, nil
	case l.fee:
		into[l.ID] = shown{rest: l.Amount}
		return false, nil
	}
	return true, m.candidates(r, l.Line, candidates)
}

// decide carries what Match found into what is done with each line.
func decide(lines []Line, candidates map[id.ID]Expected, into map[id.ID]shown) {
	var ours []Ours
	for _, e := range candidates {
		ours = append(ours, e.ours())
	}
	found := Match(lines, ours)
	for _, l := range lines {
		into[l.ID] = shown{rest: found.Rest[l.ID], twice: found.Twice[l.ID]}
	}
	for _, p := range found.Pairs {
		one := into[p.Line]
		one.pairs = append(one.pairs, showing{p, candidates[p.Ours]})
		into[p.Line] = one
	}
}

// candidates adds what a line may show.
func (m *Module) candidates(r store.Reader, l Line, into map[id.ID]Expected) error {
	add := func(rows []reconciledb.ReconcileExpected, err error) error {
		if err != nil {
			return err
		}
		list, err := expectedRows(rows)
		for _, e := range list {
			if e.State != expectedVoid {
				into[e.ID] = e
			}
		}
		return err
	}
	name, named := ownReference(l.Reference)
	if named {
		if err := add(reconciledb.ExpectedByName(r, name)); err != nil {
			return err
		}
	}
	if l.BankReference != "" {
		if err := add(reconciledb.ExpectedByReference(r, l.BankReference)); err != nil {
			return err
		}
	}
	if l.Plain || named {
		return nil
	}
	return add(reconciledb.ExpectedBySum(r, l.Day.AddDays(-around).String(), l.Day.AddDays(around).String(), l.Amount))
}

// cameBack finds the payout that a line gives back; nil when it gives back none.
func cameBack(r store.Reader, l read) (*returned, error) {
	name, ok := ownReference(l.Reference)
	if !ok || l.Amount <= 0 {
		return nil, nil
	}
	row, err := reconciledb.PayoutLineByID(r, name)
	if errors.Is(err, store.ErrNone) {
		return nil, nil
	}
	if err != nil || row.Amount != l.Amount || row.Currency != l.Currency || row.State != linePaid && row.State != lineSent {
		return nil, err
	}
	return &returned{row.Payout, row.ID, row.Payee}, nil
}

// again matches lines that nobody knew with what has been expected since.
func (m *Module) again(ctx context.Context) (int, error) {
	changed := 0
	for _, state := range []State{Unknown, Partly} {
		after := reconciledb.PartsInParams{Treasury: m.treasury(), State: string(state), Most: openPage}
		for {
			var rows []reconciledb.ReconcilePart
			found := map[id.ID]shown{}
			err := m.base.Store.Read(store.Background(ctx), func(r *store.Snapshot) error {
				var err error
				if rows, err = reconciledb.PartsIn(r, after); err != nil {
					return err
				}
				clear(found)
				return m.planAgain(r, rows, found)
			})
			if err != nil {
				return changed, err
			}
			for _, row := range rows {
				did := found[row.ID]
				if len(did.pairs) == 0 {
					continue
				}
				if err := m.rematch(ctx, row, did); err != nil {
					return changed, err
				}
				changed++
			}
			if len(rows) < openPage {
				break
			}
			last := rows[len(rows)-1]
			after.Day, after.ID = last.Day, last.ID
		}
	}
	return changed, nil
}

func (m *Module) planAgain(r store.Reader, rows []reconciledb.ReconcilePart, found map[id.ID]shown) error {
	candidates := map[id.ID]Expected{}
	var lines []Line
	for _, row := range rows {
		l, err := lineOf(row)
		if err != nil {
			return err
		}
		if err := m.candidates(r, l, candidates); err != nil {
			return err
		}
		lines = append(lines, l)
	}
	decide(lines, candidates, found)
	return nil
}
