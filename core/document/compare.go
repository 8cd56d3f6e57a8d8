package document

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"time"

	"posad.city/core/document/internal/store"
	"posad.city/kit/id"
	"posad.city/kit/journal"
	"posad.city/kit/store"
	"posad.city/kit/vault"
)

// subject has the public log's check compare each document's rows with what the journal says of the document: its own row,
// what finds it by number and by id, its line in a list, and the place of its credential.
func (m *Module) subject() journal.Subject {
	return journal.Subject{Table: "document_result", First: EventIssued, Kinds: []string{EventIssued, EventRevoked}, Read: m.readSaid}
}

// compared is a document with everything that rows say of it.
type compared struct {
	journal.Rows
	m       *Module
	said    journal.Said
	issued  *journal.Entered // nil: the log does not say that it was issued
	revoked *journal.Entered // nil: the log does not say that it was revoked

	row    documentdb.DocumentResult
	number *documentdb.DocumentNumber
	home   *documentdb.DocumentHome
	place  *documentdb.DocumentPlace // nil: it has no credential
	line   *documentdb.DocumentEntry
}

func (m *Module) readSaid(p *store.Personal, said journal.Said) (journal.Judge, error) {
	d := &compared{m: m, said: said, issued: said.Last(EventIssued), revoked: said.Last(EventRevoked)}
	if d.Entry = d.revoked; d.Entry == nil {
		d.Entry = d.issued
	}
	row, err := documentdb.ResultByID(p, said.Holder, said.Object)
	if errors.Is(err, store.ErrNone) {
		return d.gone, nil
	}
	if err != nil {
		return nil, err
	}
	d.row, d.Number = row, id.FormatNumber(row.Number)
	if d.number, err = found(documentdb.ByNumber(p, row.Number)); err != nil {
		return nil, err
	}
	if d.home, err = found(documentdb.HomeOf(p, row.ID)); err != nil {
		return nil, err
	}
	if d.place, err = found(documentdb.PlaceOf(p, row.ID)); err != nil {
		return nil, err
	}
	if row.Form == string(FormEntry) {
		if d.line, err = found(documentdb.EntryByNumber(p, ListID(row.List), row.Number)); err != nil {
			return nil, err
		}
	}
	return d.judge, nil
}

// found is a row, or nil when there is none.
func found[T any](row T, err error) (*T, error) {
	if errors.Is(err, store.ErrNone) {
		return nil, nil
	}
	return &row, err
}

// gone is the judgement of a document of which the log speaks and that is not there.
func (d *compared) gone(context.Context) ([]journal.LogFault, error) {
	if d.Entry == nil {
		return nil, nil // it was there a moment ago and had no entry either
	}
	if d.Number = d.Entry.Fact("number"); d.Number == "" {
		d.Number = d.said.Object.String()
	}
	d.Gone("document_result", d.Entry.Kind)
	return d.Faults, nil
}

func (d *compared) judge(context.Context) ([]journal.LogFault, error) {
	if d.issued == nil {
		d.Unsaid("document_result", "issued", when(d.row.Issued))
		return d.Faults, nil
	}
	d.judgeStatement()
	d.judgeRevocation()
	d.judgeWays()
	if d.row.Form == string(FormEntry) {
		d.judgeLine()
	}
	return d.Faults, nil
}

// judgeStatement compares what the document says with what was entered when it was issued: whatever was signed gives the
// digest, and what people ask for first is named by itself.
func (d *compared) judgeStatement() {
	if len(d.issued.Facts) == 0 {
		return // its holder was erased
	}
	before := len(d.Faults)
	d.Same("document_result", "number", id.FormatNumber(d.row.Number), d.issued.Fact("number"))
	d.Same("document_result", "valid_from", d.row.ValidFrom, d.issued.Fact("from"))
	d.Same("document_result", "valid_until", d.row.ValidUntil, d.issued.Fact("until"))
	if len(d.Faults) > before {
		return
	}
	one, err := open(d.said.Keys, d.row)
	if errors.Is(err, vault.ErrErased) {
		return
	}
	sum := ""
	if err == nil {
		if file, err := attached(statement(one.Result, one.salt, d.m.deps.Zone()), one.Token); err == nil {
			digest := sha256.Sum256(file)
			sum = hex.EncodeToString(digest[:])
		}
	}
	d.Same("document_result", "SHA-256", sum, d.issued.Fact("digest"))
}

func (d *compared) judgeRevocation() {
	switch {
	case d.revoked == nil && !d.row.Revoked.IsZero():
		d.Unsaid("document_result", "revoked", when(d.row.Revoked))
	case d.revoked != nil:
		d.Same("document_result", "revoked", when(d.row.Revoked), when(d.revoked.Made))
		if len(d.revoked.Facts) > 0 {
			d.Same("document_result", "replaced", formatted(d.row.Replaced), d.revoked.Fact("replaced"))
		}
	}
	if d.place != nil {
		d.Same("document_place", "revoked", yes(d.place.Revoked), yes(d.revoked != nil))
	}
}

// judgeWays compares what finds the document by its number and by its id.
func (d *compared) judgeWays() {
	if d.number == nil {
		d.Gone("document_number", d.issued.Kind)
	} else {
		d.Same("document_number", "result", d.number.Result.String(), d.said.Object.String())
		d.Same("document_number", "holder", d.number.Holder.String(), d.said.Holder.String())
	}
	if d.home == nil {
		d.Gone("document_home", d.issued.Kind)
	} else {
		d.Same("document_home", "holder", d.home.Holder.String(), d.said.Holder.String())
	}
}

// judgeLine compares the line of a list. One that was over long ago has left its list.
func (d *compared) judgeLine() {
	ended := ""
	if d.revoked != nil {
		ended = d.m.day(d.revoked.Made).String()
	}
	if d.line == nil {
		over := ended
		if over == "" {
			over = d.row.ValidUntil
		}
		if over == "" || over >= d.m.today().AddYears(-entriesKeptYears).String() {
			d.Gone("document_entry", d.Entry.Kind)
		}
		return
	}
	d.Same("document_entry", "result", d.line.Result.String(), d.said.Object.String())
	d.Same("document_entry", "since", d.line.Since, d.row.ValidFrom)
	d.Same("document_entry", "until", d.line.Until, d.row.ValidUntil)
	d.Same("document_entry", "ended", d.line.Ended, ended)
}

func formatted(number string) string {
	if number == "" {
		return ""
	}
	return id.FormatNumber(number)
}

func when(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339Nano)
}

func yes(b bool) string {
	if b {
		return "true"
	}
	return "false"
}
