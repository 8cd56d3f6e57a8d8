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
	"posad.city/kit/journal"
	"posad.city/kit/store"
)

// noteMost is the longest note of a publication, characters.
const noteMost = 500

// Publication says when a version becomes current, and why.
type Publication struct {
	At   time.Time // zero: at once
	Note string    // for the list of versions; at most 500 characters

	Proposed id.ID // the official who proposed what another one now publishes; zero: one person alone
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
	ready, err := m.PreparePublish(ctx, a, city, p)
	if err != nil {
		return id.ID{}, err
	}
	var out Published
	err = m.base.Store.Write(ctx, func(tx *store.Tx) error {
		var err error
		out, err = ready.Put(tx, a)
		return err
	})
	if err != nil {
		return id.ID{}, fmt.Errorf("service: publish: %w", err)
	}
	return out.Plan, ready.Show(ctx, out)
}

// Prepared is a version that is about to be published.
type Prepared struct {
	m       *Module
	city    *City
	p       Publication
	plan    id.ID
	version servicedb.InsertVersionParams
	tree    preparedTree
	ready   *journal.Ready // nil: there is no journal
}

// Published is what a publication came to: a number in the order of versions, or a plan. Both are zero when the version
// was current already.
type Published struct {
	Number int64
	Plan   id.ID
}

// PreparePublish makes everything ready for a Write of the caller's own, under the act that Put gets. Errors: ErrPast, ErrNote.
func (m *Module) PreparePublish(ctx context.Context, a act.Act, city *City, p Publication) (*Prepared, error) {
	now := m.base.Clock.Now()
	if err := p.check(now); err != nil {
		return nil, err
	}
	content, err := pack(city.Bytes())
	if err != nil {
		return nil, err
	}
	out := &Prepared{m: m, city: city, p: p, version: servicedb.InsertVersionParams{Hash: string(city.Hash()), Content: content, Length: int64(len(city.Bytes()))}}
	entry := acted{kind: EntryPublished, hash: city.Hash(), note: p.Note, who: by(a)}
	entry.who.proposed = p.Proposed
	if !p.At.IsZero() {
		out.plan = id.New(now)
		entry.kind, entry.object, entry.starts = EntryPlanned, out.plan, p.At
	}
	if out.ready, err = m.prepareEntry(ctx, entry); err != nil {
		return nil, err
	}
	out.tree, err = prepareTree(city.Files())
	return out, err
}

// Put stores the version with its files and puts it into force or plans it. The permission is the caller's to check.
func (p *Prepared) Put(tx *store.Tx, a act.Act) (Published, error) {
	version := p.version
	version.Published = tx.Now()
	if err := servicedb.InsertVersion(tx, version); err != nil {
		return Published{}, err
	}
	if err := p.tree.put(tx); err != nil {
		return Published{}, err
	}
	who := by(a)
	who.proposed = p.p.Proposed
	if !p.p.At.IsZero() {
		return Published{Plan: p.plan}, p.m.putPlan(tx, who, p)
	}
	number, err := p.m.announce(tx, who, switching{p.city.Hash(), p.tree.name, p.p.Note, p.ready})
	return Published{Number: number}, err
}

// Show makes this node serve the version at once, after the Write; the others follow the feed.
func (p *Prepared) Show(ctx context.Context, out Published) error {
	switch {
	case !out.Plan.IsZero():
		return nil
	case out.Number == 0:
		return p.m.Refresh(ctx)
	}
	return p.m.show(p.city, out.Number, p.tree.name)
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

// author is who made a switch, as its row keeps it.
type author struct {
	act      id.ID
	kind     act.Kind
	official id.ID
	channel  act.Channel
	proposed id.ID
}

func by(a act.Act) author {
	out := author{act: a.ID, kind: a.Actor.Kind, channel: a.Channel}
	if a.Actor.Kind == act.Official {
		out.official = a.Actor.Person
	}
	return out
}

// switching is a version that comes into force, with its entry in the journal.
type switching struct {
	hash       Hash
	tree, note string
	entry      *journal.Ready
}

// announce adds the next switch, enters it and tells every node; zero when the version is current already, of the same
// files: then nothing has happened, and nothing is entered.
func (m *Module) announce(tx *store.Tx, a author, s switching) (int64, error) {
	last, err := servicedb.LastSwitch(tx)
	if err != nil && !errors.Is(err, store.ErrNone) {
		return 0, err
	}
	if last.Hash == string(s.hash) && (s.tree == "" || s.tree == last.Tree) {
		return 0, nil
	}
	number := last.Number + 1
	err = servicedb.InsertSwitch(tx, servicedb.InsertSwitchParams{
		Number: number, Hash: string(s.hash), At: tx.Now(), Act: a.act, ByKind: string(a.kind), ByOfficial: a.official, Channel: string(a.channel), Note: s.note, Tree: s.tree, ProposedBy: a.proposed,
	})
	if err != nil {
		return number, err
	}
	if err := enter(tx, s.entry); err != nil || m.base.Feed == nil {
		return number, err
	}
	return number, m.base.Feed.Publish(tx, feed.Change{Topic: FeedTopic, Key: string(s.hash), Version: number})
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

	Tree     Hash  // of the files that it was published from; empty: it came without them
	Proposed id.ID // the official who proposed what By approved; zero: nobody else
}

// Switches lists the latest switches, newest first.
func (m *Module) Switches(ctx context.Context, limit int64) ([]Switch, error) {
	var out []Switch
	err := m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		rows, err := servicedb.Switches(r, limit)
		out = out[:0]
		for _, row := range rows {
			out = append(out, Switch{row.Number, Hash(row.Hash), row.At, act.Kind(row.ByKind), row.ByOfficial, act.Channel(row.Channel), row.Note, Hash(row.Tree), row.ProposedBy})
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
	if _, err := m.Version(ctx, hash); err != nil { // it must open before anybody is switched to it
		return "", err
	}
	entry, err := m.prepareEntry(ctx, acted{kind: EntryRolledBack, hash: hash, note: note, who: by(a)})
	if err != nil {
		return "", err
	}
	err = m.base.Store.Write(ctx, func(tx *store.Tx) error {
		tree, err := treeOf(tx, hash)
		if err == nil {
			_, err = m.announce(tx, by(a), switching{hash, tree, note, entry})
		}
		return err
	})
	if err != nil {
		return "", fmt.Errorf("service: roll back: %w", err)
	}
	return hash, m.Refresh(ctx)
}

// before is the version that was current before the present one; a change of the files alone is no other version.
func (m *Module) before(ctx context.Context) (Hash, error) {
	list, err := m.Switches(ctx, historyMost)
	if err != nil {
		return "", err
	}
	for _, s := range list {
		if s.Hash != list[0].Hash {
			return s.Hash, nil
		}
	}
	return "", ErrBack
}
