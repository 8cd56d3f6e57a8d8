package casework

import (
	"context"
	"errors"

	"posad.city/core/service"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/vault"
)

// Withdrawal is the applicant's wish to end the case themselves.
type Withdrawal struct {
	Holder, Case id.ID
	Words        string // why; may be empty
}

// Withdraw ends a case that is not decided yet; an unpaid bill is cancelled, a paid fee is not given back. ErrNotNow
// when the decision was made.
func (m *Module) Withdraw(ctx context.Context, a act.Act, w Withdrawal) (int64, error) {
	return repeat(func() (int64, error) { return m.withdraw(ctx, a, w) })
}

func (m *Module) withdraw(ctx context.Context, a act.Act, w Withdrawal) (int64, error) {
	k, err := m.know(ctx, a.ForCase(w.Case), w.Holder, w.Case)
	if err != nil {
		return 0, err
	}
	if k.file.Stage == string(Withdrawn) {
		return k.file.Revision, nil
	}
	if k.file.Stage != string(Open) || k.file.Round > 0 { // a case opened anew is the city's to put right
		return 0, ErrNotNow
	}
	var words vault.Sealed
	if w.Words != "" {
		clean, err := cleanWords(w.Words)
		if err != nil {
			return 0, err
		}
		if words, err = sealText(k.keys, "timeline", "words", clean); err != nil {
			return 0, err
		}
	}
	return m.write(ctx, a, k, func(c *change) error { return c.withdraw(words) })
}

func (c *change) withdraw(words vault.Sealed) error {
	if t := c.task(); t != nil && t.Kind == string(service.TaskPay) && !t.Reference.IsZero() {
		if _, err := c.m.deps.Bills.Cancel(c.tx, c.act, c.k.payer(), t.Reference, "withdrawn"); err != nil {
			return err
		}
	}
	c.unpropose()
	c.file.Stage, c.file.Decided = string(Withdrawn), c.tx.Now()
	return errors.Join(c.close(TaskCancelled, ""), c.line("withdrawn", false, nil, words), c.tell(string(Withdrawn)), c.end())
}
