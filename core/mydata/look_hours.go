package mydata

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"time"

	"posad.city/core/service"
	"posad.city/kit/id"
	"posad.city/kit/jobs"
	"posad.city/kit/journal"
	"posad.city/kit/lang"
	"posad.city/kit/store"
)

// EntryLooks is the kind of the city's own journal entries that sum the looks of an hour: how many there are and the hash of
// them all. Looks are never deleted or changed, so that the sum stays true, and the check of the public log names an hour
// whose looks are others by now.
const EntryLooks = "mydata.look_hour"

// How looks are summed.
const (
	jobLooks   = "mydata.look_hours"
	looksEvery = time.Hour
	looksAfter = 15 * time.Minute   // an hour is summed when it is over for so long: whatever was read in it is on record by then
	looksBack  = 7 * 24 * time.Hour // how far back hours are looked for that were not summed, after a start
)

// sumLooks enters the sum of each hour that is over and has looks. It may be done again.
func (m *Module) sumLooks(ctx context.Context, _ jobs.Job) error {
	ctx = store.Background(ctx)
	until := m.base.Clock.Now().UTC().Add(-looksAfter).Truncate(time.Hour)
	from := until.Add(-looksBack)
	if summed := time.Unix(m.summed.Load(), 0).UTC(); summed.After(from) {
		from = summed
	}
	for ; from.Before(until); from = from.Add(time.Hour) {
		if err := m.sumHour(ctx, from); err != nil {
			return fmt.Errorf("mydata: sum the looks of %s: %w", from.Format(time.RFC3339), err)
		}
		m.summed.Store(from.Add(time.Hour).Unix())
	}
	return nil
}

func (m *Module) sumHour(ctx context.Context, hour time.Time) error {
	object := id.Derived("looks of an hour", hour.Format(time.RFC3339))
	var sum store.LookSum
	var entered time.Time
	err := m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		var err error
		if entered, err = journal.Since(r, service.Account(), object, EntryLooks); err != nil || !entered.IsZero() {
			return err
		}
		sum, err = store.SumLooks(r, hour)
		return err
	})
	if err != nil || !entered.IsZero() || sum.Looks == 0 {
		return err
	}
	keys, err := m.base.Vault.Keys(ctx, service.Account())
	if err != nil {
		return err
	}
	text := func(key string) string { return m.base.Texts.Text(lang.Russian, "mydata.journal."+key) }
	ready, err := m.base.Journal.Prepare(keys, journal.Entry{Act: object, Kind: EntryLooks, Title: text("look_hour"), Object: object, Facts: []journal.Fact{
		{Name: "hour", Label: text("hour"), Value: hour.Format(time.RFC3339)},
		{Name: "count", Label: text("count"), Value: strconv.FormatInt(sum.Looks, 10)},
		{Name: "digest", Label: text("digest"), Value: hex.EncodeToString(sum.SHA256[:])},
	}})
	if err != nil {
		return err
	}
	err = m.base.Store.Write(ctx, func(tx *store.Tx) error {
		_, err := journal.Enter(tx, ready)
		return err
	})
	if errors.Is(err, store.ErrExists) { // another node was first
		return nil
	}
	return err
}

// subject has the public log's check sum the looks of each hour anew.
func (m *Module) subject() journal.Subject {
	return journal.Subject{Kinds: []string{EntryLooks}, Read: func(p *store.Personal, said journal.Said) (journal.Judge, error) {
		e := said.Last(EntryLooks)
		hour, err := time.Parse(time.RFC3339, e.Fact("hour"))
		if err != nil {
			return nil, nil // its row does not fit its leaf, which the check names
		}
		sum, err := store.SumLooks(p, hour)
		return func(context.Context) ([]journal.LogFault, error) {
			out := journal.Rows{Number: hour.Format(time.RFC3339), Entry: e}
			out.Same("look", "COUNT", strconv.FormatInt(sum.Looks, 10), e.Fact("count"))
			if len(out.Faults) == 0 {
				out.Same("look", "SHA-256", hex.EncodeToString(sum.SHA256[:]), e.Fact("digest"))
			}
			return out.Faults, nil
		}, err
	}}
}
