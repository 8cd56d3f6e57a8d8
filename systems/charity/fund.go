package charity

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"posad.city/kit/act"
	"posad.city/kit/fault"
	"posad.city/kit/id"
	"posad.city/kit/journal"
	"posad.city/kit/lang"
	"posad.city/kit/store"
	"posad.city/systems/charity/internal/store"
)

// Fund reads a fund in any state; ErrNone when the organisation never asked to be one.
func (m *Module) Fund(ctx context.Context, fund id.ID) (Fund, error) {
	var out Fund
	err := m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		row, err := charitydb.FundByID(r, fund)
		if err != nil {
			return err
		}
		out, err = fundOf(row)
		return err
	})
	return out, none(err)
}

// Funds lists the funds in the states, in the order of their titles in the language.
func (m *Module) Funds(ctx context.Context, l lang.Language, states ...FundState) ([]Fund, error) {
	var out []Fund
	err := m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		out = nil
		for _, state := range states {
			some, err := fundsIn(r, state)
			if err != nil {
				return err
			}
			out = append(out, some...)
		}
		return nil
	})
	lang.SortBy(l, out, func(f Fund) string { return f.Title.In(l) })
	return out, wrap("funds", err)
}

// fundsIn reads all funds in a state, page by page.
func fundsIn(r store.Reader, state FundState) ([]Fund, error) {
	var out []Fund
	after := id.ID{}
	for {
		rows, err := charitydb.FundsIn(r, string(state), after, fundsMost)
		if err != nil {
			return nil, err
		}
		for _, row := range rows {
			one, err := fundOf(row)
			if err != nil {
				return nil, err
			}
			out, after = append(out, one), one.ID
		}
		if len(rows) < fundsMost {
			return out, nil
		}
	}
}

// NewFund is what an organisation says of itself when it asks to be verified.
type NewFund struct {
	Organisation id.ID
	Title        lang.Text
	Category     string
	Body         FundBody
	Revision     int64 // of the fund that is changed; 0: a new one
}

// check finds what is wrong with an application; requisites have check digits of their own length only.
func (n NewFund) check(city City) error {
	var faults []fault.Field
	wrong := func(name, why string) { faults = append(faults, fault.Field{Name: name, ID: "charity.field." + why}) }
	if n.Title.RU == "" || n.Title.EN == "" {
		wrong("title", "both")
	}
	if n.Body.About.RU == "" || n.Body.About.EN == "" {
		wrong("about", "both")
	}
	if _, known := titleOf(city.Categories, n.Category); !known {
		wrong("category", "choose")
	}
	for name, want := range map[string]struct {
		text   string
		length int
	}{"account": {n.Body.Bank.Account, 20}, "correspondent": {n.Body.Bank.Correspondent, 20}, "bic": {n.Body.Bank.BIC, 9}} {
		if !digits(want.text, want.length) {
			wrong(name, "digits_"+name)
		}
	}
	if n.Body.Bank.Name == "" {
		wrong("bank", "empty")
	}
	if len(n.Body.People) == 0 || n.Body.People[0].Name.RU == "" {
		wrong("person", "empty")
	}
	if len(faults) == 0 {
		return nil
	}
	slices.SortFunc(faults, func(a, b fault.Field) int { return strings.Compare(a.Name, b.Name) })
	return ErrForm.With(faults...)
}

func digits(text string, length int) bool {
	return len(text) == length && strings.Trim(text, "0123456789") == ""
}

// AskFund asks the city to verify an organisation as a fund, or again after a refusal. Of a verified fund the title, the category
// and the requisites stay as they are; the rest is a Change, which an official looks at before it is shown.
func (m *Module) AskFund(ctx context.Context, a act.Act, n NewFund) error {
	if err := n.check(m.deps.City()); err != nil {
		return err
	}
	company, err := m.deps.Organisations.Organisation(ctx, n.Organisation)
	if err != nil {
		return err
	}
	before, err := m.Fund(ctx, company.ID)
	fresh := errors.Is(err, ErrNone)
	if err != nil && !fresh {
		return err
	}
	if !fresh && before.Revision != n.Revision {
		return ErrChanged
	}
	if !fresh && before.State != FundAsked && before.State != FundRefused {
		return m.askChange(ctx, a, before, n.Body)
	}
	row := id.New(m.now())
	return m.base.Store.WriteAs(ctx, a, func(tx *store.Tx) error {
		changed, err := int64(0), error(nil)
		if fresh {
			changed, err = charitydb.InsertFund(tx, charitydb.InsertFundParams{
				Fund: company.ID, State: string(FundAsked), Title: write(n.Title), Body: write(n.Body), Ogrn: company.OGRN, Inn: company.INN,
				Category: n.Category, Asked: tx.Now(), Since: time.Time{},
			})
		} else {
			changed, err = charitydb.ChangeFund(tx, charitydb.ChangeFundParams{
				Title: write(n.Title), Body: write(n.Body), Category: n.Category, State: string(FundAsked), Asked: tx.Now(), Fund: company.ID, Revision: n.Revision,
			})
		}
		if err != nil {
			return err
		}
		if changed == 0 {
			return ErrChanged
		}
		return did(tx, company.ID, row, company.ID, a.Actor.Person, "fund_asked")
	})
}

// did notes who of a fund's people did something in its name.
func did(tx *store.Tx, fund, row, object, person id.ID, kind string) error {
	return charitydb.InsertAct(tx, charitydb.InsertActParams{Fund: fund, ID: row, Object: object, Person: person, Kind: kind, At: tx.Now()})
}

// Verdict is what an official decides about a fund.
type Verdict string

// The verdicts.
const (
	Publish Verdict = "published"
	Refuse  Verdict = "refused"
	Suspend Verdict = "suspended"
	Resume  Verdict = "resumed"
	EndFund Verdict = "ended"
)

// Checks are what an official has looked at before a fund is published: all of them.
var Checks = []string{"documents", "registration", "law"}

// after is the state that a verdict leads to; false when the fund's state does not allow it.
func (v Verdict) after(s FundState) (FundState, bool) {
	switch {
	case v == Publish && s == FundAsked:
		return FundOpen, true
	case v == Refuse && s == FundAsked:
		return FundRefused, true
	case v == Suspend && s == FundOpen:
		return FundSuspended, true
	case v == Resume && s == FundSuspended:
		return FundOpen, true
	case v == EndFund && (s == FundOpen || s == FundSuspended):
		return FundEnded, true
	}
	return "", false
}

// Verdicts are what may be decided about a fund in a state.
func Verdicts(s FundState) []Verdict {
	var out []Verdict
	for _, v := range []Verdict{Publish, Refuse, Suspend, Resume, EndFund} {
		if _, ok := v.after(s); ok {
			out = append(out, v)
		}
	}
	return out
}

// DecideFund is the official's word about a fund as it is now; see DecideFundAt.
func (m *Module) DecideFund(ctx context.Context, a act.Act, fund id.ID, v Verdict, reason string, checked []string) error {
	f, err := m.Fund(ctx, fund)
	if err != nil {
		return err
	}
	return m.DecideFundAt(ctx, a, fund, f.Revision, v, reason, checked)
}

// DecideFundAt is the official's word about a fund as they have read it, with a reason that everybody reads. Errors: ErrState,
// ErrChanged (it is not what they read), ErrForm (no reason, or something was not checked), ErrTwo (the official asked for it
// themselves).
func (m *Module) DecideFundAt(ctx context.Context, a act.Act, fund id.ID, revision int64, v Verdict, reason string, checked []string) error {
	f, err := m.Fund(ctx, fund)
	if err != nil {
		return err
	}
	if f.Revision != revision {
		return ErrChanged
	}
	next, ok := v.after(f.State)
	if !ok {
		return ErrState
	}
	if reason = strings.TrimSpace(reason); reason == "" {
		return ErrForm.With(fault.Field{Name: "reason", ID: "charity.field.reason"})
	}
	if v == Publish {
		for _, check := range Checks {
			if !slices.Contains(checked, check) {
				return ErrForm.With(fault.Field{Name: "checks", ID: "charity.field.checks"})
			}
		}
	}
	ready, err := m.prepareOfficial(ctx, a, official{fund: f, object: fund, kind: "fund_" + string(v), reason: reason, checks: checked, facts: m.bankFacts(f)})
	if err != nil {
		return err
	}
	return m.base.Store.WriteAs(ctx, a, func(tx *store.Tx) error {
		if err := another(tx, a, fund, fund); err != nil {
			return err
		}
		since := time.Time{}
		if v == Publish {
			since = tx.Now()
		}
		n, err := charitydb.SetFundState(tx, charitydb.SetFundStateParams{State: string(next), Since: since, Fund: fund, Revision: f.Revision})
		if err != nil {
			return err
		}
		if n == 0 {
			return ErrChanged
		}
		if err := charitydb.OpenPurse(tx, fund, fund); err != nil {
			return err
		}
		return ready.put(tx)
	})
}

// bankFacts are the requisites that were looked at, for the journal.
func (m *Module) bankFacts(f Fund) []journal.Fact {
	label := func(key string) string { return m.base.Texts.Text(lang.Russian, key) }
	return []journal.Fact{
		{Name: "account", Label: label("charity.account"), Value: f.Bank.Account}, {Name: "bic", Label: label("charity.bic"), Value: f.Bank.BIC},
	}
}

// another makes sure that the official did not ask for it themselves in the fund's name: two people for everything.
func another(tx *store.Tx, a act.Act, fund, object id.ID) error {
	acts, err := charitydb.ActsOn(tx.As(a, lookActs), fund, object)
	if err != nil {
		return err
	}
	for _, one := range acts {
		if a.Is(one.Person) {
			return ErrTwo
		}
	}
	return nil
}

// Decisions lists what officials have decided about a fund, newest first.
func (m *Module) Decisions(ctx context.Context, fund id.ID) ([]Decision, error) {
	var out []Decision
	err := m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		out = nil
		rows, err := charitydb.DecisionsOf(r, fund, listMost)
		for _, row := range rows {
			out = append(out, decisionOf(row))
		}
		return err
	})
	return out, wrap("decisions", err)
}

// DecisionsOn lists what officials have decided about one thing of a fund, the oldest first.
func (m *Module) DecisionsOn(ctx context.Context, fund, object id.ID) ([]Decision, error) {
	var out []Decision
	err := m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		out = nil
		rows, err := charitydb.DecisionsOn(r, fund, object, listMost)
		for _, row := range rows {
			out = append(out, decisionOf(row))
		}
		return err
	})
	return out, wrap("decisions", err)
}

func decisionOf(row charitydb.CharityDecision) Decision {
	return Decision{ID: row.ID, Object: row.Object, Kind: row.Kind, Reason: row.Reason, Official: row.Official, Agency: row.Agency, At: row.At}
}

// FundName is what a fund is called; empty for an id that is no fund's. A verified fund's name stays, so that it is read once.
func (m *Module) FundName(fund id.ID, l lang.Language) string {
	if title, known := m.names.Load(fund); known {
		return title.(lang.Text).In(l)
	}
	f, err := m.Fund(context.Background(), fund)
	if err != nil {
		return ""
	}
	if f.State.Public() {
		m.names.Store(fund, f.Title)
	}
	return f.Title.In(l)
}
