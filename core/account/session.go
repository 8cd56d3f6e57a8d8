package account

import (
	"context"
	"errors"
	"fmt"

	"posad.city/core/account/internal/store"
	"posad.city/core/agency"
	"posad.city/kit/act"
	"posad.city/kit/feed"
	"posad.city/kit/id"
	"posad.city/kit/store"
)

// Guard is the check that an act's session is still open and its hat still on, inside the Write that the act makes.
// core/mandate's Guard adds the mandate; that one goes to store.SetGuard. Errors: ErrClosed, ErrHat.
func (m *Module) Guard(tx *store.Tx, a act.Act) error {
	switch a.Actor.Kind {
	case act.Nobody, act.System, act.Agency:
		return nil
	}
	if a.Session.IsZero() {
		return ErrClosed
	}
	row, err := accountdb.SessionByID(tx.As(reader, "account.session"), a.Actor.Person, a.Session)
	if errors.Is(err, store.ErrNone) || err == nil && (!row.Closed.IsZero() || !tx.Now().Before(row.Ends)) {
		return ErrClosed
	}
	if err != nil {
		return err
	}
	if err := m.stillAlso(tx, a); err != nil || a.Actor.Agency.IsZero() {
		return err
	}
	official, err := agency.Find(tx, a.Actor.Agency, a.Actor.Person)
	if errors.Is(err, store.ErrNone) || err == nil && (string(official.Role) != a.Actor.Role || row.Agency != a.Actor.Agency) {
		return ErrHat
	}
	return err
}

// SessionsOf lists a person's open sessions, oldest first.
func (m *Module) SessionsOf(ctx context.Context, a act.Act, person id.ID) ([]OpenSession, error) {
	var rows []accountdb.SessionsOfRow
	now := m.base.Clock.Now()
	err := m.base.Store.Look(ctx, a, "account.look.sessions", func(p *store.Personal) error {
		var err error
		rows, err = accountdb.SessionsOf(p, person, now)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("account: list sessions: %w", err)
	}
	keys, err := m.base.Vault.Keys(ctx, person)
	if err != nil {
		return nil, err
	}
	out := make([]OpenSession, 0, len(rows))
	for _, row := range rows {
		if now.Sub(row.Seen) >= idleOf(row.ByOfficial) && row.ID != a.Session {
			continue
		}
		device, err := keys.Open("session", "device", row.Device)
		if err != nil {
			return nil, err
		}
		place, err := keys.Open("session", "place", row.Place)
		if err != nil && row.Place != nil {
			return nil, err
		}
		out = append(out, OpenSession{
			Place: string(place), Methods: row.Methods, Strong: row.Strong, By: row.ByOfficial,
			ID: row.ID, Device: string(device), Started: row.Started, Seen: row.Seen, Agency: row.Agency,
			Channel: act.Channel(row.Channel), Current: row.ID == a.Session,
		})
	}
	return out, nil
}

// Close closes one of a person's sessions and announces it. Closing one that is closed or never was changes nothing.
func (m *Module) Close(ctx context.Context, person, session id.ID) error {
	err := m.base.Store.Write(ctx, func(tx *store.Tx) error { return m.closeIn(tx, person, session) })
	if err != nil {
		return fmt.Errorf("account: close a session: %w", err)
	}
	return nil
}

func (m *Module) closeIn(tx *store.Tx, person, session id.ID) error {
	n, err := accountdb.CloseSession(tx, person, session, tx.Now())
	if err != nil || n == 0 {
		return err
	}
	if err := m.emitClosed(tx, person, session); err != nil {
		return err
	}
	return m.base.Feed.Publish(tx, feed.Change{Topic: TopicSession, Holder: person, Object: session})
}

// CloseOthers closes every session of a person but one, in the caller's Write.
func (m *Module) CloseOthers(tx *store.Tx, person, but id.ID) error {
	rows, err := accountdb.SessionsOf(tx.As(reader, "account.session"), person, tx.Now())
	if err != nil {
		return err
	}
	for _, row := range rows {
		if row.ID == but {
			continue
		}
		if err := m.closeIn(tx, person, row.ID); err != nil {
			return err
		}
	}
	return nil
}

// Wear puts the hat of an agency on the act's session, or, with the zero id, takes it off. Errors: ErrHat for an agency
// that the person does not serve in, ErrClosed.
func (m *Module) Wear(ctx context.Context, a act.Act, hat id.ID) error {
	return m.base.Store.WriteAs(ctx, a, func(tx *store.Tx) error {
		role := agency.Role("")
		if !hat.IsZero() {
			official, err := agency.Find(tx, hat, a.Actor.Person)
			if errors.Is(err, store.ErrNone) {
				return ErrHat
			}
			if err != nil {
				return err
			}
			role = official.Role
		}
		n, err := accountdb.WearHat(tx, accountdb.WearHatParams{Person: a.Actor.Person, ID: a.Session, Agency: hat, Role: string(role)})
		if err != nil {
			return err
		}
		if n == 0 {
			return ErrClosed
		}
		return m.base.Feed.Publish(tx, feed.Change{Topic: TopicSession, Holder: a.Actor.Person, Object: a.Session})
	})
}
