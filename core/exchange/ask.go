package exchange

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"posad.city/core/exchange/internal/store"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/jobs"
	"posad.city/kit/store"
	"posad.city/kit/vault"
)

// look is what Posad's own reads of certificates are called, and everybody's who lists them.
const look = "exchange.look.certificates"

// The table and columns that sealed values are bound to.
const (
	table            = "certificate"
	columnParameters = "parameters"
	columnReply      = "reply"
)

// PreparedAsk waits for its Write.
type PreparedAsk struct {
	m      *Module
	ask    Ask
	params exchangedb.PutCertificateParams
	delay  time.Duration // of the job; an early question is first asked without it
	put    bool          // whether the last run of Put has asked; read after the Write
}

// PrepareAsk makes a question ready to be put.
func (m *Module) PrepareAsk(ctx context.Context, a Ask) (*PreparedAsk, error) {
	return m.prepare(ctx, a, false)
}

func (m *Module) prepare(ctx context.Context, a Ask, early bool) (*PreparedAsk, error) {
	if a.About.IsZero() || a.Case.IsZero() || a.Holder.IsZero() || a.Certificate == "" || a.Register == "" {
		return nil, errors.New("exchange: a question needs a person, a case with its holder, a certificate and a register")
	}
	plain, err := json.Marshal(a.Params)
	if err != nil {
		return nil, fmt.Errorf("exchange: parameters: %w", err)
	}
	needed, err := json.Marshal(a.Needed)
	if err != nil {
		return nil, fmt.Errorf("exchange: why it is needed: %w", err)
	}
	keys, err := m.base.Vault.Keys(ctx, a.About)
	if err != nil {
		return nil, fmt.Errorf("exchange: keys: %w", err)
	}
	if keys.Erased() {
		return nil, fmt.Errorf("exchange: ask about %s: %w", a.About, vault.ErrErased)
	}
	return &PreparedAsk{m: m, ask: a, params: exchangedb.PutCertificateParams{
		Holder: a.About, CaseID: a.Case, Certificate: a.Certificate, ID: id.New(m.base.Clock.Now()), CaseHolder: a.Holder,
		Applicant: a.Applicant, Agency: a.Agency, Service: a.Service, Register: a.Register, Early: early, Needed: string(needed),
		Parameters: keys.Seal(table, columnParameters, plain), Question: m.base.Vault.Keyed("exchange.question", a.Register+" "+string(plain)),
	}}, nil
}

// Put puts the question and its job in the caller's Write. It does nothing when the same question is asked or answered
// already, and fails with ErrNoCase when no live case or draft needs the certificate.
func (p *PreparedAsk) Put(tx *store.Tx) error {
	p.put = false
	reader := tx.As(act.ByJob(p.params.ID, act.Purpose{Kind: "case", ID: p.ask.Case.String()}), look)
	if err := p.m.mustLive(reader, p.ask.use()); err != nil {
		return err
	}
	old, err := exchangedb.CertificateByKey(reader, p.ask.About, p.ask.Case, p.ask.Certificate)
	if err != nil && !errors.Is(err, store.ErrNone) {
		return fmt.Errorf("exchange: certificate: %w", err)
	}
	if err == nil && !wanted(old, p.params, p.ask.Again, tx.Now()) {
		p.m.reused(tx, old)
		return p.keep(tx, old)
	}
	if err := p.write(tx, old); err != nil {
		return fmt.Errorf("exchange: put a certificate: %w", err)
	}
	p.put = true
	job := jobs.New{Handler: jobAsk, Holder: p.ask.About, Object: p.ask.Case, Payload: payload(p.params.Certificate, p.params.ID)}
	if p.delay > 0 {
		job.At = tx.Now().Add(p.delay)
	}
	return p.m.base.Jobs.Put(tx, job)
}

// reused counts a certificate that is known and fresh, and so is not asked for again.
func (m *Module) reused(tx *store.Tx, old exchangedb.Certificate) {
	if State(old.State) != Known {
		return
	}
	tx.AfterCommit(func() {
		m.meter.reused.WithLabelValues(old.Register).Inc()
		if r, ok := m.register(old.Register); ok {
			m.gates.of(r).reuse()
		}
	})
}

// write puts the row. What is known and only asked anew keeps its answer: the register may be down.
func (p *PreparedAsk) write(tx *store.Tx, old exchangedb.Certificate) error {
	if p.ask.Again && State(old.State) == Known && bytes.Equal(old.Question, p.params.Question) {
		_, err := exchangedb.AskCertificateAgain(tx, exchangedb.AskCertificateAgainParams{
			ID: p.params.ID, Asked: tx.Now(), Holder: old.Holder, CaseID: old.CaseID, Certificate: old.Certificate,
		})
		return err
	}
	params := p.params
	params.Asked = tx.Now()
	return exchangedb.PutCertificate(tx, params)
}

// keep makes an early certificate the case's own.
func (p *PreparedAsk) keep(tx *store.Tx, old exchangedb.Certificate) error {
	if !old.Early || p.params.Early {
		return nil
	}
	_, err := exchangedb.KeepCertificate(tx, old.Holder, old.CaseID, old.Certificate)
	return err
}

// wanted decides whether a question is asked although its certificate is there already.
func wanted(old exchangedb.Certificate, now exchangedb.PutCertificateParams, again bool, at time.Time) bool {
	same := bytes.Equal(old.Question, now.Question)
	switch {
	case !same:
		return true
	case State(old.State).open():
		return false
	case again:
		return true
	case State(old.State) == Known:
		return !at.Before(old.Valid)
	}
	if now.Early {
		return !at.Before(old.Valid) // a form that is opened again does not ask each time
	}
	return old.Early // the case tries once more what failed while the form was filled
}

func (a Ask) use() Use {
	return Use{Holder: a.Holder, Case: a.Case, Applicant: a.Applicant, About: a.About, Service: a.Service, Certificate: a.Certificate, Register: a.Register}
}

func (m *Module) mustLive(r store.PersonalReader, u Use) error {
	if m.deps.Lives == nil {
		return ErrNoCase.Because(errors.New("exchange: nobody judges cases"))
	}
	lives, err := m.deps.Lives(r, u)
	if err != nil {
		return fmt.Errorf("exchange: whether the case lives: %w", err)
	}
	if !lives {
		return ErrNoCase
	}
	return nil
}

// Forget deletes what registers told of a person for a draft that is gone. The caller knows that no case has this id. An
// answer that is still on its way finds no row and is not kept. A second call does nothing.
func (m *Module) Forget(tx *store.Tx, about, caseID id.ID) error {
	if _, err := exchangedb.DeleteCertificates(tx, about, caseID); err != nil {
		return fmt.Errorf("exchange: forget certificates: %w", err)
	}
	return nil
}

// AskAgain makes the question of a certificate ready to be put anew, for an official. The caller has asked whether they may.
func (m *Module) AskAgain(ctx context.Context, a act.Act, about, caseID id.ID, certificate string) (*PreparedAsk, error) {
	var row exchangedb.Certificate
	err := m.base.Store.Look(ctx, a, look, func(p *store.Personal) error {
		var err error
		row, err = exchangedb.CertificateByKey(p, about, caseID, certificate)
		return err
	})
	if errors.Is(err, store.ErrNone) {
		return nil, ErrNone.Because(err)
	}
	if err != nil {
		return nil, fmt.Errorf("exchange: certificate: %w", err)
	}
	keys, err := m.base.Vault.Keys(ctx, about)
	if err != nil {
		return nil, fmt.Errorf("exchange: keys: %w", err)
	}
	params, err := openParameters(keys, row)
	if err != nil {
		return nil, err
	}
	out := Ask{
		Holder: row.CaseHolder, Case: row.CaseID, Applicant: row.Applicant, About: row.Holder, Service: row.Service, Agency: row.Agency,
		Certificate: row.Certificate, Register: row.Register, Params: params, Again: true,
	}
	if err := json.Unmarshal([]byte(row.Needed), &out.Needed); err != nil {
		return nil, fmt.Errorf("exchange: why it is needed: %w", err)
	}
	return m.PrepareAsk(ctx, out)
}

func openParameters(keys *vault.Keys, row exchangedb.Certificate) (map[string]string, error) {
	plain, err := keys.Open(table, columnParameters, row.Parameters)
	if err != nil {
		return nil, fmt.Errorf("exchange: open parameters: %w", err)
	}
	var out map[string]string
	if err := json.Unmarshal(plain, &out); err != nil {
		return nil, fmt.Errorf("exchange: parameters: %w", err)
	}
	return out, nil
}
