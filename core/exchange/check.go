package exchange

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"posad.city/core/exchange/internal/store"
	"posad.city/kit/asic"
	"posad.city/kit/id"
	"posad.city/kit/jobs"
	"posad.city/kit/store"
)

// The log is checked round and round: a stretch of batches each hour, so that an old batch is looked at again although
// there are millions of them. An operator has all of it checked at once.
const (
	jobCheck   = "exchange.check"
	checkEvery = time.Hour
	stretch    = 2000    // batches of an hour
	triesMost  = 200_000 // tries after which an hour's stretch ends
	faultsMost = 1000    // faults that are named one by one
)

// FaultKind is what is wrong with the log.
type FaultKind string

// The kinds of faults.
const (
	BatchGone  FaultKind = "batch_gone"  // a batch is not there
	BatchOrder FaultKind = "batch_order" // it does not hold the top of the one before
	RowChanged FaultKind = "row_changed" // a message's hash, or whose it is, is not what was signed
	RowGone    FaultKind = "row_gone"    // a message's hash is not there any more
	RowAdded   FaultKind = "row_added"   // a hash that was not signed
	BatchRows  FaultKind = "batch_rows"  // the hashes are not those that were signed, and their copy was changed too
	Signature  FaultKind = "signature"   // the signature is none, or of somebody whom the city does not certify

	MessageGone    FaultKind = "message_gone"    // a message's row is not there, and its person was not erased
	MessageChanged FaultKind = "message_changed" // its sealed text does not fit the hash that was signed
	MessageColumn  FaultKind = "message_column"  // a plain column says something else than what was signed
	MessageAdded   FaultKind = "message_added"   // a message's row to which no hash belongs
)

// LogFault is one thing that is wrong with the log.
type LogFault struct {
	Kind    FaultKind
	Batch   int64
	Message id.ID  // the row; zero for a fault of the whole batch
	Column  string // of MessageColumn
}

// CheckedLog is what a check of the log found.
type CheckedLog struct {
	Batches  int64
	Messages int64 // tries in signed batches
	Opened   int64 // of them: those whose row fits what was signed
	Erased   int64 // those whose row went with its person
	Faults   []LogFault
	More     int64 // faults beyond those that are named
}

func (c *CheckedLog) add(faults ...LogFault) {
	room := min(len(faults), faultsMost-len(c.Faults))
	c.Faults = append(c.Faults, faults[:room]...)
	c.More += int64(len(faults) - room)
}

// Count is how many faults there are.
func (c CheckedLog) Count() int64 { return int64(len(c.Faults)) + c.More }

// CheckLog is CheckLogTelling that tells nobody how far it is.
func (m *Module) CheckLog(ctx context.Context) (CheckedLog, error) {
	return m.CheckLogTelling(ctx, func(CheckedLog) {})
}

// CheckLogTelling goes over all signed batches: that no hash is missing or another one, that each holds the top of the one
// before, that the city's own authority stands behind the signatures, and that each message's row is there, opens to what was
// signed and says nothing else in its plain columns. It names the rows, and tells after each batch what it has gone over.
// What it found is kept as the last check. Errors: those of the store and of the keys.
func (m *Module) CheckLogTelling(ctx context.Context, tell func(CheckedLog)) (CheckedLog, error) {
	began := m.base.Clock.Now()
	out, _, err := m.checkStretch(ctx, 1, -1, tell)
	if err != nil {
		return out, err
	}
	return out, m.keepCheck(ctx, round{began: began}, out, 1, true)
}

// checkJob checks the next stretch.
func (m *Module) checkJob(ctx context.Context, _ jobs.Job) error {
	was, err := m.checkStanding(ctx)
	if err != nil {
		return err
	}
	s := round{began: was.Began, batches: was.Batches, messages: was.Messages, faults: was.Faults}
	from := max(was.Next, 1)
	if from == 1 {
		s = round{began: m.base.Clock.Now()}
	}
	found, next, err := m.checkFrom(ctx, from, stretch)
	if err != nil {
		return err
	}
	for _, f := range found.Faults {
		m.base.Log.Error("exchange: the log of messages was changed", "fault", string(f.Kind), "batch", f.Batch, "message", f.Message.String())
	}
	return m.keepCheck(ctx, s, found, next, next == 1)
}

// round is a round that is under way.
type round struct {
	began                     time.Time
	batches, messages, faults int64
}

// keepCheck writes down how far the check is.
func (m *Module) keepCheck(ctx context.Context, s round, found CheckedLog, next int64, ended bool) error {
	s.batches, s.messages, s.faults = s.batches+found.Batches, s.messages+found.Messages, s.faults+found.Count()
	first := ""
	if len(found.Faults) > 0 {
		first = found.Faults[0].code()
	}
	err := m.base.Store.Write(store.Background(ctx), func(tx *store.Tx) error {
		was, err := exchangedb.CheckStanding(tx)
		if err != nil && !errors.Is(err, store.ErrNone) {
			return err
		}
		p := exchangedb.PutCheckParams{
			Next: next, Began: s.began, Batches: s.batches, Messages: s.messages, Faults: s.faults, Ended: was.Ended,
			EndedBatches: was.EndedBatches, EndedMessages: was.EndedMessages, EndedFaults: was.EndedFaults, FirstFault: was.FirstFault,
		}
		if first != "" {
			p.FirstFault = first
		}
		if ended {
			p.Ended, p.EndedBatches, p.EndedMessages, p.EndedFaults = tx.Now(), s.batches, s.messages, s.faults
			p.Batches, p.Messages, p.Faults = 0, 0, 0
			if s.faults == 0 {
				p.FirstFault = ""
			}
		}
		return exchangedb.PutCheck(tx, p)
	})
	if err != nil {
		return fmt.Errorf("exchange: keep a check: %w", err)
	}
	m.meter.faults.Set(float64(s.faults))
	return nil
}

func (m *Module) checkStanding(ctx context.Context) (exchangedb.ExchangeCheck, error) {
	var out exchangedb.ExchangeCheck
	err := m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		var err error
		out, err = exchangedb.CheckStanding(r)
		return err
	})
	if err != nil && !errors.Is(err, store.ErrNone) {
		return out, fmt.Errorf("exchange: last check: %w", err)
	}
	return out, nil
}

// code is the fault as it is kept.
func (f LogFault) code() string {
	return strings.TrimSpace(string(f.Kind) + " " + strconv.FormatInt(f.Batch, 10) + " " + f.Message.String() + " " + f.Column)
}

// faultOf reads a fault as it is kept; zero when it is none.
func faultOf(code string) LogFault {
	parts := strings.Split(code, " ")
	if len(parts) == 3 {
		parts = append(parts, "")
	}
	if len(parts) != 4 {
		return LogFault{}
	}
	batch, errBatch := strconv.ParseInt(parts[1], 10, 64)
	message, errMessage := id.Parse(parts[2])
	if errBatch != nil || errMessage != nil {
		return LogFault{}
	}
	return LogFault{Kind: FaultKind(parts[0]), Batch: batch, Message: message, Column: parts[3]}
}

// Tell is the fault in words.
func (f LogFault) Tell(text func(key string, args ...any) string) string {
	return text("exchange.fault."+string(f.Kind), "batch", strconv.FormatInt(f.Batch, 10), "message", f.Message.String(), "column", f.Column)
}

// checkFrom checks batches from a number on, at most so many (below zero: all), and tells the number to go on with; 1 at the
// log's end.
func (m *Module) checkFrom(ctx context.Context, from, most int64) (CheckedLog, int64, error) {
	return m.checkStretch(ctx, from, most, func(CheckedLog) {})
}

func (m *Module) checkStretch(ctx context.Context, from, most int64, tell func(CheckedLog)) (CheckedLog, int64, error) {
	var out CheckedLog
	ctx = store.Background(ctx)
	trust, err := m.trust()
	if err != nil {
		return out, from, fmt.Errorf("exchange: whom to trust: %w", err)
	}
	previous := make([]byte, len(asic.Digest{})) // nil: not known, the batch before is gone
	if from > 1 {
		before, _, err := m.batch(ctx, from-1)
		if err != nil {
			return out, from, err
		}
		previous = before.Top
	}
	for number := from; ; number++ {
		if number-from == most || most > 0 && out.Messages >= triesMost {
			return out, number, nil
		}
		b, last, err := m.batch(ctx, number)
		switch {
		case err != nil:
			return out, from, err
		case number > last, b.Number != 0 && b.Signatures == nil:
			return out, 1, m.checkStrays(ctx, &out)
		case b.Number == 0:
			out.add(LogFault{Kind: BatchGone, Batch: number})
			previous = nil
			continue
		}
		out.Batches, out.Messages = out.Batches+1, out.Messages+b.Leaves
		if err := m.checkBatch(ctx, &out, b, previous, trust); err != nil {
			return out, from, err
		}
		previous = b.Top
		tell(out)
	}
}

// batch reads a batch, zero when it is not there, and the number of the newest one.
func (m *Module) batch(ctx context.Context, number int64) (exchangedb.ExchangeBatch, int64, error) {
	var b exchangedb.ExchangeBatch
	var newest int64
	err := m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		var err error
		if newest, err = exchangedb.NewestBatch(r); err != nil {
			return err
		}
		b, err = exchangedb.BatchByNumber(r, number)
		return err
	})
	if err != nil && !errors.Is(err, store.ErrNone) {
		return b, 0, fmt.Errorf("exchange: check the log: %w", err)
	}
	return b, newest, nil
}

func (m *Module) checkBatch(ctx context.Context, out *CheckedLog, b exchangedb.ExchangeBatch, previous []byte, trust asic.Trust) error {
	if previous != nil && !bytes.Equal(b.Previous, previous) {
		out.add(LogFault{Kind: BatchOrder, Batch: b.Number})
	}
	rows, err := m.leavesOf(ctx, b.Number)
	if err != nil {
		return err
	}
	wrong := verifyRows(b, rows, trust)
	switch {
	case wrong == nil && bytes.Equal(b.Copy, copyOf(b.Form, rows)), wrong == nil && b.Copy == nil:
	case wrong == nil, errors.Is(wrong, ErrLog), errors.Is(wrong, asic.ErrDigest):
		signed, err := parseCopy(b.Form, b.Copy)
		if err != nil || verifyRows(b, signed, trust) != nil {
			out.add(LogFault{Kind: BatchRows, Batch: b.Number}) // what was signed is not known any more
			return nil
		}
		out.add(changedRows(b, rows, signed)...)
		rows = withHolders(b.Form, signed, rows)
	default:
		out.add(LogFault{Kind: Signature, Batch: b.Number})
	}
	return m.compareMessages(ctx, out, b.Number, rows)
}

func verifyRows(b exchangedb.ExchangeBatch, rows []exchangedb.ExchangeLeaf, trust asic.Trust) error {
	tree, _, err := treeOf(b, rows, id.ID{})
	if err != nil {
		return err
	}
	signed, err := asic.VerifyTop(b.Signatures, tree, trust)
	if err == nil && !bytes.Equal(signed.Batch[:], b.Top) {
		return fmt.Errorf("%w: the top of batch %d", ErrLog, b.Number)
	}
	return err
}

// changedRows names the rows that are not as they were signed, by the copy, which is believed because its own tree leads to
// the signature. A row whose hashes are good and whose name is another one is a changed row too.
func changedRows(b exchangedb.ExchangeBatch, rows, signed []exchangedb.ExchangeLeaf) []LogFault {
	have := map[id.ID]exchangedb.ExchangeLeaf{}
	for _, row := range rows {
		have[row.ID] = row
	}
	var out []LogFault
	for _, was := range signed {
		is, ok := have[was.ID]
		delete(have, was.ID)
		switch {
		case !ok:
			out = append(out, LogFault{Kind: RowGone, Batch: b.Number, Message: was.ID})
		case !bytes.Equal(is.Question, was.Question), !bytes.Equal(is.Answer, was.Answer), b.Form > 0 && is.Holder != was.Holder:
			out = append(out, LogFault{Kind: RowChanged, Batch: b.Number, Message: was.ID})
		}
	}
	for added := range have {
		out = append(out, LogFault{Kind: RowAdded, Batch: b.Number, Message: added})
	}
	slices.SortFunc(out, func(a, b LogFault) int { return bytes.Compare(a.Message[:], b.Message[:]) })
	return out
}

// withHolders gives the rows of an older copy, which does not say whose they are, their persons.
func withHolders(form int64, signed, rows []exchangedb.ExchangeLeaf) []exchangedb.ExchangeLeaf {
	if form > 0 {
		return signed
	}
	whose := map[id.ID]id.ID{}
	for _, row := range rows {
		whose[row.ID] = row.Holder
	}
	for i := range signed {
		signed[i].Holder = whose[signed[i].ID]
	}
	return signed
}

// copyOf is the rows of a batch in one: of each its id, whether it has an answer, whose it is (not in the first form), and its
// hashes.
func copyOf(form int64, rows []exchangedb.ExchangeLeaf) []byte {
	const room = 2*len(id.ID{}) + 1 + 2*len(asic.Digest{})
	out := make([]byte, 0, room*len(rows))
	for _, row := range rows {
		answered := byte(0)
		if row.Answer != nil {
			answered = 1
		}
		out = append(append(out, row.ID[:]...), answered)
		if form > 0 {
			out = append(out, row.Holder[:]...)
		}
		out = append(append(out, row.Question...), row.Answer...)
	}
	return out
}

// parseCopy is copyOf's opposite. The error says that it is none.
func parseCopy(form int64, text []byte) ([]exchangedb.ExchangeLeaf, error) {
	const name, hash = len(id.ID{}), len(asic.Digest{})
	head := name + 1
	if form > 0 {
		head += name
	}
	var out []exchangedb.ExchangeLeaf
	for len(text) > 0 {
		if len(text) < head || text[name] > 1 || len(text) < head+(1+int(text[name]))*hash {
			return nil, fmt.Errorf("%w: the copy of a batch", ErrLog)
		}
		row := exchangedb.ExchangeLeaf{ID: id.ID(text[:name]), Question: text[head : head+hash]}
		if form > 0 {
			row.Holder = id.ID(text[name+1 : head])
		}
		end := head + hash
		if text[name] == 1 {
			row.Answer, end = text[end:end+hash], end+hash
		}
		out, text = append(out, row), text[end:]
	}
	return out, nil
}

// LogStanding is how the log stands for the operator.
type LogStanding struct {
	Batches int64     // signed
	Signed  time.Time // the newest one; zero: none is
	Waiting int64     // tries that wait to be signed
	Checked time.Time // the last check of the whole log; zero: there was none yet
	// What the last whole check went over and found, with what the one that is under way has found so far.
	CheckedBatches, CheckedMessages, Faults int64
	First                                   LogFault // zero: none
}

// LogStanding tells how the log stands.
func (m *Module) LogStanding(ctx context.Context) (LogStanding, error) {
	var out LogStanding
	err := m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		last, err := exchangedb.LastSigned(r)
		if err != nil && !errors.Is(err, store.ErrNone) {
			return err
		}
		waiting, err := exchangedb.LeavesWaiting(r)
		if err != nil {
			return err
		}
		check, err := exchangedb.CheckStanding(r)
		if err != nil && !errors.Is(err, store.ErrNone) {
			return err
		}
		out = LogStanding{
			Batches: last.Number, Signed: last.Signed, Waiting: waiting, Checked: check.Ended, CheckedBatches: check.EndedBatches,
			CheckedMessages: check.EndedMessages, Faults: max(check.EndedFaults, check.Faults), First: faultOf(check.FirstFault),
		}
		return nil
	})
	if err != nil {
		return out, fmt.Errorf("exchange: how the log stands: %w", err)
	}
	return out, nil
}
