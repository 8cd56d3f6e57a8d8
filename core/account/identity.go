package account

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"posad.city/core/account/internal/store"
	"posad.city/kit/act"
	"posad.city/kit/calendar"
	"posad.city/kit/fault"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/store"
)

// The limits of asking the register about one person: it must not be used to find out other people's data.
const (
	identityTries  = 5
	identityWindow = time.Hour
	numberTries    = 20 // about one number, whoever asks
	numberWindow   = 24 * time.Hour
	identityWait   = 8 * time.Second
)

// Confirm asks the population register whether a person is who they say, keeps the confirmed data and lifts the person to
// Standard. A person whom the city knew by that SNILS without an account is who they become: another id, with the act's
// session closed. Errors: fault.Invalid with fields, ErrDiffers, ErrSNILSTaken, ErrRegister, ErrConfirmed, ErrOften.
func (m *Module) Confirm(ctx context.Context, a act.Act, person id.ID, what Identity) (Person, error) {
	now, err := m.Person(ctx, a, "account.look.profile", person)
	if err != nil {
		return Person{}, err
	}
	if now.Level >= act.Standard {
		return now, ErrConfirmed
	}
	next, err := m.identified(now, what)
	if err != nil {
		return now, err
	}
	guard := limit{"account.identity", m.guardKey("account.identity", person.String()), identityTries, identityWindow}
	number := limit{"account.identity_number", m.guardKey("account.identity_number", next.SNILS), numberTries, numberWindow}
	if err := m.countAll(ctx, ErrOften, guard, number); err != nil {
		return now, err
	}
	if err := m.askRegister(ctx, next, a.ID); err != nil {
		return now, err
	}
	owner, err := m.ownerOf(ctx, next)
	if err != nil {
		return now, err
	}
	if !owner.IsZero() { // known by this number already, perhaps from a parent's family
		return m.becomes(ctx, a, next, owner)
	}
	return m.saveIdentity(ctx, a, next, act.Standard)
}

// identified decides whether the identity is whole, and what the person becomes by it.
func (m *Module) identified(now Person, what Identity) (Person, error) {
	birth, snils := what.Birth, what.SNILS
	next, err := applied(now, Change{Name: &what.Name, Birth: &birth, SNILS: &snils}, m.today())
	faults := fault.Of(err)
	var fields []fault.Field
	if err != nil {
		if faults.ID != ErrFields.ID {
			return now, err
		}
		fields = faults.Fields
	}
	if birth.IsZero() {
		fields = append(fields, fault.Field{Name: "birth", ID: "account.birth_needed"})
	}
	if snils == "" {
		fields = append(fields, fault.Field{Name: "snils", ID: "account.snils_needed"})
	}
	if len(fields) > 0 {
		return now, ErrFields.With(fields...)
	}
	return next, nil
}

func (m *Module) askRegister(ctx context.Context, p Person, ask id.ID) error {
	if m.deps.Identity == nil {
		return ErrRegister
	}
	ctx, cancel := context.WithTimeout(ctx, identityWait)
	defer cancel()
	verdict, err := m.deps.Identity.CheckIdentity(ctx, p.ID, Identity{Name: p.Name, Birth: p.Birth, SNILS: p.SNILS}, ask)
	if err != nil {
		return ErrRegister.Because(err)
	}
	if verdict != Confirmed {
		return ErrDiffers // a person who does not exist and one who differs look alike
	}
	return nil
}

func (m *Module) saveIdentity(ctx context.Context, a act.Act, next Person, level act.Level) (Person, error) {
	keys, err := m.base.Vault.Keys(ctx, next.ID)
	if err != nil {
		return Person{}, err
	}
	sealed, err := seal(keys, next)
	if err != nil {
		return Person{}, err
	}
	number := m.base.Vault.Keyed(spaceSNILS, next.SNILS)
	err = m.base.Store.WriteAs(ctx, a, func(tx *store.Tx) error {
		if err := takeSNILS(tx, number, next.ID); err != nil {
			return err
		}
		n, err := accountdb.ConfirmPerson(tx, accountdb.ConfirmPersonParams{
			Profile: sealed, Level: int64(level), Confirmed: tx.Now(), Person: next.ID, Version: next.Version,
		})
		if err != nil {
			return err
		}
		if n == 0 {
			return ErrChanged
		}
		return m.announcePerson(tx, next.ID)
	})
	if err != nil {
		return Person{}, fmt.Errorf("account: confirm an identity: %w", err)
	}
	next.Level, next.Version = level, next.Version+1
	return next, nil
}

// spaceSNILS is where a SNILS is found by.
const spaceSNILS = "account.snils"

// takeSNILS makes the person the one of a SNILS.
func takeSNILS(tx *store.Tx, number []byte, person id.ID) error {
	n, err := accountdb.InsertPersonKey(tx, number, person)
	if err != nil || n == 1 {
		return err
	}
	owner, err := accountdb.PersonBySNILS(tx, number)
	if err == nil && owner != person {
		return ErrSNILSTaken
	}
	return err
}

// PersonOf returns the person of a SNILS, or store.ErrNone.
func (m *Module) PersonOf(ctx context.Context, snils string) (id.ID, error) {
	var out id.ID
	err := m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		var err error
		out, err = accountdb.PersonBySNILS(r, m.base.Vault.Keyed(spaceSNILS, snils))
		return err
	})
	if err != nil && !errors.Is(err, store.ErrNone) {
		return id.ID{}, fmt.Errorf("account: person of a SNILS: %w", err)
	}
	return out, err
}

// Differs tells whether a person has another name, or another birth date, than somebody wrote; a part that is empty there is
// not compared. It is asked by Posad itself and leaves no look. Errors: ErrNone.
func (m *Module) Differs(ctx context.Context, person id.ID, name lang.Name, birth calendar.Date) (bool, bool, error) {
	p, err := m.Person(ctx, reader, "account.look.profile", person)
	if err != nil {
		return false, false, err
	}
	other := func(written, known string) bool { return written != "" && plainly(written) != plainly(known) }
	otherName := other(name.Family, p.Name.Family) || other(name.Given, p.Name.Given) || other(name.Patronymic, p.Name.Patronymic)
	return otherName, !birth.IsZero() && birth != p.Birth, nil
}

// SNILSMark is a stable name of a SNILS that tells nothing of it, from which a person's id may be derived.
func (m *Module) SNILSMark(snils string) string {
	return hex.EncodeToString(m.base.Vault.Keyed("account.snils_mark", snils))
}
