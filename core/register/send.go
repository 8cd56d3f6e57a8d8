package register

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"posad.city/core/agency"
	"posad.city/core/register/internal/store"
	"posad.city/core/service"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/jobs"
	"posad.city/kit/store"
	"posad.city/kit/webhook"
)

// jobSend sends messages of an entry: Holder is the person, Object the entry, Version the newest to be sent, Payload the
// subscription's key.
const jobSend = "register.send"

// Bounds of sending.
const (
	sendsAtOnce = 4
	takenFor    = time.Minute     // a sender that died is followed by another after it
	sendAgain   = 2 * time.Second // somebody else sends messages of this entry
)

// sentPrefix with a subscription's key stands where a look names its purpose.
const sentPrefix = "sent-"

// Hook is where an agency takes messages, and what they are signed with.
type Hook struct {
	URL    string
	Secret string // kit/webhook: whsec_ and 24 to 64 bytes as base64
}

// Check tells what is wrong with the secret.
func (h Hook) Check() error {
	_, err := webhook.ParseKey(h.Secret)
	return err
}

// wireMessage is the body of a message.
type wireMessage struct {
	Type      string    `json:"type"`
	Timestamp time.Time `json:"timestamp"`
	Data      wireData  `json:"data"`
}

type wireData struct {
	Register string            `json:"register"`
	Entry    id.ID             `json:"entry"`
	Number   string            `json:"number"`
	Version  int64             `json:"version"`
	Change   Change            `json:"change"`
	Since    string            `json:"since"`
	Until    string            `json:"until"`
	Fields   map[string]string `json:"fields"`
}

func message(r *service.OwnRegister, s *service.Subscription, entry id.ID, v Version) ([]byte, error) {
	fields := map[string]string{}
	for key, value := range v.Values.only(s.Webhook.Fields) {
		fields[key] = value.RU
	}
	body, err := json.Marshal(wireMessage{Type: EventChanged, Timestamp: v.At, Data: wireData{
		Register: r.Key, Entry: entry, Number: id.FormatNumber(v.Document), Version: v.Number, Change: v.Change, Since: v.Since.String(), Until: v.Until.String(), Fields: fields,
	}})
	if err != nil {
		return nil, fmt.Errorf("register: message: %w", err)
	}
	return body, nil
}

// sending is one run of a job that sends.
type sending struct {
	register     *service.OwnRegister
	subscription *service.Subscription
	hook         Hook
	holder       id.ID
	entry        id.ID
	until        time.Time // nobody else sends until then: what register_sent.taken has, while this sender holds it
}

// sendJob sends what a subscription has not heard of an entry yet, in the order of its versions.
func (m *Module) sendJob(ctx context.Context, j jobs.Job) error {
	s, err := m.sending(ctx, j)
	if err != nil || s == nil {
		return err
	}
	took, err := m.take(ctx, s)
	if err != nil {
		return err
	}
	if !took {
		return jobs.Later(sendAgain)
	}
	sent := m.sendAll(ctx, s)
	if errors.Is(sent, errLost) {
		return jobs.Later(sendAgain)
	}
	return errors.Join(sent, m.free(ctx, s))
}

// errLost: another sender has the entry's messages now.
var errLost = errors.New("register: another sender has taken the messages over")

// free lets the next sender have the entry's messages at once; what another one has taken meanwhile stays taken.
func (m *Module) free(ctx context.Context, s *sending) error {
	return m.base.Store.Write(ctx, func(tx *store.Tx) error {
		_, err := registerdb.FreeSent(tx, registerdb.FreeSentParams{Holder: s.holder, Entry: s.entry, Subscription: s.subscription.Key, Mine: s.until})
		return err
	})
}

// sending finds what a job is about; nil when nobody wants its messages any more, or the agency is not connected: then they
// wait for the next change after it is.
func (m *Module) sending(ctx context.Context, j jobs.Job) (*sending, error) {
	home, err := m.home(ctx, j.Object)
	if errors.Is(err, ErrNone) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	r, err := m.own(home.Register)
	if err != nil {
		return nil, nil //nolint:nilerr // the register was taken out of the city
	}
	s, ok := r.Subscribed(j.Payload)
	if !ok || s.Webhook == nil {
		return nil, nil
	}
	hook, ok := m.deps.Hooks[s.Webhook.Agency]
	if !ok {
		m.base.Log.Info("register: the agency has no address for messages", "agency", s.Webhook.Agency, "register", r.Key, "subscription", s.Key)
		return nil, nil
	}
	return &sending{register: r, subscription: s, hook: hook, holder: j.Holder, entry: j.Object}, nil
}

// take makes this sender the only one of the entry's messages for a while.
func (m *Module) take(ctx context.Context, s *sending) (bool, error) {
	took := false
	err := m.base.Store.Write(ctx, func(tx *store.Tx) error {
		s.until = tx.Now().Add(takenFor)
		n, err := registerdb.TakeSent(tx, registerdb.TakeSentParams{
			Until: s.until, Holder: s.holder, Entry: s.entry, Subscription: s.subscription.Key, Now: tx.Now(),
		})
		took = n > 0
		return err
	})
	return took, err
}

func (m *Module) sendAll(ctx context.Context, s *sending) error {
	var heard int64
	err := m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		row, err := registerdb.SentOf(r, s.holder, s.entry, s.subscription.Key)
		heard = row.Version
		return err
	})
	if err != nil {
		return err
	}
	versions, err := m.versions(ctx, m.system(s.entry), lookEntry, s.holder, s.entry)
	if err != nil {
		return err
	}
	for _, v := range versions {
		if v.Number <= heard {
			continue
		}
		if s.subscription.Hears(string(v.Change)) {
			if err := m.send(ctx, s, v); err != nil {
				return err
			}
		}
		if err := m.heard(ctx, s, v.Number); err != nil {
			return err
		}
	}
	return nil
}

// heard keeps that a subscription has heard of a version, and holds the entry a while longer. errLost: its time was over, and
// another sender says what was heard; that one may send the message again, under the same name.
func (m *Module) heard(ctx context.Context, s *sending, version int64) error {
	var until time.Time
	err := m.base.Store.Write(ctx, func(tx *store.Tx) error {
		until = tx.Now().Add(takenFor)
		n, err := registerdb.HeardSent(tx, registerdb.HeardSentParams{
			Version: version, Until: until, Holder: s.holder, Entry: s.entry, Subscription: s.subscription.Key, Mine: s.until,
		})
		if err == nil && n == 0 {
			return errLost
		}
		return err
	})
	if err == nil {
		s.until = until
	}
	return err
}

// send sends one message. The look is on record before anything leaves.
func (m *Module) send(ctx context.Context, s *sending, v Version) error {
	body, err := message(s.register, s.subscription, s.entry, v)
	if err != nil {
		return err
	}
	key, err := webhook.ParseKey(s.hook.Secret)
	if err != nil {
		return err
	}
	name := id.Derived("register message", s.subscription.Key+"/"+s.entry.String()+"/"+strconv.FormatInt(v.Number, 10))
	if err := m.sawSent(ctx, s, name); err != nil {
		return err
	}
	to := s.subscription.Webhook.Agency
	came := m.client.Send(ctx, webhook.Message{ID: "msg_" + name.String(), At: m.base.Clock.Now(), Body: body, URL: s.hook.URL, Keys: []webhook.Key{key}})
	switch {
	case came.Taken():
		return nil
	case came.Err != nil:
		return fmt.Errorf("register: message to %s: %w", to, came.Err)
	}
	return fmt.Errorf("register: %s answered %d", to, came.Status)
}

// sawSent records for the person that an agency is told of them.
func (m *Module) sawSent(ctx context.Context, s *sending, message id.ID) error {
	a := act.Act{
		ID: message, Actor: act.Actor{Kind: act.Agency, Agency: agency.ID(s.subscription.Webhook.Agency)}, Holder: s.holder, Channel: act.Job, Assurance: act.Verified,
		Purpose: act.Purpose{Kind: "register", ID: s.register.Key + "/" + s.subscription.Key},
	}
	return m.base.Store.Write(ctx, func(tx *store.Tx) error {
		tx.As(a, lookPrefix+s.register.Key+"."+sentPrefix+s.subscription.Key).Saw(s.holder)
		return nil
	})
}
