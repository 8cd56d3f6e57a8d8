package store

import (
	"context"
	"fmt"
	"sync"
	"time"

	"posad.city/kit/act"
	"posad.city/kit/id"
)

// PersonalReader runs generated queries on personal tables. Only *Personal is one, and only Look and Tx.As make it.
type PersonalReader interface {
	Reader
	// Saw notes that the data of a person was read; generated code calls it for every row. The zero ID is nobody.
	Saw(person id.ID)
	personal()
}

// Personal is a view of all tables that notes whose data is seen.
type Personal struct {
	reader Reader
	act    act.Act
	what   string
	now    time.Time
	people []id.ID
}

// Query implements Reader.
func (p *Personal) Query(q *Query, each func(*Row) error, args ...any) error {
	return p.reader.Query(q, each, args...)
}

// Now implements Reader.
func (p *Personal) Now() time.Time { return p.now }

// Saw implements PersonalReader.
func (p *Personal) Saw(person id.ID) {
	if person.IsZero() {
		return
	}
	for _, known := range p.people {
		if known == person {
			return
		}
	}
	p.people = append(p.people, person)
}

func (p *Personal) personal() {}

func (p *Personal) declared() map[string]Decl {
	if d, ok := p.reader.(declarer); ok {
		return d.declared()
	}
	return nil
}

// Look runs fn on one snapshot and keeps a record of everybody seen before it returns, so that no data leaves without
// one: when the records can't be kept, Look fails with ErrLook and the caller must give nothing out. what is the kind of
// look, a locale key such as casework.look.case. A person's own look leaves no record, nor does Posad's own work (a
// system actor), whose results are looked at by people later. A second look of the same actor, purpose and kind within
// the hour is the same record.
func (s *Store) Look(ctx context.Context, a act.Act, what string, fn func(*Personal) error) error {
	if err := s.nested.outside(); err != nil {
		return err
	}
	p := &Personal{act: a, what: what, now: s.clock.Now()}
	err := s.engine.read(ctx, func(c conn) error {
		p.people = p.people[:0]
		p.reader = &Snapshot{conn: c, now: p.now, decls: s.decls}
		return s.nested.during(func() error { return fn(p) })
	})
	if err != nil {
		return err
	}
	records := p.records(s.seen)
	if len(records) == 0 {
		return nil
	}
	if err := s.Append(ctx, records...); err != nil {
		return fmt.Errorf("%w: %w", ErrLook, err)
	}
	s.seen.keep([]*Personal{p}, p.now)
	return nil
}

// As gives a view of personal tables inside a Write; its records commit with the Write.
func (tx *Tx) As(a act.Act, what string) *Personal {
	p := &Personal{reader: tx, act: a, what: what, now: tx.now}
	tx.looks = append(tx.looks, p)
	return p
}

var insertLook = NewQuery("store.InsertLook", `INSERT INTO look
 (person, hour, actor, agency, purpose_kind, purpose, what, id, at, actor_kind, role, mandate, channel, request, among)
 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
 ON CONFLICT (person, hour, actor, agency, purpose_kind, purpose, what) DO NOTHING`)

// records are the statements that keep the look, one for each person seen who is not the actor and not on record for
// this hour already.
func (p *Personal) records(seen *seenLooks) []Stmt {
	var out []Stmt
	for _, person := range p.people {
		if !p.leaves(person) || seen.has(p.key(person)) {
			continue
		}
		a := p.act
		out = append(out, Stmt{insertLook, []any{person, hour(p.now), a.Actor.Person, a.Actor.Agency, a.Purpose.Kind, a.Purpose.ID,
			p.what, id.Derived("look", fmt.Sprint(p.key(person))), p.now, string(a.Actor.Kind), a.Actor.Role, a.Mandate, string(a.Channel), a.Request, int64(len(p.people))}})
	}
	return out
}

// leaves tells whether a look at the person leaves a record: not one of Posad's own work, nor at oneself.
func (p *Personal) leaves(person id.ID) bool {
	return p.act.Actor.Kind != act.System && !p.act.Own(person)
}

func hour(t time.Time) int64 { return t.Unix() / 3600 }

type lookKey struct {
	person, actor, agency id.ID
	hour                  int64
	purpose               act.Purpose
	what                  string
}

func (p *Personal) key(person id.ID) lookKey {
	return lookKey{person, p.act.Actor.Person, p.act.Actor.Agency, hour(p.now), p.act.Purpose, p.what}
}

// seenLooks remembers the records that are already on disk for the present hour, so that an official who opens a case
// ten times costs one write. Forgetting is harmless: the table's key drops the second record.
type seenLooks struct {
	mu   sync.Mutex
	hour int64
	keys map[lookKey]struct{}
}

// seenLooksMost bounds the memory: beyond it looks are written and dropped by the table's key.
const seenLooksMost = 200_000

func newSeenLooks() *seenLooks { return &seenLooks{keys: map[lookKey]struct{}{}} }

func (s *seenLooks) has(k lookKey) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, ok := s.keys[k]
	return ok
}

func (s *seenLooks) keep(looks []*Personal, now time.Time) {
	if len(looks) == 0 {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if h := hour(now); h != s.hour || len(s.keys) > seenLooksMost {
		s.hour, s.keys = h, map[lookKey]struct{}{}
	}
	for _, p := range looks {
		for _, person := range p.people {
			if p.leaves(person) { // else a look that leaves none, such as at oneself from home, would hide the next one that does
				s.keys[p.key(person)] = struct{}{}
			}
		}
	}
}

// LookRecord is one look at a person's data, as the person sees it.
type LookRecord struct {
	ID      id.ID
	At      time.Time
	Actor   act.Actor
	Purpose act.Purpose
	What    string
	Mandate id.ID
	Channel act.Channel
	Request string
	Among   int64 // how many persons the same look showed: 1, or as many as a list has or a search found
}

var looksAt = NewQuery("store.LooksAt", `SELECT id, at, actor_kind, actor, agency, role, purpose_kind, purpose, what, mandate, channel, request, among
 FROM look WHERE person = $1 AND hour <= $2 AND at < $3 ORDER BY person, hour DESC, at DESC, id LIMIT $4`)

// MadeLook is a look as the agency that made it sees it: whose data it was at is for rules that need it, not for lists.
type MadeLook struct {
	Person  id.ID
	At      time.Time
	Actor   act.Actor
	Purpose act.Purpose
	What    string
	Channel act.Channel
}

var looksOf = NewQuery("store.LooksOf", `SELECT person, at, actor_kind, actor, agency, role, purpose_kind, purpose, what, channel
 FROM look WHERE agency = $1 AND hour >= $2 AND hour < $3 AND at >= $4 AND at < $5 ORDER BY hour, person, actor, purpose_kind, purpose, what`)

// LooksOf gives each the looks that an agency's officials made from a moment to below another, hour by hour.
func LooksOf(r PersonalReader, agency id.ID, from, to time.Time, each func(MadeLook) error) error {
	return r.Query(looksOf, func(row *Row) error {
		one := MadeLook{
			Person: row.ID(0), At: row.Time(1),
			Actor:   act.Actor{Kind: act.Kind(row.Text(2)), Person: row.ID(3), Agency: row.ID(4), Role: row.Text(5)},
			Purpose: act.Purpose{Kind: row.Text(6), ID: row.Text(7)}, What: row.Text(8), Channel: act.Channel(row.Text(9)),
		}
		r.Saw(one.Person)
		return each(one)
	}, agency, hour(from), hour(to)+1, from, to)
}

// LookCount is how many looks an official made for a kind of purpose in an hour.
type LookCount struct {
	Official id.ID
	Hour     time.Time
	Purpose  string // its kind
	Looks    int64
}

var lookCounts = NewQuery("store.LookCounts", `SELECT actor, hour, purpose_kind, COUNT(*) FROM look
 WHERE agency = $1 AND hour >= $2 AND hour < $3 AND actor_kind = 'official' GROUP BY actor, hour, purpose_kind ORDER BY hour, actor, purpose_kind`)

// LookCounts counts the looks of an agency's officials, in whole hours from a moment's to below another's. Nobody's data
// come back, so it wants no look.
func LookCounts(r Reader, agency id.ID, from, to time.Time) ([]LookCount, error) {
	var out []LookCount
	err := r.Query(lookCounts, func(row *Row) error {
		out = append(out, LookCount{Official: row.ID(0), Hour: time.Unix(row.Int(1)*3600, 0).UTC(), Purpose: row.Text(2), Looks: row.Int(3)})
		return nil
	}, agency, hour(from), hour(to))
	return out, err
}

// LookPeople is how many different persons an official looked at in an hour.
type LookPeople struct {
	Official id.ID
	Hour     time.Time
	People   int64
}

var lookPeople = NewQuery("store.LookPeople", `SELECT actor, hour, COUNT(DISTINCT person) FROM look
 WHERE agency = $1 AND hour >= $2 AND hour < $3 AND actor_kind = 'official' GROUP BY actor, hour ORDER BY hour, actor`)

// LookPeopleOf counts the persons at whom an agency's officials looked, by whole hours as LookCounts does.
func LookPeopleOf(r Reader, agency id.ID, from, to time.Time) ([]LookPeople, error) {
	var out []LookPeople
	err := r.Query(lookPeople, func(row *Row) error {
		out = append(out, LookPeople{Official: row.ID(0), Hour: time.Unix(row.Int(1)*3600, 0).UTC(), People: row.Int(2)})
		return nil
	}, agency, hour(from), hour(to))
	return out, err
}

// LooksAt lists the looks at a person, newest first, before the given moment, at most limit of them. The list of looks
// is the person's own: reading somebody else's is itself a look.
func LooksAt(r PersonalReader, person id.ID, before time.Time, limit int64) ([]LookRecord, error) {
	var out []LookRecord
	err := r.Query(looksAt, func(row *Row) error {
		out = append(out, LookRecord{
			ID: row.ID(0), At: row.Time(1),
			Actor:   act.Actor{Kind: act.Kind(row.Text(2)), Person: row.ID(3), Agency: row.ID(4), Role: row.Text(5)},
			Purpose: act.Purpose{Kind: row.Text(6), ID: row.Text(7)}, What: row.Text(8),
			Mandate: row.ID(9), Channel: act.Channel(row.Text(10)), Request: row.Text(11), Among: row.Int(12),
		})
		return nil
	}, person, hour(before), before, limit)
	if len(out) > 0 {
		r.Saw(person)
	}
	return out, err
}
