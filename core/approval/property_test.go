package approval_test

import (
	"errors"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"posad.city/core/approval"
	"posad.city/kit/store/storetest"
)

// Whatever people press, in whatever order and whenever, at most one sign-in comes of one question: in the browser that
// began it, for the first who gave the right number, and for nobody after a wrong one.
func TestOneSessionOfOneQuestion(t *testing.T) {
	t.Parallel()
	s, c := storetest.Open(t, needs()...)
	r := newRig(t, s, c)
	r.people(t, "anna", "boris")
	names := []string{"anna", "boris"}
	rapid.Check(t, func(rt *rapid.T) {
		visit := []byte(rapid.StringMatching("[a-z]{20}").Draw(rt, "visit"))
		question, right, other, err := r.Row(t.Context(), approval.QR, visit)
		if err != nil {
			rt.Fatal(err)
		}
		begun, taken, spoiled, winner := r.clock.Now(), 0, false, ""
		var said time.Time
		for range rapid.IntRange(1, 12).Draw(rt, "steps") {
			step := rapid.SampledFrom([]string{"right", "right", "wrong", "take", "take", "take elsewhere", "wait"}).Draw(rt, "step")
			switch step {
			case "right", "wrong":
				name, number := rapid.SampledFrom(names).Draw(rt, "who"), right
				if step == "wrong" {
					number = other
				}
				v, err := r.Answer(t.Context(), personOf(name), r.accountOf(t, name), question, number)
				late := r.clock.Now().Sub(begun) >= approval.Life
				switch {
				case err == nil && (late || spoiled || winner != ""):
					rt.Fatalf("%s answered %s: late %v, refused %v, by %q before", name, v, late, spoiled, winner)
				case err == nil && v != map[string]string{"right": "yes", "wrong": "wrong"}[step]:
					rt.Fatalf("the %s number was answered %s", step, v)
				case err == nil && v == "wrong":
					spoiled = true
				case err == nil:
					winner, said = name, r.clock.Now()
				}
			case "take":
				proof, err := r.Take(t.Context(), visit, approval.QR)
				if err != nil {
					continue
				}
				taken++
				if winner == "" || taken > 1 || proof.Person != personOf(winner) || proof.Account != r.accountOf(t, winner) || r.clock.Now().Sub(said) >= approval.TakeLife {
					rt.Fatalf("taken %d times by %+v, the yes was %q's", taken, proof, winner)
				}
			case "take elsewhere":
				if proof, err := r.Take(t.Context(), []byte("another browser's visit"), approval.QR); err == nil {
					rt.Fatalf("another browser took %+v", proof)
				}
			case "wait":
				r.clock.Move(time.Duration(rapid.IntRange(1, 100).Draw(rt, "seconds")) * time.Second)
			}
		}
	})
}

// However many have read a question before the first of them writes, one answer counts and one taker is let in.
func TestRacesAreHeldByTheWrite(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		r.people(t, "anna", "boris")
		visit := []byte("a visit of one browser")
		for _, first := range []string{"yes", "wrong"} {
			question, right, other, err := r.Row(t.Context(), approval.QR, visit)
			if err != nil {
				t.Fatal(err)
			}
			anna, err1 := r.ReadToAnswer(t.Context(), question)
			boris, err2 := r.ReadToAnswer(t.Context(), question)
			if err := errors.Join(err1, err2); err != nil {
				t.Fatal(err)
			}
			number := map[string]int64{"yes": right, "wrong": other}[first]
			if v, err := anna(personOf("anna"), r.accountOf(t, "anna"), number); v != first || err != nil {
				t.Fatalf("the first answer: %s, %v", v, err)
			}
			if v, err := boris(personOf("boris"), r.accountOf(t, "boris"), right); !errors.Is(err, approval.ErrOver) {
				t.Errorf("an answer after %s: %s, %v", first, v, err)
			}
			one, err1 := r.ReadToTake(t.Context(), question, visit)
			two, err2 := r.ReadToTake(t.Context(), question, visit)
			if err := errors.Join(err1, err2); err != nil {
				t.Fatal(err)
			}
			if proof, err := one(); (err == nil) != (first == "yes") || err == nil && proof.Person != personOf("anna") {
				t.Errorf("taken after %s: %+v, %v", first, proof, err)
			}
			if proof, err := two(); !errors.Is(err, approval.ErrOver) {
				t.Errorf("taken twice: %+v, %v", proof, err)
			}
		}
	})
}

// The right number is one of three unlike ones of two digits, and stands in no place more often than in another.
func TestDraw(t *testing.T) {
	t.Parallel()
	places := map[int]int{}
	for range 3000 {
		right, choices, err := approval.Draw()
		if err != nil {
			t.Fatal(err)
		}
		list := strings.Fields(choices)
		seen, place := map[string]bool{}, -1
		for i, text := range list {
			if n, err := strconv.ParseInt(text, 10, 64); err != nil || n < 10 || n > 99 || seen[text] {
				t.Fatalf("%q is offered", choices)
			} else if n == right {
				place = i
			}
			seen[text] = true
		}
		if len(list) != 3 || place < 0 {
			t.Fatalf("%d is right, %q is offered", right, choices)
		}
		places[place]++
	}
	for place, n := range places {
		if n < 850 || n > 1150 {
			t.Errorf("place %d holds the right number %d times of 3000", place, n)
		}
	}
}
