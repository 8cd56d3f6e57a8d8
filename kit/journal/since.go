package journal

import (
	"context"
	"crypto/ed25519"
	"fmt"

	"posad.city/kit/store"
	"posad.city/kit/tlog"
	"posad.city/kit/witness"
)

// checkOutside compares the log with what is known outside: by its witnesses, and by an older checkpoint that the reader
// has.
func (l *Log) checkOutside(ctx context.Context, out *CheckReport, s state, o CheckOptions) error {
	if len(l.o.Witnesses) > 0 {
		var now standings
		err := l.st.Read(ctx, func(r *store.Snapshot) error {
			list, err := readStandings(r, s.origin)
			now = list
			return err
		})
		if err != nil {
			return wrapLog("read the witnesses' standing", err)
		}
		out.Confirmations = l.confirmationsOf(now, s.size)
	}
	for _, w := range out.Confirmations.Witnesses {
		switch {
		case w.Trouble == witness.Forked:
			out.add(LogFault{Trouble: TroubleForked, Position: -1, Size: w.Size, Witness: w.Name})
		case w.Ahead > s.size:
			out.add(LogFault{Trouble: TroubleAhead, Position: -1, Size: w.Ahead, Witness: w.Name})
		}
	}
	if o.Since == "" {
		return nil
	}
	keys, err := l.o.Seal.Keys()
	if err != nil {
		return err
	}
	old, _, err := tlog.Open(o.Since, PublicKeys(keys))
	if err != nil {
		return fmt.Errorf("%w: %w", ErrOutside, err)
	}
	agrees, err := continues(ctx, l.st, s, old)
	switch {
	case err != nil:
		return err
	case !agrees:
		out.add(LogFault{Trouble: TroubleSince, Position: -1, Size: old.Size})
	case old.Size > s.size:
		out.add(LogFault{Trouble: TroubleShorter, Position: -1, Size: old.Size})
	default:
		out.Since = old.Size
	}
	return nil
}

// Watched is how a log outside stands to an older checkpoint of it.
type Watched struct {
	Old, New  tlog.Checkpoint
	OldNote   string
	NewNote   string
	Forked    bool // the city signed both, and neither continues the other
	Shorter   bool // the log shows less than it showed
	Confirmed []tlog.Cosignature
}

// Watch compares the log that a city shows now with an older checkpoint of it, and believes nothing that is not signed or
// does not lead to what is signed. read gives a file of tlog-tiles by its path, as for Fetch. The error may be ErrOutside.
func Watch(ctx context.Context, old string, read func(ctx context.Context, path string) ([]byte, error), keys []ed25519.PublicKey, known []tlog.Witness) (Watched, error) {
	out := Watched{OldNote: old}
	var err error
	if out.Old, _, err = tlog.Open(old, keys); err != nil {
		return out, fmt.Errorf("%w: the older checkpoint: %w", ErrOutside, err)
	}
	note, err := read(ctx, checkpointFile)
	if err != nil {
		return out, fmt.Errorf("journal: the checkpoint outside: %w", err)
	}
	out.NewNote = string(note)
	if out.New, _, err = tlog.Open(out.NewNote, keys); err != nil {
		return out, fmt.Errorf("%w: %w", ErrOutside, err)
	}
	if out.Old.Origin != out.New.Origin {
		return out, fmt.Errorf("%w: it is called %s, the older checkpoint's %s", ErrOutside, out.New.Origin, out.Old.Origin)
	}
	if out.Confirmed, err = tlog.Cosignatures(out.NewNote, known); err != nil {
		return out, fmt.Errorf("%w: %w", ErrOutside, err)
	}
	switch {
	case out.Old.Size == 0:
	case out.New.Size < out.Old.Size:
		// Whether it is a beginning of the old one or something else, who has the old entries can tell.
		out.Shorter = true
	case out.New.Size == out.Old.Size:
		out.Forked = out.New.Root != out.Old.Root
	default:
		_, root, err := tlog.Consist(out.New, out.Old.Size, fetchTiles(ctx, read, out.New.Size))
		if err != nil {
			return out, fmt.Errorf("%w: its tiles do not give the root that it signed: %w", ErrOutside, err)
		}
		out.Forked = root != out.Old.Root
	}
	return out, nil
}

// fetchTiles reads tiles from outside, which are as wide there as the log of the size has them.
func fetchTiles(ctx context.Context, read func(context.Context, string) ([]byte, error), size int64) tlog.Reader {
	return func(tiles []tlog.Tile) ([][]byte, error) {
		var out [][]byte
		for _, t := range tiles {
			there := t
			there.Width = int(widthNow(t.Level, t.Number, size))
			data, err := read(ctx, there.Path())
			if err != nil {
				return nil, err
			}
			want := t.Width * len(tlog.Hash{})
			if len(data) < want {
				return nil, fmt.Errorf("%w: %s", tlog.ErrTile, t.Path())
			}
			out = append(out, data[:want])
		}
		return out, nil
	}
}
