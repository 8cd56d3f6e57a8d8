package vault

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/tink-crypto/tink-go/v2/tink"

	"posad.city/kit/id"
	"posad.city/kit/store"
)

// formatKept is the first byte of what is sealed by a kept key; two bytes of the year follow. No stream of tink begins
// with it: those begin with the length of their header, 40.
const formatKept = 2

// keptHead is how many bytes stand before what the kept key itself has sealed.
const keptHead = 3

// keptKey is one kept key, open.
type keptKey struct {
	cipher tink.AEAD
	stream []byte
}

// Bounds of a kept key's year: what fits in its two bytes and is a year.
const (
	yearLeast = 1
	yearMost  = 9998
)

// ErrYear says that a year is out of bounds.
var ErrYear = errors.New("vault: a kept key needs a year from 1 to 9998")

var (
	keptKeys = store.NewQuery("vault.KeptKeys",
		`SELECT holder, city_key, wrapped, year FROM kept_key WHERE holder = $1 ORDER BY year`)
	insertKeptKey = store.NewQuery("vault.InsertKeptKey",
		`INSERT INTO kept_key (holder, year, city_key, wrapped, destroyed) VALUES ($1, $2, $3, $4, NULL) ON CONFLICT (holder, year) DO NOTHING`)
	keptKeysBefore = store.NewQuery("vault.KeptKeysBefore",
		`SELECT holder, city_key, wrapped, year FROM kept_key WHERE city_key < $1 AND wrapped IS NOT NULL ORDER BY city_key, holder, year LIMIT $2`)
	keptKeysUnder = store.NewQuery("vault.KeptKeysUnder",
		`SELECT holder FROM kept_key WHERE city_key = $1 AND wrapped IS NOT NULL LIMIT 1`)
	rewrapKeptKey = store.NewQuery("vault.RewrapKeptKey",
		`UPDATE kept_key SET city_key = $1, wrapped = $2 WHERE holder = $3 AND city_key = $4 AND year = $5 AND wrapped IS NOT NULL`)
	keptKeysOver = store.NewQuery("vault.KeptKeysOver",
		`SELECT holder, city_key, wrapped, year FROM kept_key WHERE year < $1 AND wrapped IS NOT NULL ORDER BY year, holder LIMIT $2`)
	destroyKeptKey = store.NewQuery("vault.DestroyKeptKey",
		`UPDATE kept_key SET city_key = 0, wrapped = NULL, destroyed = $1 WHERE holder = $2 AND year = $3 AND wrapped IS NOT NULL`)
)

type keptKeyRow struct {
	holderKeyRow
	year int64
}

func readKeptKeys(r store.Reader, q *store.Query, args ...any) ([]keptKeyRow, error) {
	var out []keptKeyRow
	err := r.Query(q, func(row *store.Row) error {
		out = append(out, keptKeyRow{holderKeyRow{holder: row.ID(0), cityKey: row.Int(1), wrapped: row.Bytes(2)}, row.Int(3)})
		return nil
	}, args...)
	return out, err
}

func boundKeptKey(h id.ID, year int64) []byte {
	return bind([]byte("posad kept key"), h[:], fmt.Append(nil, year))
}

// MakeKept makes the holder's kept keys of the years, in a write of its own; those that are there stay. What such a key
// seals can be read until Expire destroys it after the end of its year, whatever becomes of the holder's own key. The
// caller puts the holder into the feed, so that other nodes call Refresh.
func (v *Vault) MakeKept(ctx context.Context, holder id.ID, years ...int) error {
	if holder.IsZero() {
		return ErrHolder
	}
	city, ok := v.ring.Load().primary(Holders, v.clock.Now())
	if !ok {
		return ErrCityKey
	}
	var stmts []store.Stmt
	for _, year := range years {
		if year < yearLeast || year > yearMost {
			return ErrYear
		}
		wrapped, err := sealWith(city.cipher, newSecret(), boundKeptKey(holder, int64(year)))
		if err != nil {
			return err
		}
		stmts = append(stmts, store.Stmt{Query: insertKeptKey, Args: []any{holder, int64(year), city.Number, wrapped}})
	}
	if len(stmts) == 0 {
		return nil
	}
	if err := v.store.Append(ctx, stmts...); err != nil {
		return fmt.Errorf("vault: make kept keys: %w", err)
	}
	v.Refresh(holder)
	return nil
}

// Refresh has the next Keys of the holder read the database: its kept keys have changed. What is in somebody's hands
// stays good.
func (v *Vault) Refresh(holder id.ID) { v.cache.refresh(holder) }

// RefreshAll is Refresh for everybody: this node may have missed what others erased.
func (v *Vault) RefreshAll() { v.cache.clear() }

// Expire destroys kept keys of years that are over, at most limit of them, and tells whose: what they sealed can't be
// read any more. The caller puts the holders into the feed, so that other nodes call Forget. Call it until it gives none.
func (v *Vault) Expire(ctx context.Context, now time.Time, limit int) ([]id.ID, error) {
	var rows []keptKeyRow
	err := v.store.Read(ctx, func(r *store.Snapshot) error {
		var err error
		rows, err = readKeptKeys(r, keptKeysOver, int64(now.Year()), limit)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("vault: expire: %w", err)
	}
	var stmts []store.Stmt
	var holders []id.ID
	for _, row := range rows {
		stmts = append(stmts, store.Stmt{Query: destroyKeptKey, Args: []any{now, row.holder, row.year}})
		holders = append(holders, row.holder)
	}
	if len(stmts) == 0 {
		return nil, nil
	}
	if err := v.store.Append(ctx, stmts...); err != nil {
		return nil, fmt.Errorf("vault: expire: %w", err)
	}
	holders = unique(holders)
	for _, h := range holders {
		v.Forget(h)
	}
	return holders, nil
}

// Erased tells when the holder's own key was destroyed; the zero time: it was not.
func (v *Vault) Erased(ctx context.Context, holder id.ID) (time.Time, error) {
	var out time.Time
	err := v.store.Read(ctx, func(r *store.Snapshot) error {
		return r.Query(erasedAt, func(row *store.Row) error { out = row.Time(0); return nil }, holder)
	})
	if err != nil {
		return time.Time{}, fmt.Errorf("vault: erased: %w", err)
	}
	return out, nil
}

var erasedAt = store.NewQuery("vault.ErasedAt", `SELECT erased FROM holder_key WHERE holder = $1`)

// openKept opens the holder's kept keys that were read.
func (v *Vault) openKept(ctx context.Context, rows []keptKeyRow) (map[int]keptKey, error) {
	var out map[int]keptKey
	for _, row := range rows {
		if row.wrapped == nil {
			continue
		}
		secret, err := v.openWrapped(ctx, row.holderKeyRow, boundKeptKey(row.holder, row.year))
		if err != nil {
			return nil, err
		}
		one, err := newKept(secret)
		if err != nil {
			return nil, err
		}
		if out == nil {
			out = map[int]keptKey{}
		}
		out[int(row.year)] = one
	}
	return out, nil
}

func newKept(secret []byte) (keptKey, error) {
	root, err := derive(secret, "kept values")
	if err != nil {
		return keptKey{}, err
	}
	cipher, err := newCipher(root)
	if err != nil {
		return keptKey{}, err
	}
	stream, err := derive(secret, "kept streams")
	return keptKey{cipher: cipher, stream: stream}, err
}

func keptMark(year int) []byte {
	return binary.BigEndian.AppendUint16([]byte{formatKept}, uint16(year)) //nolint:gosec // MakeKept bounds it
}

// yearOf tells the year of a value sealed by a kept key; false: it is sealed by the holder's own.
func yearOf(sealed []byte) (int, bool) {
	if len(sealed) < keptHead || sealed[0] != formatKept {
		return 0, false
	}
	return int(binary.BigEndian.Uint16(sealed[1:])), true
}

// SealKept seals a value by the kept key of a year, which MakeKept has made. Open opens it like any other. Errors:
// ErrErased when there is no such key.
func (k *Keys) SealKept(year int, table, column string, plain []byte) (Sealed, error) {
	kept, ok := k.kept[year]
	if !ok {
		return nil, ErrErased
	}
	out, err := sealWith(kept.cipher, plain, k.boundYear(year, table, column))
	if err != nil {
		return nil, err
	}
	return append(keptMark(year), out...), nil
}

func (k *Keys) openKept(year int, table, column string, sealed Sealed) ([]byte, error) {
	kept, ok := k.kept[year]
	if !ok || k.gone.Load() {
		return nil, ErrErased
	}
	plain, err := openWith(kept.cipher, sealed[keptHead:], k.boundYear(year, table, column))
	if err != nil {
		return nil, fmt.Errorf("%s.%s: %w", table, column, err)
	}
	return plain, nil
}

func (k *Keys) boundYear(year int, table, column string) []byte {
	return bind([]byte("posad kept value"), []byte(table), []byte(column), k.holder[:], keptMark(year))
}

// SealStreamKept is SealStream by the kept key of a year; OpenStream opens it like any other.
func (k *Keys) SealStreamKept(w io.Writer, year int, space, name string) (io.WriteCloser, error) {
	kept, ok := k.kept[year]
	if !ok {
		return nil, ErrErased
	}
	cipher, err := newStream(kept.stream)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(keptMark(year)); err != nil {
		return nil, fmt.Errorf("vault: seal a stream: %w", err)
	}
	out, err := cipher.NewEncryptingWriter(w, k.keptStreamBound(year, space, name))
	if err != nil {
		return nil, fmt.Errorf("vault: seal a stream: %w", err)
	}
	return out, nil
}

func (k *Keys) keptStreamBound(year int, space, name string) []byte {
	return bind([]byte("posad kept stream"), []byte(space), []byte(name), k.holder[:], keptMark(year))
}

// openKeptStream reads what SealStreamKept wrote, its mark taken off already.
func (k *Keys) openKeptStream(r io.Reader, year int, space, name string) (io.Reader, error) {
	kept, ok := k.kept[year]
	if !ok || k.gone.Load() {
		return nil, ErrErased
	}
	cipher, err := newStream(kept.stream)
	if err != nil {
		return nil, err
	}
	out, err := cipher.NewDecryptingReader(r, k.keptStreamBound(year, space, name))
	if err != nil {
		return nil, ErrOpen
	}
	return openedStream{reader: out, ended: &k.gone}, nil
}

// peekMark takes the first bytes off a stream and tells the year when they are a kept key's mark. The reader that it
// returns gives what has not been taken off.
func peekMark(r io.Reader) (int, bool, io.Reader, error) {
	head := make([]byte, keptHead)
	n, err := io.ReadFull(r, head)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
		return 0, false, nil, fmt.Errorf("vault: open a stream: %w", err)
	}
	if year, kept := yearOf(head[:n]); kept {
		return year, true, r, nil
	}
	return 0, false, io.MultiReader(bytes.NewReader(head[:n]), r), nil
}

// KeptStream tells whether a sealed stream that begins so is sealed by a kept key already.
func KeptStream(head []byte) bool {
	_, kept := yearOf(head)
	return kept
}
