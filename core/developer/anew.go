package developer

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"posad.city/core/developer/internal/store"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/jobs"
	"posad.city/kit/store"
)

// anewMost is how many messages one Write sets on their way anew. An agency may have a million of them, and whoever else
// writes must not wait for it.
const anewMost = 500

// jobAnew goes on where a Write has set anewMost messages on their way.
const jobAnew = "developer.anew"

// anew is a wish for an endpoint's messages and how far it is carried out: what its job carries.
type anew struct {
	Since time.Time `json:"since"`         // of the messages; zero: those that wait are tried now, and nothing is sent anew
	All   bool      `json:"all,omitempty"` // those that were taken too
	Asked time.Time `json:"asked"`         // later messages are not meant
	After id.ID     `json:"after,omitzero"`
}

// next lists the messages that come next, at most anewMost.
func (w anew) next(ctx context.Context, s *store.Store, to address, now time.Time) ([]id.ID, error) {
	var out []id.ID
	err := s.Read(ctx, func(r *store.Snapshot) error {
		var err error
		if w.Since.IsZero() {
			out, err = developerdb.DeliveriesToHurry(r, developerdb.DeliveriesToHurryParams{
				Agency: to.agency, Endpoint: to.endpoint, After: w.After, Asked: w.Asked, Now: now, Most: anewMost,
			})
			return err
		}
		out, err = developerdb.DeliveriesToResend(r, developerdb.DeliveriesToResendParams{
			Agency: to.agency, Endpoint: to.endpoint, After: w.After, Since: w.Since, Asked: w.Asked, Taken: w.All, Most: anewMost,
		})
		return err
	})
	return out, err
}

// sendAnew sets messages on their way, and a job for the rest. It tells how many went and whether there may be more.
func (m *Module) sendAnew(tx *store.Tx, to address, w anew, list []id.ID) (int64, bool, error) {
	stmts := make([]store.Stmt, len(list))
	for i, message := range list {
		if w.Since.IsZero() {
			stmts[i] = developerdb.HurryDeliveryStmt(developerdb.HurryDeliveryParams{Now: tx.Now(), Agency: to.agency, Endpoint: to.endpoint, Message: message})
			continue
		}
		stmts[i] = developerdb.SendAgainStmt(developerdb.SendAgainParams{Now: tx.Now(), Agency: to.agency, Endpoint: to.endpoint, Message: message})
	}
	if len(stmts) == 0 {
		return 0, false, nil
	}
	counts, err := tx.ExecAll(stmts...)
	if err != nil {
		return 0, false, err
	}
	sum := int64(0)
	for _, n := range counts {
		sum += n
	}
	tx.AfterCommit(m.poke)
	if len(list) < anewMost {
		return sum, false, nil
	}
	w.After = list[len(list)-1]
	payload, err := json.Marshal(w)
	if err != nil {
		return 0, false, fmt.Errorf("developer: messages anew: %w", err)
	}
	return sum, true, m.base.Jobs.Put(tx, jobs.New{Handler: jobAnew, Holder: to.agency, Object: to.endpoint, Payload: string(payload)})
}

// anewJob sets the next messages on their way.
func (m *Module) anewJob(ctx context.Context, j jobs.Job) error {
	var w anew
	if err := json.Unmarshal([]byte(j.Payload), &w); err != nil {
		return fmt.Errorf("developer: messages anew: %w", err)
	}
	ctx, to := store.Background(ctx), address{j.Holder, j.Object}
	list, err := w.next(ctx, m.base.Store, to, m.base.Clock.Now())
	if err != nil {
		return err
	}
	return m.base.Store.Write(ctx, func(tx *store.Tx) error {
		if _, _, err := m.sendAnew(tx, to, w, list); err != nil {
			return err
		}
		return m.base.Jobs.Done(tx, j)
	})
}

// ResendSince sends anew every message since a moment that was not taken, or every one when all is true. It tells how many
// are on their way, and whether others follow by themselves.
func (m *Module) ResendSince(ctx context.Context, a act.Act, e Endpoint, since time.Time, all bool) (int64, bool, error) {
	if since.IsZero() {
		since = time.Unix(0, 0).UTC()
	}
	now := m.base.Clock.Now()
	to, w := address{e.Agency, e.ID}, anew{Since: since, All: all, Asked: now}
	list, err := w.next(ctx, m.base.Store, to, now)
	if err != nil {
		return 0, false, err
	}
	var n int64
	more := false
	err = m.base.Store.WriteAs(ctx, a, func(tx *store.Tx) error {
		var err error
		n, more, err = m.sendAnew(tx, to, w, list)
		return err
	})
	return n, more, err
}
