package journal

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"posad.city/kit/store"
	"posad.city/kit/tlog"
	"posad.city/kit/witness"
)

// asking is when a node asks a witness next. It is not kept: a node that starts asks all.
type asking struct {
	next  time.Time
	fails int
}

// target is the checkpoint that witnesses are asked to sign.
type target struct {
	tlog.Checkpoint
	note   string // signed by the city alone
	signed string // with what witnesses have signed so far
	before standings
}

// heardOf is what a witness answered.
type heardOf struct {
	known     witness.Known
	signature tlog.Cosignature
	refusal   *witness.Refusal // nil: it signed
}

// askWitnesses asks until ctx ends. It never waits for the sequencer and the sequencer never waits for it, but for the
// node's first questions.
func (l *Log) askWitnesses(ctx context.Context) {
	defer l.client.Close()
	told := ""
	for {
		err := l.confirm(ctx, true)
		if err != nil && ctx.Err() == nil && err.Error() != told {
			l.log.Error("journal: witnesses are not asked; tried again", "error", err)
		}
		if told = ""; err != nil {
			told = err.Error()
		}
		if !rest(ctx, askPoll) {
			return
		}
	}
}

// Confirm asks every witness now to sign the newest published checkpoint, and keeps what they say. What a witness says is
// no error: Confirmations tells it.
func (l *Log) Confirm(ctx context.Context) error { return l.confirm(ctx, false) }

func (l *Log) confirm(ctx context.Context, dueOnly bool) error {
	l.confirming.Lock()
	defer l.confirming.Unlock()
	p := l.published.Load()
	if len(l.o.Witnesses) == 0 || p == nil || l.diverged.Load() != nil {
		return nil
	}
	now := l.o.Clock.Now().UTC().Truncate(time.Microsecond)
	due := l.o.Witnesses
	if dueOnly {
		if due = l.due(p.Size, now); len(due) == 0 {
			return nil
		}
	}
	t, ours, err := l.target(ctx, now)
	if err != nil || !ours && l.heard.Load() || t.Checkpoint != p.Checkpoint {
		return err // another node asks, or it grew meanwhile: the next time. The first time each node asks for itself
	}
	within := askMost
	if !l.heard.Load() {
		within = gateMost
	}
	answers := l.askAll(ctx, due, t, within)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err := l.keep(ctx, t, answers); err != nil {
		return err
	}
	l.heard.Store(true)
	return nil
}

// target reads what to ask for, and takes the lease of asking. false: another node has it.
func (l *Log) target(ctx context.Context, now time.Time) (target, bool, error) {
	var t target
	ours := false
	empty := new(tlog.Edge).Root()
	err := l.st.Write(ctx, func(tx *store.Tx) error {
		s, err := readState(tx)
		if err != nil {
			return err
		}
		for _, name := range []string{newestRow, quorumRow} {
			if _, err := tx.Exec(beginConfirm, name, empty[:], now, l.node); err != nil {
				return err
			}
		}
		n, err := tx.Exec(takeConfirm, l.node, now.Add(askLease), quorumRow, now)
		if err != nil {
			return err
		}
		ours = n > 0
		before, err := readStandings(tx, s.origin)
		t = target{s.checkpoint(), s.note, before.cosigned(s.checkpoint(), s.note), before}
		return err
	})
	return t, ours, wrapLog("read the witnesses' standing", err)
}

// due are the witnesses that are asked now, by what was read last: nothing is written for nothing.
func (l *Log) due(size int64, now time.Time) []witness.Known {
	known := l.standings.Load()
	if known == nil || l.heard.Load() && known.quorum.node != l.node && now.Before(known.quorum.until) {
		return nil
	}
	var out []witness.Known
	for _, w := range l.o.Witnesses {
		row, ask := known.witnesses[w.Key()], l.asks[w.Key()]
		signed := row.Trouble == "" && row.Size == size && now.Sub(row.At) < refreshAfter
		if signed && l.heard.Load() || now.Before(ask.next) && ask.next.Sub(now) <= retryMost {
			continue
		}
		out = append(out, w)
	}
	return out
}

// askAll asks witnesses side by side, so that a slow one keeps none of the others.
func (l *Log) askAll(ctx context.Context, due []witness.Known, t target, within time.Duration) []heardOf {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	out := make([]heardOf, len(due))
	var asked sync.WaitGroup
	for i, w := range due {
		asked.Go(func() {
			out[i] = heardOf{known: w}
			out[i].signature, out[i].refusal = l.askOne(ctx, w, t)
		})
	}
	asked.Wait()
	return out
}

// askOne asks one witness: from the size that it signed last, and once more from the size that it names.
func (l *Log) askOne(ctx context.Context, w witness.Known, t target) (tlog.Cosignature, *witness.Refusal) {
	old := t.before.witnesses[w.Key()].Size
	if old > t.Size {
		old = 0 // the database was set back, and this tells by how much
	}
	for again := false; ; again = true {
		r := tlog.Request{Old: old, Checkpoint: t.note}
		if old > 0 && old < t.Size {
			g, err := l.Growth(ctx, old, t.Size)
			if err != nil {
				l.log.Error("journal: no proof for a witness", "witness", w.Name, "from", old, "to", t.Size, "error", err)
				return tlog.Cosignature{}, &witness.Refusal{Trouble: witness.Silent, Because: err}
			}
			r.Hashes = g.Hashes
		}
		c, err := l.client.Ask(ctx, w, r)
		if err == nil {
			return c, nil
		}
		var refusal *witness.Refusal
		if !errors.As(err, &refusal) {
			refusal = &witness.Refusal{Trouble: witness.Silent, Because: err}
		}
		if again || refusal.Trouble != witness.Elsewhere || refusal.Size > t.Size {
			return tlog.Cosignature{}, refusal
		}
		if refusal.Size < old {
			l.log.Warn("journal: a witness has forgotten what it signed", "witness", w.Name, "signed", old, "says", refusal.Size)
		}
		old = refusal.Size
	}
}

// keep writes what witnesses said: their standing, the checkpoint with their lines, and whether a quorum has signed.
func (l *Log) keep(ctx context.Context, t target, answers []heardOf) error {
	now := l.o.Clock.Now().UTC().Truncate(time.Microsecond)
	rows := map[string]Confirming{}
	lines := map[string]tlog.Cosignature{}
	known := make([]tlog.Witness, len(l.o.Witnesses))
	for i, w := range l.o.Witnesses {
		known[i] = w.Witness
	}
	had, err := tlog.Cosignatures(t.signed, known)
	if err != nil {
		return wrapLog("read the witnesses' signatures", err)
	}
	for _, c := range had {
		lines[c.Key()] = c
	}
	for _, a := range answers {
		rows[a.known.Key()] = l.standing(t.before.witnesses[a.known.Key()], a, t, now)
		if a.refusal == nil {
			lines[a.known.Key()] = a.signature
		}
	}
	var all []tlog.Cosignature
	for _, w := range known {
		if c, ok := lines[w.Key()]; ok {
			all = append(all, c)
		}
	}
	note := tlog.WithCosignatures(t.note, all)
	err = l.st.Write(ctx, func(tx *store.Tx) error {
		s, err := readState(tx)
		if err != nil {
			return err
		}
		there, err := readStandings(tx, s.origin)
		if err != nil {
			return err
		}
		// What another node learnt of a later checkpoint meanwhile stays. A size beyond the database is of before a restore.
		later := func(size int64) bool { return size > t.Size && size <= s.size }
		for key, one := range rows {
			if later(there.witnesses[key].Size) {
				continue
			}
			if one.Ahead <= s.size {
				one.Ahead = 0 // another node's place, which this one had not seen yet
			}
			if _, err := tx.Exec(putWitness, key, one.Size, one.At, string(one.Trouble), one.Ahead, one.Since); err != nil {
				return err
			}
		}
		if len(all) == 0 || later(there.newest.Size) {
			return nil
		}
		if _, err := tx.Exec(putConfirmed, t.Size, t.Root[:], note, nthNewest(all, 1), newestRow); err != nil || len(all) < l.o.Quorum || later(there.quorum.Size) {
			return err
		}
		_, err = tx.Exec(putConfirmed, t.Size, t.Root[:], note, nthNewest(all, l.o.Quorum), quorumRow)
		return err
	})
	if err != nil {
		return wrapLog("keep what witnesses said", err)
	}
	l.Poke() // so that what is shown has their lines at once
	return nil
}

// nthNewest is the time since which so many have signed; there are at least so many.
func nthNewest(list []tlog.Cosignature, n int) time.Time {
	times := make([]time.Time, len(list))
	for i, c := range list {
		times[i] = c.At
	}
	slices.SortFunc(times, func(a, b time.Time) int { return b.Compare(a) })
	return times[n-1]
}

// standing is a witness's row after an answer.
func (l *Log) standing(before Confirming, a heardOf, t target, now time.Time) Confirming {
	key := a.known.Key()
	if a.refusal == nil {
		if before.Trouble != "" {
			l.log.Info("journal: a witness signs again", "witness", a.known.Name)
		}
		l.asks[key] = asking{next: now.Add(askGap)}
		return Confirming{Size: t.Size, At: a.signature.At}
	}
	if t.Size == 0 && a.refusal.Trouble != witness.Elsewhere && a.refusal.Trouble != witness.Silent {
		l.asks[key] = asking{next: now.Add(askGap)}
		return before // nothing is to be signed yet, and not everybody signs nothing
	}
	fails := l.asks[key].fails
	wait := min(retryFirst<<min(fails, 10), retryMost)
	l.asks[key] = asking{next: now.Add(wait), fails: fails + 1}
	out := before
	if out.Trouble != a.refusal.Trouble {
		out.Trouble, out.Since = a.refusal.Trouble, now
		l.log.Warn("journal: a witness does not sign the public log", "witness", a.known.Name, "trouble", string(a.refusal.Trouble), "its size", a.refusal.Size, "ours", t.Size, "error", a.refusal.Because)
	}
	if a.refusal.Trouble != witness.Silent && a.refusal.Trouble != witness.Busy {
		out.Ahead = a.refusal.Size // what was said before stays while it is silent
	}
	return out
}
