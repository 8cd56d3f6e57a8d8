package notice

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"posad.city/core/notice/internal/store"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/store"
	"posad.city/kit/vault"
)

// pageMost is how many messages a page of an inbox has at most.
const pageMost = 50

// Inbox is a person's messages, newest first: at most most of them (1 to 50), older than before; zero: the newest.
func (m *Module) Inbox(ctx context.Context, a act.Act, person, before id.ID, most int) (Page, error) {
	most = max(1, min(most, pageMost))
	if before.IsZero() {
		before = lastID()
	}
	var out Page
	for _, one := range a.Records(person) {
		some, err := m.inboxOf(ctx, a, one, before, most+1)
		if err != nil {
			return Page{}, err
		}
		out.Messages = append(out.Messages, some...)
	}
	slices.SortStableFunc(out.Messages, func(x, y Message) int { return bytes.Compare(y.ID[:], x.ID[:]) })
	if len(out.Messages) > most {
		out.Messages = out.Messages[:most]
		out.Next = out.Messages[most-1].ID
	}
	return out, nil
}

// inboxOf is the inbox of one record of a person.
func (m *Module) inboxOf(ctx context.Context, a act.Act, person, before id.ID, most int) ([]Message, error) {
	var rows []noticedb.Notice
	err := m.base.Store.Look(ctx, a, "notice.look.inbox", func(p *store.Personal) error {
		var err error
		rows, err = noticedb.NoticesBefore(p, person, before, int64(most))
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("notice: inbox: %w", err)
	}
	return m.open(ctx, person, rows)
}

// whose is the record of the person in whose inbox a message lies; the person's own when it is in none.
func (m *Module) whose(ctx context.Context, a act.Act, person, message id.ID) (id.ID, error) {
	out := person
	records := a.Records(person)
	if len(records) == 1 {
		return out, nil
	}
	err := m.base.Store.Look(ctx, a, "notice.look.message", func(p *store.Personal) error {
		for _, one := range records {
			_, err := noticedb.NoticeByID(p, one, message)
			if err == nil {
				out = one
				return nil
			}
			if !errors.Is(err, store.ErrNone) {
				return err
			}
		}
		return nil
	})
	return out, err
}

func lastID() id.ID {
	var out id.ID
	for i := range out {
		out[i] = 0xff
	}
	return out
}

func (m *Module) open(ctx context.Context, person id.ID, rows []noticedb.Notice) ([]Message, error) {
	if len(rows) == 0 {
		return nil, nil
	}
	keys, err := m.base.Vault.Keys(ctx, person)
	if err != nil {
		return nil, fmt.Errorf("notice: keys: %w", err)
	}
	var out []Message
	for _, row := range rows {
		message, err := messageOf(keys, row)
		if errors.Is(err, vault.ErrErased) {
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		out = append(out, message)
	}
	return out, nil
}

func messageOf(keys *vault.Keys, row noticedb.Notice) (Message, error) {
	out := Message{
		ID: row.ID, Kind: row.Kind, Holder: row.Holder, Case: row.CaseID, Topic: Topic(row.Topic), Path: row.Path,
		Made: row.Made, Read: row.ReadAt, Reached: row.Reached,
	}
	return out, unseal(keys, "notice", "title", row.Title, &out.Title)
}

func unseal(keys *vault.Keys, table, column string, sealed vault.Sealed, to any) error {
	plain, err := keys.Open(table, column, sealed)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(plain, to); err != nil {
		return fmt.Errorf("notice: %s of %s: %w", column, keys.Holder(), err)
	}
	return nil
}

// letterRow is a notice with its text, still sealed, and all its deliveries.
type letterRow struct {
	notice     noticedb.Notice
	text       noticedb.NoticeText
	deliveries []noticedb.NoticeDelivery
}

func readLetter(p store.PersonalReader, person, notice id.ID) (letterRow, error) {
	var out letterRow
	var err error
	if out.notice, err = noticedb.NoticeByID(p, person, notice); err != nil {
		return out, err
	}
	if out.text, err = noticedb.TextByID(p, person, notice); err != nil {
		return out, err
	}
	out.deliveries, err = noticedb.DeliveriesOf(p, person, notice)
	return out, err
}

func (r letterRow) open(keys *vault.Keys) (Message, error) {
	out, err := messageOf(keys, r.notice)
	if err != nil {
		return out, err
	}
	var says words
	if err := unseal(keys, "notice_text", "content", r.text.Content, &says); err != nil {
		return out, err
	}
	out.Text, out.Action = says.Text, says.Action
	out.Sent = inOrder(deliveriesOf(r.deliveries))
	return out, nil
}

// inOrder puts deliveries in the order of their making, each stand-in after what it stands for: ids of one millisecond
// have no order.
func inOrder(list []Delivery) []Delivery {
	slices.SortStableFunc(list, func(a, b Delivery) int {
		switch {
		case !a.Made.Equal(b.Made):
			return a.Made.Compare(b.Made)
		case a.Instead.IsZero() != b.Instead.IsZero():
			if a.Instead.IsZero() {
				return -1
			}
			return 1
		}
		return cmp.Compare(slices.Index(Channels(), a.Channel), slices.Index(Channels(), b.Channel))
	})
	return list
}

func deliveriesOf(rows []noticedb.NoticeDelivery) []Delivery {
	out := make([]Delivery, len(rows))
	for i, row := range rows {
		out[i] = Delivery{
			ID: row.ID, Channel: Channel(row.Channel), State: State(row.State), Failure: Failure(row.Failure), Code: int(row.Code),
			Tries: int(row.Tries), Receipt: row.Receipt, Instead: row.Instead, Made: row.Made, Ended: row.Ended,
		}
	}
	return out
}

// Message is one message whole, with its deliveries; ErrNone when there is none. It does not count as reading it.
func (m *Module) Message(ctx context.Context, a act.Act, person, message id.ID) (Message, error) {
	person, err := m.whose(ctx, a, person, message)
	if err != nil {
		return Message{}, err
	}
	var row letterRow
	err = m.base.Store.Look(ctx, a, "notice.look.message", func(p *store.Personal) error {
		var err error
		row, err = readLetter(p, person, message)
		return err
	})
	if errors.Is(err, store.ErrNone) {
		return Message{}, ErrNone.Because(err)
	}
	if err != nil {
		return Message{}, fmt.Errorf("notice: message: %w", err)
	}
	keys, err := m.base.Vault.Keys(ctx, person)
	if err != nil {
		return Message{}, fmt.Errorf("notice: keys: %w", err)
	}
	out, err := row.open(keys)
	if errors.Is(err, vault.ErrErased) {
		return Message{}, ErrNone.Because(err)
	}
	return out, err
}

// Unread counts a person's messages that were not read, up to UnreadMost.
func (m *Module) Unread(ctx context.Context, person id.ID) (int, error) {
	var n int64
	err := m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		var err error
		n, err = noticedb.CountUnread(r, person, UnreadMost)
		return err
	})
	return int(n), err
}

// Read marks a message as read; a second time changes nothing. ErrNone when there is no such message.
func (m *Module) Read(ctx context.Context, a act.Act, person, message id.ID) error {
	person, err := m.whose(ctx, a, person, message)
	if err != nil {
		return err
	}
	err = m.base.Store.WriteAs(ctx, a, func(tx *store.Tx) error {
		if _, err := noticedb.NoticeByID(tx.As(a, "notice.look.message"), person, message); err != nil {
			return err
		}
		return m.markRead(tx, a, person, message)
	})
	if errors.Is(err, store.ErrNone) {
		return ErrNone.Because(err)
	}
	return err
}

func (m *Module) markRead(tx *store.Tx, a act.Act, person, message id.ID) error {
	n, err := noticedb.ReadNotice(tx, person, message, tx.Now())
	if err != nil || n == 0 {
		return err
	}
	return m.reached(tx, a, person, message)
}

// readMost bounds how many messages one Write marks.
const readMost = 500

// ReadAll marks a person's messages as read, the oldest 500 of those that are not.
func (m *Module) ReadAll(ctx context.Context, a act.Act, person id.ID) error {
	for _, one := range a.Records(person) {
		if err := m.readAllOf(ctx, a, one); err != nil {
			return err
		}
	}
	return nil
}

func (m *Module) readAllOf(ctx context.Context, a act.Act, person id.ID) error {
	return m.base.Store.WriteAs(ctx, a, func(tx *store.Tx) error {
		rows, err := noticedb.UnreadOf(tx.As(a, "notice.look.inbox"), person, readMost)
		if err != nil {
			return err
		}
		for _, row := range rows {
			if err := m.markRead(tx, a, person, row.ID); err != nil {
				return err
			}
		}
		return nil
	})
}

// ReadOfCase marks a person's messages about a case as read: they have opened the case's page, which says it all. It
// opens a Write only when there is something to mark.
func (m *Module) ReadOfCase(ctx context.Context, a act.Act, person, about id.ID) error {
	var rows []noticedb.UnreadOfCaseRow
	err := m.base.Store.Look(ctx, a, "notice.look.inbox", func(p *store.Personal) error {
		var err error
		rows, err = noticedb.UnreadOfCase(p, person, about)
		return err
	})
	if err != nil || len(rows) == 0 {
		return err
	}
	return m.base.Store.WriteAs(ctx, a, func(tx *store.Tx) error {
		for _, row := range rows {
			if err := m.markRead(tx, a, person, row.ID); err != nil {
				return err
			}
		}
		return nil
	})
}

// recently is how far back the page of channels looks for an address that takes nothing.
const recently = 90 * 24 * time.Hour

// BadAddresses are the channels whose last delivery to the person ended with the address being refused.
func (m *Module) BadAddresses(ctx context.Context, a act.Act, person id.ID) (map[Channel]bool, error) {
	var rows []noticedb.NoticeDelivery
	since := id.New(m.base.Clock.Now().Add(-recently))
	err := m.base.Store.Look(ctx, a, "notice.look.inbox", func(p *store.Personal) error {
		var err error
		rows, err = noticedb.DeliveriesSince(p, person, since, pageMost)
		return err
	})
	out, seen := map[Channel]bool{}, map[Channel]bool{}
	for _, d := range deliveriesOf(rows) {
		if d.State == Queued || seen[d.Channel] {
			continue
		}
		seen[d.Channel] = true
		if d.State == Failed && d.Failure == Refused {
			out[d.Channel] = true
		}
	}
	return out, err
}

// languageOf is the language of a person's letters.
func languageOf(chosen, hinted lang.Language) lang.Language {
	for _, l := range []lang.Language{chosen, hinted} {
		if lang.Known(string(l)) {
			return l
		}
	}
	return lang.Russian
}
