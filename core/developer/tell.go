package developer

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"posad.city/core/developer/internal/store"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/jobs"
	"posad.city/kit/store"
)

// About is what an event means to one agency.
type About struct {
	Agency id.ID
	Test   bool
	Data   Data
}

// Data is what a message says of what happened: ids alone. A receiver asks the API for more, by a key that is for it.
type Data struct {
	Charge  id.ID   `json:"charge,omitzero"`
	Charges []id.ID `json:"charges,omitempty"` // of a payment: those of the agency
	Number  string  `json:"number,omitempty"`  // the charge's number, as people read it
	Payment id.ID   `json:"payment,omitzero"`
}

// Source tells whose an event is and what they may know of it; nothing when it is no agency's. The app has one on
// core/charge and core/pay.
type Source func(ctx context.Context, event string, holder, object id.ID) ([]About, error)

// envelope is the body of a message.
type envelope struct {
	Type string    `json:"type"`
	At   time.Time `json:"timestamp"`
	Test bool      `json:"test,omitempty"`
	Data Data      `json:"data"`
}

// jobTell turns an event into messages.
const jobTell = "developer.tell"

// tell makes an event's messages and deliveries ready. The message is named after the job, so that a second run makes none.
func (m *Module) tell(ctx context.Context, j jobs.Job) (func(*store.Tx) error, error) {
	if m.source == nil {
		return nil, nil
	}
	some, err := m.anyEndpoint(ctx)
	if err != nil || !some {
		return nil, err
	}
	list, err := m.source(ctx, j.Event, j.Holder, j.Object)
	if err != nil {
		return nil, fmt.Errorf("developer: whose %s is: %w", j.Event, err)
	}
	bodies := make([]string, len(list))
	for i, about := range list {
		if bodies[i], err = bodyOf(j.Event, j.Made, about); err != nil {
			return nil, err
		}
	}
	if len(list) == 0 {
		return nil, nil
	}
	return func(tx *store.Tx) error {
		for i, about := range list {
			if err := m.put(tx, j.ID, j.Event, bodies[i], j.Made, about); err != nil {
				return err
			}
		}
		return nil
	}, nil
}

// anyEndpoint tells whether anybody in the city wants messages.
func (m *Module) anyEndpoint(ctx context.Context) (bool, error) {
	err := m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		_, err := developerdb.EndpointThatHears(r)
		return err
	})
	if errors.Is(err, store.ErrNone) {
		return false, nil
	}
	return err == nil, err
}

func bodyOf(kind string, at time.Time, about About) (string, error) {
	body, err := json.Marshal(envelope{Type: kind, At: at.UTC().Truncate(time.Millisecond), Test: about.Test, Data: about.Data})
	if err != nil {
		return "", fmt.Errorf("developer: message: %w", err)
	}
	return string(body), nil
}

// put writes one message down with a delivery for each endpoint that wants it; without one there is no message.
func (m *Module) put(tx *store.Tx, message id.ID, kind, body string, at time.Time, about About) error {
	rows, err := developerdb.EndpointsOf(tx, about.Agency, EndpointsMost)
	if err != nil {
		return err
	}
	var to []id.ID
	for _, row := range rows {
		if plainEndpoint(row).Wants(kind, about.Test) {
			to = append(to, row.ID)
		}
	}
	return m.putTo(tx, message, kind, body, at, about.Agency, to)
}

func (m *Module) putTo(tx *store.Tx, message id.ID, kind, body string, at time.Time, agency id.ID, to []id.ID) error {
	if len(to) == 0 {
		return nil
	}
	n, err := developerdb.InsertMessage(tx, developerdb.InsertMessageParams{Agency: agency, ID: message, Type: kind, Body: body, At: at})
	if err != nil || n == 0 {
		return err
	}
	for _, endpoint := range to {
		if err := developerdb.InsertDelivery(tx, developerdb.InsertDeliveryParams{
			Agency: agency, Endpoint: endpoint, Message: message, Type: kind, At: at, Next: tx.Now(),
		}); err != nil {
			return err
		}
	}
	tx.AfterCommit(m.poke)
	return nil
}

// Ping sends an endpoint a trial message and returns its id.
func (m *Module) Ping(ctx context.Context, a act.Act, e Endpoint) (id.ID, error) {
	now := m.base.Clock.Now()
	message := id.New(now)
	body, err := bodyOf(Ping, now, About{Agency: e.Agency, Test: e.Test})
	if err != nil {
		return id.ID{}, err
	}
	return message, m.base.Store.WriteAs(ctx, a, func(tx *store.Tx) error {
		return m.putTo(tx, message, Ping, body, now, e.Agency, []id.ID{e.ID})
	})
}
