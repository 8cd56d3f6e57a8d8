package casework

import (
	"context"
	"errors"
	"fmt"
	"time"

	"posad.city/core/service"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/rule"
)

// CaseRecord is everything by which a decision is made again, without the city: the version of the definition, the
// environment of the rules, what they saw and what came out. It holds the applicant's data.
type CaseRecord struct {
	Number      string         `json:"number"`
	Service     string         `json:"service"`
	Definition  service.Hash   `json:"definition"` // of the city version
	Environment string         `json:"environment"`
	Submitted   time.Time      `json:"submitted"`
	Decided     time.Time      `json:"decided"`
	Round       int            `json:"round"` // how often the case was opened anew before
	Stage       Stage          `json:"stage"`
	By          string         `json:"by"` // table, official, ground
	Row         string         `json:"row,omitempty"`
	Ground      string         `json:"ground,omitempty"`
	Words       string         `json:"words,omitempty"`
	Fee         service.Money  `json:"fee"` // that was charged, minor units
	Inputs      service.Inputs `json:"inputs"`
}

// Record gives a decided case as a record. Errors: ErrNone, ErrNotNow (nothing is decided), vault.ErrErased.
func (m *Module) Record(ctx context.Context, a act.Act, number string) (CaseRecord, error) {
	ref, err := m.Find(ctx, number)
	if err != nil {
		return CaseRecord{}, err
	}
	k, d, err := m.decided(ctx, a.ForCase(ref.ID), ref.Holder, ref.ID)
	if err != nil {
		return CaseRecord{}, err
	}
	out := CaseRecord{
		Number: k.file.Number, Service: k.file.Service, Definition: service.Hash(k.file.Definition), Environment: d.Environ, Submitted: k.file.Submitted,
		Decided: k.file.Decided, Round: int(k.file.Round), Stage: d.Stage, By: d.By, Row: d.Row, Ground: d.Ground, Words: d.Words, Inputs: d.Inputs,
	}
	out.Fee, err = m.charged(ctx, a.ForCase(ref.ID), k)
	return out, err
}

// charged is the fee that the case's bills came to.
func (m *Module) charged(ctx context.Context, a act.Act, k *known) (service.Money, error) {
	sum := service.Money(0)
	for _, t := range k.tasks {
		if t.Kind != string(service.TaskPay) || t.Reference.IsZero() {
			continue
		}
		charge, err := m.deps.Bills.Charge(ctx, a, k.payer(), t.Reference)
		if err != nil {
			return 0, fmt.Errorf("casework: charge: %w", err)
		}
		sum += service.Money(charge.Amount.Minor)
	}
	return sum, nil
}

func (m *Module) decided(ctx context.Context, a act.Act, holder, caseID id.ID) (*known, Decision, error) {
	k, err := m.know(ctx, a, holder, caseID)
	if err != nil {
		return nil, Decision{}, err
	}
	if k.file.Decision == nil {
		return nil, Decision{}, ErrNotNow
	}
	var d Decision
	return k, d, openJSON(k.keys, "case_file", "decision", k.file.Decision, &d)
}

// Explanation is a decision made anew from what was kept.
type Explanation struct {
	Kept Decision
	Row  string // what the table says of the kept inputs now; empty without a table
	Same bool   // the table, the opinions and the fee say what they said then
	Why  error  // the rules can't be computed, or another version of the rules' environment decided

	Opinions service.Opinions // that the decision saw
	Fee      service.Money    // that was charged
	FeeNow   service.Money    // as the rules count it from the kept inputs; meaningless with FeeWhy
	FeeWhy   error            // the fee can't be computed from them
	Rows     []RowOutcome     // of the table, in order, as they come out now
}

// RowOutcome is how a row of the table comes out of the kept inputs.
type RowOutcome struct {
	Row     string
	Decide  service.Verdict
	Hit     bool  // its rule is true
	Chosen  bool  // it decided: the first that is true
	Kept    bool  // it is the row that was kept with the decision
	Why     error // it can't be computed
	Skipped bool  // a row before it decided, or could not be computed
}

// Explain replays a decision from its kept inputs and the definition that the case keeps: the table row by row, and the
// fee. vault.ErrErased when the holder's data is gone; ErrNotNow before a decision.
func (m *Module) Explain(ctx context.Context, a act.Act, holder, caseID id.ID) (Explanation, error) {
	k, d, err := m.decided(ctx, a.ForCase(caseID), holder, caseID)
	if err != nil {
		return Explanation{}, err
	}
	out := Explanation{Kept: d, Opinions: d.Inputs.Opinions}
	if d.Environ != rule.Version {
		out.Why = fmt.Errorf("casework: decided in %s, this program has %s", d.Environ, rule.Version)
		return out, nil
	}
	if out.Fee, err = m.charged(ctx, a.ForCase(caseID), k); err != nil {
		return out, err
	}
	again, err := k.rules.Decide(d.Inputs)
	out.Row, out.Why = again.Row, err
	out.Rows = k.rowByRow(d)
	out.Same = err == nil && again.Row == d.Row && sameVerdict(d, again)
	if d.By == byGround { // the step's own ground decided, and no table
		out.Row, out.Why, out.Same = "", nil, true
	}
	out.sameFee(k)
	return out, nil
}

// sameFee counts the fee anew, from what was known at submission, else from what the decision saw: the bill was made between
// them. A case that came to no bill has none to compare with.
func (e *Explanation) sameFee(k *known) {
	charge, err := k.rules.Charge(k.inputs)
	if errors.Is(err, service.ErrRule) || err == nil && charge.Amount != e.Fee {
		if later, failed := k.rules.Charge(e.Kept.Inputs); err != nil || failed == nil && later.Amount == e.Fee {
			charge, err = later, failed
		}
	}
	e.FeeNow, e.FeeWhy = charge.Amount, err
	if err == nil && e.Fee > 0 && e.Fee != charge.Amount {
		e.Same = false
	}
}

// rowByRow computes every row of the table, so that one sees where another outcome comes from.
func (k *known) rowByRow(d Decision) []RowOutcome {
	if k.service.Decision == nil {
		return nil
	}
	var out []RowOutcome
	over := false
	for i := range k.service.Decision.Rows {
		row := &k.service.Decision.Rows[i]
		one := RowOutcome{Row: row.Key, Decide: row.Decide, Kept: row.Key == d.Row, Skipped: over}
		one.Hit, one.Why = row.Otherwise, nil
		if !row.Otherwise {
			one.Hit, one.Why = k.rules.Holds(row.When, d.Inputs)
		}
		one.Chosen = !over && one.Hit && one.Why == nil
		over = over || one.Chosen || one.Why != nil
		out = append(out, one)
	}
	return out
}
