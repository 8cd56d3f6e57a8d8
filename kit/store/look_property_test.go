package store_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"posad.city/kit/act"
	"posad.city/kit/clock"
	"posad.city/kit/id"
	"posad.city/kit/store"
	"posad.city/kit/store/storetest"
)

// seenOnce is what one record of a look stands for.
type seenOnce struct {
	person, actor, agency id.ID
	purpose               act.Purpose
	what                  string
	hour                  int64
}

// TestOneRecordAPersonOfficialAndPurposeAnHour: whatever is looked at by whomever, by a look of its own or within a Write, in
// whatever order and however often, there is exactly one record of each person, official, purpose and kind of look an hour;
// none of one's own but where an official sees the screen, of Posad's work, or of a Write that failed.
func TestOneRecordAPersonOfficialAndPurposeAnHour(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, c *clock.Fixed) {
		round := 0
		rapid.Check(t, func(rt *rapid.T) {
			round++
			person := func(n int) id.ID { return id.Derived("person", fmt.Sprint(round, "/", n)) }
			want := map[seenOnce]bool{}
			for range rapid.IntRange(1, 12).Draw(rt, "looks") {
				a := act.Act{Actor: act.Actor{Kind: rapid.SampledFrom([]act.Kind{act.Official, act.Agency, act.Person, act.System}).Draw(rt, "kind"), Person: person(rapid.IntRange(0, 2).Draw(rt, "actor"))}}
				if a.Actor.Kind == act.Official || a.Actor.Kind == act.Agency {
					a.Actor.Agency = id.Derived("agency", rapid.SampledFrom([]string{"housing", "transport"}).Draw(rt, "agency"))
				}
				if a.Actor.Kind == act.Person && rapid.Bool().Draw(rt, "at a centre") {
					a.Channel = act.Centre // where an official sees the screen too
				}
				if rapid.Bool().Draw(rt, "for a case") {
					a = a.ForCase(id.Derived("case", fmt.Sprint(round, rapid.IntRange(0, 1).Draw(rt, "case"))))
				}
				what := rapid.SampledFrom([]string{"case", "list"}).Draw(rt, "what")
				people := rapid.SliceOfN(rapid.IntRange(0, 5), 0, 6).Draw(rt, "people")
				fails, inside := rapid.Bool().Draw(rt, "fails"), rapid.Bool().Draw(rt, "inside a Write")
				err := readBy(t, s, a, what, inside, fails && inside, func(p store.PersonalReader) {
					for _, n := range people {
						p.Saw(person(n))
						p.Saw(id.ID{}) // nobody
					}
				})
				if fails && inside {
					if !errors.Is(err, errOver) {
						rt.Fatalf("a Write that fails: %v", err)
					}
				} else if err != nil {
					rt.Fatal(err)
				} else if a.Actor.Kind != act.System {
					for _, n := range people {
						if a.Actor.Kind != act.Person || a.Channel == act.Centre || person(n) != a.Actor.Person {
							want[seenOnce{person(n), a.Actor.Person, a.Actor.Agency, a.Purpose, what, c.Now().Unix() / 3600}] = true
						}
					}
				}
				c.Move(time.Duration(rapid.IntRange(0, 50).Draw(rt, "minutes")) * time.Minute)
			}
			got := map[seenOnce]int{}
			err := s.Look(t.Context(), act.ByJob(id.Derived("act", "test"), act.Purpose{}), "test", func(p *store.Personal) error {
				clear(got)
				for n := range 6 {
					records, err := store.LooksAt(p, person(n), c.Now().Add(time.Hour), 1000)
					if err != nil {
						return err
					}
					for _, l := range records {
						got[seenOnce{person(n), l.Actor.Person, l.Actor.Agency, l.Purpose, l.What, l.At.Unix() / 3600}]++
					}
				}
				return nil
			})
			if err != nil {
				rt.Fatal(err)
			}
			for one := range want {
				if got[one] != 1 {
					rt.Errorf("%d records of %+v", got[one], one)
				}
			}
			if len(got) != len(want) {
				rt.Errorf("%d records, want %d", len(got), len(want))
			}
		})
	})
}

var errOver = errors.New("the Write fails")

// readBy reads by a look of its own or within a Write.
func readBy(t *testing.T, s *store.Store, a act.Act, what string, inside, fails bool, read func(store.PersonalReader)) error {
	t.Helper()
	if !inside {
		return s.Look(t.Context(), a, what, func(p *store.Personal) error {
			read(p)
			return nil
		})
	}
	return s.Write(t.Context(), func(tx *store.Tx) error {
		read(tx.As(a, what))
		if fails {
			return errOver
		}
		return nil
	})
}
