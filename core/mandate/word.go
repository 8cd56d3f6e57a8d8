package mandate

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"posad.city/core/account"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/jobs"
	"posad.city/kit/store"
	"posad.city/kit/vault"
)

// jobWord tells one person of a mandate or an offer: Holder is its home, Object its id, Payload the word and the person.
// Each person is told in a Write of their own.
const jobWord = "mandate.word"

// putWord has a person told.
func (m *Module) putWord(tx *store.Tx, home, object id.ID, word string, person id.ID) error {
	if person.IsZero() {
		return nil
	}
	return m.base.Jobs.Put(tx, jobs.New{Handler: jobWord, Holder: home, Object: object, Payload: word + " " + person.String()})
}

// putWords has both sides of a mandate told what became of it. An organisation has no inbox: of its side, the person who
// gave the mandate is told.
func (m *Module) putWords(tx *store.Tx, one Mandate, what string) error {
	giver := one.Giver
	if one.Kind == Company {
		giver = one.GivenBy
	}
	return errors.Join(m.putWord(tx, one.Giver, one.ID, what+"_giver", giver), m.putWord(tx, one.Giver, one.ID, what+"_taker", one.Taker))
}

// word is jobWord's handler.
func (m *Module) word(ctx context.Context, j jobs.Job) error {
	kind, text, _ := strings.Cut(j.Payload, " ")
	person, err := id.Parse(text)
	if err != nil {
		return jobs.Fatal(fmt.Errorf("mandate: word: %w", err))
	}
	params, err := m.wordParams(ctx, j)
	if errors.Is(err, ErrNone) || errors.Is(err, vault.ErrErased) {
		return nil
	}
	if err != nil {
		return err
	}
	put, err := m.deps.Accounts.PrepareWord(ctx, account.Word{
		Person: person, Key: "mandate/" + kind + "/" + j.ID.String(), Kind: "mandate.word." + kind, Params: params, Path: path(j.Object),
	})
	if err != nil {
		return fmt.Errorf("mandate: word %s: %w", kind, err)
	}
	return m.base.Store.Write(store.Background(ctx), func(tx *store.Tx) error {
		return errors.Join(put(tx), m.base.Jobs.Done(tx, j))
	})
}

// wordParams are the names that words say: of both sides of a mandate, or of an offer its maker and whom it is to.
func (m *Module) wordParams(ctx context.Context, j jobs.Job) (map[string]any, error) {
	one, err := m.Mandate(ctx, j.Holder, j.Object)
	if err == nil {
		giver, errGiver := m.name(ctx, one.Giver, one.Kind == Company)
		taker, errTaker := m.name(ctx, one.Taker, false)
		return map[string]any{"giver": giver, "taker": taker, "name": giver}, errors.Join(errGiver, errTaker)
	}
	if !errors.Is(err, ErrNone) {
		return nil, err
	}
	o, err := m.offer(ctx, j.Act(act.Purpose{}), j.Holder, j.Object)
	if errors.Is(err, store.ErrNone) {
		return nil, ErrNone
	}
	if err != nil {
		return nil, err
	}
	maker, err := m.name(ctx, o.Maker, o.Kind == Company)
	return map[string]any{"giver": maker, "taker": maker, "name": o.Whom.Given + " " + o.Whom.Family}, err
}
