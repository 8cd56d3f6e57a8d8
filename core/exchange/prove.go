package exchange

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"posad.city/core/exchange/internal/store"
	"posad.city/kit/act"
	"posad.city/kit/asic"
	"posad.city/kit/fault"
	"posad.city/kit/id"
	"posad.city/kit/store"
	"posad.city/kit/vault"
)

// lookLog is what a read of the log is called.
const lookLog = "exchange.look.log"

// lastID comes after all ids.
var lastID = id.ID{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}

// The faults of the log.
var (
	ErrNoMessage = fault.New(fault.Missing, "exchange.no_message") // no such message, or it went with its person
	ErrUnsigned  = fault.New(fault.Conflict, "exchange.unsigned")  // the message waits to be signed
)

// Log lists what went over the wire about a person, the newest first, before the one with that id (zero: from the newest).
// The person sees that somebody has looked.
func (m *Module) Log(ctx context.Context, a act.Act, about, before id.ID, most int) ([]Logged, error) {
	if before.IsZero() {
		before = lastID
	}
	var rows []exchangedb.MessagesAboutRow
	err := m.base.Store.Look(ctx, a, lookLog, func(p *store.Personal) error {
		var err error
		rows, err = exchangedb.MessagesAbout(p, about, before, int64(most))
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("exchange: log: %w", err)
	}
	out := make([]Logged, 0, len(rows))
	for _, r := range rows {
		out = append(out, Logged{ID: r.ID, Case: r.CaseID, Asking: r.Asking, Side: r.Side, Peer: r.Peer, Register: r.Register, Purpose: r.Purpose, At: r.At, Trouble: Trouble(r.Trouble)})
	}
	return out, nil
}

// Container is a signed message as a file *.asice that others can check: the question of a try, or its answer. Errors:
// ErrNoMessage; ErrUnsigned, for some seconds after the try; ErrLog when the message is not what was signed.
func (m *Module) Container(ctx context.Context, a act.Act, about, try id.ID, answer bool) ([]byte, error) {
	message, err := m.message(ctx, a, about, try, answer)
	if err != nil {
		return nil, err
	}
	batch, err := m.batchOf(ctx, try)
	if err != nil {
		return nil, err
	}
	rows, err := m.leavesOf(ctx, batch.Number)
	if err != nil {
		return nil, err
	}
	tree, place, err := treeOf(batch, rows, try)
	if err != nil {
		return nil, err
	}
	if top := tree.Top(); place < 0 || !bytes.Equal(top[:], batch.Top) {
		return nil, fmt.Errorf("%w: batch %d is not what was signed", ErrLog, batch.Number)
	}
	if answer {
		place++
	}
	chain, err := tree.Chain(place, asic.DigestsOf(message.parts()))
	if err != nil {
		return nil, fmt.Errorf("%w: message %s: %w", ErrLog, try, err)
	}
	var out bytes.Buffer
	err = asic.Write(&out, asic.Message{
		Parts: message.parts(), ChainResult: tree.ChainResult(), Chain: chain, Signatures: batch.Signatures, At: batch.Signed,
	})
	if err != nil {
		return nil, fmt.Errorf("exchange: container: %w", err)
	}
	return out.Bytes(), nil
}

// message reads and opens a message of a try.
func (m *Module) message(ctx context.Context, a act.Act, about, try id.ID, answer bool) (logged, error) {
	var row exchangedb.ExchangeMessage
	err := m.base.Store.Look(ctx, a, lookLog, func(p *store.Personal) error {
		var err error
		row, err = exchangedb.MessageByID(p, about, try)
		return err
	})
	if errors.Is(err, store.ErrNone) {
		return logged{}, ErrNoMessage.Because(err)
	}
	if err != nil {
		return logged{}, fmt.Errorf("exchange: message: %w", err)
	}
	keys, err := m.base.Vault.Keys(ctx, about)
	if err != nil {
		return logged{}, fmt.Errorf("exchange: keys: %w", err)
	}
	both, err := openTry(keys, row)
	if errors.Is(err, vault.ErrErased) && keys.Erased() {
		return logged{}, ErrNoMessage.Because(err)
	}
	if err != nil {
		return logged{}, fmt.Errorf("%w: message %s: %w", ErrLog, try, err)
	}
	if column := both.other(row); column != "" {
		return logged{}, fmt.Errorf("%w: message %s, column %s", ErrLog, try, column)
	}
	if !answer {
		return both.Question, nil
	}
	if both.Answer == nil {
		return logged{}, ErrNoMessage.Because(errors.New("exchange: the try got no answer"))
	}
	return *both.Answer, nil
}

// batchOf is the signed batch that a try is in.
func (m *Module) batchOf(ctx context.Context, try id.ID) (exchangedb.ExchangeBatch, error) {
	var leaf exchangedb.ExchangeLeaf
	var batch exchangedb.ExchangeBatch
	err := m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		var err error
		if leaf, err = exchangedb.LeafByID(r, try); err != nil || leaf.Batch == 0 {
			return err
		}
		batch, err = exchangedb.BatchByNumber(r, leaf.Batch)
		return err
	})
	if errors.Is(err, store.ErrNone) {
		return batch, fmt.Errorf("%w: the hash of %s is gone", ErrLog, try)
	}
	if err != nil {
		return batch, fmt.Errorf("exchange: batch: %w", err)
	}
	if batch.Signatures == nil {
		return batch, ErrUnsigned.Because(fmt.Errorf("exchange: %s waits", try))
	}
	return batch, nil
}
