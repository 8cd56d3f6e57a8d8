package charge

import (
	"bytes"
	"context"
	"slices"
	"sync"
	"time"

	"posad.city/core/agency"
	"posad.city/core/charge/internal/store"
	"posad.city/core/service"
	"posad.city/kit/act"
	"posad.city/kit/fault"
	"posad.city/kit/id"
	"posad.city/kit/jobs"
	"posad.city/kit/store"
)

const (
	jobDiscover = "charge.discover"
	// seenFor is how long a node takes a person's own numbers for known.
	seenFor = 10 * time.Minute
	// seenMost bounds half of what is remembered.
	seenMost = 200_000
	// askedFor is how long what a register said is believed; refreshMost how many people one round asks for.
	// and refreshRounds how many rounds a sweep makes.
	askedFor      = 3 * 24 * time.Hour
	refreshMost   = 500
	refreshRounds = 1000
	// platesFor is how long a plate that a person saved themselves is watched, endedFor how long one sees the bills of a car that was
	// theirs: longer than such a bill can be exacted.
	platesFor = 90 * 24 * time.Hour
	endedFor  = 3 * 366 * 24 * time.Hour
	// watchMost is how many homes one account may watch.
	watchMost = 30
)

// seen remembers whose own numbers were looked at lately, in two halves: when the younger is full, the older goes.
type seen struct {
	mu         sync.Mutex
	young, old map[id.ID]time.Time
	most       int // of a half
}

// fresh tells whether a person was looked at lately, and takes it that they are now.
func (s *seen) fresh(person id.ID, now time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, half := range []map[id.ID]time.Time{s.young, s.old} {
		if at, ok := half[person]; ok && now.Sub(at) < seenFor {
			return true
		}
	}
	if s.young == nil || len(s.young) >= s.most {
		s.young, s.old = map[id.ID]time.Time{}, s.young
	}
	s.young[person] = now
	return false
}

func (s *seen) forget(person id.ID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.young, person)
	delete(s.old, person)
}

// discover has a person's account watch their own numbers, once the account is confirmed, and asks the registers for the rest
// when that is new.
func (m *Module) discover(ctx context.Context, person id.ID) error {
	if m.deps.People == nil || m.seen.fresh(person, m.base.Clock.Now()) {
		return nil
	}
	numbers, err := m.deps.People.Numbers(ctx, person)
	if err != nil || len(numbers) == 0 {
		m.seen.forget(person)
		return err
	}
	known, err := m.Watched(ctx, m.system(), person)
	if err != nil {
		return err
	}
	for _, number := range numbers {
		normal, err := number.Normal()
		if err != nil || slices.ContainsFunc(known, func(w Watch) bool { return w.Identifier == normal && w.Source == SourceOwn }) {
			continue
		}
		p, err := m.PrepareWatch(ctx, person, normal, SourceOwn)
		if err != nil {
			return err
		}
		err = m.base.Store.Write(ctx, func(tx *store.Tx) error {
			if err := p.Put(tx); err != nil {
				return err
			}
			return m.base.Jobs.Put(tx, jobs.New{Handler: jobDiscover, Holder: person, Object: person})
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// askRegisters has the registers asked what is a person's, behind everybody who waits.
func (m *Module) askRegisters(ctx context.Context, person id.ID) error {
	return m.base.Store.Write(ctx, func(tx *store.Tx) error {
		return m.base.Jobs.Put(tx, jobs.New{Handler: jobDiscover, Holder: person, Object: person})
	})
}

// refresh has the registers asked again of everybody of whom they named something long ago: a car that was sold is watched no more.
func (m *Module) refresh(ctx context.Context) error {
	if m.deps.Things == nil {
		return nil
	}
	for range refreshRounds {
		n, err := m.refreshSome(ctx)
		if err != nil || n < m.refreshes {
			return err
		}
	}
	return nil
}

// refreshSome has the registers asked for those who wait longest, and tells how many rows they had. They go behind all others at
// once: one whose register is silent bars nobody's way.
func (m *Module) refreshSome(ctx context.Context) (int64, error) {
	now := m.base.Clock.Now()
	var people []id.ID
	err := m.base.Store.Look(ctx, m.system(), "charge.look.watches", func(p *store.Personal) error {
		var err error
		people, err = chargedb.StaleWatches(p, now.Add(-askedFor), m.refreshes)
		return err
	})
	if err != nil || len(people) == 0 {
		return 0, err
	}
	found := int64(len(people))
	slices.SortFunc(people, func(a, b id.ID) int { return bytes.Compare(a[:], b[:]) })
	return found, m.base.Store.Write(ctx, func(tx *store.Tx) error {
		for _, person := range slices.Compact(people) {
			if err := chargedb.TouchWatches(tx, now, person); err != nil {
				return err
			}
			n := jobs.New{Handler: jobDiscover, Holder: person, Object: person, Key: person.String() + now.Format("2006-01-02")}
			if err := m.base.Jobs.Put(tx, n); err != nil {
				return err
			}
		}
		return nil
	})
}

// endPlates ends the watches of plates that people saved themselves long ago, since no register tells when such a car is sold, and of
// cars that were sold long ago.
func (m *Module) endPlates(ctx context.Context) error {
	now := m.base.Clock.Now()
	saved := func(p *store.Personal) ([]chargedb.OldPlatesRow, error) {
		return chargedb.OldPlates(p, now.Add(-platesFor), m.refreshes)
	}
	sold := func(p *store.Personal) ([]chargedb.OldPlatesRow, error) {
		rows, err := chargedb.EndedWatches(p, now.Add(-endedFor), m.refreshes)
		out := make([]chargedb.OldPlatesRow, len(rows))
		for i, row := range rows {
			out[i] = chargedb.OldPlatesRow(row)
		}
		return out, err
	}
	if err := m.endSome(ctx, saved); err != nil {
		return err
	}
	return m.endSome(ctx, sold)
}

// endSome drops the watches that find names, round after round.
func (m *Module) endSome(ctx context.Context, find func(*store.Personal) ([]chargedb.OldPlatesRow, error)) error {
	for range refreshRounds {
		var rows []chargedb.OldPlatesRow
		err := m.base.Store.Look(ctx, m.system(), "charge.look.watches", func(p *store.Personal) error {
			var err error
			rows, err = find(p)
			return err
		})
		if err != nil {
			return err
		}
		for _, row := range rows {
			if err := m.base.Store.Write(ctx, func(tx *store.Tx) error { return m.drop(tx, row.Person, row.Home) }); err != nil {
				return err
			}
		}
		if int64(len(rows)) < m.refreshes {
			return nil
		}
	}
	return nil
}

// ask asks the registers for a person's things and has the account watch them. Of what is theirs no more they see what was decided while
// it was.
func (m *Module) ask(ctx context.Context, j jobs.Job) error {
	if m.deps.Things == nil {
		return nil
	}
	things, err := m.deps.Things(ctx, m.system(), j.Holder)
	if err != nil {
		return err
	}
	known, err := m.Watched(ctx, m.system(), j.Holder)
	if err != nil {
		return err
	}
	var found []*PreparedWatch
	for _, thing := range things[:min(len(things), watchMost)] {
		p, err := m.PrepareWatch(ctx, j.Holder, thing.Identifier, SourceRegister)
		if fault.Of(err).Kind == fault.Invalid && err != nil {
			continue // a register's own oddity, such as a plate of another country
		}
		if err != nil {
			return err
		}
		found = append(found, p.From(thing.Since))
	}
	return m.base.Store.Write(ctx, func(tx *store.Tx) error {
		for _, w := range known {
			gone := w.Source == SourceRegister && w.Ends.IsZero() && !slices.ContainsFunc(found, func(p *PreparedWatch) bool { return p.Home == w.Home })
			if gone {
				if err := m.end(tx, j.Holder, w); err != nil {
					return err
				}
			}
		}
		for _, p := range found {
			if err := p.Put(tx); err != nil {
				return err
			}
		}
		return m.base.Jobs.Done(tx, j)
	})
}

func (m *Module) drop(tx *store.Tx, person, home id.ID) error {
	if _, err := chargedb.DeleteWatch(tx, person, home); err != nil {
		return err
	}
	return chargedb.DeleteWatcher(tx, home, person)
}

func (m *Module) system() act.Act {
	return act.ByJob(id.New(m.base.Clock.Now()), act.Purpose{Kind: "account"})
}

// heldFor is how long after its issue a bill that is settled still shows that whoever knows it holds it.
const heldFor = 60 * 24 * time.Hour

// Save has an account watch what the person says is theirs. second is what stands on a bill of it and is known to its receiver
// alone: the second thing that finds it without signing in or, of a flat, the city's own number of the bill. Numbers that
// payees give are none: they are made of accounts and months, or run one after another. Errors: those of identifiers, ErrBy of one
// that is watched otherwise or not at all, ErrSecond, ErrWatches, ErrShut.
func (m *Module) Save(ctx context.Context, person id.ID, i Identifier, second string) error {
	if !slices.Contains(savable(), i.By) {
		return ErrBy
	}
	p, err := m.PrepareWatch(ctx, person, i, SourceSaved)
	if err != nil {
		return err
	}
	known, err := m.Watched(ctx, m.system(), person)
	switch {
	case err != nil:
		return err
	case slices.ContainsFunc(known, func(w Watch) bool { return w.Home == p.Home && w.Ends.IsZero() }):
		return nil
	case len(known) >= watchMost:
		return ErrWatches
	}
	if err := m.mayGuess(ctx, person, p.Home); err != nil {
		return err
	}
	after, err := m.opensAfter(ctx, person, p.Home)
	if err != nil {
		return err
	}
	since, err := m.holds(ctx, p.Home, i.By, second, after)
	if err != nil {
		return err
	}
	if since.IsZero() {
		return ErrSecond
	}
	others, err := m.Watchers(ctx, p.Home)
	if err != nil {
		return err
	}
	return m.base.Store.Write(ctx, func(tx *store.Tx) error {
		if err := p.From(since).Put(tx); err != nil {
			return err
		}
		return m.tellOthers(tx, p.Home, person, others)
	})
}

// mayGuess counts a try, of the home and of the person: neither one home by many people nor many homes by one are tried through.
func (m *Module) mayGuess(ctx context.Context, person, home id.ID) error {
	if m.deps.Limit == nil {
		return nil
	}
	if err := m.deps.Limit(ctx, "charge.save_by", person.String(), guessesMost, guessesIn); err != nil {
		return err
	}
	return m.deps.Limit(ctx, "charge.save", home.String(), guessesMost, guessesIn)
}

// holds tells since when somebody's bills of a home may be theirs who knows what only the receiver of one does: since the oldest such
// bill was decided; zero: they know nothing. Bills that were decided until after show nothing. It is Posad's own look: nothing of
// the bills goes out.
func (m *Module) holds(ctx context.Context, home id.ID, by By, second string, after time.Time) (time.Time, error) {
	plain, ok := parseProof(second)
	proof, _ := m.proof(home, second)
	if !ok {
		return time.Time{}, nil
	}
	var out time.Time
	err := m.base.Store.Look(ctx, m.system(), "charge.look.charges", func(p *store.Personal) error {
		out = time.Time{}
		open, err := chargedb.OpenBillsOf(p, chargedb.OpenBillsOfParams{Home: home, Begins: everBefore, Ends: everAfter, Most: openMost})
		if err != nil {
			return err
		}
		closed, err := chargedb.ClosedBillsOf(p, chargedb.ClosedBillsOfParams{Home: home, Begins: everBefore, Ends: everAfter, Most: listMost})
		for _, row := range slices.Concat(open, closed) {
			known := row.Proof != nil && string(row.Proof) == string(proof) || by == ByFlat && row.Number == plain
			if known && row.Decided.After(after) && m.shows(row, by) && (out.IsZero() || row.Decided.Before(out)) {
				out = row.Decided
			}
		}
		return err
	})
	return out, err
}

// shows tells whether a bill can show whose its home is: a real one, of the agency whose business such bills are, of a kind that is
// issued to such identifiers, that is still to be paid or was issued lately. What its own agency alone may issue, nobody
// makes up to look into a home.
func (m *Module) shows(row chargedb.Bill, by By) bool {
	kind, err := m.kindOf(row.Kind)
	if err != nil || kind == nil || row.Test || !slices.ContainsFunc(kind.Found, func(f service.ChargeFound) bool { return By(f.By) == by }) {
		return false
	}
	of := kind.Agency
	if u := m.city().Utilities; of == "" && u != nil && u.Charge == kind.Key {
		of = u.Agency
	}
	if of == "" || row.Payee != agency.ID(of) {
		return false
	}
	state := State(row.State)
	return state.Open() || state == Paid && m.base.Clock.Now().Sub(row.Issued) <= heldFor
}

// Thing is what a register says is a person's, and since when; zero: it does not say.
type Thing struct {
	Identifier
	Since time.Time
}
