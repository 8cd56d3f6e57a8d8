package account

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"posad.city/core/account/internal/store"
	"posad.city/core/agency"
	"posad.city/kit/act"
	"posad.city/kit/feed"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/store"
	"posad.city/kit/web"
)

// Sessions finds sessions for kit/web.
func (m *Module) Sessions() web.Sessions { return m.sessions }

// reader is the act by which the house reads its own sessions: it leaves no record, since nobody looks.
var reader = act.Act{Actor: act.Actor{Kind: act.System}, Purpose: act.Purpose{Kind: "account"}, Channel: act.Job, Assurance: act.Verified}

// sessions finds sessions by their tokens' hashes: in memory while the feed is fresh, else in the database.
type sessions struct {
	m    *Module
	feed *feed.Feed

	mu      sync.Mutex
	byHash  map[web.TokenHash]*found
	byID    map[id.ID]*found
	people  map[id.ID]map[id.ID]*found // by person, then by session
	era     uint64                     // grows with every forgetting, so that what was read before is not kept after
	touched map[id.ID]touch

	ticks *ticks
}

// found is a session as it was read.
type found struct {
	hash    web.TokenHash
	session web.Session
	ends    time.Time
}

type touch struct {
	person id.ID
	at     time.Time
}

// sessionsMost bounds the memory of a node, about 400 bytes a session.
const sessionsMost = 100_000

func newSessions(m *Module) *sessions {
	s := &sessions{m: m, touched: map[id.ID]touch{}}
	s.clear()
	return s
}

func (s *sessions) clear() {
	s.byHash, s.byID, s.people = map[web.TokenHash]*found{}, map[id.ID]*found{}, map[id.ID]map[id.ID]*found{}
	s.era++
}

// listen drops what the feed says has changed.
func (s *sessions) listen(f *feed.Feed) {
	s.feed = f
	f.Subscribe(TopicSession, func(c feed.Change) { s.forget(c.All, id.ID{}, c.Object) })
	f.Subscribe(TopicPerson, func(c feed.Change) { s.forget(c.All, c.Holder, id.ID{}) })
	f.Subscribe(agency.Topic, func(c feed.Change) { s.forget(c.All, c.Object, id.ID{}) })
}

// forget drops one session, all of a person's, or everything.
func (s *sessions) forget(all bool, person, session id.ID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.era++
	if all {
		s.clear()
		return
	}
	if f := s.byID[session]; f != nil {
		s.drop(f)
	}
	for _, f := range s.people[person] {
		s.drop(f)
	}
}

func (s *sessions) drop(f *found) {
	delete(s.byHash, f.hash)
	delete(s.byID, f.session.ID)
	delete(s.people[f.session.Person], f.session.ID)
	if len(s.people[f.session.Person]) == 0 {
		delete(s.people, f.session.Person)
	}
}

// Find implements web.Sessions.
func (s *sessions) Find(ctx context.Context, hash web.TokenHash) (web.Session, error) {
	now := s.m.base.Clock.Now()
	if s.feed.Fresh() {
		if session, ok := s.cached(hash, now); ok {
			return session, nil
		}
	}
	s.mu.Lock()
	era := s.era
	s.mu.Unlock()
	f, err := s.load(ctx, hash)
	if err != nil {
		return web.Session{}, err
	}
	s.keep(f, era)
	f.session.Over = f.over(now)
	return f.session, nil
}

// cached finds a session in memory. One that looks over is read again: another node may have seen it used.
func (s *sessions) cached(hash web.TokenHash, now time.Time) (web.Session, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.byHash[hash]
	if f == nil || f.over(now) {
		return web.Session{}, false
	}
	return f.session, true
}

func (f *found) over(now time.Time) bool {
	return !now.Before(f.ends) || now.Sub(f.session.Seen) >= idleOf(f.session.By)
}

// idleOf is how long a session may lie unused: less for one that an official began for a person at a centre.
func idleOf(by id.ID) time.Duration {
	if by.IsZero() {
		return SessionIdle
	}
	return VisitIdle
}

// Live tells whether a session is open now: from memory while the feed is fresh, else from the database.
func (m *Module) Live(ctx context.Context, person, session id.ID) (bool, error) {
	now := m.base.Clock.Now()
	if m.sessions.feed.Fresh() && m.sessions.knows(session, now) {
		return true, nil
	}
	live := false
	err := m.base.Store.Look(ctx, reader, "account.session", func(p *store.Personal) error {
		row, err := accountdb.SessionByID(p, person, session)
		if errors.Is(err, store.ErrNone) {
			return nil
		}
		live = err == nil && row.Closed.IsZero() && now.Before(row.Ends)
		return err
	})
	return live, err
}

// knows tells whether a session is open as far as this node's memory goes.
func (s *sessions) knows(session id.ID, now time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.byID[session]
	return f != nil && now.Before(f.ends)
}

func (s *sessions) keep(f *found, era uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if t, ok := s.touched[f.session.ID]; ok && t.at.After(f.session.Seen) {
		f.session.Seen = t.at
	}
	if s.era != era {
		return
	}
	for _, other := range s.byID { // any one: a node that is full reads a little more
		if len(s.byID) < sessionsMost {
			break
		}
		s.drop(other)
	}
	if old := s.byID[f.session.ID]; old != nil {
		s.drop(old)
	}
	kept := *f
	s.byHash[f.hash], s.byID[f.session.ID] = &kept, &kept
	if s.people[f.session.Person] == nil {
		s.people[f.session.Person] = map[id.ID]*found{}
	}
	s.people[f.session.Person][f.session.ID] = &kept
}

// load reads a session; one that was closed is web.ErrNoSession.
func (s *sessions) load(ctx context.Context, hash web.TokenHash) (*found, error) {
	var out *found
	err := s.m.base.Store.Look(ctx, reader, "account.session", func(p *store.Personal) error {
		token, err := accountdb.TokenByHash(p, hash[:])
		if err != nil {
			return err
		}
		row, err := accountdb.SessionByID(p, token.Person, token.SessionID)
		if err != nil {
			return err
		}
		standing, err := accountdb.StandingOf(p, token.Person)
		if err != nil {
			return err
		}
		if !row.Closed.IsZero() {
			return store.ErrNone
		}
		out = &found{hash: hash, session: sessionOf(row, standing), ends: row.Ends}
		if out.session.Also, err = s.m.alsoOf(p, row.Person); err != nil {
			return err
		}
		if out.session.Two, err = s.m.twoSteps(p, row.Person, row.Methods); err != nil {
			return err
		}
		if err := s.m.notBlocked(p, row.Account); err != nil { // closed while the session was being begun
			if errors.Is(err, ErrBlocked) || errors.Is(err, ErrFrozen) {
				return store.ErrNone
			}
			return err
		}
		return s.checkHat(p, out)
	})
	if errors.Is(err, store.ErrNone) {
		return nil, web.ErrNoSession
	}
	if err != nil {
		return nil, fmt.Errorf("account: find a session: %w", err)
	}
	return out, nil
}

func sessionOf(row accountdb.SessionByIDRow, standing accountdb.StandingOfRow) web.Session {
	return web.Session{
		ID: row.ID, Person: row.Person, Agency: row.Agency, Role: row.Role, Assurance: act.Level(min(row.Level, standing.Level)),
		CSRF: row.Csrf, Lang: lang.Language(standing.Lang), Seen: row.Seen, Account: row.Account, Methods: row.Methods, Strong: row.Strong,
		Proved: later(row.Proved, row.Started), By: row.ByOfficial,
	}
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// checkHat takes the hat off a person who serves there no more, or puts the role that they have now on it.
func (s *sessions) checkHat(r store.Reader, f *found) error {
	if f.session.Agency.IsZero() {
		return nil
	}
	official, err := agency.Find(r, f.session.Agency, f.session.Person)
	if errors.Is(err, store.ErrNone) {
		f.session.Agency, f.session.Role = id.ID{}, ""
		return nil
	}
	f.session.Role = string(official.Role)
	return err
}

// Touch implements web.Sessions: it notes in memory, and the note is written down within flushEvery.
func (s *sessions) Touch(_ context.Context, session id.ID, at time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.byID[session]
	if f == nil || !at.After(f.session.Seen) {
		return
	}
	f.session.Seen = at
	s.touched[session] = touch{f.session.Person, at}
}
