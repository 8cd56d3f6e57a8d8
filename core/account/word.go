package account

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"

	"posad.city/kit/id"
	"posad.city/kit/jobs"
	"posad.city/kit/lang"
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
	// SendAside sends a word to a contact that is the person's no more. An error that will not go away by trying again is
	// wrapped by jobs.Fatal.
	SendAside(ctx context.Context, to Contact, w Word, l lang.Language, job id.ID) error
}

// PrepareWord makes a word ready to be put in a Write. Where nobody carries words, nothing is put.
func (m *Module) PrepareWord(ctx context.Context, w Word) (func(*store.Tx) error, error) {
	if m.deps.Teller == nil || w.Person.IsZero() {
		return func(*store.Tx) error { return nil }, nil
	}
	put, err := m.deps.Teller.PrepareWord(ctx, w)
	if err != nil {
		return nil, err
	}
	var letters []jobs.New
	for _, contact := range w.Also {
		letter, err := m.asideLetter(w, contact)
		if err != nil {
			return nil, err
		}
		letters = append(letters, letter)
	}
	return func(tx *store.Tx) error {
		for _, letter := range letters {
			if err := m.base.Jobs.Put(tx, letter); err != nil {
				return err
			}
		}
		return put(tx)
	}, nil
}

// jobAside sends a word to a contact that is the person's no more.
const jobAside = "account.send_aside"

// aside is what such a letter needs; it lies sealed by the city's key in the job, since the contact is nobody's now.
type aside struct {
	To     string         `json:"to"`
	Kind   string         `json:"kind"`
	Params map[string]any `json:"params,omitempty"`
	Path   string         `json:"path,omitempty"` // of a button that needs no sign-in
}

func (m *Module) asideLetter(w Word, to Contact) (jobs.New, error) {
	letter := id.New(m.base.Clock.Now())
	plain, err := json.Marshal(aside{To: to.Value, Kind: w.Kind, Params: w.Params, Path: openPath(w.Path)})
	if err != nil {
		return jobs.New{}, fmt.Errorf("account: write a letter: %w", err)
	}
	sealed, err := m.sealLetter(letter, plain)
	return jobs.New{Handler: jobAside, Holder: w.Person, Object: letter, Payload: base64.StdEncoding.EncodeToString(sealed)}, err
}

// openPath is a path that whoever has no account any more can open too; empty for all others.
func openPath(path string) string {
	if strings.HasPrefix(path, pathNotMe) {
		return path
	}
	return ""
}

func (m *Module) sendAside(ctx context.Context, j jobs.Job) error {
	sealed, err := base64.StdEncoding.DecodeString(j.Payload)
	if err != nil {
		return jobs.Fatal(fmt.Errorf("account: read a letter: %w", err))
	}
	plain, err := m.openLetter(j.Object, sealed)
	if err != nil {
		return jobs.Fatal(err)
	}
	var a aside
	if err := json.Unmarshal(plain, &a); err != nil {
		return jobs.Fatal(fmt.Errorf("account: read a letter: %w", err))
	}
	to, err := ParseContact(a.To)
	if err != nil {
		return jobs.Fatal(err)
	}
	return m.deps.Teller.SendAside(ctx, to, Word{Person: j.Holder, Kind: a.Kind, Params: a.Params, Path: a.Path}, "", j.ID)
}

// ProvideTeller gives the carrier of words, which is made of a later module.
func (m *Module) ProvideTeller(t Teller) { m.deps.Teller = t }

// securityPath is the page that every word about a way in leads to.
const securityPath = "/account/security"
