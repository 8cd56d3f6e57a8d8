package vault

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"

	"posad.city/kit/clock"
	"posad.city/kit/id"
	"posad.city/kit/store"
)

// Options are what a vault stands on.
type Options struct {
	Store *store.Store
	KEK   *KEK
	Clock clock.Clock

	// Cached is how many holders' keys stay in memory, about 4 KB each; 0 means 20,000.
	Cached int
}

// Vault seals, opens and erases. It is safe for concurrent use.
type Vault struct {
	store *store.Store
	kek   *KEK
	clock clock.Clock
	ring  atomic.Pointer[ring]
	cache *cache
	fresh atomic.Pointer[func() bool]
}

// ErrHolder says that keys were asked for no holder.
var ErrHolder = errors.New("vault: the zero id holds nothing")

const defaultCached = 20_000

// Open reads the city's keys, makes those that are missing, and wraps by the first master key what another one wrapped.
func Open(ctx context.Context, o Options) (*Vault, error) {
	if o.Cached == 0 {
		o.Cached = defaultCached
	}
	v := &Vault{store: o.Store, kek: o.KEK, clock: o.Clock, cache: newCache(o.Cached)}
	if err := v.Reload(ctx); err != nil {
		return nil, err
	}
	changes, err := v.missingCityKeys()
	if err != nil {
		return nil, err
	}
	moved, err := v.rewrappedCityKeys()
	if err != nil {
		return nil, err
	}
	if changes = append(changes, moved...); len(changes) == 0 {
		return v, nil
	}
	if err := v.store.Append(ctx, changes...); err != nil {
		return nil, fmt.Errorf("vault: keep the city's keys: %w", err)
	}
	return v, v.Reload(ctx)
}

func (v *Vault) missingCityKeys() ([]store.Stmt, error) {
	var out []store.Stmt
	for _, p := range purposes() {
		if len((*v.ring.Load())[p]) > 0 {
			continue
		}
		stmt, err := newCityKey(v.kek, p, 1, v.clock.Now())
		if err != nil {
			return nil, err
		}
		out = append(out, stmt)
	}
	return out, nil
}

func (v *Vault) rewrappedCityKeys() ([]store.Stmt, error) {
	var out []store.Stmt
	for _, list := range *v.ring.Load() {
		for _, s := range list {
			if s.Bytes == nil || s.kek == v.kek.keys[0].id {
				continue
			}
			wrapped, kekID, err := v.kek.wrap(s.Bytes, boundCityKey(s.Purpose, s.Number))
			if err != nil {
				return nil, err
			}
			out = append(out, store.Stmt{Query: rewrapCityKey, Args: []any{kekID, wrapped, string(s.Purpose), s.Number, s.kek}})
		}
	}
	return out, nil
}

// SetFresh gives the question whether this node's caches may be trusted now; while the answer is no, every Keys reads
// the database. It is called once, at start.
func (v *Vault) SetFresh(fresh func() bool) { v.fresh.Store(&fresh) }

// Keys returns the holder's keys, making them on first use in a write of its own: call it before a Write, never inside.
// An erased holder's keys are returned too; they open nothing and say ErrErased.
func (v *Vault) Keys(ctx context.Context, holder id.ID) (*Keys, error) {
	many, err := v.KeysMany(ctx, []id.ID{holder})
	if err != nil {
		return nil, err
	}
	return many[holder], nil
}

// KeysMany is Keys for a list of holders in at most two reads and one write; repeats are allowed.
func (v *Vault) KeysMany(ctx context.Context, holders []id.ID) (map[id.ID]*Keys, error) {
	if slices.Contains(holders, id.ID{}) {
		return nil, ErrHolder
	}
	for {
		out := make(map[id.ID]*Keys, len(holders))
		missing, asOf := v.cache.find(holders, out)
		if fresh := v.fresh.Load(); fresh != nil && !(*fresh)() {
			missing = unique(holders)
		}
		if len(missing) == 0 {
			return out, nil
		}
		loaded, err := v.load(ctx, unique(missing))
		if err != nil {
			return nil, err
		}
		for _, k := range loaded {
			out[k.holder] = k
		}
		if v.cache.keep(loaded, asOf) {
			return out, nil
		} // a holder was erased meanwhile: what was read may be stale
	}
}

func unique(holders []id.ID) []id.ID {
	out := slices.Clone(holders)
	slices.SortFunc(out, func(a, b id.ID) int { return slices.Compare(a[:], b[:]) })
	return slices.Compact(out)
}

// load reads the keys of the holders, makes those that are not there, and unwraps all.
func (v *Vault) load(ctx context.Context, holders []id.ID) ([]*Keys, error) {
	rows, kept, err := v.readHolders(ctx, holders)
	if err != nil {
		return nil, err
	}
	if len(rows) < len(holders) {
		if err := v.create(ctx, holders, rows); err != nil {
			return nil, err
		}
		if rows, kept, err = v.readHolders(ctx, holders); err != nil {
			return nil, err
		}
	}
	out := make([]*Keys, 0, len(rows))
	for _, row := range rows {
		keys, err := v.unwrap(ctx, row)
		if err == nil && kept[row.holder] != nil {
			keys.kept, err = v.openKept(ctx, kept[row.holder])
		}
		if err != nil {
			return nil, fmt.Errorf("vault: keys of %s: %w", row.holder, err)
		}
		out = append(out, keys)
	}
	return out, nil
}

func (v *Vault) readHolders(ctx context.Context, holders []id.ID) ([]holderKeyRow, map[id.ID][]keptKeyRow, error) {
	var rows []holderKeyRow
	var kept map[id.ID][]keptKeyRow
	err := v.store.Read(ctx, func(r *store.Snapshot) error {
		rows, kept = make([]holderKeyRow, 0, len(holders)), map[id.ID][]keptKeyRow{}
		for _, h := range holders {
			one, err := readHolderKeys(r, holderKey, h)
			if err != nil {
				return err
			}
			rows = append(rows, one...)
			more, err := readKeptKeys(r, keptKeys, h)
			if err != nil {
				return err
			}
			if len(more) > 0 {
				kept[h] = more
			}
		}
		return nil
	})
	if err != nil {
		return nil, nil, fmt.Errorf("vault: read holders' keys: %w", err)
	}
	return rows, kept, nil
}

func (v *Vault) create(ctx context.Context, holders []id.ID, have []holderKeyRow) error {
	city, ok := v.ring.Load().primary(Holders, v.clock.Now())
	if !ok {
		return ErrCityKey
	}
	var stmts []store.Stmt
	for _, h := range holders {
		if slices.ContainsFunc(have, func(row holderKeyRow) bool { return row.holder == h }) {
			continue
		}
		wrapped, err := sealWith(city.cipher, newSecret(), boundHolderKey(h))
		if err != nil {
			return err
		}
		stmts = append(stmts, store.Stmt{Query: insertHolderKey, Args: []any{h, city.Number, wrapped}})
	}
	if err := v.store.Append(ctx, stmts...); err != nil {
		return fmt.Errorf("vault: keep new holders' keys: %w", err)
	}
	return nil
}

func boundHolderKey(h id.ID) []byte { return bind([]byte("posad holder key"), h[:]) }

func (v *Vault) unwrap(ctx context.Context, row holderKeyRow) (*Keys, error) {
	if row.wrapped == nil {
		return erasedKeys(row.holder), nil
	}
	secret, err := v.unwrapSecret(ctx, row)
	if err != nil {
		return nil, err
	}
	return newKeys(row.holder, secret)
}

func (v *Vault) unwrapSecret(ctx context.Context, row holderKeyRow) ([]byte, error) {
	return v.openWrapped(ctx, row, boundHolderKey(row.holder))
}

// openWrapped opens a secret that a city key of a number wraps.
func (v *Vault) openWrapped(ctx context.Context, row holderKeyRow, bound []byte) ([]byte, error) {
	city, ok := v.ring.Load().numbered(Holders, row.cityKey)
	if !ok { // another node has rotated, and the feed has not told yet
		if err := v.Reload(ctx); err != nil {
			return nil, err
		}
		if city, ok = v.ring.Load().numbered(Holders, row.cityKey); !ok {
			return nil, ErrCityKey
		}
	}
	return openWith(city.cipher, row.wrapped, bound)
}

// keyedSize is how many bytes of the HMAC a keyed value keeps, after one byte that tells the key.
const keyedSize = 19

// Keyed hashes a value for exact search in a space, for example "account.email". The same value in two spaces gives
// unlike results, so that columns cannot be joined. The caller normalises the value first: letter case, spaces, +7.
func (v *Vault) Keyed(space, value string) Keyed {
	key, ok := v.ring.Load().primary(Index, v.clock.Now())
	if !ok {
		return nil // Open has made the key
	}
	mac := hmac.New(sha256.New, key.Bytes)
	mac.Write(bind([]byte("posad keyed"), []byte(space), []byte(value)))
	return mac.Sum([]byte{byte(key.Number)})[:1+keyedSize]
}

// Secrets returns the city's keys of a purpose that signs or binds, newest first, retired and not yet started ones
// included. The caller keeps them out of logs and files.
func (v *Vault) Secrets(p Purpose) []Secret {
	return slices.Clone((*v.ring.Load())[p])
}

// Erase destroys the holder's key for ever, in the caller's Write. When it commits, nothing of the holder's opens on this
// node; the caller puts the holder into the feed in the same Write, so that other nodes call Forget.
func (v *Vault) Erase(tx *store.Tx, holder id.ID) error {
	if holder.IsZero() {
		return ErrHolder
	}
	if _, err := tx.Exec(eraseHolderKey, holder, tx.Now()); err != nil {
		return fmt.Errorf("vault: erase: %w", err)
	}
	tx.AfterCommit(func() { v.Forget(holder) })
	return nil
}

// Forget ends the keys of an erased holder in this node's memory: what is in use stops opening, and the next Keys reads
// the mark. The feed calls it for holders that were erased on other nodes.
func (v *Vault) Forget(holder id.ID) { v.cache.drop(holder) }
