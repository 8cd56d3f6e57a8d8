package journal

import (
	"context"
	"errors"
	"fmt"
	"time"

	"posad.city/kit/seal"
	"posad.city/kit/store"
	"posad.city/kit/tlog"
)

// plan is a batch that is ready to be put: everything is computed, only SQL is left.
type plan struct {
	from    state
	to      state
	entries []waiting
	lost    map[int64]tlog.Entry // leaves without acts, by place: a recovery has them
	tiles   []tlog.Grown
	day     string
}

// errMoved says that the tree stands elsewhere by now, or that another node holds the lease.
var errMoved = errors.New("journal: another node moved the tree")

// Step gives places to one batch of waiting entries and tells how many. It is 0 when none waits, when another node holds
// the lease, when another node was faster, and before the witnesses were asked for the first time. ErrStopped while the
// published log and the database differ, ErrHeld while witnesses outside know more of the log than the database.
func (l *Log) Step(ctx context.Context) (int, error) {
	if l.diverged.Load() != nil {
		return 0, ErrStopped
	}
	if may, err := l.mayGrow(); !may {
		return 0, err
	}
	var from state
	var edge *tlog.Edge
	var entries []waiting
	now := l.o.Clock.Now()
	err := l.st.Read(ctx, func(r *store.Snapshot) error {
		var err error
		if from, err = readState(r); err != nil || from.heldBesides(l, now) {
			return err
		}
		if entries, err = readWaiting(r, l.o.Batch); err != nil || len(entries) == 0 {
			return err
		}
		edge, err = edgeOf(r, from)
		return err
	})
	if errors.Is(err, errNoTree) {
		return 0, l.begin(ctx)
	}
	if err != nil || len(entries) == 0 {
		return 0, wrapLog("read what waits", err)
	}
	p, err := l.planWaiting(from, edge, entries, now)
	if err != nil {
		return 0, err
	}
	if err := l.st.Write(ctx, p.put); err != nil {
		if errors.Is(err, errMoved) {
			return 0, nil
		}
		return 0, wrapLog("give places", err)
	}
	return len(entries), nil
}

func (s state) heldBesides(l *Log, now time.Time) bool {
	return s.node != l.node && now.Before(s.until)
}

// edgeOf reads the tree's right edge and checks that it is that of its root.
func edgeOf(r store.Reader, s state) (*tlog.Edge, error) {
	edge, err := tlog.EdgeOf(s.size, func(t tlog.Tile) ([]byte, error) { return readTile(r, t) })
	if err == nil && edge.Root() != s.root {
		err = fmt.Errorf("%w: the right edge of %d entries has another root", ErrTree, s.size)
	}
	return edge, err
}

// planWaiting gives waiting entries the next places, in their order.
func (l *Log) planWaiting(from state, edge *tlog.Edge, entries []waiting, now time.Time) (*plan, error) {
	leaves := make([]tlog.Entry, len(entries))
	for i := range entries {
		leaves[i], entries[i].at = entries[i].leaf, from.size+int64(i)
	}
	out, _, err := l.plan(from, edge, leaves, now)
	if err == nil {
		out.entries = entries
	}
	return out, err
}

// plan computes the tree with further leaves.
func (l *Log) plan(from state, edge *tlog.Edge, leaves []tlog.Entry, now time.Time) (*plan, *tlog.Edge, error) {
	next, tiles := edge.Grow(leaves)
	now = now.UTC().Truncate(time.Microsecond)
	to := state{origin: from.origin, size: next.Size(), root: next.Root(), made: now, node: l.node, until: now.Add(lease)}
	var err error
	if to.note, err = l.sign(to.checkpoint()); err != nil {
		return nil, nil, err
	}
	return &plan{from: from, to: to, tiles: tiles, day: now.In(l.o.Zone).Format(time.DateOnly)}, next, nil
}

// sign makes the signed checkpoint. The checkpoint is a text of its own form, so it is signed without our prefix.
func (l *Log) sign(c tlog.Checkpoint) (string, error) {
	made, err := l.o.Seal.SignText(seal.Journal, []byte(c.Text()))
	if err != nil {
		return "", wrapLog("sign the checkpoint", err)
	}
	list := make([]tlog.Signature, len(made))
	for i, s := range made {
		list[i] = tlog.Signature(s)
	}
	return tlog.Signed(c, list)
}

// put moves the tree on, all or nothing: the compare-and-set first, so that a second sequencer changes no entry.
func (p *plan) put(tx *store.Tx) error {
	n, err := tx.Exec(moveTree, p.to.size, p.to.root[:], p.to.note, p.to.made, p.to.node, p.to.until, treeName, p.from.size, p.from.root[:])
	if err != nil {
		return err
	}
	if n == 0 {
		return tx.Fail(errMoved)
	}
	if err := p.place(tx); err != nil {
		return err
	}
	for position, leaf := range p.lost {
		if _, err := tx.Exec(insertLost, position, leaf[:]); err != nil {
			return err
		}
	}
	for _, t := range p.tiles {
		if _, err := tx.Exec(putTile, t.Level, t.Number, t.Hashes); err != nil {
			return err
		}
	}
	_, err = tx.Exec(putDay, p.day, p.to.size-p.from.size, p.to.size, p.to.root[:])
	return err
}

// ten is how many entries one statement places.
const ten = 10

// place gives the entries their places, ten at a time where these follow one another.
func (p *plan) place(tx *store.Tx) error {
	for left := p.entries; len(left) > 0; {
		some, query := left[:1], placeEntry
		args := []any{left[0].at, left[0].holder, left[0].id}
		if len(left) >= ten && left[ten-1].at == left[0].at+ten-1 {
			some, query, args = left[:ten], placeTen, args[:1]
			for _, e := range some {
				args = append(args, e.holder, e.id)
			}
		}
		n, err := tx.Exec(query, args...)
		if err != nil {
			return err
		}
		if n != int64(len(some)) {
			return tx.Fail(errMoved) // one has a place, or its row is gone, since it was read
		}
		left = left[len(some):]
	}
	return nil
}

// begin writes the row of an empty tree, unless another node has.
func (l *Log) begin(ctx context.Context) error {
	empty := state{origin: l.o.Origin, root: new(tlog.Edge).Root(), made: l.o.Clock.Now(), node: l.node}
	note, err := l.sign(empty.checkpoint())
	if err != nil {
		return err
	}
	return wrapLog("begin the tree", l.st.Append(ctx, store.Stmt{Query: insertTree, Args: []any{
		treeName, empty.origin, empty.size, empty.root[:], note, empty.made, empty.node, empty.made,
	}}))
}

func wrapLog(what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("journal: %s: %w", what, err)
}
