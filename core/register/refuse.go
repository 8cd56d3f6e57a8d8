package register

import (
	"context"
	"errors"
	"fmt"
	"time"

	"posad.city/core/register/internal/store"
	"posad.city/kit/act"
	"posad.city/kit/fault"
	"posad.city/kit/id"
	"posad.city/kit/store"
)

// Refusal is on record of an official who was not let into a register.
type Refusal struct {
	At       time.Time
	Official id.ID
	Agency   id.ID
	Role     string
	Purpose  string // the one that they named, when there is such a one
	Entry    id.ID  // zero: they searched
	Why      string // key of the fault
}

// refusalsKept is how many years a refusal stays on record.
const refusalsKept = 3

// onRecord are the faults that are kept: somebody wanted to see or change what is not theirs.
var onRecord = []*fault.Fault{ErrNoPurpose, ErrNotYours, ErrNoCase, ErrRole}

// refused puts a refusal on record and gives the error back. The same one counts once an hour. When it can't be kept, that
// is the error: nothing is shown either way.
func (m *Module) refused(ctx context.Context, a act.Act, read Reading, entry id.ID, err error) error {
	why := ""
	for _, one := range onRecord {
		if errors.Is(err, one) {
			why = one.ID
		}
	}
	if why == "" || a.Actor.Kind != act.Official {
		return err
	}
	r, unknown := m.own(read.Register)
	if unknown != nil {
		return err
	}
	purpose := read.Purpose
	if _, ok := r.Purpose(purpose); !ok && purpose != PurposeCase {
		purpose = ""
	}
	now := m.base.Clock.Now()
	row := registerdb.InsertRefusalParams{
		Register: r.Key, At: now, Official: a.Actor.Person, Agency: a.Actor.Agency, Role: a.Actor.Role, Purpose: purpose, Entry: entry, Why: why,
		ID: id.Derived("register refusal", fmt.Sprint(r.Key, a.Actor.Person, a.Actor.Agency, a.Actor.Role, purpose, entry, why, now.Unix()/3600)),
	}
	if kept := m.base.Store.Append(ctx, registerdb.InsertRefusalStmt(row)); kept != nil {
		return fmt.Errorf("register: a refusal could not be put on record: %w", kept)
	}
	return err
}

// Refusals are the newest refusals of a register, for the head of the agency that keeps it. ErrRole for everybody else.
func (m *Module) Refusals(ctx context.Context, a act.Act, register string, most int) ([]Refusal, error) {
	r, err := m.own(register)
	if err != nil {
		return nil, err
	}
	if !ends(r, a) {
		return nil, ErrRole
	}
	var out []Refusal
	err = m.base.Store.Read(ctx, func(tx *store.Snapshot) error {
		rows, err := registerdb.RefusalsOf(tx, r.Key, int64(most))
		out = make([]Refusal, 0, len(rows))
		for _, row := range rows {
			out = append(out, Refusal{At: row.At, Official: row.Official, Agency: row.Agency, Role: row.Role, Purpose: row.Purpose, Entry: row.Entry, Why: row.Why})
		}
		return err
	})
	return out, err
}
