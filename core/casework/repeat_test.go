package casework

import (
	"context"
	"errors"
	"testing"
	"time"

	"posad.city/core/agency"
	"posad.city/core/service"
	"posad.city/kit/web"
)

// restless is a city whose definition is asked for after a case was read and before it is changed: moves are made then.
type restless struct {
	oneCity
	move func()
	left *int
}

func (c restless) Version(ctx context.Context, hash service.Hash) (*service.City, error) {
	if *c.left > 0 {
		*c.left--
		left := *c.left
		*c.left = 0 // the move itself is not disturbed
		c.move()
		*c.left = left
	}
	return c.oneCity.Version(ctx, hash)
}

// disturbed does a thing while the case moves so many times between reading and writing.
func (r *rig) disturbed(ref Ref, times int, do func() error) error {
	r.t.Helper()
	r.deps.Services = restless{left: &times, move: func() {
		k, err := r.know(ctx, r.system(ref.ID), ref.Holder, ref.ID)
		r.must(err)
		_, err = r.write(ctx, r.system(ref.ID), k, func(c *change) error { return c.line("note", true, nil, nil) })
		r.must(err)
	}}
	defer func() { r.deps.Services = oneCity{} }()
	return do()
}

func TestWhatThePersonSendsOutlivesAMoveOfTheCase(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		ref := r.open("city-appeal", "pothole", anna)
		r.run(time.Minute)
		desk, s := officer(igor, "housing", agency.Officer), Step{Holder: anna, Case: ref.ID}
		_, err := r.Take(ctx, desk, s)
		r.must(err)
		_, err = r.Ask(ctx, desk, s, "У какого подъезда яма?")
		r.must(err)
		question := r.read(ref).Questions[0].ID
		answer := func() error {
			_, err := r.Answer(ctx, annaAct, Answer{Holder: anna, Case: ref.ID, Question: question, Words: "У второго",
				Files: []web.File{{Name: "яма.pdf", Type: "application/pdf", Data: []byte("%PDF-1.4\n%%EOF\n")}}})
			return err
		}
		if err := r.disturbed(ref, triesMost, answer); !errors.Is(err, ErrMoved) {
			t.Errorf("a case that moves for ever: %v", err)
		}
		r.must(r.disturbed(ref, triesMost-1, answer))
		if q := r.read(ref).Questions[0]; q.Answer != "У второго" || len(q.Files) != 1 {
			t.Errorf("the answer is %q with %v", q.Answer, q.Files)
		}
		_, err = r.Decide(ctx, desk, s, Verdict{Stage: Refused, Ground: "answered", Words: "Уже отвечали."})
		r.must(err)
		r.run(time.Minute)
		r.must(r.disturbed(ref, triesMost-1, func() error {
			_, err := r.Rate(ctx, annaAct, Rating{Holder: anna, Case: ref.ID, Stars: 4, Words: "Быстро"})
			return err
		}))
		if c := r.read(ref); c.Rating != 4 {
			t.Errorf("the rating is %d", c.Rating)
		}
		other := r.open("city-appeal", "pothole", anna)
		r.run(time.Minute)
		r.must(r.disturbed(other, triesMost-1, func() error {
			_, err := r.Withdraw(ctx, annaAct, Withdrawal{Holder: anna, Case: other.ID, Words: "Засыпали"})
			return err
		}))
		r.status(other, StatusWithdrawn)
	})
}
