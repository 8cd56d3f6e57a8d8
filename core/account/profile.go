package account

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"posad.city/core/account/internal/store"
	"posad.city/kit/act"
	"posad.city/kit/calendar"
	"posad.city/kit/fault"
	"posad.city/kit/feed"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/store"
)

// Change is what a person changes of their own data; nil leaves a thing as it is.
type Change struct {
	Name  *lang.Name
	Birth *calendar.Date
	SNILS *string
	Lang  *lang.Language
}

// nameMost is the longest part of a name, characters.
const nameMost = 100

// ChangeProfile changes a person's data and returns it as it is now. version is the one that the person saw; 0 takes any.
// Name, birth date and SNILS of a confirmed person come from the register and are ErrConfirmed. Errors: fault.Invalid
// with fields, ErrChanged.
func (m *Module) ChangeProfile(ctx context.Context, a act.Act, person id.ID, version int64, change Change) (Person, error) {
	now, err := m.Person(ctx, a, "account.look.profile", person)
	if err != nil {
		return Person{}, err
	}
	if version != 0 && version != now.Version {
		return Person{}, ErrChanged
	}
	next, err := applied(now, change, m.today())
	if err != nil || next == now {
		return next, err
	}
	return m.saveProfile(ctx, a, next, func(*store.Tx) error { return nil })
}

// applied decides what the person's data becomes.
func applied(now Person, change Change, today calendar.Date) (Person, error) {
	next := now
	if change.Lang != nil {
		next.Lang = *change.Lang
	}
	if change.Name != nil {
		next.Name = cleanName(*change.Name)
	}
	if change.Birth != nil {
		next.Birth = *change.Birth
	}
	var faults []fault.Field
	if next.Lang != "" && !lang.Known(string(next.Lang)) {
		faults = append(faults, fault.Field{Name: "lang", ID: "account.lang_unknown"})
	}
	if change.SNILS != nil {
		digits, ok := ParseSNILS(*change.SNILS)
		if !ok && strings.TrimSpace(*change.SNILS) != "" {
			faults = append(faults, fault.Field{Name: "snils", ID: "account.snils_form"})
		}
		next.SNILS = digits
	}
	if now.Level >= act.Standard && (next.Name != now.Name || next.Birth != now.Birth || next.SNILS != now.SNILS) {
		return now, ErrConfirmed
	}
	if change.Name != nil {
		faults = append(checkName(next.Name), faults...)
	}
	if change.Birth != nil {
		faults = append(faults, checkBirth(next.Birth, today)...)
	}
	if len(faults) > 0 {
		return now, ErrFields.With(faults...)
	}
	return next, nil
}

func cleanName(n lang.Name) lang.Name {
	clean := func(part string) string { return strings.Join(strings.Fields(part), " ") }
	return lang.Name{Family: clean(n.Family), Given: clean(n.Given), Patronymic: clean(n.Patronymic)}
}

// checkName asks for a family and a given name; the letters of any language, hyphens, apostrophes, points and spaces may
// stand in a name.
func checkName(n lang.Name) []fault.Field {
	var out []fault.Field
	for _, part := range []struct {
		field, text string
		needed      bool
	}{{"family", n.Family, true}, {"given", n.Given, true}, {"patronymic", n.Patronymic, false}} {
		switch {
		case part.text == "" && part.needed:
			out = append(out, fault.Field{Name: part.field, ID: "account." + part.field + "_needed"})
		case utf8.RuneCountInString(part.text) > nameMost || part.text != "" && !nameLetters(part.text):
			out = append(out, fault.Field{Name: part.field, ID: "account.name_letters"})
		}
	}
	return out
}

func nameLetters(text string) bool {
	letters := 0
	for _, r := range text {
		switch {
		case unicode.IsLetter(r):
			letters++
		case !unicode.Is(unicode.Mn, r) && !strings.ContainsRune(" -'’.‐", r):
			return false
		}
	}
	return letters > 0
}

// oldest is how long ago a living person can have been born, in years.
const oldest = 130

func checkBirth(birth, today calendar.Date) []fault.Field {
	if birth.IsZero() {
		return nil
	}
	if birth.After(today) || birth.Before(today.AddYears(-oldest)) {
		return []fault.Field{{Name: "birth", ID: "account.birth_range"}}
	}
	return nil
}

// saveProfile writes a person's data over the version that it was made from, with what else belongs to the same change.
func (m *Module) saveProfile(ctx context.Context, a act.Act, next Person, more func(*store.Tx) error) (Person, error) {
	keys, err := m.base.Vault.Keys(ctx, next.ID)
	if err != nil {
		return Person{}, err
	}
	sealed, err := seal(keys, next)
	if err != nil {
		return Person{}, err
	}
	err = m.base.Store.WriteAs(ctx, a, func(tx *store.Tx) error {
		n, err := accountdb.ChangeProfile(tx, accountdb.ChangeProfileParams{
			Profile: sealed, Lang: string(next.Lang), Person: next.ID, Version: next.Version,
		})
		if err != nil {
			return err
		}
		if n == 0 {
			return ErrChanged
		}
		if err := more(tx); err != nil {
			return err
		}
		return m.announcePerson(tx, next.ID)
	})
	next.Version++
	return next, err
}

func (m *Module) announcePerson(tx *store.Tx, person id.ID) error {
	return m.base.Feed.Publish(tx, feed.Change{Topic: TopicPerson, Holder: person, Object: person})
}

// AskContactCode sends a code to a contact that the person wants to be reached and to sign in by.
func (m *Module) AskContactCode(ctx context.Context, a act.Act, to Contact, l lang.Language, from string) (Sent, error) {
	return m.ask(ctx, asking{why: forContact, to: to, person: a.Actor.Person, lang: l, from: from})
}

// PutContact puts a contact that is proved by its code into the account of the act's session, in the place of the old one
// of its kind. Errors: ErrCode, ErrCodeOver, ErrTaken when another account signs in with it.
func (m *Module) PutContact(ctx context.Context, a act.Act, try id.ID, code string) (Person, error) {
	proved, err := m.prove(ctx, try, code, "", forContact)
	if err != nil {
		return Person{}, err
	}
	if proved.row.Person != a.Actor.Person {
		return Person{}, ErrCodeOver
	}
	person, err := m.Person(ctx, a, "account.look.profile", a.Actor.Person)
	if err != nil {
		return Person{}, err
	}
	old := person.contact(proved.contact.Channel)
	person.set(proved.contact)
	word := Word{Person: person.ID, Key: "account.contact/" + try.String(), Kind: "account.word.contact", Path: securityPath}
	if old.key != "" && old.key != proved.contact.key {
		word.Also = []Contact{old}
	}
	words, err := m.PrepareWord(ctx, word)
	if err != nil {
		return Person{}, err
	}
	return m.saveProfile(ctx, a, person, func(tx *store.Tx) error {
		return errors.Join(m.swapContact(tx, a, old, proved.contact), words(tx))
	})
}

// DropContact takes a contact out of the person's data and out of whichever of their accounts it signs in to. Errors:
// ErrLastWay when nobody could sign in to that account any more.
func (m *Module) DropContact(ctx context.Context, a act.Act, channel Channel) error {
	person, err := m.Person(ctx, a, "account.look.profile", a.Actor.Person)
	if err != nil {
		return err
	}
	gone := person.contact(channel)
	if gone.key == "" {
		return store.ErrNone
	}
	person.drop(channel)
	words, err := m.PrepareWord(ctx, Word{
		Person: person.ID, Key: "account.way_dropped/" + a.ID.String(), Kind: "account.word.way_dropped", Path: securityPath, Also: []Contact{gone},
	})
	if err != nil {
		return err
	}
	key := gone.keyed(m.base.Vault)
	_, err = m.saveProfile(ctx, a, person, func(tx *store.Tx) error {
		held, err := accountdb.ContactByKey(tx, key)
		if errors.Is(err, store.ErrNone) || err == nil && held.Person != person.ID {
			return words(tx) // it signs in to nothing of theirs
		}
		if err != nil {
			return err
		}
		if err := leaveOne(tx, held.Account, id.ID{}, key); err != nil {
			return err
		}
		if _, err := accountdb.DropContact(tx, key, held.Account); err != nil {
			return err
		}
		return words(tx)
	})
	return err
}

// contact is the person's e-mail or phone; false when there is none.
func (p Person) contact(channel Channel) Contact {
	text := p.Email
	if channel == Phone {
		text = p.Phone
	}
	c, err := ParseContact(text)
	if err != nil {
		return Contact{}
	}
	return c
}

func (m *Module) swapContact(tx *store.Tx, a act.Act, old, fresh Contact) error {
	session, err := accountdb.SessionByID(tx.As(reader, "account.session"), a.Actor.Person, a.Session)
	if err != nil {
		return err
	}
	if old.key != "" && old.key != fresh.key {
		if err := m.dropOwn(tx, a.Actor.Person, old); err != nil {
			return err
		}
	}
	n, err := accountdb.InsertContact(tx, accountdb.InsertContactParams{
		Contact: fresh.keyed(m.base.Vault), Channel: string(fresh.Channel), Account: session.Account, Person: a.Actor.Person, Since: tx.Now(),
	})
	if err != nil || n == 1 {
		return err
	}
	held, err := accountdb.ContactByKey(tx, fresh.keyed(m.base.Vault))
	if err == nil && held.Person != a.Actor.Person {
		return ErrTaken
	}
	return err
}

// dropOwn takes a contact out of whichever of the person's accounts it signs in to.
func (m *Module) dropOwn(tx *store.Tx, person id.ID, c Contact) error {
	key := c.keyed(m.base.Vault)
	held, err := accountdb.ContactByKey(tx, key)
	if errors.Is(err, store.ErrNone) || err == nil && held.Person != person {
		return nil
	}
	if err != nil {
		return err
	}
	_, err = accountdb.DropContact(tx, key, held.Account)
	return err
}

// HasPassword tells whether the account of the act's session has a password.
func (m *Module) HasPassword(ctx context.Context, a act.Act) (bool, error) {
	row, _, err := m.accountOf(ctx, a)
	return row.Password != "", err
}

func (m *Module) accountOf(ctx context.Context, a act.Act) (accountdb.AccountByIDRow, accountdb.SessionByIDRow, error) {
	var row accountdb.AccountByIDRow
	var session accountdb.SessionByIDRow
	err := m.base.Store.Look(ctx, reader, "account.session", func(p *store.Personal) error {
		var err error
		if session, err = accountdb.SessionByID(p, a.Actor.Person, a.Session); err != nil {
			return err
		}
		row, err = accountdb.AccountByID(p, session.Account)
		return err
	})
	if errors.Is(err, store.ErrNone) {
		return row, session, ErrClosed
	}
	return row, session, err
}

// SetPassword sets the password of the act's account and closes its other sessions. The old one is needed, unless the
// person showed within the last 15 minutes that they are there; an account without one needs that. Who chose two steps
// must have shown both. Errors: fault.Invalid with fields, ErrWrong, ErrProof, errFresh, errStrong.
func (m *Module) SetPassword(ctx context.Context, a act.Act, old, fresh string) error {
	if faults := checkPassword(fresh); len(faults) > 0 {
		return ErrFields.With(faults...)
	}
	row, session, err := m.accountOf(ctx, a)
	if err != nil {
		return err
	}
	if err := m.bothSteps(ctx, session); err != nil {
		return err
	}
	recent := m.base.Clock.Now().Sub(later(session.Proved, session.Started)) < act.Lately
	if row.Password == "" && !recent {
		return errFresh
	}
	if row.Password != "" && (!recent || old != "") {
		if err := m.checkOld(ctx, row, old); err != nil {
			return err
		}
	}
	hash, err := m.hasher.hash(ctx, fresh)
	if err != nil {
		return err
	}
	words, err := m.PrepareWord(ctx, Word{
		Person: a.Actor.Person, Key: "account.password/" + a.ID.String(), Kind: "account.word.password", Path: securityPath,
	})
	if err != nil {
		return err
	}
	err = m.base.Store.WriteAs(ctx, a, func(tx *store.Tx) error {
		if _, err := accountdb.SetPassword(tx, row.Account, hash); err != nil {
			return err
		}
		if err := m.CloseOthers(tx, a.Actor.Person, a.Session); err != nil {
			return err
		}
		return words(tx)
	})
	if err != nil {
		return fmt.Errorf("account: set a password: %w", err)
	}
	return nil
}

func (m *Module) checkOld(ctx context.Context, row accountdb.AccountByIDRow, old string) error {
	if old == "" {
		return ErrProof
	}
	guard := limit{"account.old_password", m.guardKey("account.old_password", row.Account.String()), passwordTries, passwordWindow}
	if err := m.countAll(ctx, ErrOften, guard); err != nil {
		return err
	}
	fits, err := m.hasher.fits(ctx, old, row.Password)
	if err != nil {
		return err
	}
	if !fits {
		return ErrFields.With(fault.Field{Name: "old_password", ID: ErrWrong.ID})
	}
	return m.forgive(ctx, guard)
}
