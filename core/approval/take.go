package approval

import (
	"context"
	"fmt"

	"posad.city/core/account"
	"posad.city/core/approval/internal/store"
	"posad.city/kit/act"
	"posad.city/kit/store"
)

// take uses the yes that was given to this browser, once, and says what it proves. Everything else is ErrOver.
func (m *Module) take(ctx context.Context, visit []byte, kind Kind) (account.Proof, error) {
	q, err := m.latest(ctx, visit, kind)
	if err != nil {
		return account.Proof{}, ErrOver.Because(err)
	}
	return m.use(ctx, q, visit)
}

// use takes a question as it was read. What a yes said stands still from then on; that it is taken once is the Write's
// to hold, however many have read it.
func (m *Module) use(ctx context.Context, q question, visit []byte) (account.Proof, error) {
	if State(q.State) != Approved {
		return account.Proof{}, ErrOver
	}
	err := m.base.Store.Write(ctx, func(tx *store.Tx) error {
		n, err := approvaldb.UseApproval(tx, q.ID, visit, tx.Now())
		if err == nil && n == 0 {
			return ErrOver
		}
		return err
	})
	if err != nil {
		return account.Proof{}, fmt.Errorf("approval: take: %w", err)
	}
	return q.proof(), nil
}

// proof is what a yes shows. It is as sure and as strong as the session that gave it, no more: a browser that is only
// known is one factor.
func (q question) proof() account.Proof {
	method := account.ByPush
	if Kind(q.Kind) == QR {
		method = account.ByQR
	}
	return account.Proof{
		Method: method, Account: q.Account, Person: q.Person, Way: q.Way, Level: act.Level(q.Level), Strong: q.Strong,
	}
}
