package charge

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"

	"posad.city/core/charge/internal/store"
	"posad.city/kit/act"
	"posad.city/kit/fault"
	"posad.city/kit/id"
	"posad.city/kit/journal"
	"posad.city/kit/store"
)

// ManyMost is how many charges one call of IssueMany takes.
const ManyMost = 1000

// Result is what became of one charge of many.
type Result string

// The results.
const (
	Issued    Result = "issued"
	Known     Result = "known"     // it stands already, the same
	Corrected Result = "corrected" // it stood already with another amount or day, and was corrected, as was asked
	Differs   Result = "differs"   // it stands already with another amount or day; nothing was altered
	Refused   Result = "refused"   // Fault says why; nothing was issued
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
	r := &round{m: m, a: a}
	if err := r.prepare(batch); err != nil {
		return nil, err
	}
	return r.out, r.run(ctx, nil)
}

// issueMany is IssueMany of what an agency's program sent, with its entry in the log.
func (m *Module) issueMany(ctx context.Context, a act.Act, list []Entry) ([]Outcome, error) {
	batch := make([]NewCharge, len(list))
	for i, e := range list {
		batch[i] = m.charge(e, a.Actor.Agency, a.Test)
	}
	r := &round{m: m, a: a}
	if err := r.prepare(batch); err != nil {
		return nil, err
	}
	sent, err := json.Marshal(list)
	if err != nil {
		return nil, fmt.Errorf("charge: many: %w", err)
	}
	sum := []journal.Document{{Name: "charges.json", SHA256: sha256.Sum256(sent)}}
	entry, err := m.enterMany(ctx, a, "many_sent", a.ID, sum, count{"lines", int64(len(list))})
	if err != nil {
		return nil, err
	}
	return r.out, r.run(ctx, func(tx *store.Tx, _ []Outcome) error { return enterInto(tx, entry) })
}

// round is one batch of charges on its way into the store.
type round struct {
	m        *Module
	a        act.Act
	corrects bool // what stands with another amount or day is corrected
	list     []*Prepared
	out      []Outcome
}

// prepare makes the batch ready; what is refused has its outcome already.
func (r *round) prepare(batch []NewCharge) error {
	if len(batch) > ManyMost {
		return fmt.Errorf("charge: %d charges at once, %d at most", len(batch), ManyMost)
	}
	for _, n := range batch {
		p, err := r.m.prepare(n)
		if err != nil {
			f := fault.Of(err)
			if f.Kind == fault.Internal {
				return err
			}
			r.refuse(f)
			continue
		}
		r.list = append(r.list, p)
		r.out = append(r.out, Outcome{ID: p.ID, Home: p.Home, Number: p.Number, Result: Issued})
	}
	return nil
}

// refuse adds a charge that is not issued.
func (r *round) refuse(f *fault.Fault) {
	r.list, r.out = append(r.list, nil), append(r.out, Outcome{Result: Refused, Fault: f})
}

// run puts the batch in one Write. last, when given, is carried out in it, after the charges.
func (r *round) run(ctx context.Context, last func(tx *store.Tx, out []Outcome) error) error {
	if err := r.m.ready(ctx, r.list); err != nil {
		return err
	}
	err := r.write(ctx, func(tx *store.Tx) error {
		for i, p := range r.list {
			if p == nil {
				continue
			}
			var err error
			if r.out[i], err = r.one(tx, p); err != nil {
				return err
			}
		}
		if last == nil {
			return nil
		}
		return last(tx, r.out)
	})
	if err != nil {
		return fmt.Errorf("charge: issue many: %w", err)
	}
	return nil
}

// write asks once more whether who acts still may: a key may be taken back meanwhile. A job goes on with what was sent.
func (r *round) write(ctx context.Context, fn func(*store.Tx) error) error {
	if r.a.Channel == act.Job {
		return r.m.base.Store.Write(ctx, fn)
	}
	return r.m.base.Store.WriteAs(ctx, r.a, fn)
}

// one issues a charge, or says how what stands in its place differs.
func (r *round) one(tx *store.Tx, p *Prepared) (Outcome, error) {
	out := Outcome{ID: p.ID, Home: p.Home, Number: p.Number, Result: Issued}
	known, err := p.put(tx)
	switch {
	case err != nil || known == nil:
		return out, err
	case known.Home != p.Home:
		return Outcome{Result: Refused, Fault: ErrOther}, nil
	}
	row, err := chargedb.BillByID(tx.As(r.m.byJob(r.a), "charge.look.charge"), known.Home, known.ID)
	if err != nil {
		return out, err
	}
	out.Number, out.Result = row.Number, Known
	if !p.differs(row) {
		return out, nil
	}
	out.Result = Differs
	state := State(row.State)
	if !r.corrects || row.Kind != p.row.Kind || row.Currency != p.row.Currency || !state.Open() && state != Paid {
		return out, nil
	}
	fix := Correction{Amount: p.row.Amount, Reason: reasonImport}
	if p.dueGiven {
		fix.Due = p.row.Due
	}
	c, err := r.m.Read(tx.As(r.m.byJob(r.a), "charge.look.charge"), known.Home, known.ID)
	if err != nil {
		return out, err
	}
	if r.m.givesBack(c, c.corrected(fix), tx.Now()) {
		return Outcome{Result: Refused, Fault: ErrGivesBack}, nil
	}
	out.Result = Corrected
	return out, r.m.Correct(tx, r.a, known.Home, known.ID, fix)
}

// differs tells whether a charge that stands is another than what was to be issued.
func (p *Prepared) differs(row chargedb.Bill) bool {
	return row.Amount != p.row.Amount || row.Currency != p.row.Currency || row.Kind != p.row.Kind || p.dueGiven && !row.Due.Equal(p.row.Due)
}

// byJob is Posad's own act on behalf of another, for what it must look at to carry that one out.
func (m *Module) byJob(a act.Act) act.Act { return act.ByJob(a.ID, a.Purpose) }

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
			if p == nil || !p.away {
				continue
			}
			_, err := chargedb.HasWatcher(r, p.Home)
			if err != nil && !errors.Is(err, store.ErrNone) {
				return err
			}
			p.quiet = errors.Is(err, store.ErrNone)
		}
		return nil
	})
}
