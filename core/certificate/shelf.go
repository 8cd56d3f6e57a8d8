package certificate

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"posad.city/core/certificate/internal/store"
	"posad.city/core/certificate/internal/trust"
	"posad.city/kit/store"
)

// shelf keeps lists of revoked certificates in the database, for every node.
type shelf struct{ m *Module }

func (s shelf) Info(ctx context.Context, address string) (trust.Info, bool, error) {
	var row certificatedb.RevocationList
	err := s.m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		var err error
		row, err = certificatedb.ListByAddress(r, address)
		return err
	})
	if errors.Is(err, store.ErrNone) {
		return trust.Info{}, false, nil
	}
	if err != nil {
		return trust.Info{}, false, fmt.Errorf("certificate: list: %w", err)
	}
	return infoOf(row), true, nil
}

func infoOf(row certificatedb.RevocationList) trust.Info {
	return trust.Info{
		Address: row.Address, Issuer: row.Issuer, Number: row.Number, This: row.ThisUpdate, Next: row.NextUpdate, Count: int(row.Entries),
		Fetched: row.Fetched, Tried: row.Tried, Fault: row.Fault,
	}
}

func (s shelf) Load(ctx context.Context, address string) ([]byte, error) {
	var body []byte
	err := s.m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		var err error
		body, err = certificatedb.BodyByAddress(r, address)
		return err
	})
	if errors.Is(err, store.ErrNone) {
		return nil, fs.ErrNotExist
	}
	if err != nil {
		return nil, fmt.Errorf("certificate: list: %w", err)
	}
	return body, nil
}

func (s shelf) Save(ctx context.Context, info trust.Info, list []byte) error {
	err := s.m.base.Store.Write(store.Background(ctx), func(tx *store.Tx) error {
		if list == nil {
			return certificatedb.PutFailure(tx, info.Address, info.Tried, info.Fault)
		}
		if err := certificatedb.PutBody(tx, info.Address, list); err != nil {
			return err
		}
		return certificatedb.PutList(tx, certificatedb.PutListParams{
			Address: info.Address, Issuer: info.Issuer, Number: info.Number, ThisUpdate: info.This, NextUpdate: info.Next,
			Entries: int64(info.Count), Fetched: info.Fetched,
		})
	})
	if err != nil {
		return fmt.Errorf("certificate: keep a list: %w", err)
	}
	return nil
}

// Used notes the day on which a list was asked for. A note that is there already costs a read alone.
func (s shelf) Used(ctx context.Context, address string) error {
	now := s.m.base.Clock.Now()
	before := now.Add(-24 * time.Hour)
	var row certificatedb.RevocationList
	err := s.m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		var err error
		row, err = certificatedb.ListByAddress(r, address)
		return err
	})
	if err != nil || row.Asked.After(before) {
		return err
	}
	return s.m.base.Store.Append(ctx, certificatedb.AskedListStmt(now, address, before))
}

func (s shelf) Known(ctx context.Context) ([]trust.Info, error) {
	var rows []certificatedb.RevocationList
	err := s.m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		var err error
		rows, err = certificatedb.Lists(r)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("certificate: lists: %w", err)
	}
	out := make([]trust.Info, len(rows))
	for i, row := range rows {
		out[i] = infoOf(row)
	}
	return out, nil
}
