package approval

import (
	"context"
	"time"

	"posad.city/core/account"
	"posad.city/core/approval/internal/store"
	"posad.city/kit/clock"
	"posad.city/kit/id"
	"posad.city/kit/store"
)

// What the tests of the whole module need of its inside.
var (
	CheckEndpoint = checkEndpoint
	NewClient     = newClient
	Draw          = draw
	ReadToken     = readToken
)

// Judge is judge.
func Judge(status int, retryAfter string, c clock.Clock) error { return judge(status, retryAfter, c) }

// Send is send.
func (m *Module) Send(ctx context.Context, s Subscription, body []byte, life time.Duration, topic id.ID) error {
	return m.send(ctx, s, body, life, topic)
}

// Vapid is the public key.
func (m *Module) Vapid(ctx context.Context) (string, error) {
	_, public, err := m.vapid(ctx)
	return public, err
}

// Token is what the QR code of a question carries.
func (m *Module) Token(question id.ID) string { return m.token(question) }

// Take is take, by a visit as it is kept.
func (m *Module) Take(ctx context.Context, visit []byte, kind Kind) (account.Proof, error) {
	return m.take(ctx, visit, kind)
}

// Questions is everything that waits for a person.
func (m *Module) Questions(ctx context.Context, person id.ID) ([]id.ID, error) {
	list, err := m.waiting(ctx, person)
	var out []id.ID
	for _, q := range list {
		out = append(out, q.ID)
	}
	return out, err
}

// Row puts a question of a kind for a visit straight into the table and returns its number and one that is wrong.
func (m *Module) Row(ctx context.Context, kind Kind, visit []byte) (id.ID, int64, int64, error) {
	row, err := m.row(ctx, kind, asked{})
	if err != nil {
		return id.ID{}, 0, 0, err
	}
	row.Visit = visit
	err = m.base.Store.Write(ctx, func(tx *store.Tx) error { return approvaldb.InsertApproval(tx, row) })
	for _, n := range (question{Approval: approvaldb.Approval{Choices: row.Choices}}).choices() {
		if n != row.Number {
			return row.ID, row.Number, n, err
		}
	}
	return row.ID, row.Number, 0, err
}

// Answer answers a question as a session of a person does.
func (m *Module) Answer(ctx context.Context, person, into, question id.ID, number int64) (string, error) {
	v, err := m.answer(ctx, approver{person: person, account: into, fresh: true, visit: []byte("another")}, question, answer{Number: number})
	return string(v), err
}

// ReadToAnswer reads a question now and returns the answer to it that is given later, as in a race.
func (m *Module) ReadToAnswer(ctx context.Context, question id.ID) (func(person, into id.ID, number int64) (string, error), error) {
	q, err := m.question(ctx, question)
	return func(person, into id.ID, number int64) (string, error) {
		v, err := m.answerRead(ctx, approver{person: person, account: into, fresh: true, visit: []byte("another")}, q, answer{Number: number})
		return string(v), err
	}, err
}

// ReadToTake is the same for taking a yes.
func (m *Module) ReadToTake(ctx context.Context, question id.ID, visit []byte) (func() (account.Proof, error), error) {
	q, err := m.question(ctx, question)
	return func() (account.Proof, error) { return m.use(ctx, q, visit) }, err
}
