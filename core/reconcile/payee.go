package reconcile

import (
	"context"
	"errors"
	"strings"
	"time"

	"posad.city/core/agency"
	"posad.city/core/reconcile/internal/store"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/iso20022"
	"posad.city/kit/journal"
	"posad.city/kit/money"
	"posad.city/kit/store"
)

// PayeeDetails are where a payee's income is paid out to.
type PayeeDetails struct {
	Payee    id.ID
	Version  int64
	To       Creditor
	Approved bool
	By       id.ID // who proposed it
	At       time.Time
	Second   id.ID // who let it in
}

// mayAct tells whether somebody may act on the books: an officer or the head of the treasury.
func (m *Module) mayAct(a act.Act) error {
	if a.Actor.Kind != act.Official || a.Actor.Agency != m.treasury() || a.Actor.Role == string(agency.Clerk) || a.Actor.Person.IsZero() {
		return ErrRole
	}
	return nil
}

// ProposePayee proposes bank details of a payee: another official must let them in. Errors: ErrRole, ErrNone, ErrDetails.
func (m *Module) ProposePayee(ctx context.Context, a act.Act, payee id.ID, to Creditor) error {
	if err := m.mayAct(a); err != nil {
		return err
	}
	if _, err := m.payee(ctx, payee); err != nil {
		return err
	}
	for _, text := range []*string{&to.Name, &to.TaxNumber, &to.Account, &to.BIC, &to.Member, &to.Bank} {
		*text = strings.Join(strings.Fields(*text), " ")
	}
	if err := checkDetails(to); err != nil {
		return err
	}
	if !wellFormed(to) {
		return ErrDetails
	}
	return m.base.Store.WriteAs(ctx, a, func(tx *store.Tx) error {
		version := int64(1)
		last, err := reconciledb.LastPayee(tx, payee)
		switch {
		case err == nil:
			version = last.Version + 1
		case !errors.Is(err, store.ErrNone):
			return err
		}
		return reconciledb.InsertPayee(tx, reconciledb.InsertPayeeParams{
			Payee: payee, Version: version, Name: to.Name, TaxNumber: to.TaxNumber, Account: to.Account, Bic: to.BIC, Member: to.Member, Bank: to.Bank, ByOfficial: a.Actor.Person, At: tx.Now(),
		})
	})
}

// checkDetails tells whether the bank would take them: by the check of an order with one kopeck in it.
func checkDetails(to Creditor) error {
	trial := iso20022.Initiation{ID: "1", Groups: []iso20022.Group{{ID: "1", Day: day1, DebtorAccount: iso20022.Account{Number: "1"}, Transfers: []iso20022.Transfer{to.transfer(id.ID{1}, money.Roubles(1))}}}}
	if err := trial.Check(); err != nil {
		return ErrDetails.Because(err)
	}
	if to.BIC == "" && to.Member == "" || strings.ContainsFunc(to.Account, func(r rune) bool { return !(r >= '0' && r <= '9' || r >= 'A' && r <= 'Z') }) {
		return ErrDetails
	}
	return nil
}

// JudgePayee lets proposed details in, or refuses them: another official than the one who proposed. The old ones end. Errors: ErrRole,
// ErrNone, ErrSecond, ErrChanged.
func (m *Module) JudgePayee(ctx context.Context, a act.Act, payee id.ID, version int64, approve bool) error {
	if err := m.mayAct(a); err != nil {
		return err
	}
	all, err := m.PayeeDetails(ctx)
	if err != nil {
		return err
	}
	var proposed *PayeeDetails
	for i, d := range all {
		if d.Payee == payee && d.Version == version && !d.Approved {
			proposed = &all[i]
		}
	}
	switch {
	case proposed == nil:
		return ErrChanged
	case proposed.By == a.Actor.Person && approve:
		return ErrSecond
	}
	state := "refused"
	if approve {
		state = "approved"
	}
	entry, err := m.entry(ctx, a.ID, EntryPayee, payee, m.fact("name", proposed.To.Name), m.fact("account", proposed.To.Account), m.fact("state", state))
	if err != nil {
		return err
	}
	return m.base.Store.WriteAs(ctx, a, func(tx *store.Tx) error {
		n, err := reconciledb.JudgePayee(tx, reconciledb.JudgePayeeParams{Payee: payee, Version: version, State: state, Second: a.Actor.Person, Judged: tx.Now()})
		if err != nil || n == 0 {
			return errors.Join(err, changed(tx, n))
		}
		if approve {
			if err := reconciledb.ReplacePayee(tx, payee, version); err != nil {
				return err
			}
		}
		_, err = journal.Enter(tx, entry)
		return err
	})
}

// PayeeDetails lists what is proposed and what is in force.
func (m *Module) PayeeDetails(ctx context.Context) ([]PayeeDetails, error) {
	var out []PayeeDetails
	err := m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		rows, err := reconciledb.Payees(r)
		out = out[:0]
		for _, row := range rows {
			out = append(out, PayeeDetails{
				Payee: row.Payee, Version: row.Version, Approved: row.State == "approved", By: row.ByOfficial, At: row.At, Second: row.Second,
				To: Creditor{Name: row.Name, TaxNumber: row.TaxNumber, Account: row.Account, BIC: row.Bic, Member: row.Member, Bank: row.Bank},
			})
		}
		return err
	})
	return out, err
}

func (m *Module) approvedDetails(ctx context.Context) (map[id.ID]Creditor, error) {
	all, err := m.PayeeDetails(ctx)
	out := map[id.ID]Creditor{}
	for _, d := range all {
		if d.Approved {
			out[d.Payee] = d.To
		}
	}
	return out, err
}

func (m *Module) payee(ctx context.Context, payee id.ID) (Payee, error) {
	list, err := m.payees(ctx)
	if err != nil {
		return Payee{}, err
	}
	for _, p := range list {
		if p.ID == payee {
			return p, nil
		}
	}
	return Payee{}, ErrNone
}
