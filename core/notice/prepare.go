package notice

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"posad.city/core/notice/internal/store"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/jobs"
	"posad.city/kit/lang"
	"posad.city/kit/store"
	"posad.city/kit/vault"
	"posad.city/kit/web"
)

// Prepared waits for its Write.
type Prepared struct {
	m          *Module
	notice     noticedb.InsertNoticeParams
	content    vault.Sealed
	deliveries []noticedb.InsertDeliveryParams
	nobody     bool // the person's data was erased: there is nobody to tell
}

// ID is the message's, if this Put is the one that makes it; zero when there is nobody to tell.
func (p *Prepared) ID() id.ID { return p.notice.ID }

// Prepare words a notice, seals it and chooses its channels. It reads the account and the person's wishes, so it stands
// before the Write. A person who is unknown, or has no address, is told in the inbox alone.
func (m *Module) Prepare(ctx context.Context, n Notice) (*Prepared, error) {
	n, err := whole(n)
	if err != nil {
		return nil, err
	}
	says, err := compose(m.base.Texts, n)
	if err != nil {
		return nil, err
	}
	keys, err := m.base.Vault.Keys(ctx, n.To)
	if err != nil {
		return nil, fmt.Errorf("notice: keys: %w", err)
	}
	if keys.Erased() {
		return &Prepared{m: m, nobody: true}, nil
	}
	channels, err := m.channels(ctx, n)
	if err != nil {
		return nil, err
	}
	return m.seal(n, says, keys, channels)
}

// whole fills in what may be left out and refuses what can't be told.
func whole(n Notice) (Notice, error) {
	if n.Holder.IsZero() {
		n.Holder = n.To
	}
	if n.Topic == "" {
		n.Topic = Cases
	}
	if !lang.Known(string(n.Lang)) {
		n.Lang = lang.Russian
	}
	switch {
	case n.To.IsZero():
		return n, errors.New("notice: nobody to tell")
	case n.Key == "" || len(n.Key) > KeyMost:
		return n, fmt.Errorf("notice: a key has 1 to %d bytes", KeyMost)
	case n.Kind == "":
		return n, errors.New("notice: a kind is compulsory")
	case !known(n.Topic):
		return n, ErrTopic
	case n.Path != "" && (len(n.Path) > PathMost || !web.LocalPath(n.Path)):
		return n, errors.New("notice: the path is not one of this city")
	}
	return n, nil
}

func known(t Topic) bool {
	if t == Security {
		return true
	}
	for _, one := range Topics() {
		if one == t {
			return true
		}
	}
	return false
}

func (m *Module) channels(ctx context.Context, n Notice) ([]Channel, error) {
	a := m.system(n.Case)
	person, err := m.deps.People.Person(ctx, a, "notice.look.contact", n.To)
	if err != nil && !errors.Is(err, store.ErrNone) {
		return nil, fmt.Errorf("notice: contact: %w", err)
	}
	w, err := m.wishes(ctx, a, n.To)
	if err != nil {
		return nil, err
	}
	at := m.reachable(person)
	if n.Topic == Security {
		return everywhere(at), nil
	}
	return first(at, w, n.Topic, n.Starts), nil
}

func (m *Module) seal(n Notice, says words, keys *vault.Keys, channels []Channel) (*Prepared, error) {
	title, err := json.Marshal(says.Title)
	if err != nil {
		return nil, fmt.Errorf("notice: title: %w", err)
	}
	content, err := json.Marshal(says)
	if err != nil {
		return nil, fmt.Errorf("notice: text: %w", err)
	}
	now := m.base.Clock.Now()
	out := &Prepared{m: m, content: keys.Seal("notice_text", "content", content), notice: noticedb.InsertNoticeParams{
		Person: n.To, ID: id.New(now), Repeat: n.Key, Holder: n.Holder, CaseID: n.Case, Version: n.Version, Topic: string(n.Topic), Kind: n.Kind,
		Path: n.Path, Lang: string(n.Lang), Starts: n.Starts, Title: keys.Seal("notice", "title", title),
	}}
	for _, channel := range channels {
		out.deliveries = append(out.deliveries, noticedb.InsertDeliveryParams{Person: n.To, ID: id.New(now), Notice: out.notice.ID, Channel: string(channel)})
	}
	return out, nil
}

// Put makes the notice in the caller's Write, with its deliveries and their jobs. When there is one of the same key
// already, nothing is done. Its holder is To: a caller whose own rows lie with somebody else (a child's case) puts it in
// the Write of the event's handler, so that no Write touches two holders.
func (p *Prepared) Put(tx *store.Tx) error {
	if p.nobody {
		return nil
	}
	params := p.notice
	params.Made = tx.Now()
	n, err := noticedb.InsertNotice(tx, params)
	if err != nil || n == 0 {
		return err
	}
	if err := noticedb.InsertText(tx, params.Person, params.ID, p.content); err != nil {
		return err
	}
	for _, d := range p.deliveries {
		if err := p.m.queue(tx, d); err != nil {
			return err
		}
	}
	if params.Starts && len(p.deliveries) == 0 {
		return p.m.emit(tx, EventUnreached, subject{holder: params.Holder, about: params.CaseID, version: params.Version})
	}
	return nil
}

// queue puts a delivery with its job.
func (m *Module) queue(tx *store.Tx, d noticedb.InsertDeliveryParams) error {
	d.Made = tx.Now()
	if err := noticedb.InsertDelivery(tx, d); err != nil {
		return err
	}
	return m.base.Jobs.Put(tx, jobs.New{Handler: jobSend, Holder: d.Person, Object: d.ID})
}

// subject is what the events speak of.
type subject struct {
	holder, about id.ID
	version       int64
}

func (m *Module) emit(tx *store.Tx, name string, s subject) error {
	return m.base.Jobs.Emit(tx, jobs.Event{Name: name, Holder: s.holder, Object: s.about, Version: s.version})
}

// reached notes the first proof that a notice came to its person.
func (m *Module) reached(tx *store.Tx, a act.Act, person, notice id.ID) error {
	n, err := noticedb.ReachNotice(tx, person, notice, tx.Now())
	if err != nil || n == 0 {
		return err
	}
	row, err := noticedb.NoticeByID(tx.As(a, "notice.look.message"), person, notice)
	if err != nil || !row.Starts {
		return err
	}
	return m.emit(tx, EventReached, subject{holder: row.Holder, about: row.CaseID, version: row.Version})
}
