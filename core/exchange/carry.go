package exchange

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"posad.city/core/exchange/internal/store"
	"posad.city/core/service"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/jobs"
	"posad.city/kit/store"
	"posad.city/kit/vault"
)

// payload names a question in a job: the certificate's key, a space, the asking's id.
func payload(certificate string, asking id.ID) string { return certificate + " " + asking.String() }

func parsePayload(text string) (string, id.ID, error) {
	certificate, rest, _ := strings.Cut(text, " ")
	asking, err := id.Parse(rest)
	if err != nil {
		return "", id.ID{}, fmt.Errorf("exchange: payload %.40q: %w", text, err)
	}
	return certificate, asking, nil
}

// askJob asks a register and asks again until there is an end.
func (m *Module) askJob(ctx context.Context, j jobs.Job) error {
	certificate, asking, err := parsePayload(j.Payload)
	if err != nil {
		return jobs.Fatal(err)
	}
	q, err := m.question(ctx, place{j.Holder, j.Object, certificate}, asking)
	if err != nil || q == nil {
		return err
	}
	end, err := m.carry(ctx, q)
	if err != nil {
		return err
	}
	err = m.base.Store.Write(ctx, func(tx *store.Tx) error {
		if err := m.keepEnd(tx, q, end); err != nil || end.step.state == Asked {
			return err
		}
		return m.base.Jobs.Done(tx, j)
	})
	if err != nil {
		return fmt.Errorf("exchange: keep an answer: %w", err)
	}
	if end.step.state == Asked {
		return jobs.Later(end.step.after)
	}
	return nil
}

// place is where a certificate lies.
type place struct {
	about, caseID id.ID
	certificate   string
}

// question is one that is to be asked now.
type question struct {
	row    exchangedb.Certificate
	params map[string]string
	keys   *vault.Keys
	closed bool // the case lives no more, or the person was erased
}

func (q *question) use() Use {
	r := q.row
	return Use{Holder: r.CaseHolder, Case: r.CaseID, Applicant: r.Applicant, About: r.Holder, Service: r.Service, Certificate: r.Certificate, Register: r.Register}
}

// question reads what is to be asked; nil when there is nothing any more: it was answered, or another one has taken its place.
func (m *Module) question(ctx context.Context, at place, asking id.ID) (*question, error) {
	q := &question{}
	err := m.base.Store.Look(ctx, act.ByJob(asking, act.Purpose{Kind: "case", ID: at.caseID.String()}), look, func(p *store.Personal) error {
		row, err := exchangedb.CertificateByKey(p, at.about, at.caseID, at.certificate)
		if err != nil {
			return err
		}
		q.row = row
		err = m.mustLive(p, q.use())
		q.closed = errors.Is(err, ErrNoCase)
		if q.closed {
			return nil
		}
		return err
	})
	if errors.Is(err, store.ErrNone) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("exchange: question: %w", err)
	}
	if !State(q.row.State).open() || q.row.ID != asking {
		return nil, nil
	}
	return q, m.open(ctx, q)
}

func (m *Module) open(ctx context.Context, q *question) error {
	keys, err := m.base.Vault.Keys(ctx, q.row.Holder)
	if err != nil {
		return fmt.Errorf("exchange: keys: %w", err)
	}
	q.keys = keys
	q.params, err = openParameters(keys, q.row)
	if errors.Is(err, vault.ErrErased) {
		q.closed = true
		return nil
	}
	return err
}

// ending is what one try came to, ready to be kept.
type ending struct {
	step   step
	answer answer
	reply  vault.Sealed
	look   bool // the register told something of the person
	// The register that was asked: the question's own, or the one in its place.
	register string
	log      *record
}

// carry makes one try at a question. It changes nothing: whatever happens after it, the next try asks under the same key.
func (m *Module) carry(ctx context.Context, q *question) (ending, error) {
	turn := m.turnOf(q)
	a, retries, fresh := m.try(ctx, q, turn)
	now := m.base.Clock.Now()
	out := ending{answer: a, look: told(a), register: turn.key}
	out.step = turn.next(m.plan(tried{tries: int(q.row.Tries) - turn.before, since: now.Sub(q.row.Asked), retries: retries, early: q.row.Early}, a))
	if out.step.state == Known {
		out.step.valid = now.Add(fresh)
	}
	if out.step.state == Failed && q.row.Early {
		out.step.valid = now.Add(earlyAgain)
	}
	m.tell(q, turn.key, a, out.step)
	var err error
	out.log, err = m.record(q.keys, recordOf{
		caseID: q.row.CaseID, asking: q.row.ID, side: sideAsked, peer: m.keeper(turn.key), register: turn.key, trouble: a.trouble,
	}, a.wire)
	if err != nil || a.trouble != None {
		return out, err
	}
	plain, err := json.Marshal(a.values)
	if err != nil {
		return out, fmt.Errorf("exchange: reply: %w", err)
	}
	out.reply = q.keys.Seal(table, columnReply, plain)
	return out, nil
}

// told tells whether a register has told something of the person, be it that it knows nothing of them. An answer that does not
// fit its schema came to the city too, and lies in the log of messages, though nobody works with it.
func told(a answer) bool {
	return a.trouble == None || a.trouble == NotFound || a.trouble == WrongSchema
}

// try sends the question if it may be sent, and tells the register's number of retries and how long its reply is fresh.
func (m *Module) try(ctx context.Context, q *question, turn turn) (answer, int, time.Duration) {
	if q.closed {
		return answer{trouble: Closed}, 0, 0
	}
	register, ok := m.register(turn.key)
	if !ok {
		return answer{trouble: Absent, cause: errors.New("exchange: the city has no such register")}, 0, 0
	}
	if register.Transport == service.TransportOwn {
		return m.askOwn(ctx, q, register), register.Retries, register.FreshFor()
	}
	endpoint, ok := m.endpoint(register)
	if !ok {
		return answer{trouble: Absent, cause: errors.New("exchange: the agency is not connected")}, 0, 0
	}
	ask, err := m.wire(q, register)
	if err != nil {
		return answer{trouble: Absent, cause: err}, 0, 0
	}
	a := m.gates.of(register).pass(ctx, m.base.Clock.Now(), func() answer {
		return m.send(ctx, register, endpoint, ask)
	})
	return a, register.Retries, register.FreshFor()
}

func (m *Module) wire(q *question, register *service.Register) (wireAsk, error) {
	out := wireAsk{
		RequestID: q.row.ID, Register: register.Key, OnBehalfOf: m.agencyKey(q.row.Agency), Parameters: parametersOf(register, q),
		Purpose: wirePurpose{Kind: "case", Case: q.row.CaseID.String(), Service: q.row.Service},
	}
	err := json.Unmarshal([]byte(q.row.Needed), &out.Purpose.Needed)
	return out, err
}

// tried is how a question stands before a try's outcome.
type tried struct {
	tries, retries int
	since          time.Duration
	early          bool
}

// step is what becomes of a question.
type step struct {
	state   State
	trouble Trouble
	tries   int
	after   time.Duration // for Asked: when it is tried again
	valid   time.Time     // for Known and an early Failed
}

// The pauses.
const (
	busyPause   = 300 * time.Millisecond
	pauseMost   = 10 * time.Minute
	pauseGrowth = 3
	earlyAgain  = 10 * time.Minute // an early question that failed is left alone so long
)

// plan decides what becomes of a question after a try.
func (m *Module) plan(t tried, a answer) step {
	sent := t.tries + 1
	switch a.trouble {
	case None:
		return step{state: Known, tries: sent}
	case Absent, Closed:
		return step{state: Failed, trouble: a.trouble, tries: t.tries}
	case Refused, NotFound:
		return step{state: Failed, trouble: a.trouble, tries: sent}
	case Breaker, busy:
		if t.since >= m.deps.Patience {
			return step{state: Failed, trouble: Breaker, tries: t.tries}
		}
		after := m.deps.Rest
		if a.trouble == busy {
			after = busyPause
		}
		return step{state: Asked, trouble: a.trouble, tries: t.tries, after: spread(after)}
	}
	if sent > t.retries {
		return step{state: Failed, trouble: a.trouble, tries: sent}
	}
	return step{state: Asked, trouble: a.trouble, tries: sent, after: max(a.after, spread(pauseAfter(m.deps.Pause, sent)))}
}

// pauseAfter is the pause after so many requests.
func pauseAfter(first time.Duration, sent int) time.Duration {
	pause := first
	for range sent - 1 {
		if pause *= pauseGrowth; pause > pauseMost {
			return pauseMost
		}
	}
	return pause
}

// spread takes half to one and a half of a pause, so that what failed together does not come back together.
func spread(d time.Duration) time.Duration { return d/2 + rand.N(d+1) }

// keepEnd writes down what a try came to. It changes only the very question that was asked, while it is still open: an
// answer that comes twice, or to a question that was replaced, changes nothing but leaves its look record.
func (m *Module) keepEnd(tx *store.Tx, q *question, e ending) error {
	r := q.row
	if err := e.log.put(tx); err != nil {
		return err
	}
	if e.look {
		m.sawFor(tx, r, e.register)
	}
	if e.step.state == Asked {
		if e.step.trouble == busy || (string(e.step.trouble) == r.Trouble && int64(e.step.tries) == r.Tries) {
			return nil
		}
		_, err := exchangedb.TryCertificate(tx, exchangedb.TryCertificateParams{
			Trouble: string(e.step.trouble), Tries: int64(e.step.tries), Holder: r.Holder, CaseID: r.CaseID, Certificate: r.Certificate, ID: r.ID,
		})
		return err
	}
	n, err := end(tx, r, e)
	if err != nil || n == 0 {
		return err
	}
	name := EventReplied
	if e.step.state == Failed {
		name = EventFailed
	}
	return m.base.Jobs.Emit(tx, jobs.Event{Name: name, Holder: r.CaseHolder, Object: r.CaseID, Version: r.Revision + 1})
}

// end closes a question. One that was asked anew and got no answer leaves the earlier answer as it was; that the register
// has no such record is an answer.
func end(tx *store.Tx, r exchangedb.Certificate, e ending) (int64, error) {
	if State(r.State) == again && e.step.state == Failed && e.step.trouble != NotFound {
		return exchangedb.KeepAnswer(tx, exchangedb.KeepAnswerParams{
			Trouble: string(e.step.trouble), Tries: int64(e.step.tries), Holder: r.Holder, CaseID: r.CaseID, Certificate: r.Certificate, ID: r.ID,
		})
	}
	return exchangedb.EndCertificate(tx, exchangedb.EndCertificateParams{
		State: string(e.step.state), Trouble: string(e.step.trouble), Answered: tx.Now(), Valid: e.step.valid, Tries: int64(e.step.tries), Reply: e.reply, Source: e.register,
		Holder: r.Holder, CaseID: r.CaseID, Certificate: r.Certificate, ID: r.ID,
	})
}

// lookPrefix with a register's key is the kind of look that an answer leaves.
const lookPrefix = "exchange.look."

// sawFor records for the person that a register told of them: on behalf of the agency that works the case, for the case.
func (m *Module) sawFor(tx *store.Tx, r exchangedb.Certificate, register string) {
	a := act.Act{
		ID: r.ID, Actor: act.Actor{Kind: act.Agency, Agency: r.Agency}, Holder: r.Holder, Channel: act.Job, Assurance: act.Verified,
		Purpose: act.Purpose{Kind: "case", ID: r.CaseID.String()},
	}
	tx.As(a, lookPrefix+register).Saw(r.Holder)
}

// tell logs and counts a try. The cause holds nothing of the person.
func (m *Module) tell(q *question, register string, a answer, s step) {
	m.meter.tried(register, a.trouble)
	if a.trouble == None || a.trouble == busy {
		return
	}
	m.base.Log.Warn("exchange: no certificate", "register", register, "ask", q.row.ID.String(), "trouble", string(a.trouble),
		"tries", s.tries, "state", string(s.state), "error", a.cause)
}
