package document

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"posad.city/core/document/internal/store"
	"posad.city/kit/act"
	"posad.city/kit/calendar"
	"posad.city/kit/id"
	"posad.city/kit/jobs"
	"posad.city/kit/journal"
	"posad.city/kit/lang"
	"posad.city/kit/seal"
	"posad.city/kit/store"
	"posad.city/kit/vault"
)

// PreparedResult is a document that is signed and waits for its row.
type PreparedResult struct {
	m      *Module
	there  bool // it was issued before
	result Result
	params documentdb.InsertResultParams
	entry  *journal.Ready
	line   *documentdb.InsertEntryParams // of a list; nil: none
}

// PrepareResult makes and signs a document's statement; its PDF is drawn when somebody first reads it. A result whose id
// was issued before is not made again: the one that is there comes back, and Put does nothing.
func (m *Module) PrepareResult(ctx context.Context, n NewResult) (*PreparedResult, error) {
	if err := n.check(); err != nil {
		return nil, err
	}
	there, err := m.issuedBefore(ctx, &n)
	if err != nil {
		return nil, err
	}
	keys, err := m.base.Vault.Keys(ctx, n.Holder)
	if err != nil {
		return nil, fmt.Errorf("document: keys: %w", err)
	}
	if there != nil {
		one, err := open(keys, *there)
		return &PreparedResult{m: m, there: true, result: one.Result}, err
	}
	if keys.Erased() {
		return nil, fmt.Errorf("document: result: %w", vault.ErrErased)
	}
	return m.make(n, keys)
}

// issuedBefore reads the document if it was issued, and else finds a number for it that no document has. The number is taken
// only by Put.
func (m *Module) issuedBefore(ctx context.Context, n *NewResult) (*documentdb.DocumentResult, error) {
	var there *documentdb.DocumentResult
	err := m.base.Store.Look(ctx, m.system(n.ID), "document.look.result", func(p *store.Personal) error {
		row, err := documentdb.ResultByID(p, n.Holder, n.ID)
		if err == nil {
			there = &row
			return nil
		}
		if !errors.Is(err, store.ErrNone) || n.Number != "" {
			return over(err)
		}
		n.Number, err = freeNumber(p)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("document: before it is issued: %w", err)
	}
	return there, nil
}

// over takes what is not there for no error.
func over(err error) error {
	if errors.Is(err, store.ErrNone) {
		return nil
	}
	return err
}

// check tells what is missing; it is a mistake of the program or of a definition, not of a person.
func (n NewResult) check() error {
	switch {
	case n.ID.IsZero() || n.Holder.IsZero():
		return errors.New("document: a result needs an id and a holder")
	case n.Title.IsZero() || n.Office.IsZero():
		return errors.New("document: a result needs a title and the agency's name")
	case n.Kind == "" || len(n.Kind) > 32:
		return errors.New("document: a result's kind has 1 to 32 bytes")
	case !n.Until.IsZero() && n.Until.Before(n.From):
		return errors.New("document: a result ends before it begins")
	case (n.Form == FormEntry) != (n.List != "") || (n.Form == FormAccess) != (n.Opens != ""):
		return errors.New("document: an entry names its list, an access what it opens, and nothing else does")
	}
	return nil
}

// system is the act of the house's own reading before it issues: nobody looks.
func (m *Module) system(what id.ID) act.Act { return act.ByJob(what, act.Purpose{}) }

// freeNumber makes a number that no document has.
func freeNumber(r store.Reader) (string, error) {
	for range 10 {
		number := id.NewNumber()
		_, err := documentdb.ByNumber(r, number)
		if errors.Is(err, store.ErrNone) {
			return number, nil
		}
		if err != nil {
			return "", err
		}
	}
	return "", errors.New("document: no free number was found")
}

// result is the document as it will be, but for its token.
func (m *Module) result(n NewResult) Result {
	now := m.base.Clock.Now()
	if n.From.IsZero() {
		n.From = calendar.DateOf(now, m.deps.Zone())
	}
	if !lang.Known(string(n.Lang)) {
		n.Lang = lang.Russian
	}
	n.Facts = slices.DeleteFunc(slices.Clone(n.Facts), func(f Fact) bool { return f.Value.RU == "" || f.Value.EN == "" })
	return Result{
		Holder: n.Holder, ID: n.ID, Case: n.Case, Service: n.Service, Kind: n.Kind, Agency: n.Agency, Office: n.Office, Signer: n.Signer,
		Number: n.Number, Title: n.Title, Text: n.Text, Facts: n.Facts, Public: n.Public, From: n.From, Until: n.Until, Lang: n.Lang, Issued: now,
		Form: n.Form, List: n.List, Opens: n.Opens, Replaces: n.replaces,
	}
}

func (m *Module) make(n NewResult, keys *vault.Keys) (*PreparedResult, error) {
	r, salt := m.result(n), newSalt()
	said := statement(r, salt, m.deps.Zone())
	sum, err := digest(said)
	if err != nil {
		return nil, err
	}
	if r.Token, err = m.sign(r, sum); err != nil {
		return nil, err
	}
	file, err := attached(said, r.Token)
	if err != nil {
		return nil, err
	}
	p := &PreparedResult{m: m, result: r}
	if p.params, err = params(keys, n, r, salt, sum); err != nil {
		return nil, err
	}
	if p.line, err = m.lineOf(r); err != nil {
		return nil, err
	}
	p.entry, err = m.base.Journal.Prepare(keys, m.issuing(n, r, sha256.Sum256(file)))
	return p, err
}

// sign makes the token.
func (m *Module) sign(r Result, sum [16]byte) (string, error) {
	issued := calendar.DateOf(r.Issued, m.deps.Zone())
	token, err := m.base.Seal.Token(seal.Token{
		Kind: r.Kind, Number: id.FormatNumber(r.Number), Document: r.ID, Issued: issued, Until: r.Until, Digest: sum, Claims: claims(r, issued),
	})
	if err != nil {
		return "", fmt.Errorf("document: sign: %w", err)
	}
	return token, nil
}

const (
	claimsMost = 8  // bounds of seal.Token
	nameBytes  = 16 // of a claim's name
	valueBytes = 64 // of its value
)

// claims are the public facts that fit into the code, and the first day when that is not the day of issue.
func claims(r Result, issued calendar.Date) []seal.Claim {
	var out []seal.Claim
	if r.From != issued {
		out = append(out, seal.Claim{Name: "from", Value: r.From.String()})
	}
	for _, f := range r.PublicFacts() {
		value := f.Value.In(r.Lang)
		if len(f.Key) <= nameBytes && len(value) <= valueBytes && len(out) < claimsMost {
			out = append(out, seal.Claim{Name: f.Key, Value: value})
		}
	}
	return out
}

func params(keys *vault.Keys, n NewResult, r Result, salt string, sum [16]byte) (documentdb.InsertResultParams, error) {
	content, err := json.Marshal(body{Office: r.Office, Signer: r.Signer, Title: r.Title, Text: r.Text, Facts: r.Facts, Public: r.Public, Token: r.Token, Salt: salt, Parts: n.Parts, City: n.City})
	if err != nil {
		return documentdb.InsertResultParams{}, fmt.Errorf("document: body: %w", err)
	}
	return documentdb.InsertResultParams{
		Holder: r.Holder, ID: r.ID, Subject: r.Case, Service: r.Service, Kind: r.Kind, Agency: r.Agency, Number: r.Number,
		ValidFrom: r.From.String(), ValidUntil: r.Until.String(), Lang: string(r.Lang), Issued: r.Issued,
		Body: keys.Seal("document_result", "body", content), Digest: sum[:],
		Form: string(r.Form), List: r.List, Opens: r.Opens, Replaces: r.Replaces,
	}, nil
}

// issuing is the entry of the journal: what was issued, and the hash of the statement as it lies in the PDF.
func (m *Module) issuing(n NewResult, r Result, said [32]byte) journal.Entry {
	t := func(key string) string { return m.base.Texts.Text(r.Lang, key) }
	by := n.Act
	if by.IsZero() {
		by = n.ID
	}
	facts := []journal.Fact{
		{Name: "document", Label: t("document.fact.document"), Value: r.Title.In(r.Lang)},
		{Name: "number", Label: t("document.fact.number"), Value: id.FormatNumber(r.Number)},
		{Name: "agency", Label: t("document.fact.office"), Value: r.Office.In(r.Lang)},
		{Name: "from", Label: t("document.fact.from"), Value: r.From.String()},
	}
	if !r.Until.IsZero() {
		facts = append(facts, journal.Fact{Name: "until", Label: t("document.fact.until"), Value: r.Until.String()})
	}
	facts = append(facts, journal.Fact{Name: "digest", Label: t("document.fact.digest"), Value: hex.EncodeToString(said[:])})
	return journal.Entry{
		Act: by, Kind: EventIssued, Title: t("document.journal.issued"), Object: r.ID, Facts: facts,
		Documents: []journal.Document{{Name: statementName, SHA256: said}},
	}
}

// Result is the document as it is issued. When Put found that somebody else had issued the same id meanwhile, that one
// stands: read it by Module.Result.
func (p *PreparedResult) Result() Result { return p.result }

// Put issues the document in the caller's Write, enters it in the journal and emits document.issued; a second Put changes
// nothing. store.ErrExists: the number was taken meanwhile, prepare again.
func (p *PreparedResult) Put(tx *store.Tx) error {
	if p.there {
		return nil
	}
	n, err := documentdb.InsertResult(tx, p.params)
	if err != nil || n == 0 {
		return err
	}
	r := p.result
	if err := documentdb.InsertNumber(tx, r.Number, r.Holder, r.ID); err != nil {
		return err
	}
	if err := documentdb.InsertHome(tx, documentdb.InsertHomeParams{Result: r.ID, Holder: r.Holder, Service: r.Service, Agency: r.Agency}); err != nil {
		return err
	}
	if p.line != nil {
		if _, err := documentdb.InsertEntry(tx, *p.line); err != nil {
			return err
		}
	}
	if _, err := journal.Enter(tx, p.entry); err != nil {
		return err
	}
	if err := p.m.putEnd(tx, r); err != nil {
		return err
	}
	return p.m.base.Jobs.Emit(tx, jobs.Event{Name: EventIssued, Holder: r.Holder, Object: r.ID, Version: 1})
}
