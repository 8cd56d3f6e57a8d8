package approval

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"posad.city/core/account"
	"posad.city/core/approval/internal/store"
	"posad.city/kit/act"
	"posad.city/kit/feed"
	"posad.city/kit/id"
	"posad.city/kit/store"
)

// answer is what a person pressed.
type answer struct {
	Number int64
	Refuse bool
	NotMe  bool // refuse, and ask nothing more from unknown browsers for a day
}

// verdict is what an answer comes to.
type verdict string

const (
	yes   verdict = "yes"
	no    verdict = "no"
	wrong verdict = "wrong"
	notMe verdict = "not_me"
)

// decide judges an answer. Errors: ErrMissing for a question that is another's, ErrOver for one that no longer waits,
// ErrSame for the browser that asks, ErrNumber when no number was chosen, and one that sends a session of long ago to
// prove itself.
func decide(q question, who approver, a answer, now time.Time) (verdict, error) {
	if Kind(q.Kind) != QR && q.Person != who.person {
		return "", ErrMissing
	}
	switch {
	case !q.open(now):
		return "", ErrOver
	case a.NotMe && Kind(q.Kind) != QR:
		return notMe, nil
	case a.Refuse || a.NotMe:
		return no, nil
	case subtle.ConstantTimeCompare(q.Visit, who.visit) == 1:
		return "", ErrSame
	case !who.fresh && who.way.IsZero():
		return "", errFresh
	case !slices.Contains(q.choices(), a.Number):
		return "", ErrNumber
	case a.Number != q.Number:
		return wrong, nil
	}
	return yes, nil
}

// choices are the numbers that are offered, in the order of showing, the same at every look.
func (q question) choices() []int64 {
	var out []int64
	for _, text := range strings.Fields(q.Choices) {
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return nil
		}
		out = append(out, n)
	}
	return out
}

// answer takes a person's answer to a question. Of two answers at once one counts, the other is ErrOver.
func (m *Module) answer(ctx context.Context, who approver, number id.ID, a answer) (verdict, error) {
	q, err := m.question(ctx, number)
	if err != nil {
		return "", err
	}
	return m.answerRead(ctx, who, q, a)
}

// answerRead answers a question as it was read; that one answer counts is the Write's to hold.
func (m *Module) answerRead(ctx context.Context, who approver, q question, a answer) (verdict, error) {
	v, err := decide(q, who, a, m.base.Clock.Now())
	if err != nil {
		return "", err
	}
	word := func(*store.Tx) error { return nil }
	if v == wrong {
		if word, err = m.wrongWord(ctx, who.person, q.ID); err != nil {
			return "", err
		}
	}
	err = m.writeAs(ctx, who, func(tx *store.Tx) error {
		if err := m.settle(tx, q, who, v); err != nil {
			return err
		}
		return word(tx)
	})
	if err != nil {
		return "", fmt.Errorf("approval: answer: %w", err)
	}
	return v, nil
}

// writeAs re-checks the session inside the Write, where the answer hangs on one.
func (m *Module) writeAs(ctx context.Context, who approver, fn func(*store.Tx) error) error {
	if who.signed {
		return m.base.Store.WriteAs(ctx, who.act, fn)
	}
	return m.base.Store.Write(ctx, fn)
}

func (m *Module) wrongWord(ctx context.Context, person, number id.ID) (func(*store.Tx) error, error) {
	return m.accounts.PrepareWord(ctx, account.Word{
		Person: person, Key: "approval.wrong/" + number.String(), Kind: "approval.word.wrong_number", Path: "/account/security",
	})
}

func (m *Module) settle(tx *store.Tx, q question, who approver, v verdict) error {
	if v == notMe {
		if err := approvaldb.Mute(tx, who.person, tx.Now().Add(MuteLife)); err != nil {
			return err
		}
		if _, err := approvaldb.RefuseStrangers(tx, who.person); err != nil {
			return err
		}
		if !q.Known {
			return m.publish(tx, who.person, q.ID) // refused with the others
		}
	}
	n, err := m.put(tx, q, who, v)
	if err != nil {
		return err
	}
	if n == 0 {
		return ErrOver
	}
	return m.publish(tx, who.person, q.ID)
}

func (m *Module) put(tx *store.Tx, q question, who approver, v verdict) (int64, error) {
	if v != yes {
		return approvaldb.Refuse(tx, approvaldb.RefuseParams{Because: string(v), Person: who.person, ID: q.ID, Now: tx.Now()})
	}
	into := q.Account
	if Kind(q.Kind) == QR {
		into = who.account
	}
	return approvaldb.Approve(tx, approvaldb.ApproveParams{
		Person: who.person, Account: into, Way: who.way, Level: int64(who.level), Strong: who.strong,
		Take: tx.Now().Add(TakeLife), ID: q.ID, Now: tx.Now(),
	})
}

func (m *Module) publish(tx *store.Tx, person, number id.ID) error {
	return m.base.Feed.Publish(tx, feed.Change{Topic: Topic, Holder: person, Object: number})
}

// reader is the act by which the module reads its own questions: nobody looks.
var reader = act.Act{Actor: act.Actor{Kind: act.System}, Purpose: act.Purpose{Kind: "account"}, Channel: act.Job, Assurance: act.Verified}

const lookName = "approval.look"

// question reads one; ErrMissing for none.
func (m *Module) question(ctx context.Context, number id.ID) (question, error) {
	return m.find(ctx, func(p *store.Personal) (approvaldb.Approval, error) { return approvaldb.ApprovalByID(p, number) })
}

// latest is the last question of a kind that a browser began; ErrMissing for none.
func (m *Module) latest(ctx context.Context, visit []byte, kind Kind) (question, error) {
	return m.find(ctx, func(p *store.Personal) (approvaldb.Approval, error) {
		return approvaldb.ApprovalByVisit(p, visit, string(kind))
	})
}

func (m *Module) find(ctx context.Context, read func(*store.Personal) (approvaldb.Approval, error)) (question, error) {
	var row approvaldb.Approval
	err := m.base.Store.Look(ctx, reader, lookName, func(p *store.Personal) error {
		var err error
		row, err = read(p)
		return err
	})
	if errors.Is(err, store.ErrNone) {
		return question{}, ErrMissing
	}
	if err != nil {
		return question{}, fmt.Errorf("approval: read a question: %w", err)
	}
	return m.opened(ctx, row)
}

// waiting lists what waits for a person's answer, oldest first.
func (m *Module) waiting(ctx context.Context, person id.ID) ([]question, error) {
	var rows []approvaldb.Approval
	now := m.base.Clock.Now()
	err := m.base.Store.Look(ctx, reader, lookName, func(p *store.Personal) error {
		var err error
		rows, err = approvaldb.WaitingOf(p, person, now)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("approval: list questions: %w", err)
	}
	out := make([]question, len(rows))
	for i, row := range rows {
		if out[i], err = m.opened(ctx, row); err != nil {
			return nil, err
		}
	}
	return out, nil
}
