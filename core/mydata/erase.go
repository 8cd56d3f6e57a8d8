package mydata

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"posad.city/core/account"
	"posad.city/core/module"
	"posad.city/core/mydata/internal/store"
	"posad.city/kit/act"
	"posad.city/kit/calendar"
	"posad.city/kit/feed"
	"posad.city/kit/id"
	"posad.city/kit/jobs"
	"posad.city/kit/journal"
	"posad.city/kit/lang"
	"posad.city/kit/store"
	"posad.city/kit/vault"
)

// ErasureState is how far a wish to be erased is.
type ErasureState string

// The states of an erasure.
const (
	ErasureWaiting   ErasureState = "waiting" // it cools off, or waits for what has to end first
	ErasureCancelled ErasureState = "cancelled"
	ErasureRunning   ErasureState = "running"
	ErasureDone      ErasureState = "done"
)

// Erasure is a person's wish that their data be deleted.
type Erasure struct {
	ID     id.ID
	Person id.ID
	Also   []id.ID
	State  ErasureState
	Asked  time.Time
	Due    time.Time // not before
	Held   time.Time // since when something makes it wait beyond that; zero: nothing does
	Ended  time.Time
}

func erasureOf(row mydatadb.Erasure) (Erasure, error) {
	out := Erasure{ID: row.ID, Person: row.Person, State: ErasureState(row.State), Asked: row.Asked, Due: row.Due, Held: row.Held, Ended: row.Ended}
	if err := json.Unmarshal([]byte(row.Also), &out.Also); err != nil {
		return out, fmt.Errorf("mydata: an erasure's persons: %w", err)
	}
	return out, nil
}

func (e Erasure) persons() []id.ID { return append([]id.ID{e.Person}, e.Also...) }

const lookErasure = "mydata.look.data"

// Erasing is the person's wish that waits or runs; false: there is none.
func (m *Module) Erasing(ctx context.Context, a act.Act, person id.ID) (Erasure, bool, error) {
	var rows []mydatadb.Erasure
	err := m.base.Store.Look(ctx, a, lookErasure, func(p *store.Personal) error {
		var err error
		rows, err = mydatadb.ErasuresOf(p, person, 1)
		return err
	})
	if err != nil || len(rows) == 0 {
		return Erasure{}, false, err
	}
	one, err := erasureOf(rows[0])
	return one, one.State == ErasureWaiting || one.State == ErasureRunning, err
}

// AskErasure notes the act's person's wish to be erased after CoolingOff, and tells them by every channel. ErrAsked when
// there is one already.
func (m *Module) AskErasure(ctx context.Context, a act.Act, also []id.ID) (Erasure, error) {
	if also == nil {
		also = []id.ID{}
	}
	text, err := json.Marshal(also)
	if err != nil {
		return Erasure{}, fmt.Errorf("mydata: an erasure's persons: %w", err)
	}
	now := m.base.Clock.Now()
	out := Erasure{ID: id.New(now), Person: a.Actor.Person, Also: also, State: ErasureWaiting, Asked: now, Due: now.Add(CoolingOff)}
	words, err := m.word(ctx, out, "asked")
	if err != nil {
		return Erasure{}, err
	}
	err = m.base.Store.WriteAs(ctx, a, func(tx *store.Tx) error {
		rows, err := mydatadb.ErasuresOf(tx.As(a, lookErasure), out.Person, 1)
		if err != nil {
			return err
		}
		if len(rows) > 0 && slices.Contains([]ErasureState{ErasureWaiting, ErasureRunning}, ErasureState(rows[0].State)) {
			return ErrAsked
		}
		err = mydatadb.InsertErasure(tx, mydatadb.InsertErasureParams{Person: out.Person, ID: out.ID, Also: string(text), Asked: out.Asked, Due: out.Due})
		if err != nil {
			return err
		}
		return errors.Join(words(tx),
			m.base.Jobs.Put(tx, jobs.New{Handler: jobRemind, Holder: out.Person, Object: out.ID, At: out.Due.Add(-Reminder)}),
			m.base.Jobs.Put(tx, jobs.New{Handler: jobErase, Holder: out.Person, Object: out.ID, At: out.Due}))
	})
	if err != nil {
		return Erasure{}, fmt.Errorf("mydata: ask to be erased: %w", err)
	}
	return out, nil
}

// word prepares what the person is told of an erasure.
func (m *Module) word(ctx context.Context, e Erasure, what string) (func(*store.Tx) error, error) {
	return m.deps.Words.PrepareWord(ctx, account.Word{
		Person: e.Person, Key: "mydata.erasure_" + what + "/" + e.ID.String(), Kind: "mydata.word.erasure_" + what, Path: "/account/data/delete",
		Params: map[string]any{"due": calendar.DateOf(e.Due, m.deps.Zone())},
	})
}

// CancelErasure takes the act's person's wish back. ErrNone when there is none, ErrBegun when it is being carried out.
func (m *Module) CancelErasure(ctx context.Context, a act.Act) error {
	one, open, err := m.Erasing(ctx, a, a.Actor.Person)
	if err != nil {
		return err
	}
	if !open {
		return ErrNone
	}
	words, err := m.word(ctx, one, "cancelled")
	if err != nil {
		return err
	}
	err = m.base.Store.WriteAs(ctx, a, func(tx *store.Tx) error {
		n, err := mydatadb.CancelErasure(tx, tx.Now(), one.Person, one.ID)
		if err != nil {
			return err
		}
		if n == 0 {
			return ErrBegun
		}
		return words(tx)
	})
	if err != nil {
		return fmt.Errorf("mydata: cancel an erasure: %w", err)
	}
	return nil
}

func (m *Module) erasure(ctx context.Context, person, which id.ID) (Erasure, error) {
	var row mydatadb.Erasure
	err := m.base.Store.Look(ctx, m.system(), lookErasure, func(p *store.Personal) error {
		var err error
		row, err = mydatadb.ErasureByID(p, person, which)
		return err
	})
	if err != nil {
		return Erasure{}, fmt.Errorf("mydata: an erasure: %w", err)
	}
	return erasureOf(row)
}

// remind tells the person once more, the day before.
func (m *Module) remind(ctx context.Context, j jobs.Job) error {
	one, err := m.erasure(ctx, j.Holder, j.Object)
	if err != nil || one.State != ErasureWaiting {
		return err
	}
	words, err := m.word(ctx, one, "near")
	if err != nil {
		return err
	}
	return m.base.Store.Write(store.Background(ctx), func(tx *store.Tx) error { return errors.Join(words(tx), m.base.Jobs.Done(tx, j)) })
}

// waitAgain is how long an erasure that has to wait is left alone.
const waitAgain = 24 * time.Hour

// erase is the job: after the cooling-off it waits for what has to end first, and then carries the wish out.
func (m *Module) erase(ctx context.Context, j jobs.Job) error {
	one, err := m.erasure(ctx, j.Holder, j.Object)
	if err != nil {
		return err
	}
	if one.State != ErasureWaiting && one.State != ErasureRunning {
		return nil
	}
	if left := one.Due.Sub(m.base.Clock.Now()); left > 0 {
		return jobs.Later(left)
	}
	if one.State == ErasureWaiting {
		waits, err := m.mustWait(ctx, one)
		if err != nil {
			return err
		}
		if waits {
			return jobs.Later(waitAgain)
		}
	}
	for _, person := range one.persons() {
		if err := m.eraseOne(ctx, person, false); err != nil {
			return err
		}
	}
	return m.base.Store.Write(store.Background(ctx), func(tx *store.Tx) error {
		if _, err := mydatadb.FinishErasure(tx, tx.Now(), one.Person, one.ID); err != nil {
			return err
		}
		return m.base.Jobs.Done(tx, j)
	})
}

// mustWait tells whether something has to end first, notes it, and otherwise notes that the erasure runs: from then on it
// can't be cancelled.
func (m *Module) mustWait(ctx context.Context, one Erasure) (bool, error) {
	waits := false
	for _, person := range one.persons() {
		stays, err := m.stays(ctx, person)
		if err != nil {
			return false, err
		}
		waits = waits || slices.ContainsFunc(stays, func(s module.Stay) bool { return s.Law.Waits() })
	}
	return waits, m.base.Store.Write(store.Background(ctx), func(tx *store.Tx) error {
		if waits {
			_, err := mydatadb.HoldErasure(tx, tx.Now(), one.Person, one.ID)
			return err
		}
		n, err := mydatadb.RunErasure(tx, one.Person, one.ID)
		if err == nil && n == 0 {
			return errCancelled
		}
		return err
	})
}

// errCancelled says that the person has cancelled at the last moment; the next run sees it and ends.
var errCancelled = errors.New("mydata: the erasure was cancelled meanwhile")

func (m *Module) stays(ctx context.Context, person id.ID) ([]module.Stay, error) {
	var out []module.Stay
	for _, source := range m.deps.Sources {
		some, err := source.Data.Stays(ctx, person)
		if err != nil {
			return nil, fmt.Errorf("mydata: what stays of %s: %w", source.Name, err)
		}
		out = append(out, some...)
	}
	return out, nil
}

// until is the year at whose end something that stays goes: the law's full years count from the year after.
func (m *Module) until(s module.Stay) int {
	return s.Since.In(m.deps.Zone()).Year() + m.deps.years(s.Law)
}

// eraseOne erases one person. Every step may be repeated. again: they were erased before and a restored backup has brought
// them back, so that nothing is waited for, and what is open there stays as if it had ended today.
func (m *Module) eraseOne(ctx context.Context, person id.ID, again bool) error {
	ctx = store.Background(ctx)
	if at, err := m.base.Vault.Erased(ctx, person); err != nil || !at.IsZero() {
		return err
	}
	stays, err := m.stays(ctx, person)
	if err != nil {
		return err
	}
	if again {
		m.asEnded(stays)
	}
	if err := m.keep(ctx, person, stays); err != nil {
		return err
	}
	holders, err := m.holders(ctx, person)
	if err != nil {
		return err
	}
	for _, source := range m.deps.Sources {
		if err := source.Data.Forget(ctx, person); err != nil && !(again && errors.Is(err, vault.ErrErased)) {
			return fmt.Errorf("mydata: %s forgets: %w", source.Name, err)
		}
	}
	if err := m.list.add(m.base.Clock.Now(), person); err != nil {
		return err
	}
	return m.destroy(ctx, person, holders)
}

// asEnded has what would be waited for kept as decided today.
func (m *Module) asEnded(stays []module.Stay) {
	for i := range stays {
		if stays[i].Law.Waits() {
			stays[i].Law, stays[i].Since = module.LawDecision, m.base.Clock.Now()
		}
	}
}

// keep seals anew, by kept keys, what must outlive the person's own.
func (m *Module) keep(ctx context.Context, person id.ID, stays []module.Stay) error {
	var years []int
	var rows []vault.Rows
	for _, s := range stays {
		if len(s.Rows)+len(s.Blobs) == 0 {
			continue
		}
		year := m.until(s)
		years = append(years, year)
		for _, r := range s.Rows {
			r.Year = year
			rows = append(rows, r)
		}
	}
	if len(years) == 0 {
		return nil
	}
	slices.Sort(years)
	if err := m.base.Vault.MakeKept(ctx, person, slices.Compact(years)...); err != nil {
		return err
	}
	if err := m.announce(ctx, changeKept, person); err != nil {
		return err
	}
	if _, err := m.base.Vault.Keep(ctx, person, rows); err != nil {
		return err
	}
	keys, err := m.base.Vault.Keys(ctx, person)
	if err != nil {
		return err
	}
	for _, s := range stays {
		for _, blob := range s.Blobs {
			if err := m.base.Blobs.Keep(ctx, keys, blob, m.until(s)); err != nil {
				return err
			}
		}
	}
	return nil
}

func (m *Module) holders(ctx context.Context, person id.ID) ([]id.ID, error) {
	out := []id.ID{person}
	for _, source := range m.deps.Sources {
		some, err := source.Data.Holders(ctx, person)
		if err != nil {
			return nil, fmt.Errorf("mydata: keys of %s: %w", source.Name, err)
		}
		out = append(out, some...)
	}
	return out, nil
}

// cityHolder is in whose account the journal's entries of erasures lie: the erased person's own could never be opened.
var cityHolder = id.Derived("holder", "erasures of the city")

// destroy destroys the keys, enters the erasure on the journal, and announces it.
func (m *Module) destroy(ctx context.Context, person id.ID, holders []id.ID) error {
	keys, err := m.base.Vault.Keys(ctx, cityHolder)
	if err != nil {
		return err
	}
	ready, err := m.base.Journal.Prepare(keys, journal.Entry{
		Act: id.New(m.base.Clock.Now()), Kind: EventErased, Title: m.base.Texts.Text(lang.Russian, "mydata.journal.erased"), Object: person,
	})
	if err != nil {
		return fmt.Errorf("mydata: enter an erasure: %w", err)
	}
	for i := len(holders) - 1; i >= 0; i-- { // the person's own key goes last: it is what says that all is done
		holder := holders[i]
		err := m.base.Store.Write(ctx, func(tx *store.Tx) error {
			if err := m.base.Vault.Erase(tx, holder); err != nil {
				return err
			}
			if holder == person {
				if _, err := journal.Enter(tx, ready); err != nil {
					return err
				}
				if err := m.base.Jobs.Emit(tx, jobs.Event{Name: EventErased, Holder: person, Object: person}); err != nil {
					return err
				}
			}
			return m.base.Feed.Publish(tx, feed.Change{Topic: TopicErased, Holder: holder, Object: person, Version: changeErased})
		})
		if err != nil {
			return fmt.Errorf("mydata: destroy keys: %w", err)
		}
	}
	return nil
}

// eraseAgain erases everybody on the erasure list whose key is there: a backup of before was restored.
func (m *Module) eraseAgain(ctx context.Context) error {
	people, bad, err := m.list.read()
	if err != nil {
		return err
	}
	if bad > 0 {
		m.base.Log.Error("mydata: lines of the erasure list are not this city's or damaged", "lines", bad, "list", m.deps.List)
	}
	for _, one := range people {
		at, err := m.base.Vault.Erased(ctx, one.Person)
		if err != nil {
			return err
		}
		if !at.IsZero() {
			continue
		}
		m.base.Log.Error("mydata: the database holds a person who was erased: a backup of before was restored; erasing again", "person", one.Person, "erased", one.At)
		if err := m.eraseOne(ctx, one.Person, true); err != nil {
			return fmt.Errorf("mydata: erase again: %w", err)
		}
	}
	return nil
}

func (m *Module) system() act.Act {
	return act.ByJob(id.New(m.base.Clock.Now()), act.Purpose{Kind: "account"})
}
