package feed

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"sync"
	"time"

	"posad.city/kit/clock"
	"posad.city/kit/id"
	"posad.city/kit/store"
)

//go:embed schema/*.sql
var schema embed.FS

// Migrations is the feed's schema, for the list in app.
var Migrations = store.Migrations{Module: "feed", Files: schema}

var (
	insertChange = store.NewQuery("feed.Insert", `INSERT INTO feed_change (at, id, topic, holder, object, version, key) VALUES ($1, $2, $3, $4, $5, $6, $7)`)
	changesSince = store.NewQuery("feed.Since", `SELECT at, id, topic, holder, object, version, key FROM feed_change WHERE at >= $1 ORDER BY at, id`)
	sweepChanges = store.NewQuery("feed.Sweep", `DELETE FROM feed_change WHERE (at, id) IN
 (SELECT at, id FROM feed_change WHERE at < $1 ORDER BY at, id LIMIT $2)`)
)

func insert(tx *store.Tx, c Change) error {
	_, err := tx.Exec(insertChange, c.at, c.id, c.Topic, c.Holder, c.Object, c.Version, c.Key)
	return err
}

// Poll reads the feed now and tells the subscribers what is new.
func (f *Feed) Poll(ctx context.Context) error {
	f.polling.Lock()
	defer f.polling.Unlock()
	since := clock.Measure() // before the snapshot: what is true of it is true of this moment
	var fresh []Change
	var now time.Time
	gap := false
	err := f.st.Read(ctx, func(r *store.Snapshot) error {
		fresh, now = fresh[:0], r.Now()
		gap = !f.upTo.IsZero() && now.Sub(f.upTo) > gapMost
		return r.Query(changesSince, func(row *store.Row) error {
			if _, told := f.seen.Load(row.ID(1)); !told {
				fresh = append(fresh, Change{at: row.Time(0), id: row.ID(1), Topic: row.Text(2), Holder: row.ID(3), Object: row.ID(4), Version: row.Int(5), Key: row.Text(6)})
			}
			return nil
		}, f.from(now))
	})
	if err != nil {
		return fmt.Errorf("feed: poll: %w", err)
	}
	if gap {
		f.forgetAll()
	}
	for _, c := range fresh {
		f.tell(c)
	}
	f.upTo = now
	f.polls++
	f.read.Store(&since)
	if f.polls%deepEvery == 0 {
		f.forgetTold(now.Add(-2 * deep))
	}
	return nil
}

// from decides how far back to read: over the overlap before the last good read, and now and then much further.
func (f *Feed) from(now time.Time) time.Time {
	if f.upTo.IsZero() || f.polls%deepEvery == 0 {
		return earlier(now, f.upTo).Add(-deep)
	}
	return earlier(now, f.upTo).Add(-overlap)
}

func earlier(now, upTo time.Time) time.Time {
	if upTo.IsZero() || now.Before(upTo) || now.Sub(upTo) > gapMost {
		return now
	}
	return upTo
}

// forgetTold drops the IDs of changes that no read will reach again.
func (f *Feed) forgetTold(before time.Time) {
	f.seen.Range(func(key, at any) bool {
		if at.(time.Time).Before(before) {
			f.seen.Delete(key.(id.ID))
		}
		return true
	})
}

const sweepChunk = 500

// Sweep removes changes that are older than a day, in short Writes. Start has it done every hour.
func (f *Feed) Sweep(ctx context.Context) error {
	for {
		var n int64
		err := f.st.Write(store.Background(ctx), func(tx *store.Tx) error {
			rows, err := tx.Exec(sweepChanges, tx.Now().Add(-kept), sweepChunk)
			n = rows
			return err
		})
		if err != nil {
			return fmt.Errorf("feed: sweep: %w", err)
		}
		if n < sweepChunk {
			return nil
		}
	}
}

// life is what Start began and Stop ends.
type life struct {
	stop  context.CancelFunc
	loops sync.WaitGroup
}

// Start reads the feed once, so that the node is fresh when it returns, and then every half second.
func (f *Feed) Start(ctx context.Context) error {
	if err := f.Poll(ctx); err != nil {
		return err
	}
	base, stop := context.WithCancel(context.WithoutCancel(ctx))
	f.life.stop = stop
	f.life.loops.Go(func() { f.every(base, pollEvery, "read", f.Poll) })
	f.life.loops.Go(func() { f.every(base, time.Hour, "sweep", f.Sweep) })
	return nil
}

// Stop ends reading. Local changes are still told.
func (f *Feed) Stop() {
	if f.life.stop != nil {
		f.life.stop()
		f.life.loops.Wait()
	}
}

func (f *Feed) every(ctx context.Context, interval time.Duration, what string, do func(context.Context) error) {
	tick := time.NewTicker(interval)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if err := do(ctx); err != nil && !errors.Is(err, context.Canceled) {
			f.log.Error("feed: "+what+" failed; caches are not trusted until it works again", "error", err)
		}
	}
}
