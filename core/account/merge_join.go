package account

import (
	"context"
	"fmt"

	"posad.city/core/account/internal/store"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/journal"
	"posad.city/kit/lang"
	"posad.city/kit/store"
	"posad.city/kit/vault"
)

// Joining is a merge that is ready to be carried out.
type Joining struct {
	ID     id.ID
	Kept   Person
	Merged Person
	m      *Module
	how    How
	by     id.ID
	sealed vault.Sealed // the kept person's data, filled
	lang   string
	writes []func(*store.Tx) error // entries of the journal and words
}

// PrepareJoin makes a merge of two persons ready. At a centre and by number somebody vouches that they are one; by
// oneself their data must not contradict each other. Errors: ErrMergeSame, ErrMergeTwo, ErrMergeDiffers, ErrMergeOffice,
// ErrMergeBlocked, store.ErrNone.
func (m *Module) PrepareJoin(ctx context.Context, a act.Act, first, second id.ID, how How) (Joining, error) {
	one, err := m.side(ctx, a, first)
	if err != nil {
		return Joining{}, err
	}
	other, err := m.side(ctx, a, second)
	if err != nil {
		return Joining{}, err
	}
	kept, merged, err := weigh(one, other, how != MergedBySelf)
	if err != nil {
		return Joining{}, err
	}
	out := Joining{ID: id.New(m.base.Clock.Now()), Kept: kept.Person, Merged: merged.Person, m: m, how: how}
	if how == MergedAtCentre {
		out.by = a.Actor.Person
	}
	next := filled(out.Kept, out.Merged)
	keys, err := m.base.Vault.Keys(ctx, next.ID)
	if err != nil {
		return Joining{}, err
	}
	if out.sealed, err = seal(keys, next); err != nil {
		return Joining{}, err
	}
	out.lang = string(next.Lang)
	return out, m.mergeTrace(ctx, a, &out, "account.merged")
}

// side reads one of two persons that are to become one.
func (m *Module) side(ctx context.Context, a act.Act, person id.ID) (Side, error) {
	out := Side{}
	var err error
	if out.Person, err = m.Person(ctx, a, "account.look.merge", person); err != nil {
		return Side{}, fmt.Errorf("account: merge: %w", err)
	}
	roles, err := m.deps.Agencies.OfficialOf(ctx, person)
	if err != nil {
		return Side{}, err
	}
	out.Office = len(roles) > 0
	out.Blocked, err = m.anyBlocked(ctx, person)
	return out, err
}

// mergeTrace prepares what both persons keep of a merge or of its end: an entry in the journal and a word, each.
func (m *Module) mergeTrace(ctx context.Context, a act.Act, j *Joining, kind string) error {
	for _, p := range []Person{j.Kept, j.Merged} {
		enter, err := m.prepareEntry(ctx, a, p.ID, journal.Entry{Kind: kind, Object: j.ID, Facts: []journal.Fact{
			m.fact(a, "how", m.text(a, "account.merge.how_"+string(j.how))),
			m.fact(a, "kept", j.Kept.ID.String()), m.fact(a, "merged", j.Merged.ID.String()),
		}})
		if err != nil {
			return err
		}
		word, err := m.PrepareWord(ctx, Word{
			Person: p.ID, Key: kind + "/" + j.ID.String() + "/" + p.ID.String(), Kind: "account.word." + kind[len("account."):], Path: "/account/merge",
		})
		if err != nil {
			return err
		}
		j.writes = append(j.writes, enter, word)
	}
	return nil
}

// prepareEntry makes an entry in a person's journal ready; its title is the locale key <kind>_entry.
func (m *Module) prepareEntry(ctx context.Context, a act.Act, person id.ID, e journal.Entry) (func(*store.Tx) error, error) {
	if m.base.Journal == nil { // a house without seals: tests of parts
		return func(*store.Tx) error { return nil }, nil
	}
	keys, err := m.base.Vault.Keys(ctx, person)
	if err != nil {
		return nil, err
	}
	e.Act, e.Title = a.ID, m.text(a, e.Kind+"_entry")
	ready, err := m.base.Journal.Prepare(keys, e)
	if err != nil {
		return nil, fmt.Errorf("account: journal %s: %w", e.Kind, err)
	}
	return func(tx *store.Tx) error {
		_, err := journal.Enter(tx, ready)
		return err
	}, nil
}

func (m *Module) text(a act.Act, key string) string { return m.base.Texts.Text(language(a), key) }

func (m *Module) fact(a act.Act, name, value string) journal.Fact {
	return journal.Fact{Name: name, Label: m.text(a, "account.journal."+name), Value: value}
}

// language is the language that an act wants its answer in.
func language(a act.Act) lang.Language {
	if lang.Known(a.Lang) {
		return lang.Language(a.Lang)
	}
	return lang.Russian
}

// Put carries the merge out: the accounts of the merged person lead to the kept one, and every session of the merged one
// is closed. Errors: ErrChanged when either was merged or changed meanwhile.
func (j Joining) Put(tx *store.Tx) error {
	for _, p := range []Person{j.Kept, j.Merged} {
		if err := j.unchanged(tx, p); err != nil {
			return err
		}
	}
	n, err := accountdb.InsertLed(tx, j.Merged.ID, j.Kept.ID, j.ID)
	if err != nil {
		return err
	}
	if n == 0 {
		return ErrChanged
	}
	err = accountdb.InsertMerge(tx, accountdb.InsertMergeParams{
		Person: j.Kept.ID, ID: j.ID, Merged: j.Merged.ID, How: string(j.how), Official: j.by, Since: tx.Now(),
	})
	if err != nil {
		return err
	}
	if _, err := j.m.lead(tx, j.Merged.ID); err != nil {
		return err
	}
	if err := j.m.CloseOthers(tx, j.Merged.ID, id.ID{}); err != nil {
		return err
	}
	if err := j.m.keepFilled(tx, j.Kept, j.sealed, j.lang, j.Kept.SignsIn || j.Merged.SignsIn); err != nil {
		return err
	}
	return j.finish(tx)
}

// unchanged refuses a person who was changed or merged since the merge was prepared. A block that came meanwhile counts.
func (j Joining) unchanged(tx *store.Tx, p Person) error {
	row, err := accountdb.PersonVersion(tx.As(reader, "account.merge"), p.ID)
	if err != nil {
		return err
	}
	root, err := rootOf(tx, p.ID)
	if err != nil {
		return err
	}
	if row.Version != p.Version || root != p.ID {
		return ErrChanged
	}
	return j.m.noneBlocked(tx, p.ID, ErrMergeBlocked)
}

// keepFilled writes the kept person's data as they are after a merge or its end.
func (m *Module) keepFilled(tx *store.Tx, was Person, sealed vault.Sealed, language string, signsIn bool) error {
	n, err := accountdb.SetMergedProfile(tx, accountdb.SetMergedProfileParams{
		Profile: sealed, Lang: language, SignsIn: signsIn, Person: was.ID, Version: was.Version,
	})
	if err == nil && n == 0 {
		return ErrChanged
	}
	return err
}

// finish tells the cached sessions and leaves the traces.
func (j Joining) finish(tx *store.Tx) error {
	for _, p := range []Person{j.Kept, j.Merged} {
		if err := j.m.announcePerson(tx, p.ID); err != nil {
			return err
		}
	}
	for _, write := range j.writes {
		if err := write(tx); err != nil {
			return err
		}
	}
	return nil
}

// MergesOf lists the merges in force and past that led to the actor or to those merged into them, the oldest first for each.
func (m *Module) MergesOf(ctx context.Context, a act.Act) ([]Merge, error) {
	var out []Merge
	err := m.base.Store.Look(ctx, a, "account.look.merge", func(p *store.Personal) error {
		out = nil
		for _, person := range a.Selves() {
			rows, err := accountdb.MergesOf(p, person)
			if err != nil {
				return err
			}
			for _, row := range rows {
				out = append(out, mergeFrom(row))
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("account: merges: %w", err)
	}
	return out, nil
}

func mergeFrom(row accountdb.PersonMerge) Merge {
	return Merge{ID: row.ID, Kept: row.Person, Merged: row.Merged, How: How(row.How), Official: row.Official, Since: row.Since, Undone: row.Undone}
}
