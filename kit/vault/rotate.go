package vault

import (
	"context"
	"fmt"
	"time"

	"posad.city/kit/store"
)

// Rewrap moves at most limit holders' keys to the primary city key and tells how many it found; call it in the
// background lane until it says 0, then the old city key may be retired.
func (v *Vault) Rewrap(ctx context.Context, limit int) (int, error) {
	city, ok := v.ring.Load().primary(Holders, v.clock.Now())
	if !ok {
		return 0, ErrCityKey
	}
	var rows []holderKeyRow
	var kept []keptKeyRow
	err := v.store.Read(ctx, func(r *store.Snapshot) error {
		var errKept error
		rows, errKept = readHolderKeys(r, holderKeysBefore, city.Number, limit)
		if errKept != nil {
			return errKept
		}
		kept, errKept = readKeptKeys(r, keptKeysBefore, city.Number, limit)
		return errKept
	})
	if err != nil {
		return 0, fmt.Errorf("vault: rewrap: %w", err)
	}
	stmts, err := v.rewrapKept(ctx, city, kept)
	if err != nil {
		return 0, err
	}
	for _, row := range rows {
		secret, err := v.unwrapSecret(ctx, row)
		if err != nil {
			return 0, fmt.Errorf("vault: rewrap the key of %s: %w", row.holder, err)
		}
		wrapped, err := sealWith(city.cipher, secret, boundHolderKey(row.holder))
		if err != nil {
			return 0, err
		}
		stmts = append(stmts, store.Stmt{Query: rewrapHolderKey, Args: []any{city.Number, wrapped, row.holder, row.cityKey}})
	}
	if len(stmts) == 0 {
		return 0, nil
	}
	if err := v.store.Append(ctx, stmts...); err != nil {
		return 0, fmt.Errorf("vault: rewrap: %w", err)
	}
	return len(stmts), nil
}

func (v *Vault) rewrapKept(ctx context.Context, city Secret, rows []keptKeyRow) ([]store.Stmt, error) {
	stmts := make([]store.Stmt, 0, len(rows))
	for _, row := range rows {
		bound := boundKeptKey(row.holder, row.year)
		secret, err := v.openWrapped(ctx, row.holderKeyRow, bound)
		if err != nil {
			return nil, fmt.Errorf("vault: rewrap a kept key of %s: %w", row.holder, err)
		}
		wrapped, err := sealWith(city.cipher, secret, bound)
		if err != nil {
			return nil, err
		}
		stmts = append(stmts, store.Stmt{Query: rewrapKeptKey, Args: []any{city.Number, wrapped, row.holder, row.cityKey, row.year}})
	}
	return stmts, nil
}

// Reload reads the city's keys anew: at start, after a rotation on this node, and when the feed tells of one elsewhere.
func (v *Vault) Reload(ctx context.Context) error {
	var rows []cityKeyRow
	err := v.store.Read(ctx, func(r *store.Snapshot) error {
		got, err := readCityKeys(r)
		rows = got
		return err
	})
	if err != nil {
		return fmt.Errorf("vault: read the city's keys: %w", err)
	}
	fresh, err := openRing(v.kek, rows)
	if err != nil {
		return err
	}
	v.ring.Store(&fresh)
	return nil
}

// Rotate adds a key for the purpose, which becomes primary after lead: time for other nodes to read it, and for the
// public key set to spread before it signs. The old keys go on opening and verifying.
func (v *Vault) Rotate(ctx context.Context, p Purpose, lead time.Duration) error {
	if p == Index {
		return ErrIndex
	}
	number := int64(1)
	if list := (*v.ring.Load())[p]; len(list) > 0 {
		number = list[0].Number + 1
	}
	stmt, err := newCityKey(v.kek, p, number, v.clock.Now().Add(lead))
	if err != nil {
		return err
	}
	if err := v.store.Append(ctx, stmt); err != nil {
		return fmt.Errorf("vault: rotate %s: %w", p, err)
	}
	return v.Reload(ctx)
}

// Retire destroys the secret of an old key. ErrInUse while it is primary or any holder's key is wrapped by it.
func (v *Vault) Retire(ctx context.Context, p Purpose, number int64) error {
	err := v.store.Write(ctx, func(tx *store.Tx) error {
		rows, err := readCityKeys(tx)
		if err != nil {
			return err
		}
		if !retirable(rows, p, number, tx.Now()) {
			return ErrInUse
		}
		if p == Holders {
			for _, q := range []*store.Query{holderKeysUnder, keptKeysUnder} {
				if err := tx.Query(q, func(*store.Row) error { return ErrInUse }, number); err != nil {
					return err
				}
			}
		}
		_, err = tx.Exec(retireCityKey, tx.Now(), string(p), number)
		return err
	})
	if err != nil {
		return fmt.Errorf("vault: retire %s key %d: %w", p, number, err)
	}
	return v.Reload(ctx)
}

// retirable says that the key lives and a newer one of its purpose has started.
func retirable(rows []cityKeyRow, p Purpose, number int64, now time.Time) bool {
	newer := false
	for _, row := range rows { // newest first
		if row.purpose != p || row.wrapped == nil {
			continue
		}
		if row.number == number {
			return newer
		}
		newer = newer || !row.starts.After(now)
	}
	return false
}
