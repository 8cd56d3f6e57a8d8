package account

import (
	"context"

	"posad.city/kit/id"
	"posad.city/kit/store"
)

// Word is a message about the account itself, told by every channel that its person has, whatever they chose: a new
// device, a way added or dropped, a recovery begun.
type Word struct {
	Person id.ID
	Key    string         // names it for ever among the person's
	Kind   string         // locale key with .title, .text and .action under it
	Params map[string]any // arguments of the texts
	Path   string         // where its button leads
	Also   []Contact      // contacts that are told too although they are the person's no more
}

// Teller tells words; core/notice gives one.
type Teller interface {
	// PrepareWord makes a word ready; what it returns puts it in the caller's Write.
	PrepareWord(ctx context.Context, w Word) (func(*store.Tx) error, error)
}

// PrepareWord makes a word ready to be put in a Write. Where nobody carries words, nothing is put.
func (m *Module) PrepareWord(ctx context.Context, w Word) (func(*store.Tx) error, error) {
	if m.deps.Teller == nil || w.Person.IsZero() {
		return func(*store.Tx) error { return nil }, nil
	}
	return m.deps.Teller.PrepareWord(ctx, w)
}

// ProvideTeller gives the carrier of words, which is made of a later module.
func (m *Module) ProvideTeller(t Teller) { m.deps.Teller = t }

// securityPath is the page that every word about a way in leads to.
const securityPath = "/account/security"
