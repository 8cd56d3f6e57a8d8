package exchange

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"time"

	"posad.city/core/exchange/internal/store"
	"posad.city/core/service"
	"posad.city/kit/asic"
	"posad.city/kit/id"
	"posad.city/kit/store"
	"posad.city/kit/vault"
	"posad.city/kit/xroad"
)

// The log of what went over the wire: each try leaves its question and its answer, sealed with the person's key, and two
// hashes that are nobody's. The hashes are signed in batches (sign.go), each of which holds the top of the one before.
// When the person is erased the messages go and the hashes stay: a message has a random part, so that nobody can guess it
// from its hash.

// The sealed column of messages.
const (
	tableMessage   = "exchange_message"
	columnMessages = "messages"
)

// Who asked: we, or another member.
const (
	sideAsked    = "asked"
	sideAnswered = "answered"
)

// saltBytes is how many random bytes a message has.
const saltBytes = 16

// note is the third part of a question: its random bytes, and what the row of the try says in plain columns, so that these
// are signed too. Messages of older rows have random bytes alone.
type note struct {
	Salt     []byte    `json:"salt"`
	Try      id.ID     `json:"try"`
	Asking   id.ID     `json:"asking"`
	Case     id.ID     `json:"case,omitzero"`
	Purpose  string    `json:"purpose,omitempty"`
	Side     string    `json:"side"`
	Peer     string    `json:"peer"`
	Register string    `json:"register"`
	At       time.Time `json:"at"`
	Trouble  string    `json:"trouble,omitempty"`
}

func noteOf(row exchangedb.ExchangeMessage, salt []byte) note {
	return note{
		Salt: salt, Try: row.ID, Asking: row.Asking, Case: row.CaseID, Purpose: row.Purpose, Side: row.Side, Peer: row.Peer, Register: row.Register,
		At: row.At.UTC().Truncate(time.Microsecond), Trouble: row.Trouble,
	}
}

// other names the first column of a row that is not as it was signed; empty: all are.
func (n note) other(row exchangedb.ExchangeMessage) string {
	is := noteOf(row, n.Salt)
	for _, one := range []struct {
		column string
		same   bool
	}{
		{"id", n.Try == is.Try}, {"asking", n.Asking == is.Asking}, {"case_id", n.Case == is.Case}, {"purpose", n.Purpose == is.Purpose}, {"side", n.Side == is.Side},
		{"peer", n.Peer == is.Peer}, {"register", n.Register == is.Register}, {"at", n.At.Equal(is.At)}, {"trouble", n.Trouble == is.Trouble},
	} {
		if !one.same {
			return one.column
		}
	}
	return ""
}

// logged is a message as the log keeps it.
type logged struct {
	Head []byte `json:"head"`
	Body []byte `json:"body,omitempty"`
	Salt []byte `json:"salt"` // of a question: its note
}

// loggedTry is what one row holds.
type loggedTry struct {
	Question logged  `json:"question"`
	Answer   *logged `json:"answer,omitempty"`
}

func newLogged(m xroad.Message) logged {
	return logged{Head: m.Head, Body: m.Body, Salt: newSalt()}
}

func newSalt() []byte {
	salt := make([]byte, saltBytes)
	_, _ = rand.Read(salt) // never fails: Go ends the program when the system has no chance to give
	return salt
}

// parts are a message's as its container has them: head, body, salt.
func (l logged) parts() []asic.Part {
	return []asic.Part{
		{Name: asic.PartName(0), Content: l.Head}, {Name: asic.PartName(1), Content: l.Body}, {Name: asic.PartName(2), Content: l.Salt},
	}
}

func (l logged) leaf() (asic.Digest, error) { return asic.Leaf(asic.DigestsOf(l.parts())) }

// record is a try that waits for its Write.
type record struct {
	message exchangedb.PutMessageParams
	leaf    exchangedb.PutLeafParams
}

// stmts are the same as put, for Append.
func (r *record) stmts() []store.Stmt {
	return []store.Stmt{exchangedb.PutMessageStmt(r.message), exchangedb.PutLeafStmt(r.leaf)}
}

// recordOf says what a try was about.
type recordOf struct {
	caseID, asking       id.ID
	side, peer, register string
	purpose              string // X-Road-Issue, when the city was asked
	trouble              Trouble
}

// record makes a try ready for the log; nil when nothing was sent, or the person is erased and no key is left to seal it.
func (m *Module) record(keys *vault.Keys, of recordOf, w wire) (*record, error) {
	if !w.sent() || keys == nil || keys.Erased() {
		return nil, nil
	}
	now := m.base.Clock.Now().UTC().Truncate(time.Microsecond)
	row := exchangedb.ExchangeMessage{
		Holder: keys.Holder(), ID: id.New(now), CaseID: of.caseID, Asking: of.asking, Side: of.side, Peer: of.peer, Register: of.register, At: now,
		Trouble: string(of.trouble), Purpose: of.purpose,
	}
	said, err := json.Marshal(noteOf(row, newSalt()))
	if err != nil {
		return nil, fmt.Errorf("exchange: log: %w", err)
	}
	try := loggedTry{Question: logged{Head: w.question.Head, Body: w.question.Body, Salt: said}}
	if len(w.answer.Head) > 0 {
		answer := newLogged(w.answer)
		try.Answer = &answer
	}
	question, answer, err := try.leaves()
	if err != nil {
		return nil, fmt.Errorf("exchange: log: %w", err)
	}
	plain, err := json.Marshal(try)
	if err != nil {
		return nil, fmt.Errorf("exchange: log: %w", err)
	}
	row.Messages = keys.Seal(tableMessage, columnMessages, plain)
	return &record{
		message: exchangedb.PutMessageParams(row),
		leaf:    exchangedb.PutLeafParams{ID: row.ID, Question: question, Answer: answer, Holder: row.Holder},
	}, nil
}

// leaves are the hashes of a try; the answer's is nil when there was none.
func (t loggedTry) leaves() ([]byte, []byte, error) {
	leaf, err := t.Question.leaf()
	if err != nil || t.Answer == nil {
		return leaf[:], nil, err
	}
	second, err := t.Answer.leaf()
	return leaf[:], second[:], err
}

// put writes the try down; a nil one is none.
func (r *record) put(tx *store.Tx) error {
	if r == nil {
		return nil
	}
	if err := exchangedb.PutMessage(tx, r.message); err != nil {
		return fmt.Errorf("exchange: log a message: %w", err)
	}
	if err := exchangedb.PutLeaf(tx, r.leaf); err != nil {
		return fmt.Errorf("exchange: log a hash: %w", err)
	}
	return nil
}

// keeper is the agency that keeps a register; empty when the city has none of that name.
func (m *Module) keeper(register string) string {
	if r, ok := m.register(register); ok {
		return r.Agency
	}
	return ""
}

// keepForAccount logs a try that was made for the account itself.
func (m *Module) keepForAccount(ctx context.Context, person, ask id.ID, r *service.Register, a answer) error {
	if !a.wire.sent() || person.IsZero() {
		return nil
	}
	ctx = context.WithoutCancel(ctx) // it was sent, whether or not the asker still waits
	keys, err := m.base.Vault.Keys(ctx, person)
	if err != nil {
		return fmt.Errorf("exchange: keys: %w", err)
	}
	made, err := m.record(keys, recordOf{asking: ask, side: sideAsked, peer: r.Agency, register: r.Key, trouble: a.trouble}, a.wire)
	if err != nil || made == nil {
		return err
	}
	if err := m.base.Store.Append(ctx, made.stmts()...); err != nil {
		return fmt.Errorf("exchange: log: %w", err)
	}
	return nil
}

// Logged is a try in the log.
type Logged struct {
	ID       id.ID
	Case     id.ID // zero: for the account itself
	Asking   id.ID
	Side     string // asked: the city asked; answered: the city was asked
	Peer     string // key of the agency, or the member
	Register string
	Purpose  string // when the city was asked: the number of the case or of the agreement that was named
	At       time.Time
	Trouble  Trouble
}
