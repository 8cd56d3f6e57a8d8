package casework

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"posad.city/core/agency"
	"posad.city/core/service"
	"posad.city/kit/act"
	"posad.city/kit/calendar"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/store"
)

var boris = id.Derived("person", "boris")

// numbers are Signers: whom the city knows by their number.
type numbers map[string]id.ID

func (n numbers) PersonOf(_ context.Context, snils string) (id.ID, error) {
	if p, ok := n[snils]; ok {
		return p, nil
	}
	return id.ID{}, store.ErrNone
}

// records are Signers that know what people are called and when they were born.
type records map[string]service.Person

func (r records) PersonOf(_ context.Context, snils string) (id.ID, error) {
	if _, ok := r[snils]; ok {
		return id.Derived("person", snils), nil
	}
	return id.ID{}, store.ErrNone
}

func (r records) Differs(_ context.Context, person id.ID, named lang.Name, birth calendar.Date) (bool, bool, error) {
	for snils, p := range r {
		if id.Derived("person", snils) == person {
			return p.Name.Surname != named.Family, p.Birth != birth.String(), nil
		}
	}
	return false, false, store.ErrNone
}

// Differs finds nothing wrong.
func (n numbers) Differs(context.Context, id.ID, lang.Name, calendar.Date) (bool, bool, error) {
	return false, false, nil
}

func as(person id.ID) act.Act {
	return act.Act{Actor: act.Actor{Kind: act.Person, Person: person}, Holder: person, Assurance: act.Standard, Channel: act.Web}
}

func (r *rig) sign(ref Ref, person id.ID) error {
	r.t.Helper()
	p, err := r.PrepareSign(ctx, as(person), ref.Holder, ref.ID, person, service.Answers{"agrees": true})
	if err != nil {
		return err
	}
	return r.store.Write(ctx, p.Put)
}

func TestACaseWaitsForThoseWhoSignIt(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		known := numbers{"11223344595": boris}
		r.deps.Signers = known
		ref := r.open("sign-works", "two", anna)
		r.run(time.Minute)
		c := r.status(ref, StatusSigning)
		if c.Paused.IsZero() {
			t.Error("the term runs")
		}
		mine, err := r.ToSign(ctx, as(boris))
		r.must(err)
		if len(mine) != 1 || mine[0].Case != ref.ID || mine[0].State != SignWaiting {
			t.Fatalf("Boris is asked to sign %+v", mine)
		}
		if err := r.sign(ref, vera); !errors.Is(err, ErrSigner) {
			t.Errorf("who is not found signs: %v", err)
		}
		r.must(r.sign(ref, boris))
		if err := r.sign(ref, boris); !errors.Is(err, ErrSigner) {
			t.Errorf("twice: %v", err)
		}
		r.run(time.Minute)
		r.status(ref, StatusSigning)
		known["00000020107"] = vera // she registers
		r.run(2 * time.Hour)
		r.must(r.sign(ref, vera))
		r.run(time.Minute)
		c = r.status(ref, StatusInQueue)
		if c.Step != "person" || !c.Paused.IsZero() {
			t.Errorf("at %q, paused %s", c.Step, c.Paused)
		}
		signers, err := r.SignersOf(ctx, officer(igor, "housing", agency.Officer), anna, ref.ID)
		r.must(err)
		if len(signers) != 2 || signers[0].State != SignSigned || signers[1].Part["agrees"] != true {
			t.Errorf("%+v", signers)
		}
		told, err := r.told.Inbox(ctx, annaAct, anna, id.ID{}, 50)
		r.must(err)
		kinds := map[string]int{}
		for _, m := range told.Messages {
			kinds[m.Kind]++
		}
		if kinds["casework.tell.sign_unknown"] != 1 || kinds["casework.tell.signed"] != 2 {
			t.Errorf("told %v", kinds)
		}
	})
}

// Whoever has the number and another name, or another birth date, is not whom the applicant means: they see nothing.
func TestANumberAloneNamesNoSigner(t *testing.T) {
	t.Parallel()
	for _, want := range []struct {
		surname, birth, part string // of whoever has the number; what the applicant is told
	}{
		{"Белов", "1980-01-31", ""}, {"Чужой", "1980-01-31", "имя"}, {"Белов", "1980-02-01", "день рождения"}, {"Чужой", "1980-02-01", "имя и день рождения"},
	} {
		r := one(t)
		r.deps.Signers = records{"11223344595": {Name: service.Name{Surname: want.surname}, Birth: want.birth}}
		ref := r.open("sign-works", "two", anna)
		r.run(3 * time.Hour)
		mine, err := r.ToSign(ctx, as(id.Derived("person", "11223344595")))
		r.must(err)
		if asked := len(mine) == 1; asked != (want.part == "") {
			t.Errorf("%+v: they are asked to sign %+v", want, mine)
		}
		told, err := r.told.Inbox(ctx, annaAct, anna, id.ID{}, 50)
		r.must(err)
		count := 0
		for _, m := range told.Messages {
			if m.Kind == "casework.tell.sign_differs" {
				count++
			}
		}
		if once := want.part != ""; once != (count == 1) {
			t.Errorf("%+v: the applicant is told %d times", want, count)
		} else if once && !strings.Contains(r.message(anna, "sign_differs").Text.RU, "К СНИЛС не подходит: "+want.part+", котор") {
			t.Errorf("%+v: the applicant is told %q", want, r.message(anna, "sign_differs").Text.RU)
		}
		r.status(ref, StatusSigning)
	}
}

func TestARefusalToSignOrNoneEndsTheStep(t *testing.T) {
	t.Parallel()
	r := one(t)
	r.deps.Signers = numbers{"11223344595": boris, "00000020107": vera}
	ref, late := r.open("sign-works", "two", anna), r.open("sign-works", "two", anna)
	gone := r.open("sign-works", "two", anna)
	r.run(time.Minute)
	p, err := r.PrepareRefuse(ctx, as(boris), anna, ref.ID, boris)
	r.must(err)
	r.must(r.store.Write(ctx, p.Put))
	_, err = r.Withdraw(ctx, annaAct, Withdrawal{Holder: anna, Case: gone.ID})
	r.must(err)
	r.run(time.Minute)
	if c := r.status(ref, StatusRefused); c.Ground != "unsigned" {
		t.Errorf("ground %q", c.Ground)
	}
	r.status(gone, StatusWithdrawn)
	r.run(20 * 24 * time.Hour)
	if c := r.status(late, StatusRefused); c.Ground != "unsigned" || !c.Late.IsZero() {
		t.Errorf("ground %q, late %s", c.Ground, c.Late)
	}
	mine, err := r.ToSign(ctx, as(vera))
	r.must(err)
	for _, line := range mine {
		if line.State != SignOver {
			t.Errorf("Vera is still asked: %+v", line)
		}
	}
	if err := r.sign(late, vera); !errors.Is(err, ErrSigner) {
		t.Errorf("after the end: %v", err)
	}
}
