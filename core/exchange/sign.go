package exchange

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"

	"posad.city/core/exchange/internal/store"
	"posad.city/kit/asic"
	"posad.city/kit/authority"
	"posad.city/kit/fault"
	"posad.city/kit/id"
	"posad.city/kit/jobs"
	"posad.city/kit/store"
	"posad.city/kit/vault"
)

// batchMost is how many tries one signature is for: two leaves each, and one for the batch before.
const batchMost = 4096

// signJob signs what waits.
func (m *Module) signJob(ctx context.Context, _ jobs.Job) error { return m.SignLog(ctx) }

// SignLog signs the messages that are not signed yet, batch by batch. A batch that was begun by a node that died is
// finished first, and without a key all wait. It may run on several nodes: one of them gives way. Errors: those of the store and of the key.
func (m *Module) SignLog(ctx context.Context) error {
	for {
		batch, err := m.claim(ctx)
		if err != nil || batch.Number == 0 {
			return err
		}
		if err := m.sign(ctx, batch); err != nil {
			return err
		}
	}
}

// signer is the city's exchange key with its certificates.
func (m *Module) signer() (asic.Signer, error) {
	if m.deps.Signer != nil {
		return m.deps.Signer()
	}
	return SignerOf(m.authority())
}

// trust believes those whom the city's own authority certifies.
func (m *Module) trust() (asic.Trust, error) {
	if m.deps.Trust != nil {
		return m.deps.Trust()
	}
	return TrustOf(m.authority())
}

// authority certifies the city's keys where the app gives nobody who does.
func (m *Module) authority() *authority.Authority {
	name := authority.Name{}
	if m.base.Seal != nil {
		name.City = m.base.Seal.City()
	}
	return authority.New(name, m.base.Vault, m.base.Clock)
}

// SignerOf is the city's exchange key with the certificates that its authority gives it: Deps.Signer.
func SignerOf(a *authority.Authority) (asic.Signer, error) {
	s, err := a.Signer(vault.Exchange)
	if err != nil {
		return asic.Signer{}, err
	}
	return asic.Signer{Key: s.Key, Leaf: s.Leaf, Issued: []*x509.Certificate{s.Root}}, nil
}

// TrustOf believes those whom an authority certifies, also by its older keys: Deps.Trust.
func TrustOf(a *authority.Authority) (asic.Trust, error) {
	roots, err := a.Roots()
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	for _, root := range roots {
		pool.AddCert(root)
	}
	return asic.TrustRoots(pool), nil
}

// claim takes the next batch; number 0: nothing waits.
func (m *Module) claim(ctx context.Context) (exchangedb.ExchangeBatch, error) {
	var out exchangedb.ExchangeBatch
	err := m.base.Store.Write(store.Background(ctx), func(tx *store.Tx) error {
		last, err := exchangedb.LastBatch(tx)
		if err != nil && !errors.Is(err, store.ErrNone) {
			return err
		}
		if err == nil && last.Signatures == nil {
			out = last
			return nil
		}
		out = exchangedb.ExchangeBatch{Number: last.Number + 1, Previous: last.Top, Form: 1}
		if last.Top == nil {
			out.Previous = make([]byte, len(asic.Digest{}))
		}
		if out.Leaves, err = exchangedb.ClaimLeaves(tx, out.Number, batchMost); err != nil {
			return err
		}
		if out.Leaves == 0 {
			out = exchangedb.ExchangeBatch{}
			return nil
		}
		return exchangedb.PutBatch(tx, out.Number, out.Previous, out.Leaves)
	})
	if err != nil {
		return exchangedb.ExchangeBatch{}, fmt.Errorf("exchange: take a batch of messages: %w", err)
	}
	return out, nil
}

func (m *Module) sign(ctx context.Context, b exchangedb.ExchangeBatch) error {
	rows, err := m.leavesOf(ctx, b.Number)
	if err != nil {
		return err
	}
	tree, _, err := treeOf(b, rows, id.ID{})
	if err != nil {
		return err
	}
	signer, err := m.signer()
	if err != nil {
		return fmt.Errorf("exchange: key to sign messages: %w", err)
	}
	now := m.base.Clock.Now()
	signatures, err := asic.Sign(signer, tree, now)
	if err != nil {
		return fmt.Errorf("exchange: sign messages: %w", err)
	}
	top := tree.Top()
	err = m.base.Store.Write(store.Background(ctx), func(tx *store.Tx) error {
		_, err := exchangedb.SignBatch(tx, exchangedb.SignBatchParams{Top: top[:], Signed: now, Signatures: signatures, Copy: copyOf(b.Form, rows), Number: b.Number})
		return err
	})
	if err != nil {
		return fmt.Errorf("exchange: keep a signature: %w", err)
	}
	return nil
}

// ErrLog says that the log was changed after it was written: rows are missing, or do not fit what was signed.
var ErrLog = fault.New(fault.Conflict, "exchange.log_changed")

// leavesOf are the rows of a batch, in the order in which they were signed.
func (m *Module) leavesOf(ctx context.Context, number int64) ([]exchangedb.ExchangeLeaf, error) {
	var rows []exchangedb.ExchangeLeaf
	err := m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		var err error
		rows, err = exchangedb.LeavesOf(r, number)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("exchange: hashes of a batch: %w", err)
	}
	return rows, nil
}

// treeOf makes the tree of a batch of its rows, and tells where the question of a try stands in it (-1: nowhere); its
// answer is next.
func treeOf(b exchangedb.ExchangeBatch, rows []exchangedb.ExchangeLeaf, of id.ID) (*asic.Tree, int, error) {
	if int64(len(rows)) != b.Leaves {
		return nil, -1, fmt.Errorf("%w: batch %d has %d messages, and was made of %d", ErrLog, b.Number, len(rows), b.Leaves)
	}
	place, leaves := -1, make([]asic.Digest, 1, 2+2*len(rows))
	copy(leaves[0][:], b.Previous)
	if b.Form > 0 {
		leaves = append(leaves, asic.Sum(copyOf(b.Form, rows)))
	}
	for _, row := range rows {
		if row.ID == of {
			place = len(leaves)
		}
		for _, hash := range [][]byte{row.Question, row.Answer} {
			if hash == nil {
				continue
			}
			if len(hash) != len(asic.Digest{}) {
				return nil, -1, fmt.Errorf("%w: batch %d has something that is no hash", ErrLog, b.Number)
			}
			leaves = append(leaves, asic.Digest(hash))
		}
	}
	tree, err := asic.NewTree(leaves)
	return tree, place, err
}
