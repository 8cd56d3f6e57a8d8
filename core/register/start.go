package register

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"posad.city/core/notice"
	"posad.city/core/register/internal/store"
	"posad.city/core/service"
	"posad.city/kit/id"
	"posad.city/kit/jobs"
	"posad.city/kit/store"
)

// onChanged starts what the register's file subscribes to a change. It may come twice: a notice has a key, and a message is
// sent once for each version unless a sender died in between.
func (m *Module) onChanged(ctx context.Context, j jobs.Job) error {
	home, err := m.home(ctx, j.Object)
	if errors.Is(err, ErrNone) {
		return nil
	}
	if err != nil {
		return err
	}
	r, err := m.own(home.Register)
	if err != nil || len(r.Subscriptions) == 0 {
		return nil //nolint:nilerr // the register was taken out of the city: nobody is subscribed any more
	}
	versions, err := m.versions(ctx, m.system(j.ID), lookEntry, j.Holder, j.Object)
	if err != nil {
		return err
	}
	at := slices.IndexFunc(versions, func(v Version) bool { return v.Number == j.Version })
	if at < 0 {
		return nil
	}
	var puts []func(*store.Tx) error
	for i := range r.Subscriptions {
		s := &r.Subscriptions[i]
		if !s.Hears(string(versions[at].Change)) {
			continue
		}
		put, err := m.started(ctx, r, s, j, versions[at])
		if err != nil {
			return err
		}
		puts = append(puts, put)
	}
	return m.base.Store.Write(ctx, func(tx *store.Tx) error {
		for _, put := range puts {
			if err := put(tx); err != nil {
				return err
			}
		}
		return m.base.Jobs.Done(tx, j)
	})
}

// started is what one subscription does with a change.
func (m *Module) started(ctx context.Context, r *service.OwnRegister, s *service.Subscription, j jobs.Job, v Version) (func(*store.Tx) error, error) {
	if s.Webhook != nil {
		return func(tx *store.Tx) error {
			return m.base.Jobs.Put(tx, jobs.New{
				Handler: jobSend, Holder: j.Holder, Object: j.Object, Version: v.Number, Payload: s.Key,
				Key: j.Object.String() + "/" + s.Key + "/" + strconv.FormatInt(v.Number, 10),
			})
		}, nil
	}
	if m.deps.Teller == nil {
		return func(*store.Tx) error { return nil }, nil
	}
	told, err := m.deps.Teller.Prepare(ctx, notice.Notice{
		Key: "register/" + s.Key + "/" + j.Object.String() + "/" + strconv.FormatInt(v.Number, 10), To: j.Holder, Topic: notice.Documents,
		Kind: "register.told.subscribed", Title: s.Notice.Title, Text: s.Notice.Text, Path: "/account/registers/" + j.Object.String(),
		Params: map[string]any{"register": r.Title.RU, "number": id.FormatNumber(v.Document)},
	})
	if err != nil {
		return nil, fmt.Errorf("register: tell of a change: %w", err)
	}
	return func(tx *store.Tx) error { return told.Put(tx) }, nil
}

// subscribed opens the way for messages of an entry, in the Write of its change, so that the first one that anybody is to
// hear of is this one and none is passed over.
func (p *Prepared) subscribed(tx *store.Tx) error {
	for _, key := range p.hooks {
		if err := registerdb.InsertSent(tx, registerdb.InsertSentParams{Holder: p.before.Holder, Entry: p.before.ID, Subscription: key, Version: p.before.Version}); err != nil {
			return fmt.Errorf("register: subscription: %w", err)
		}
	}
	return nil
}
