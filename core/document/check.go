package document

import (
	"bytes"
	"context"
	"errors"
	"time"

	"posad.city/core/document/internal/store"
	"posad.city/kit/act"
	"posad.city/kit/calendar"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/seal"
	"posad.city/kit/store"
	"posad.city/kit/vault"
)

// Checked is what the public check tells. For NotOurs and Altered nothing but the standing is known.
type Checked struct {
	Standing Standing
	Signed   bool // a code was given, and the city's key signed it
	Key      seal.KeyID
	Kind     string
	Title    lang.Text // zero when the holder's data was erased, as are Office and Facts
	Office   lang.Text
	Number   string // ten digits
	Issued   calendar.Date
	From     calendar.Date
	Until    calendar.Date // zero: no end
	Revoked  time.Time
	Facts    []Fact // public ones; only for whoever has the code
	Form     Form
	Replaced string // number of the document that stands in its place; empty: none
	Opens    string // of an access; only for whoever has the code
}

// Check tells how the document of a code stands. The look is recorded at its holder: that somebody checked it, and when.
func (m *Module) Check(ctx context.Context, a act.Act, code string) (Checked, error) {
	keys, err := m.base.Seal.Keys()
	if err != nil {
		return Checked{}, err
	}
	token, key, err := seal.OpenToken(code, keys)
	switch {
	case errors.Is(err, seal.ErrSignature):
		return Checked{Standing: Altered}, nil
	case err != nil:
		return Checked{Standing: NotOurs}, nil
	}
	home, err := m.home(ctx, token.Document)
	if errors.Is(err, ErrNone) {
		return Checked{Standing: NotOurs}, nil
	}
	if err != nil {
		return Checked{}, err
	}
	one, known, err := m.checked(ctx, a, home.Holder, token.Document)
	if err != nil {
		return Checked{}, err
	}
	if one.Standing != Altered && !bytes.Equal(known.row.Digest, token.Digest[:]) {
		one = Checked{Standing: Altered}
	}
	if one.Standing == Altered {
		return one, nil
	}
	one.Signed, one.Key, one.Facts, one.Opens = true, key.ID, known.PublicFacts(), known.Opens
	return one, nil
}

// CheckNumber tells how the document of a number stands, without what it says: a number can be guessed. It may be typed
// with spaces, hyphens or a prefix. The error is id.ErrNumber for a text that is no number.
func (m *Module) CheckNumber(ctx context.Context, a act.Act, number string) (Checked, error) {
	number, err := id.ParseNumber(number)
	if err != nil {
		return Checked{}, err
	}
	var at documentdb.DocumentNumber
	err = m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		var err error
		at, err = documentdb.ByNumber(r, number)
		return err
	})
	if errors.Is(err, store.ErrNone) {
		return Checked{Standing: NotOurs}, nil
	}
	if err != nil {
		return Checked{}, err
	}
	one, _, err := m.checked(ctx, a, at.Holder, at.Result)
	return one, err
}

// checked reads a document for the check and tells how it stands by the city's own record.
func (m *Module) checked(ctx context.Context, a act.Act, holder, result id.ID) (Checked, opened, error) {
	if a.Purpose.Kind == "" {
		a.Purpose = act.Purpose{Kind: "check"}
	}
	row, err := m.row(ctx, a, "document.look.check", holder, result)
	if err != nil {
		return Checked{}, opened{}, err
	}
	keys, err := m.base.Vault.Keys(ctx, holder)
	if err != nil {
		return Checked{}, opened{}, err
	}
	one, err := open(keys, row)
	if errors.Is(err, vault.ErrErased) {
		one, err = plain(row)
	} else if err == nil {
		err = one.sound(m.deps.Zone())
	}
	if errors.Is(err, errRow) || errors.Is(err, vault.ErrOpen) {
		m.base.Log.Error("document: a result's row was changed", "result", result, "error", err)
		return Checked{Standing: Altered}, one, nil
	}
	if err != nil {
		return Checked{}, one, err
	}
	return Checked{
		Standing: one.Standing(m.today()), Kind: one.Kind, Title: one.Title, Office: one.Office, Number: one.Number,
		Issued: m.day(one.Issued), From: one.From, Until: one.Until, Revoked: one.Revoked,
		Form: one.Form, Replaced: one.Replaced,
	}, one, nil
}

func (m *Module) day(at time.Time) calendar.Date { return calendar.DateOf(at, m.deps.Zone()) }

func (m *Module) today() calendar.Date { return m.day(m.base.Clock.Now()) }
