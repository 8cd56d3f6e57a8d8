package service

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"posad.city/core/service/internal/store"
	"posad.city/kit/act"
	"posad.city/kit/feed"
	"posad.city/kit/id"
	"posad.city/kit/store"
)

// noteMost is the longest note of a publication, characters.
const noteMost = 500

// Publication says when a version becomes current, and why.
type Publication struct {
	At   time.Time // zero: at once
	Note string    // for the list of versions; at most 500 characters
}

// Publish stores the city as a version and makes it the current one, in one Write; every node switches within a second,
// this one at once. Publishing the current version again changes nothing; publishing an older one brings it back.
func (m *Module) Publish(ctx context.Context, a act.Act, city *City) error {
	_, err := m.PublishWith(ctx, a, city, Publication{})
	return err
}

// PublishWith is Publish with a note or, with a moment to come, a plan for it, whose id it returns: the version is stored
// now, and a job switches every node when the moment comes, whatever was stopped meanwhile. Versions that are published
// before that moment give way to the planned one. Errors: ErrPast, ErrNote.
func (m *Module) PublishWith(ctx context.Context, a act.Act, city *City, p Publication) (id.ID, error) {
	content, err := pack(city.Bytes())
	if err != nil {
		return id.ID{}, err
	}
	if err := p.check(m.base.Clock.Now()); err != nil {
		return id.ID{}, err
	}
	version := servicedb.InsertVersionParams{Hash: string(city.Hash()), Content: content, Length: int64(len(city.Bytes()))}
	put := func(tx *store.Tx) error {
		version.Published = tx.Now()
		return servicedb.InsertVersion(tx, version)
	}
	if !p.At.IsZero() {
		return m.plan(ctx, a, city.Hash(), p, put)
	}
	number, err := m.switchTo(ctx, a, city.Hash(), p.Note, put)
	if err != nil {
		return id.ID{}, fmt.Errorf("service: publish: %w", err)
	}
	if number == 0 {
		return id.ID{}, m.Refresh(ctx)
	}
	return id.ID{}, m.show(city, number)
}

func (p Publication) check(now time.Time) error {
	switch {
	case utf8.RuneCountInString(p.Note) > noteMost || strings.ContainsRune(p.Note, 0):
		return ErrNote
	case !p.At.IsZero() && !p.At.After(now):
		return ErrPast
	}
	return nil
}

// switchTo makes a version current in one Write, after put; the number is zero when it was current already.
func (m *Module) switchTo(ctx context.Context, a act.Act, hash Hash, note string, put func(*store.Tx) error) (int64, error) {
	number := int64(0)
	err := m.base.Store.Write(ctx, func(tx *store.Tx) error {
		var err error
		if err = put(tx); err != nil {
			return err
		}
		number, err = m.announce(tx, by(a), hash, note)
		return err
	})
	return number, err
}

// author is who made a switch, as its row keeps it.
type author struct {
	act      id.ID
	kind     act.Kind
	official id.ID
	channel  act.Channel
}

func by(a act.Act) author {
	out := author{act: a.ID, kind: a.Actor.Kind, channel: a.Channel}
	if a.Actor.Kind == act.Official {
		out.official = a.Actor.Person
	}
	return out
}

// announce adds the next switch and tells every node; zero when the version is current already.
func (m *Module) announce(tx *store.Tx, a author, hash Hash, note string) (int64, error) {
	last, err := servicedb.LastSwitch(tx)
	if err != nil && !errors.Is(err, store.ErrNone) {
		return 0, err
	}
	if last.Hash == string(hash) {
		return 0, nil
	}
	number := last.Number + 1
	err = servicedb.InsertSwitch(tx, servicedb.InsertSwitchParams{
		Number: number, Hash: string(hash), At: tx.Now(), Act: a.act, ByKind: string(a.kind), ByOfficial: a.official, Channel: string(a.channel), Note: note,
	})
	if err != nil || m.base.Feed == nil {
		return number, err
	}
	return number, m.base.Feed.Publish(tx, feed.Change{Topic: FeedTopic, Key: string(hash), Version: number})
}

// Switch is one line of the order of versions.
type Switch struct {
	Number  int64
	Hash    Hash
	At      time.Time
	Kind    act.Kind
	By      id.ID // the official; zero for the system
	Channel act.Channel
	Note    string
}

// Switches lists the latest switches, newest first.
func (m *Module) Switches(ctx context.Context, limit int64) ([]Switch, error) {
	var out []Switch
	err := m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		rows, err := servicedb.Switches(r, limit)
		out = out[:0]
		for _, row := range rows {
			out = append(out, Switch{row.Number, Hash(row.Hash), row.At, act.Kind(row.ByKind), row.ByOfficial, act.Channel(row.Channel), row.Note})
		}
		return err
	})
	return out, err
}

// historyMost bounds how far back a version is looked for by the beginning of its hash.
const historyMost = 10_000

// FindVersion is the published version whose hash begins with the text, at least six letters of it. ErrOld when there is
// none, or more than one.
func (m *Module) FindVersion(ctx context.Context, beginning string) (Hash, error) {
	if len(beginning) < 6 {
		return "", ErrOld
	}
	list, err := m.Switches(ctx, historyMost)
	if err != nil {
		return "", err
	}
	plans, err := m.Plans(ctx, historyMost)
	if err != nil {
		return "", err
	}
	found := map[Hash]bool{}
	for _, s := range list {
		found[s.Hash] = found[s.Hash] || strings.HasPrefix(string(s.Hash), beginning)
	}
	for _, p := range plans {
		found[p.Hash] = found[p.Hash] || strings.HasPrefix(string(p.Hash), beginning)
	}
	var out Hash
	for hash, fits := range found {
		if fits && out != "" {
			return "", ErrOld
		}
		if fits {
			out = hash
		}
	}
	if out == "" {
		return "", ErrOld
	}
	return out, nil
}

// Rollback makes an earlier version current again, under a new number; an empty hash is the one before the current. Open
// cases keep the version that they began with either way. It returns the version. Errors: ErrOld, ErrBack, ErrNote.
func (m *Module) Rollback(ctx context.Context, a act.Act, hash Hash, note string) (Hash, error) {
	if err := (Publication{Note: note}).check(m.base.Clock.Now()); err != nil {
		return "", err
	}
	if hash == "" {
		earlier, err := m.before(ctx)
		if err != nil {
			return "", err
		}
		hash = earlier
	}
	city, err := m.Version(ctx, hash) // it must open before anybody is switched to it
	if err != nil {
		return "", err
	}
	number, err := m.switchTo(ctx, a, hash, note, func(*store.Tx) error { return nil })
	if err != nil {
		return "", fmt.Errorf("service: roll back: %w", err)
	}
	if number == 0 {
		return hash, m.Refresh(ctx)
	}
	return hash, m.show(city, number)
}

// before is the version that was current before the present one.
func (m *Module) before(ctx context.Context) (Hash, error) {
	list, err := m.Switches(ctx, 2)
	if err != nil {
		return "", err
	}
	if len(list) < 2 {
		return "", ErrBack
	}
	return list[1].Hash, nil
}
