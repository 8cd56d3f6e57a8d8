package exchange

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"posad.city/core/exchange/internal/store"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/store"
	"posad.city/kit/vault"
)

// The check opens each message's row with its person's key and compares it with what was signed. It is the city's own work:
// nothing of what a row says leaves it.

// comparedAtOnce is how many rows are in memory at a time: a message may be half a megabyte.
const comparedAtOnce = 50

// erasureLasts is within which time of its messages going a person's key goes too.
const erasureLasts = 24 * time.Hour

// compareMessages compares the messages of a batch with their hashes as they were signed.
func (m *Module) compareMessages(ctx context.Context, out *CheckedLog, batch int64, signed []exchangedb.ExchangeLeaf) error {
	for chunk := range slices.Chunk(signed, comparedAtOnce) {
		if err := m.compareChunk(ctx, out, batch, chunk); err != nil {
			return fmt.Errorf("exchange: compare messages: %w", err)
		}
	}
	return nil
}

// paired is a row with its hashes.
type paired struct {
	signed exchangedb.ExchangeLeaf
	row    *exchangedb.ExchangeMessage // nil: it is not there
	erased time.Time                   // when it went with its person, as its hash says; zero: it does not
}

func (m *Module) compareChunk(ctx context.Context, out *CheckedLog, batch int64, signed []exchangedb.ExchangeLeaf) error {
	pairs, err := m.pair(ctx, signed)
	if err != nil || len(pairs) == 0 {
		return err
	}
	people := make([]id.ID, 0, len(pairs))
	for _, p := range pairs {
		people = append(people, p.signed.Holder)
	}
	keys, err := m.base.Vault.KeysMany(ctx, people)
	if err != nil {
		return err
	}
	for _, p := range pairs {
		kind, column, err := m.comparePair(ctx, p, keys[p.signed.Holder])
		switch {
		case errors.Is(err, vault.ErrErased):
			out.Erased++
		case err != nil:
			return err
		case kind == "":
			out.Opened++
		default:
			out.add(LogFault{Kind: kind, Batch: batch, Message: p.signed.ID, Column: column})
		}
	}
	return nil
}

// pair reads the rows of hashes in one snapshot. A hash that is nobody's has none: the city was asked about somebody unknown.
func (m *Module) pair(ctx context.Context, signed []exchangedb.ExchangeLeaf) ([]paired, error) {
	var out []paired
	own := act.Act{Actor: act.Actor{Kind: act.System}}
	err := m.base.Store.Look(ctx, own, lookLog, func(p *store.Personal) error {
		out = nil
		for _, leaf := range signed {
			if leaf.Holder.IsZero() {
				continue
			}
			one := paired{signed: leaf}
			row, err := exchangedb.MessageByID(p, leaf.Holder, leaf.ID)
			if err == nil {
				one.row = &row
			} else if !errors.Is(err, store.ErrNone) {
				return err
			}
			if one.row == nil {
				is, err := exchangedb.LeafByID(p, leaf.ID)
				if err != nil && !errors.Is(err, store.ErrNone) {
					return err
				}
				one.erased = is.Erased
			}
			out = append(out, one)
		}
		return nil
	})
	return out, err
}

// comparePair tells what is wrong with a row; ErrErased: it went with its person, or nobody can read it any more.
func (m *Module) comparePair(ctx context.Context, p paired, keys *vault.Keys) (FaultKind, string, error) {
	if p.row == nil {
		gone, err := m.wentWithPerson(ctx, p)
		if err != nil || !gone {
			return MessageGone, "", err
		}
		return "", "", vault.ErrErased
	}
	try, err := openTry(keys, *p.row)
	if errors.Is(err, vault.ErrErased) && keys.Erased() { // a forged text may claim a key that is not there
		return "", "", err
	}
	if err != nil || !try.fits(p.signed) {
		return MessageChanged, "", nil
	}
	if column := try.other(*p.row); column != "" {
		return MessageColumn, column, nil
	}
	return "", "", nil
}

// wentWithPerson tells whether a row that is not there was erased: its person's key is destroyed, or will be in a moment.
func (m *Module) wentWithPerson(ctx context.Context, p paired) (bool, error) {
	at, err := m.base.Vault.Erased(ctx, p.signed.Holder)
	if err != nil || !at.IsZero() {
		return err == nil, err
	}
	return !p.erased.IsZero() && m.base.Clock.Now().Sub(p.erased) < erasureLasts, nil
}

// openTry opens what a row holds. Errors: vault.ErrErased, and others that say that it was changed.
func openTry(keys *vault.Keys, row exchangedb.ExchangeMessage) (loggedTry, error) {
	var out loggedTry
	plain, err := keys.Open(tableMessage, columnMessages, row.Messages)
	if err != nil {
		return out, err
	}
	return out, json.Unmarshal(plain, &out)
}

// fits tells whether the messages of a try give the hashes that were signed.
func (t loggedTry) fits(signed exchangedb.ExchangeLeaf) bool {
	question, answer, err := t.leaves()
	return err == nil && bytes.Equal(question, signed.Question) && bytes.Equal(answer, signed.Answer)
}

// other names the first plain column that says something else than what was signed; empty: none does, or the row is of
// before they were signed.
func (t loggedTry) other(row exchangedb.ExchangeMessage) string {
	if len(t.Question.Salt) == saltBytes {
		return ""
	}
	var said note
	if err := json.Unmarshal(t.Question.Salt, &said); err != nil {
		return "messages"
	}
	return said.other(row)
}

// straysPage is how many rows without a hash are read at a time.
const straysPage = 500

// checkStrays names messages to which no hash belongs. Those whose hash is gone were named by their batch.
func (m *Module) checkStrays(ctx context.Context, out *CheckedLog) error {
	named := map[id.ID]bool{}
	for _, f := range out.Faults {
		named[f.Message] = true
	}
	own := act.Act{Actor: act.Actor{Kind: act.System}}
	var last exchangedb.StrayMessagesRow
	for {
		var page []exchangedb.StrayMessagesRow
		err := m.base.Store.Look(ctx, own, lookLog, func(p *store.Personal) error {
			var err error
			page, err = exchangedb.StrayMessages(p, last.Holder, last.ID, straysPage)
			return err
		})
		if err != nil {
			return fmt.Errorf("exchange: messages without a hash: %w", err)
		}
		for _, row := range page {
			if !named[row.ID] {
				out.add(LogFault{Kind: MessageAdded, Message: row.ID})
			}
		}
		if len(page) < straysPage {
			return nil
		}
		last = page[len(page)-1]
	}
}
