package exchange

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"posad.city/core/agency"
	"posad.city/core/service"
	"posad.city/kit/clock"
	"posad.city/kit/id"
	"posad.city/kit/jobs"
	"posad.city/kit/lang"
	"posad.city/kit/store"
	"posad.city/kit/store/storetest"
	"posad.city/kit/vault"
)

// ownAnswers answers as a register of the city's own would.
type ownAnswers struct {
	body  string
	err   error
	asked []OwnQuestion
}

func (o *ownAnswers) Answer(_ context.Context, q OwnQuestion) ([]byte, error) {
	o.asked = append(o.asked, q)
	return []byte(o.body), o.err
}

// withOwn is the city with a certificate that it answers itself.
func withOwn() *service.City {
	city := *loadCity()
	city.Registers = append(slices.Clone(city.Registers), service.Register{
		Key: "own", Agency: "transport", Transport: service.TransportOwn, Of: "parking-permits", Fresh: "1h", Timeout: "1s",
		Values: []service.Value{{Name: "found", Type: "yes-no"}},
		Reply:  map[string]any{"type": "object", "required": []any{"found"}, "properties": map[string]any{"found": map[string]any{"type": "boolean"}}},
	})
	return &city
}

// TestAnOwnRegisterIsAskedByTheSameRules: in the process, for a live case, by its schema, with a look and its freshness.
func TestAnOwnRegisterIsAskedByTheSameRules(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, st *store.Store, c *clock.Fixed) {
		city, lives := withOwn(), true
		s := newStand(t, st, c, func(d *Deps) {
			d.City = func() *service.City { return city }
			d.Lives = func(store.PersonalReader, Use) (bool, error) { return lives, nil }
		})
		own := &ownAnswers{body: `{"found": true}`}
		s.ProvideOwn(own)
		put := func(name string) (Certificate, error) {
			caseID := id.Derived("case", name)
			p, err := s.PrepareAsk(ctx, Ask{Holder: anna, Case: caseID, Applicant: anna, About: anna, Service: "fine-contest", Agency: agency.ID("transport"), Certificate: "own", Register: "own", Params: map[string]string{"plate": "А417МО52"}, Needed: lang.Text{RU: "Знать", EN: "To know"}})
			if err == nil {
				err = st.Write(ctx, p.Put)
			}
			if err != nil {
				return Certificate{}, err
			}
			if _, err := s.queue.Drain(ctx); err != nil {
				return Certificate{}, err
			}
			list, err := s.Certificates(ctx, self, []id.ID{anna}, caseID)
			if err != nil || len(list) != 1 {
				return Certificate{}, errors.Join(err, errors.New("no certificate"))
			}
			return list[0], nil
		}
		got, err := put("good")
		if diff := cmp.Diff(map[string]any{"found": true}, got.Values); err != nil || diff != "" || got.State != Known || !got.Valid.Equal(c.Now().Add(city.Registers[len(city.Registers)-1].FreshFor())) {
			t.Errorf("%v %+v\n%s", err, got, diff)
		}
		if len(own.asked) != 1 || own.asked[0].About != anna || own.asked[0].Parameters["plate"] != "А417МО52" {
			t.Errorf("asked %+v", own.asked)
		}
		own.body = `{"found": "perhaps"}`
		if got, err := put("bad"); err != nil || got.State != Failed || got.Trouble != WrongSchema {
			t.Errorf("a reply that is not by its schema: %v %+v", err, got)
		}
		lives = false
		if _, err := put("dead"); !errors.Is(err, ErrNoCase) || len(own.asked) != 2 {
			t.Errorf("without a case: %v, asked %d times", err, len(own.asked))
		}
	}, vault.Migrations, jobs.Migrations, Migrations)
}
