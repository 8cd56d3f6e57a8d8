package account

import (
	"slices"
	"strings"
	"time"

	"posad.city/core/account/internal/store"
	"posad.city/kit/act"
	"posad.city/kit/fault"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/store"
)

// A merge says that two records are of one person. Nothing moves but where accounts lead: the things of the merged
// person stay in their own rows, and whoever signs in as the kept one has them as their own (act.Act.Also). So a merge can
// be undone, and what was filed in between lies where it was filed.

// How a merge came about.
type How string

// The ways of merging.
const (
	MergedBySelf   How = "self"   // the person signed in to both
	MergedAtCentre How = "centre" // an official saw the person's document
	MergedByNumber How = "number" // the person whose SNILS was confirmed was known already and had no account
)

// UndoWithin is how long a merge can be undone.
const UndoWithin = 30 * 24 * time.Hour

// ledMost bounds the steps from a merged person to the one kept: each merge adds one at most.
const ledMost = 32

// Merge is one merge that concerns a person.
type Merge struct {
	ID       id.ID
	Kept     id.ID
	Merged   id.ID
	How      How
	Official id.ID // zero unless at a centre
	Since    time.Time
	Undone   time.Time // zero: it is in force
}

// Undoable tells whether the merge can still be undone.
func (g Merge) Undoable(now time.Time) bool {
	return g.Undone.IsZero() && now.Before(g.Since.Add(UndoWithin))
}

// The faults of merging.
var (
	ErrMergeSame    = fault.New(fault.Conflict, "account.merge_same")
	ErrMergeTwo     = fault.New(fault.Conflict, "account.merge_two")
	ErrMergeDiffers = fault.New(fault.Conflict, "account.merge_differs")
	ErrMergeOffice  = fault.New(fault.Conflict, "account.merge_office")
	ErrMergeBlocked = fault.New(fault.Conflict, "account.merge_blocked")
	ErrMergeTry     = fault.New(fault.Gone, "account.merge_over")
	ErrMergeUndo    = fault.New(fault.Gone, "account.merge_undo_over")
)

// Side is one of two persons that are to become one.
type Side struct {
	Person  Person
	Office  bool // serves in an agency
	Blocked bool // one of its accounts is blocked or frozen
}

// weigh decides which of two sides is kept: the one of whom the city is surer, else the one who serves in an agency, else
// the first. sure tells that somebody beside the person vouches that they are one.
func weigh(first, second Side, sure bool) (Side, Side, error) {
	kept, merged := first, second
	switch {
	case second.Person.Level > first.Person.Level,
		second.Person.Level == first.Person.Level && second.Office && !first.Office:
		kept, merged = second, first
	}
	switch {
	case first.Person.ID == second.Person.ID:
		return kept, merged, ErrMergeSame
	case first.Blocked || second.Blocked:
		return kept, merged, ErrMergeBlocked
	case merged.Person.Level >= act.Standard: // two confirmed records have two numbers: they are two people
		return kept, merged, ErrMergeTwo
	case merged.Office: // an office is given to a person by name; it does not come by a merge
		return kept, merged, ErrMergeOffice
	case !sure && differ(kept.Person, merged.Person):
		return kept, merged, ErrMergeDiffers
	}
	return kept, merged, nil
}

// differ tells whether what two records say of their persons can't be of one: what only one of them knows does not count.
func differ(a, b Person) bool {
	unlike := func(x, y string) bool { return x != "" && y != "" && plainly(x) != plainly(y) }
	return unlike(a.Name.Family, b.Name.Family) || unlike(a.Name.Given, b.Name.Given) ||
		unlike(a.Name.Patronymic, b.Name.Patronymic) || unlike(a.SNILS, b.SNILS) ||
		!a.Birth.IsZero() && !b.Birth.IsZero() && a.Birth != b.Birth
}

// sameIdentity tells whether a record is of the person of an identity: every part must be there and fit.
func sameIdentity(p Person, what Identity) bool {
	same := func(n lang.Name) string { return plainly(n.Family + "|" + n.Given + "|" + n.Patronymic) }
	return same(p.Name) == same(what.Name) && p.Birth == what.Birth && !p.Birth.IsZero()
}

// plainly is a part of a name as two clerks would write it alike.
func plainly(text string) string {
	return strings.ReplaceAll(strings.ToLower(strings.Join(strings.Fields(text), " ")), "ё", "е")
}

// filled is the kept person with what only the merged one had told: how to reach them, and in which language.
func filled(kept, merged Person) Person {
	if kept.Phone == "" {
		kept.Phone = merged.Phone
	}
	if kept.Email == "" {
		kept.Email = merged.Email
	}
	if kept.Lang == "" {
		kept.Lang = merged.Lang
	}
	kept.SignsIn = kept.SignsIn || merged.SignsIn
	return kept
}

// rootOf is whom a person is now: themselves, or the one whom they were merged into.
func rootOf(r store.Reader, person id.ID) (id.ID, error) {
	chain, err := chainOf(r, person)
	if err != nil {
		return id.ID{}, err
	}
	return chain[len(chain)-1], nil
}

// alsoOf lists the persons who were merged into a person, and into those.
func (m *Module) alsoOf(r store.PersonalReader, person id.ID) ([]id.ID, error) {
	out := []id.ID{}
	for next := []id.ID{person}; len(next) > 0; {
		rows, err := accountdb.MergesOf(r, next[0])
		if err != nil {
			return nil, err
		}
		next = next[1:]
		for _, row := range rows {
			if row.Undone.IsZero() && !slices.Contains(out, row.Merged) {
				out, next = append(out, row.Merged), append(next, row.Merged)
			}
		}
	}
	if len(out) == 0 {
		return nil, nil
	}
	return out, nil
}

// stillAlso refuses an act whose actor has lost one of those who were merged into them.
func (m *Module) stillAlso(tx *store.Tx, a act.Act) error {
	if len(a.Also) == 0 {
		return nil
	}
	now, err := m.alsoOf(tx.As(reader, "account.session"), a.Actor.Person)
	if err != nil {
		return err
	}
	for _, person := range a.Also {
		if !slices.Contains(now, person) {
			return ErrClosed
		}
	}
	return nil
}

// lead makes every account of a person lead to whom its own person is now, and tells which it moved.
func (m *Module) lead(tx *store.Tx, person id.ID) ([]id.ID, error) {
	accounts, err := accountdb.AccountsOf(tx, person)
	if err != nil {
		return nil, err
	}
	var moved []id.ID
	for _, account := range accounts {
		row, err := accountdb.AccountOrigin(tx, account)
		if err != nil {
			return nil, err
		}
		origin := row.Origin
		if origin.IsZero() {
			origin = row.Person
		}
		to, err := rootOf(tx, origin)
		if err != nil {
			return nil, err
		}
		if to == person {
			continue
		}
		if err := moveAccount(tx, account, origin, person, to); err != nil {
			return nil, err
		}
		moved = append(moved, account)
	}
	return moved, nil
}

func moveAccount(tx *store.Tx, account, origin, from, to id.ID) error {
	if err := accountdb.LeadAccount(tx, to, origin, account); err != nil {
		return err
	}
	if err := accountdb.LeadContacts(tx, account, to); err != nil {
		return err
	}
	if err := accountdb.DropPersonAccount(tx, from, account); err != nil {
		return err
	}
	return accountdb.InsertPersonAccount(tx, to, account)
}
