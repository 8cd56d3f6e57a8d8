package studio

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"unicode/utf8"

	"posad.city/core/service"
	"posad.city/core/studio/internal/store"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/store"
)

// Begin makes a change set over the city in force, for the actor's agency. Errors: ErrAuthor, ErrTitle.
func (m *Module) Begin(ctx context.Context, a act.Act, title string) (Change, error) {
	if err := author(a); err != nil {
		return Change{}, err
	}
	title = strings.TrimSpace(title)
	if title == "" || utf8.RuneCountInString(title) > titleMost {
		return Change{}, ErrTitle
	}
	out := Change{ID: id.New(m.base.Clock.Now()), Agency: a.Actor.Agency, Title: title, State: Open, Revision: 1, MadeBy: a.Actor.Person}
	err := m.base.Store.WriteAs(ctx, a, func(tx *store.Tx) error {
		if err := stillAuthor(tx, a); err != nil {
			return err
		}
		now, err := service.Now(tx)
		if err != nil {
			return err
		}
		out.Base, out.BaseTree, out.Made = now.Version, now.Tree, tx.Now()
		err = studiodb.InsertChange(tx, studiodb.InsertChangeParams{
			ID: out.ID, Agency: out.Agency, Title: title, BaseVersion: string(now.Version), BaseTree: string(now.Tree), MadeBy: out.MadeBy, Made: out.Made,
		})
		if err != nil {
			return err
		}
		return note(tx, a, out.ID, 1, Event{Kind: began, Words: title})
	})
	return out, err
}

// note writes down what was done.
func note(tx *store.Tx, a act.Act, change id.ID, number int64, e Event) error {
	return studiodb.InsertEvent(tx, studiodb.InsertEventParams{
		ChangeID: change, Number: number, At: tx.Now(), Official: a.Actor.Person, Act: a.ID, Kind: e.Kind, Path: e.Path, Source: string(e.Source), Words: e.Words,
	})
}

// step reads a change set in a Write, makes sure of the actor and the state, and counts what is done to it.
func step(tx *store.Tx, a act.Act, which id.ID, states ...State) (Change, error) {
	return stepOf(tx, a, which, false, states...)
}

// stepOf is step, by whom judged of the module lets judge a proposal of others too.
func stepOf(tx *store.Tx, a act.Act, which id.ID, judge bool, states ...State) (Change, error) {
	if err := stillAuthor(tx, a); err != nil {
		return Change{}, err
	}
	row, err := studiodb.ChangeByID(tx, which)
	if errors.Is(err, store.ErrNone) {
		return Change{}, tx.Fail(ErrNone)
	}
	if err != nil {
		return Change{}, err
	}
	c := changeOf(row)
	if !judge && !owns(a, c) {
		return c, tx.Fail(ErrNone)
	}
	for _, state := range states {
		if c.State == state {
			n, err := studiodb.StepChange(tx, which, c.Revision)
			if err == nil && n == 0 {
				err = tx.Fail(ErrChanged)
			}
			c.Revision++
			return c, err
		}
	}
	return c, tx.Fail(ErrState)
}

// Edit is what an author does to one file.
type Edit struct {
	Path   string
	Text   []byte
	Remove bool
	Seen   int64        // revision of the file in the change set as the author saw it; 0: it was as in force
	Base   service.Hash // the file in force that the author saw; empty: there was none
}

// Save keeps an author's text of a file, or that it is taken away. A file that comes to be as in force leaves the change set.
// When somebody saved it since it was seen, nothing is changed: ErrConflict, and the caller still has the text. Errors:
// ErrAuthor, ErrFile, ErrNone, ErrState, ErrPath, ErrLarge, ErrText, ErrMany, ErrConflict.
func (m *Module) Save(ctx context.Context, a act.Act, which id.ID, e Edit) error {
	w, err := m.Workspace(ctx, which)
	if err != nil {
		return err
	}
	ready, err := m.prepareEdit(a, w, e)
	if err != nil {
		return err
	}
	return m.base.Store.WriteAs(ctx, a, func(tx *store.Tx) error {
		c, err := step(tx, a, which, Open)
		if err != nil {
			return err
		}
		return ready.put(tx, a, c)
	})
}

// edit is one that may be put.
type edit struct {
	Edit
	packed  service.PackedSource
	inForce service.Hash
}

func (m *Module) prepareEdit(a act.Act, w Workspace, e Edit) (edit, error) {
	out := edit{Edit: e, inForce: hashIn(w.City.Files, e.Path)}
	if err := author(a); err != nil {
		return out, err
	}
	if !owns(a, w.Change) {
		return out, ErrNone
	}
	if !rightPath(e.Path, w.Files) && !rightPath(e.Path, w.City.Files) {
		return out, ErrPath
	}
	if !mayFile(a, m.deps.Services.Current(), w.City.Files, e.Path) {
		return out, ErrFile
	}
	if err := rightText(e.Text); err != nil {
		return out, err
	}
	if _, there := fileOf(w.Files, e.Path); !there && !e.Remove && len(w.Files) >= FilesMost {
		return out, ErrMany
	}
	var err error
	if !e.Remove {
		out.packed, err = service.PackSource(e.Text)
	}
	return out, err
}

func rightText(text []byte) error {
	switch {
	case len(text) > FileMost:
		return ErrLarge
	case !utf8.Valid(text) || bytes.IndexByte(text, 0) >= 0:
		return ErrText
	}
	return nil
}

func (e edit) put(tx *store.Tx, a act.Act, c Change) error {
	row, err := studiodb.FileByPath(tx, c.ID, e.Path)
	there := err == nil
	if err != nil && !errors.Is(err, store.ErrNone) {
		return err
	}
	if there && row.Revision != e.Seen || !there && e.Seen != 0 {
		return tx.Fail(ErrConflict)
	}
	base := string(e.Base)
	if there && base != row.Base && base != string(e.inForce) || !there && base != string(e.inForce) {
		return tx.Fail(ErrConflict) // what is in force changed since the page was opened
	}
	source := e.packed.Hash()
	if e.Remove {
		source = ""
	} else if err := e.packed.Put(tx); err != nil {
		return err
	}
	happened := Event{Kind: saved, Path: e.Path, Source: source}
	switch {
	case source == e.inForce:
		happened.Kind = restored
		if there {
			err = studiodb.DropFile(tx, c.ID, e.Path)
		} else {
			err = nil
		}
	case there:
		err = studiodb.SaveFile(tx, studiodb.SaveFileParams{ChangeID: c.ID, Path: e.Path, Source: string(source), Base: base, Revision: c.Revision, SavedBy: a.Actor.Person, Saved: tx.Now()})
	default:
		err = studiodb.InsertFile(tx, studiodb.InsertFileParams{ChangeID: c.ID, Path: e.Path, Source: string(source), Base: base, Revision: c.Revision, SavedBy: a.Actor.Person, Saved: tx.Now()})
	}
	if e.Remove && source != e.inForce {
		happened.Kind = removed
	}
	if err != nil {
		return err
	}
	return note(tx, a, c.ID, c.Revision, happened)
}
