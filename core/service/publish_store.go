package service

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"posad.city/core/agency"
	"posad.city/core/service/internal/store"
	"posad.city/kit/id"
	"posad.city/kit/store"
)

// versionsMost bounds how many old versions a node keeps open for cases that began under them.
const versionsMost = 8

// largestVersion bounds the canonical form of a stored version, so that a damaged row can't exhaust memory.
const largestVersion = 64 << 20

// versions are opened versions by hash, the longest unused forgotten first.
type versions struct {
	mutex sync.Mutex
	kept  map[Hash]*keptVersion
	tick  int64
}

type keptVersion struct {
	open sync.Mutex // held while the version is being opened, so that it is opened once
	city *City
	used int64
}

// take finds the place of a version and forgets the longest unused one when there are too many.
func (v *versions) take(hash Hash) *keptVersion {
	v.mutex.Lock()
	defer v.mutex.Unlock()
	v.tick++
	kept, ok := v.kept[hash]
	if !ok {
		for len(v.kept) >= versionsMost {
			v.forgetOldest()
		}
		kept = &keptVersion{}
		v.kept[hash] = kept
	}
	kept.used = v.tick
	return kept
}

func (v *versions) forgetOldest() {
	var oldest Hash
	for hash, kept := range v.kept {
		if oldest == "" || kept.used < v.kept[oldest].used {
			oldest = hash
		}
	}
	delete(v.kept, oldest)
}

// Version is a published version by its hash, current or old; ErrOld when it was never published here. Opening one takes
// a few hundred milliseconds the first time; a few of them stay open.
func (m *Module) Version(ctx context.Context, hash Hash) (*City, error) {
	if c := m.Current(); c != nil && c.Hash() == hash {
		return c, nil
	}
	kept := m.versions.take(hash)
	kept.open.Lock()
	defer kept.open.Unlock()
	if kept.city == nil {
		city, err := m.openVersion(ctx, hash)
		if err != nil {
			return nil, err
		}
		kept.city = city
	}
	return kept.city, nil
}

func (m *Module) openVersion(ctx context.Context, hash Hash) (*City, error) {
	var row servicedb.CityVersion
	err := m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		var err error
		row, err = servicedb.VersionByHash(r, string(hash))
		return err
	})
	if errors.Is(err, store.ErrNone) {
		return nil, ErrOld.Because(err)
	}
	if err != nil {
		return nil, err
	}
	content, err := unpack(row.Content, row.Length)
	if err != nil {
		return nil, err
	}
	city, err := Open(content)
	if err != nil {
		return nil, err
	}
	if city.Hash() != hash {
		return nil, fmt.Errorf("%w: the bytes kept as %s are those of %s", ErrVersion, hash, city.Hash())
	}
	return city, nil
}

// Refresh makes this node serve the version that the store names current. Start and the feed call it; tests may.
func (m *Module) Refresh(ctx context.Context) error {
	var last servicedb.CitySwitch
	err := m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		var err error
		last, err = servicedb.LastSwitch(r)
		return err
	})
	if errors.Is(err, store.ErrNone) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("service: current version: %w", err)
	}
	if now := m.current.Load(); now != nil && now.number >= last.Number {
		return nil
	}
	city, err := m.Version(ctx, Hash(last.Hash))
	if err != nil {
		return fmt.Errorf("service: open the current version: %w", err)
	}
	return m.show(city, last.Number, last.Tree)
}

// show switches this node, unless it serves a later version already: the index first, so that nothing is shown that
// can't be found.
func (m *Module) show(city *City, number int64, tree string) error {
	next := &shown{city: city, number: number, tree: tree, byID: map[id.ID]*Agency{}, hero: m.heroOf(city), style: brandStyle(city.Profile.Brand.Tokens)}
	for i := range city.Agencies {
		next.byID[agency.ID(city.Agencies[i].Key)] = &city.Agencies[i]
	}
	m.switches.Lock()
	defer m.switches.Unlock()
	if now := m.current.Load(); now != nil && now.number >= number {
		return nil
	}
	if err := m.index.Replace(documents(city), groupsOf(city)); err != nil {
		return fmt.Errorf("service: search index: %w", err)
	}
	m.current.Store(next)
	m.base.Log.Info("service: the city is switched", "version", string(city.Hash()), "number", number, "services", len(city.Services))
	return nil
}

// nudge has the store asked for the current version; it neither waits nor does I/O.
func (m *Module) nudge() {
	select {
	case m.wake <- struct{}{}:
	default:
	}
}

// follow switches whenever the feed says so. A version that can't be opened leaves the old one in place, loudly, and is
// tried again.
func (m *Module) follow(ctx context.Context) {
	retry := time.NewTicker(30 * time.Second)
	defer retry.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-m.wake:
		case <-retry.C:
		}
		if err := m.Refresh(ctx); err != nil && ctx.Err() == nil {
			m.base.Log.Error("service: the city could not be switched; the version before stays", "error", err)
		}
	}
}

func pack(content []byte) ([]byte, error) {
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	if _, err := w.Write(content); err != nil {
		return nil, fmt.Errorf("service: pack: %w", err)
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("service: pack: %w", err)
	}
	return out.Bytes(), nil
}

func unpack(packed []byte, length int64) ([]byte, error) {
	r, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrVersion, err)
	}
	content, err := io.ReadAll(io.LimitReader(r, largestVersion))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrVersion, err)
	}
	if int64(len(content)) != length {
		return nil, fmt.Errorf("%w: %d bytes instead of %d", ErrVersion, len(content), length)
	}
	return content, nil
}
