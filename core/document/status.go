package document

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"

	"posad.city/core/document/internal/store"
	"posad.city/kit/credential"
	"posad.city/kit/store"
)

const (
	// listLife is for how long a verifier may believe a copy of a status list.
	listLife = time.Hour
	// listFresh is how soon a revocation is in the list that this node gives.
	listFresh = 30 * time.Second
)

// lists are the status lists as they were signed last. Making one takes some milliseconds, and anybody may ask.
type lists struct {
	mu   sync.Mutex
	made map[int64]madeList
}

type madeList struct {
	text string
	at   time.Time
}

func (m *Module) listAddress(number int64) string {
	return m.deps.Address + "/credentials/status/" + strconv.FormatInt(number, 10)
}

// statusSecret is the list with what tells its decoys from documents: the city's key for keyed search never changes.
func (m *Module) statusSecret(row documentdb.DocumentStatusList) credential.List {
	return credential.List{Secret: m.base.Vault.Keyed("document.status", strconv.FormatInt(row.Number, 10)), Opened: row.Opened}
}

// StatusList is a signed list of standings. The error is ErrNone.
func (m *Module) StatusList(ctx context.Context, number int64) (string, error) {
	m.lists.mu.Lock()
	defer m.lists.mu.Unlock()
	now := m.base.Clock.Now()
	if there, ok := m.lists.made[number]; ok && now.Sub(there.at) < listFresh && !now.Before(there.at) {
		return there.text, nil
	}
	var row documentdb.DocumentStatusList
	var revoked []int64
	err := m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		var err error
		if row, err = documentdb.ListByNumber(r, number); err != nil {
			return err
		}
		revoked, err = documentdb.RevokedPlaces(r, number, credential.ListSize)
		return err
	})
	if errors.Is(err, store.ErrNone) {
		return "", ErrNone.Because(err)
	}
	if err != nil {
		return "", fmt.Errorf("document: status list: %w", err)
	}
	text, err := m.issuer.Status(m.listAddress(number), m.statusSecret(row), revoked, listLife)
	if err != nil {
		return "", fmt.Errorf("document: status list: %w", err)
	}
	if m.lists.made == nil {
		m.lists.made = map[int64]madeList{}
	}
	m.lists.made[number] = madeList{text, now}
	return text, nil
}
