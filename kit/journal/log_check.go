package journal

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/store"
	"posad.city/kit/tlog"
	"posad.city/kit/vault"
)

// Trouble is what a check found. Its words are journal.check.<kind>.
type Trouble string

// The troubles.
const (
	TroubleLeaf      Trouble = "leaf"           // the row's leaf is not the one in the tree: the row was changed
	TroubleRow       Trouble = "row"            // what the row says does not give its leaf: the row was changed
	TroubleGap       Trouble = "gap"            // no row stands at the place: a row was removed
	TroubleTwice     Trouble = "twice"          // several rows stand at the place
	TroubleBeyond    Trouble = "beyond"         // the row stands at a place that the tree does not have
	TroubleTile      Trouble = "tile"           // the tile in the database is not that of the leaves
	TroubleRoot      Trouble = "root"           // the leaves do not give the root of the checkpoint
	TroubleNote      Trouble = "note"           // the checkpoint is not signed by the city
	TroublePublished Trouble = "published_leaf" // the leaf is not the one that was published
	TroubleMissing   Trouble = "missing"        // a published leaf is not in the database
	TroubleAhead     Trouble = "ahead"          // a witness says that it has signed more than the database holds
	TroubleForked    Trouble = "forked"         // a witness has signed another history
	TroubleSince     Trouble = "since"          // an older checkpoint that the city signed is of another history
	TroubleShorter   Trouble = "shorter"        // an older checkpoint that the city signed has more entries than the database
	TroubleOverdue   Trouble = "overdue"        // the term of the promise is over, and the act has no place
	TroubleDiffers   Trouble = "differs"        // a row beside the log says something else than the log
	TroubleRemoved   Trouble = "removed"        // a row is gone of which the log says something
	TroubleUnsaid    Trouble = "unsaid"         // a row says what is not in the log
)

// LogFault is one trouble and its place. What does not apply is zero; Position is -1 for a trouble of no one place.
type LogFault struct {
	Trouble  Trouble
	Position int64
	Entry    id.ID
	Leaf     tlog.Entry // what the tree, or the published log, has there
	Path     string     // of a tile
	Size     int64      // of the checkpoint that a witness, or the reader, holds against the database
	Witness  string     // its name

	// Of a row beside the log: where it stands, by which number people know what it is about, what it says and what the log says.
	Table, Column, Number, Row, Said string
}

// CheckOptions say how deep a check looks.
type CheckOptions struct {
	// Keys and Journal are for the deep check, which opens every row and computes its leaf anew. nil: the rows stay closed,
	// and a change of what a row says, with its leaf left alone, is not seen.
	Keys    func(ctx context.Context, holder id.ID) (*vault.Keys, error)
	Journal *Journal
	Most    int // faults that are listed; 0: 1000
	// Since is a signed checkpoint of an earlier day, from anywhere; empty: none. ErrOutside when it is another log's.
	Since string
}

// CheckReport is what a check saw.
type CheckReport struct {
	Checkpoint tlog.Checkpoint
	Published  int64 // size of this node's published files; 0: there are none
	Lost       int64 // leaves whose acts an earlier restore lost
	Opened     int64 // rows that the deep check opened
	Erased     int64 // rows that nobody can open any more
	Compared   int64 // things whose rows beside the log the deep check compared with it
	Faults     []LogFault
	More       int64 // further faults
	Since      int64 // size of the earlier checkpoint that the log continues; 0: none was given, or it does not

	Confirmations Confirmations // what witnesses outside say, as the city heard last

	most int
}

func (r *CheckReport) add(f LogFault) {
	if len(r.Faults) >= r.most {
		r.More++
		return
	}
	r.Faults = append(r.Faults, f)
}

// Check goes through the whole log without believing any part of it: the places are dense, each row's leaf is the tree's,
// every tile is that of the leaves, the root is that of the checkpoint, the city signed it, nothing waits for its place longer
// than was promised, and this node's published files say the same. Faults are in the report; the error is for what could not be read.
func (l *Log) Check(ctx context.Context, o CheckOptions) (CheckReport, error) {
	out := CheckReport{most: o.Most}
	if out.most == 0 {
		out.most = 1000
	}
	s, err := l.state(ctx)
	if err != nil {
		return out, err
	}
	out.Checkpoint = s.checkpoint()
	var m *mirror
	if l.o.Folder != "" {
		if m, err = openMirror(l.o.Folder); err != nil {
			return out, err
		}
		out.Published = m.last.Size
	}
	edge := new(tlog.Edge)
	for edge.Size() < s.size {
		if edge, err = l.checkSome(ctx, &out, edge, min(edge.Size()+chunk, s.size), m); err != nil {
			return out, err
		}
	}
	if edge.Root() != s.root {
		out.add(LogFault{Trouble: TroubleRoot, Position: -1})
	}
	err = l.checkRest(ctx, &out, s, m)
	if err == nil {
		err = l.checkOutside(ctx, &out, s, o)
	}
	if err != nil || o.Keys == nil {
		return out, err
	}
	if err := l.checkDeep(ctx, &out, s.size, o); err != nil {
		return out, err
	}
	return out, l.compareRows(ctx, &out, o)
}

// span is a part of the log as it lies in the database.
type span struct {
	from, to int64
	rows     map[int64][]waiting
	lost     map[int64]tlog.Entry
	bundles  map[int64][]byte
	leaves   map[int64][]byte // tiles of level 0
}

func (l *Log) readSpan(ctx context.Context, from, to int64) (span, error) {
	out := span{from: from, to: to}
	err := l.st.Read(ctx, func(r *store.Snapshot) error {
		out.rows, out.lost = map[int64][]waiting{}, map[int64]tlog.Entry{}
		err := r.Query(placed, func(row *store.Row) error {
			one := waiting{at: row.Int(0), id: row.ID(1)}
			copy(one.leaf[:], row.Bytes(2))
			out.rows[one.at] = append(out.rows[one.at], one)
			return nil
		}, from, to)
		if err != nil {
			return err
		}
		if err := r.Query(lostOf, func(row *store.Row) error {
			var leaf tlog.Entry
			copy(leaf[:], row.Bytes(1))
			out.lost[row.Int(0)] = leaf
			return nil
		}, from, to); err != nil {
			return err
		}
		first, last := from/tlog.Width, (to+tlog.Width-1)/tlog.Width
		if out.bundles, err = rawTiles(r, tlog.Entries, first, last); err != nil {
			return err
		}
		out.leaves, err = rawTiles(r, 0, first, last)
		return err
	})
	return out, err
}

func rawTiles(r store.Reader, level int, from, to int64) (map[int64][]byte, error) {
	out := map[int64][]byte{}
	err := r.Query(tilesFrom, func(row *store.Row) error {
		out[row.Int(0)] = bytes.Clone(row.Bytes(1))
		return nil
	}, level, from, to)
	return out, err
}

// at cuts one hash out of joined tiles.
func at(tiles map[int64][]byte, position int64) tlog.Hash {
	var out tlog.Hash
	data, begin := tiles[position/tlog.Width], int(position%tlog.Width)*len(out)
	if begin+len(out) <= len(data) {
		copy(out[:], data[begin:])
	}
	return out
}

// leafAt decides which leaf the tree has at the position, and tells what is wrong with the row that should hold it.
func (s span) leafAt(position int64, out *CheckReport) (tlog.Entry, id.ID) {
	want, bundled := at(s.leaves, position), tlog.Entry(at(s.bundles, position))
	rows := s.rows[position]
	if leaf, ok := s.lost[position]; ok && len(rows) == 0 {
		out.Lost++
		rows = []waiting{{leaf: leaf, at: position}}
	}
	for _, row := range rows[min(1, len(rows)):] {
		out.add(LogFault{Trouble: TroubleTwice, Position: position, Entry: row.id, Leaf: bundled})
	}
	if len(rows) == 0 {
		out.add(LogFault{Trouble: TroubleGap, Position: position, Leaf: bundled})
		return bundled, id.ID{}
	}
	row := rows[0]
	if row.leaf != bundled && tlog.LeafHash(row.leaf) != want {
		out.add(LogFault{Trouble: TroubleLeaf, Position: position, Entry: row.id, Leaf: bundled})
		return bundled, row.id
	}
	return row.leaf, row.id
}

// checkSome checks a span and returns the edge after it.
func (l *Log) checkSome(ctx context.Context, out *CheckReport, edge *tlog.Edge, to int64, m *mirror) (*tlog.Edge, error) {
	s, err := l.readSpan(ctx, edge.Size(), to)
	if err != nil {
		return nil, err
	}
	var shown []tlog.Entry
	if m != nil && m.last.Size > s.from {
		if shown, err = m.leaves(s.from, min(to, m.last.Size)); err != nil {
			return nil, fmt.Errorf("journal: the published files can't be read; the city makes them anew when it runs: %w", err)
		}
	}
	leaves := make([]tlog.Entry, 0, to-s.from)
	for position := s.from; position < to; position++ {
		leaf, entry := s.leafAt(position, out)
		leaves = append(leaves, leaf)
		if i := int(position - s.from); i < len(shown) && shown[i] != leaf {
			out.add(LogFault{Trouble: TroublePublished, Position: position, Entry: entry, Leaf: shown[i]})
		}
	}
	next, grown := edge.Grow(leaves)
	return next, l.checkTiles(ctx, out, grown)
}

// checkTiles compares tiles that were grown anew with those in the database, which may be wider by now.
func (l *Log) checkTiles(ctx context.Context, out *CheckReport, grown []tlog.Grown) error {
	return l.st.Read(ctx, func(r *store.Snapshot) error {
		for _, t := range grown {
			kept, err := readTile(r, t.Tile)
			if err != nil && !errors.Is(err, ErrTree) {
				return err
			}
			if err != nil || !bytes.Equal(kept, t.Hashes) {
				out.add(LogFault{Trouble: TroubleTile, Position: -1, Path: t.Path()})
			}
		}
		return nil
	})
}

// checkRest checks the checkpoint's signature, rows beyond the tree, and what was published beyond the database.
func (l *Log) checkRest(ctx context.Context, out *CheckReport, s state, m *mirror) error {
	keys, err := l.o.Seal.Keys()
	if err != nil {
		return err
	}
	if c, _, err := tlog.Open(s.note, PublicKeys(keys)); err != nil || c != s.checkpoint() {
		out.add(LogFault{Trouble: TroubleNote, Position: -1})
	}
	var beyond []LogFault
	var now state
	err = l.st.Read(ctx, func(r *store.Snapshot) error {
		beyond = nil
		var err error
		if now, err = readState(r); err != nil { // entries that came while the check ran are no fault
			return err
		}
		add := func(row *store.Row) error {
			beyond = append(beyond, LogFault{Trouble: TroubleBeyond, Position: row.Int(0), Entry: row.ID(1)})
			return nil
		}
		if err := r.Query(placed, add, now.size, int64(1)<<62); err != nil {
			return err
		}
		return r.Query(placed, add, -int64(1)<<62, -1)
	})
	if err != nil {
		return err
	}
	for _, f := range beyond {
		out.add(f)
	}
	if err := l.checkOverdue(ctx, out); err != nil {
		return err
	}
	if m == nil || m.last.Size <= now.size {
		return nil
	}
	d := &Divergence{}
	behind := &Log{st: l.st, mirror: m}
	for at := now.size; at < m.last.Size; at += chunk {
		if err := behind.name(ctx, d, at, min(at+chunk, m.last.Size)); err != nil {
			return err
		}
	}
	for _, one := range d.Missing {
		out.add(LogFault{Trouble: TroubleMissing, Position: one.Index, Entry: one.Entry, Leaf: one.Leaf})
	}
	out.More += d.More
	return nil
}

// checkOverdue names acts that should have had a place long ago: the city has broken its promise to whoever holds their
// receipts.
func (l *Log) checkOverdue(ctx context.Context, out *CheckReport) error {
	since := l.o.Clock.Now().Add(-Delay)
	var named []LogFault
	all := int64(0)
	err := l.st.Read(ctx, func(r *store.Snapshot) error {
		named = nil
		if err := r.Query(overdueCount, func(row *store.Row) error { all = row.Int(0); return nil }, since); err != nil || all == 0 {
			return err
		}
		return r.Query(overdueEntries, func(row *store.Row) error {
			named = append(named, LogFault{Trouble: TroubleOverdue, Position: -1, Entry: row.ID(0)})
			return nil
		}, since, out.most)
	})
	if err != nil {
		return wrapLog("look for overdue acts", err)
	}
	for _, f := range named {
		out.add(f)
	}
	out.More += all - int64(len(named))
	return nil
}

// deepChunk is how many rows are opened at a time.
const deepChunk = 500

// checkDeep opens every row with its holder's key and computes the leaf anew. It is the city's own work: nothing of what a
// row says leaves it.
func (l *Log) checkDeep(ctx context.Context, out *CheckReport, size int64, o CheckOptions) error {
	own := act.Act{Actor: act.Actor{Kind: act.System}}
	for from := int64(0); from < size; from += deepChunk {
		var rows []Row
		err := l.st.Look(ctx, own, "journal.look.check", func(p *store.Personal) error {
			list, err := readRows(p, entriesAt, from, min(from+deepChunk, size))
			rows = list
			return err
		})
		if err != nil {
			return err
		}
		for _, row := range rows {
			keys, err := o.Keys(ctx, row.Holder)
			if err != nil {
				return err
			}
			_, err = o.Journal.Open(keys, row)
			switch {
			case errors.Is(err, vault.ErrErased):
				out.Erased++
			case err != nil:
				out.add(LogFault{Trouble: TroubleRow, Position: row.Position, Entry: row.ID, Leaf: tlog.Entry(padded(row.Leaf))})
			default:
				out.Opened++
			}
		}
		if err := l.compareEntered(ctx, out, rows, min(from+deepChunk, size), size, o); err != nil {
			return err
		}
	}
	return nil
}

func padded(leaf []byte) []byte { return append(bytes.Clone(leaf), make([]byte, 32)...)[:32] }
