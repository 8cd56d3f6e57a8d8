package casework

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"posad.city/core/agency"
	"posad.city/core/casework/internal/store"
	"posad.city/core/service"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/journal"
	"posad.city/kit/lang"
	"posad.city/kit/rule"
	"posad.city/kit/store"
)

// Opening is a case to be opened: a form that was filled rightly.
type Opening struct {
	ID         id.ID // the draft's
	Service    string
	Definition service.Hash // the city version whose form was filled; the case keeps it
	Holder     id.ID        // in whose account it lies
	Applicant  id.ID        // who files it
	Mandate    id.ID        // by which mandate; zero for oneself
	About      id.ID        // the case that it is about; zero: none. The service's about says of which kind
	Inputs     service.Inputs
	Channel    act.Channel
	Lang       lang.Language
	Act        act.Act
}

// PreparedOpen is a case that waits for its Write.
type PreparedOpen struct {
	m       *Module
	k       *known
	params  caseworkdb.InsertCaseParams
	numbers []string // tried in turn
	ready   []*journal.Ready
	system  act.Act
	by      act.Act
}

// numbersTried is how many public numbers are at hand, should the first ones be taken.
const numbersTried = 4

// PrepareOpen makes a case ready to be opened. Nothing is kept until Put.
func (m *Module) PrepareOpen(ctx context.Context, o Opening) (*PreparedOpen, error) {
	if o.ID.IsZero() || o.Holder.IsZero() || o.Applicant.IsZero() {
		return nil, errors.New("casework: a case needs an id, a holder and an applicant")
	}
	k := &known{file: caseworkdb.CaseFile{ID: o.ID, Holder: o.Holder, Applicant: o.Applicant, Service: o.Service, Definition: string(o.Definition), Lang: string(o.Lang)}, inputs: o.Inputs}
	if err := m.define(ctx, k); err != nil {
		return nil, err
	}
	now := m.base.Clock.Now()
	due, err := k.city.Days().Due(k.service.Term.Calendar(), now)
	if err != nil {
		return nil, fmt.Errorf("casework: term: %w", err)
	}
	if k.keys, err = m.base.Vault.Keys(ctx, o.Holder); err != nil {
		return nil, err
	}
	sealed, err := sealJSON(k.keys, "case_file", "inputs", o.Inputs)
	if err != nil {
		return nil, err
	}
	out := &PreparedOpen{m: m, k: k, system: m.system(o.ID), by: o.Act, params: caseworkdb.InsertCaseParams{
		Holder: o.Holder, ID: o.ID, Service: o.Service, Agency: agency.ID(k.service.Agency), Definition: string(o.Definition), Environment: rule.Version,
		Asks: lists(k.service), Applicant: o.Applicant, Mandate: o.Mandate, Channel: string(o.Channel), Lang: string(o.Lang), Submitted: now, TermDue: due, Inputs: sealed,
	}}
	if err := m.link(ctx, o, k, &out.params); err != nil {
		return nil, err
	}
	return out, out.prepareEntries()
}

// lists are the certificates of a definition in the form of case_file.asks.
func lists(s *service.Service) string {
	var out []string
	for i := range s.Certificates {
		out = append(out, s.Certificates[i].Key+"="+s.Certificates[i].Register)
	}
	return strings.Join(out, " ")
}

// prepareEntries makes a journal entry for each number that may come to be the case's.
func (p *PreparedOpen) prepareEntries() error {
	actID := p.by.ID
	if actID.IsZero() {
		actID = id.New(p.m.base.Clock.Now())
	}
	for range numbersTried {
		number := id.NewNumber()
		entry, err := p.m.submissionEntry(p.k, number, actID)
		if err != nil {
			return err
		}
		ready, err := p.m.base.Journal.Prepare(p.k.keys, entry)
		if err != nil {
			return fmt.Errorf("casework: journal: %w", err)
		}
		p.numbers, p.ready = append(p.numbers, number), append(p.ready, ready)
	}
	return nil
}

// Put opens the case in the caller's Write and returns its public number. A case that was opened before stays as it is;
// its number comes back.
func (p *PreparedOpen) Put(tx *store.Tx) (string, error) {
	row, err := caseworkdb.CaseByID(tx.As(p.system, lookCase), p.params.Holder, p.params.ID)
	if err == nil {
		return row.Number, nil
	}
	if !errors.Is(err, store.ErrNone) {
		return "", err
	}
	params := p.params
	taken := false
	for i, number := range p.numbers {
		n, err := caseworkdb.InsertNumber(tx, number, params.Holder, params.ID)
		if err != nil {
			return "", err
		}
		if n == 0 {
			continue
		}
		params.Number, taken = number, true
		if _, err := journal.Enter(tx, p.ready[i]); err != nil {
			return "", fmt.Errorf("casework: journal: %w", err)
		}
		break
	}
	if !taken {
		return "", errors.New("casework: no free number")
	}
	return params.Number, p.insert(tx, params)
}

func (p *PreparedOpen) insert(tx *store.Tx, params caseworkdb.InsertCaseParams) error {
	if _, err := caseworkdb.InsertCase(tx, params); err != nil {
		return fmt.Errorf("casework: open: %w", err)
	}
	c := &change{m: p.m, tx: tx, act: p.by, k: p.k, file: caseworkdb.CaseFile{Holder: params.Holder, ID: params.ID, Revision: 1, Stage: string(Open)}}
	return errors.Join(
		caseworkdb.InsertLine(tx, caseworkdb.InsertLineParams{
			Holder: params.Holder, ID: params.ID, Number: params.Number, Service: params.Service, Applicant: params.Applicant, Revision: 1,
			Stage: string(Open), Status: string(StatusChecking), Due: params.TermDue, Submitted: params.Submitted, Moved: tx.Now(),
		}),
		caseworkdb.InsertHome(tx, params.ID, params.Holder, params.ID),
		caseworkdb.InsertWatch(tx, params.ID, params.Holder),
		c.line("submitted", false, nil, nil), c.tell("submitted"), c.emit(EventSubmitted), c.emit(EventMoved),
		c.moveAt(tx.Now()), c.moveAt(params.TermDue),
	)
}

// answersHash is what the journal says of the answers: whoever has them can prove that they are those that were sent.
func answersHash(answers service.Answers) (string, error) {
	text, err := json.Marshal(answers) // keys of maps come sorted
	if err != nil {
		return "", fmt.Errorf("casework: answers: %w", err)
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:]), nil
}
