package account_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"posad.city/core/account"
	"posad.city/kit/act"
	"posad.city/kit/calendar"
	"posad.city/kit/fault"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/store"
	"posad.city/kit/web"
)

func TestACodeMakesAnAccountOnceAndFindsItAgain(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		first, a := r.enter(t, "anna@example.org")
		if !first.New {
			t.Error("the first time made no account")
		}
		r.clock.Move(2 * time.Minute)
		again, _ := r.enter(t, "ANNA@example.org")
		if again.New || again.Person != first.Person {
			t.Errorf("the second time: new %v, person %v, want %v", again.New, again.Person, first.Person)
		}
		me, err := r.Person(t.Context(), a, "account.look.profile", first.Person)
		if err != nil || me.Email != "anna@example.org" || me.Level != act.Basic || !me.SignsIn {
			t.Errorf("the person is %+v, %v", me, err)
		}
	})
}

func TestLettersGoToTheRightChannelAndAreLimited(t *testing.T) {
	t.Parallel()
	r := one(t)
	sent, _ := r.code(t, "8 916 123-45-67")
	letter := r.letters.last(t)
	if letter.to != "+79161234567" || letter.channel != account.Phone || letter.lang != lang.English || len(letter.code) != account.CodeDigits {
		t.Errorf("the letter is %+v", letter)
	}
	if sent.To != "+7••••••4567" {
		t.Errorf("masked %q", sent.To)
	}
	c, err := account.ParseContact("+79161234567")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.AskCode(t.Context(), c, lang.Russian, ""); !errors.Is(err, account.ErrOften) {
		t.Errorf("a second letter within a minute: %v", err)
	}
	taken := 1
	for range 30 {
		r.clock.Move(61 * time.Second)
		if _, err := r.AskCode(t.Context(), c, lang.Russian, ""); err == nil {
			taken++
		}
	}
	if taken != 5 {
		t.Errorf("%d letters within the hour", taken)
	}
	other, err := account.ParseContact("boris@example.org")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.AskCode(t.Context(), other, lang.Russian, ""); err != nil {
		t.Errorf("another contact is limited too: %v", err)
	}
}

func TestACodeStandsFiveTriesTenMinutesAndOneUse(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		sent, code := r.code(t, "a@example.org")
		for i := range account.CodeTries {
			if _, err := r.EnterByCode(t.Context(), sent.Try, wrong(code), account.Via{}); !errors.Is(err, account.ErrCode) {
				t.Fatalf("wrong try %d: %v", i+1, err)
			}
		}
		if _, err := r.EnterByCode(t.Context(), sent.Try, code, account.Via{}); !errors.Is(err, account.ErrCodeOver) {
			t.Errorf("the right code after five wrong ones: %v", err)
		}
		sent, code = r.code(t, "b@example.org")
		r.clock.Move(account.CodeLife)
		if _, err := r.EnterByCode(t.Context(), sent.Try, code, account.Via{}); !errors.Is(err, account.ErrCodeOver) {
			t.Errorf("the right code after ten minutes: %v", err)
		}
		sent, code = r.code(t, "c@example.org")
		if _, err := r.EnterByCode(t.Context(), sent.Try, code[:3]+" "+code[3:], account.Via{}); err != nil {
			t.Errorf("the right code with a space: %v", err)
		}
		if _, err := r.EnterByCode(t.Context(), sent.Try, code, account.Via{}); !errors.Is(err, account.ErrCodeOver) {
			t.Errorf("the same code again: %v", err)
		}
		if _, err := r.EnterByCode(t.Context(), id.New(r.clock.Now()), code, account.Via{}); !errors.Is(err, account.ErrCodeOver) {
			t.Errorf("a code of nothing: %v", err)
		}
	})
}

// However many try at once, at most five codes are compared: all others are told that the code is over.
func TestSimultaneousTriesAreNeverMoreThanFive(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		sent, code := r.code(t, "a@example.org")
		var compared, over atomic.Int64
		var all sync.WaitGroup
		for range 40 {
			all.Go(func() {
				switch _, err := r.EnterByCode(context.Background(), sent.Try, wrong(code), account.Via{}); {
				case errors.Is(err, account.ErrCode):
					compared.Add(1)
				case errors.Is(err, account.ErrCodeOver):
					over.Add(1)
				default:
					t.Errorf("a wrong code: %v", err)
				}
			})
		}
		all.Wait()
		if compared.Load() != account.CodeTries || over.Load() != 35 {
			t.Errorf("%d compared, %d told it is over", compared.Load(), over.Load())
		}
	})
}

func TestOneOfManyWithTheRightCodeComesIn(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		sent, code := r.code(t, "a@example.org")
		var in atomic.Int64
		var all sync.WaitGroup
		for range 5 {
			all.Go(func() {
				if _, err := r.EnterByCode(context.Background(), sent.Try, code, account.Via{}); err == nil {
					in.Add(1)
				} else if !errors.Is(err, account.ErrCodeOver) {
					t.Errorf("the right code: %v", err)
				}
			})
		}
		all.Wait()
		if in.Load() != 1 {
			t.Errorf("%d came in by one code", in.Load())
		}
	})
}

func enrolAnna(t *testing.T, r *rig) account.Enrolment {
	t.Helper()
	anna := account.Enrolment{
		Person: id.Derived("person", "anna"), Name: lang.Name{Family: "Смирнова", Given: "Анна", Patronymic: "Ивановна"},
		Birth: calendar.MustDate("1986-04-05"), SNILS: "112-233-445 95", Phone: "+79161234567", Email: "anna@example.org",
		Level: act.Standard, Lang: lang.Russian, SignsIn: true, Password: "correct horse",
	}
	for range 2 { // the second run changes nothing
		if err := r.Enrol(t.Context(), []account.Enrolment{anna}); err != nil {
			t.Fatal(err)
		}
	}
	return anna
}

func TestPasswords(t *testing.T) {
	t.Parallel()
	r := one(t)
	anna := enrolAnna(t, r)
	phone, err := account.ParseContact("8 916 1234567")
	if err != nil {
		t.Fatal(err)
	}
	entry, err := r.EnterByPassword(t.Context(), phone, "correct horse", account.Via{})
	if err != nil || entry.Person != anna.Person || entry.New {
		t.Fatalf("entry %+v, %v", entry, err)
	}
	stranger, err := account.ParseContact("nobody@example.org")
	if err != nil {
		t.Fatal(err)
	}
	_, unknown := r.EnterByPassword(t.Context(), stranger, "correct horse", account.Via{})
	_, bad := r.EnterByPassword(t.Context(), phone, "correct house", account.Via{})
	if !errors.Is(unknown, account.ErrWrong) || !errors.Is(bad, account.ErrWrong) || unknown.Error() != bad.Error() {
		t.Errorf("no account says %v, a wrong password %v", unknown, bad)
	}
	for range 9 {
		_, err = r.EnterByPassword(t.Context(), phone, "guess", account.Via{})
	}
	if !errors.Is(err, account.ErrWrong) {
		t.Errorf("the tenth guess: %v", err)
	}
	if _, err := r.EnterByPassword(t.Context(), phone, "correct horse", account.Via{}); !errors.Is(err, account.ErrOften) {
		t.Errorf("the right password after ten guesses: %v", err)
	}
	r.clock.Move(15 * time.Minute)
	if _, err := r.EnterByPassword(t.Context(), phone, "correct horse", account.Via{}); err != nil {
		t.Errorf("the right password a quarter of an hour later: %v", err)
	}
}

func TestSettingAPasswordClosesOtherSessions(t *testing.T) {
	t.Parallel()
	r := one(t)
	_, other := r.enter(t, "a@example.org")
	r.clock.Move(2 * time.Minute)
	entry, a := r.enter(t, "a@example.org")
	if err := r.SetPassword(t.Context(), a, "", "short"); fault.Of(err).Kind != fault.Invalid {
		t.Errorf("a short password: %v", err)
	}
	if err := r.SetPassword(t.Context(), a, "", "Password"); fault.Of(err).Kind != fault.Invalid {
		t.Errorf("a password that everybody tries: %v", err)
	}
	if err := r.SetPassword(t.Context(), a, "", "надёжный пароль"); err != nil {
		t.Fatal(err)
	}
	if open, err := r.SessionsOf(t.Context(), a, entry.Person); err != nil || len(open) != 1 || open[0].ID != entry.Session || !open[0].Current {
		t.Errorf("open are %+v, %v", open, err)
	}
	if err := r.base.Store.WriteAs(t.Context(), other, func(*store.Tx) error { return nil }); !errors.Is(err, account.ErrClosed) {
		t.Errorf("an act of a closed session: %v", err)
	}
	r.clock.Move(20 * time.Minute)
	if err := r.SetPassword(t.Context(), a, "", "другой пароль"); !errors.Is(err, account.ErrProof) {
		t.Errorf("a new password with no proof: %v", err)
	}
	if err := r.SetPassword(t.Context(), a, "надёжный пароль", "другой пароль"); err != nil {
		t.Errorf("a new password with the old one: %v", err)
	}
}

func TestASessionEndsUnusedInTwelveHoursOrWhenClosed(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		entry, a := r.enter(t, "a@example.org")
		hash := web.HashToken(entry.Token)
		find := func() (web.Session, error) { return r.Sessions().Find(t.Context(), hash) }
		got, err := find()
		if err != nil || got.Person != entry.Person || got.Over || got.Assurance != act.Basic || len(got.CSRF) != 32 {
			t.Fatalf("the session is %+v, %v", got, err)
		}
		for range 20 {
			r.clock.Move(29 * time.Minute)
			if got, err = find(); err != nil || got.Over {
				t.Fatalf("a session in use ended: %+v, %v", got, err)
			}
			r.Sessions().Touch(t.Context(), got.ID, r.clock.Now())
		}
		r.clock.Move(account.SessionIdle)
		if got, err = find(); err != nil || !got.Over {
			t.Errorf("after half an hour unused: %+v, %v", got, err)
		}
		if _, err := r.Sessions().Find(t.Context(), web.TokenHash{}); !errors.Is(err, web.ErrNoSession) {
			t.Errorf("no token: %v", err)
		}
		if err := r.Close(t.Context(), entry.Person, entry.Session); err != nil {
			t.Fatal(err)
		}
		if _, err = find(); !errors.Is(err, web.ErrNoSession) {
			t.Errorf("after closing: %v", err)
		}
		if err := r.base.Store.WriteAs(t.Context(), a, func(*store.Tx) error { return nil }); !errors.Is(err, account.ErrClosed) {
			t.Errorf("an act after closing: %v", err)
		}
	})
}

func TestASessionInUseEndsAfterTwelveHours(t *testing.T) {
	t.Parallel()
	r := one(t)
	entry, _ := r.enter(t, "a@example.org")
	for r.clock.Now().Before(entry.Ends) {
		r.Sessions().Touch(t.Context(), entry.Session, r.clock.Now())
		if got, err := r.Sessions().Find(t.Context(), web.HashToken(entry.Token)); err != nil || got.Over {
			t.Fatalf("at %v: %+v, %v", r.clock.Now(), got, err)
		}
		r.Sessions().Touch(t.Context(), entry.Session, r.clock.Now())
		r.clock.Move(20 * time.Minute)
	}
	if got, err := r.Sessions().Find(t.Context(), web.HashToken(entry.Token)); err != nil || !got.Over {
		t.Errorf("after twelve hours: %+v, %v", got, err)
	}
}
