package journal

import (
	"errors"
	"time"

	"posad.city/kit/tlog"
	"posad.city/kit/witness"
)

// ErrHeld says that witnesses have signed more of the log than the database holds, or another history of it, so that no
// places are given until it is cleared up. Hold tells who and how much.
var ErrHeld = errors.New("journal: the public log gives no places: witnesses outside have signed more of it than the database holds, or another history")

// Times of asking witnesses.
const (
	askMost      = 10 * time.Second // one question
	gateMost     = 5 * time.Second  // the first questions of a node, before which it gives no places
	askGap       = 10 * time.Second // between two signatures of one witness, however fast the log grows
	refreshAfter = 10 * time.Minute // a witness that signed the newest checkpoint is asked again, so that the time is fresh
	retryFirst   = 5 * time.Second
	retryMost    = 5 * time.Minute
	askLease     = 20 * time.Second // one node asks
	askPoll      = 500 * time.Millisecond
	// LateAfter is how long a quorum may be missing before people are told.
	LateAfter = 30 * time.Minute
)

// Confirming is how a witness stands.
type Confirming struct {
	witness.Known
	Size    int64           // of the log that it signed last; 0: it never signed
	At      time.Time       // when
	Trouble witness.Trouble // what it said since; empty: it signs
	Ahead   int64           // a size beyond ours that it says it has signed; 0: it does not say so
	Since   time.Time       // of the trouble
}

// Confirmations are how the public log stands to the witnesses outside.
type Confirmations struct {
	Quorum    int // so many together are believed
	Witnesses []Confirming
	Size      int64     // of the newest checkpoint that a quorum has signed; 0: of none
	At        time.Time // when a quorum signed last
	Asked     time.Time // when the city first asked
	Hold      *Hold     // nil: places are given
}

// Late tells whether a quorum has been missing for so long that people are to be told.
func (c Confirmations) Late(now time.Time) bool {
	return len(c.Witnesses) > 0 && !c.Asked.IsZero() && c.Missing(now) > LateAfter
}

// Missing is for how long no quorum has signed.
func (c Confirmations) Missing(now time.Time) time.Duration {
	last := c.At
	if last.IsZero() {
		last = c.Asked
	}
	if last.IsZero() || len(c.Witnesses) == 0 {
		return 0
	}
	return max(0, now.Sub(last))
}

// Hold is what witnesses say against the database: it was set back, or replaced.
type Hold struct {
	Database int64    // size of the log in the database
	Size     int64    // that a quorum of witnesses has signed; 0 when all that is known is that the history is another
	Forked   bool     // some saw another history
	Names    []string // of the witnesses
}

// Confirmations tells how the log stands to its witnesses; the zero value when there are none, or nothing is known yet.
func (l *Log) Confirmations() Confirmations {
	if c := l.confirmations.Load(); c != nil {
		return *c
	}
	return Confirmations{}
}

// holdOf judges what witnesses say: as many as are believed together must say it, so that one that lies stops nothing.
func holdOf(list []Confirming, quorum int, database int64) *Hold {
	out := &Hold{Database: database}
	var sizes []int64
	for _, w := range list {
		switch {
		case w.Trouble == witness.Forked:
			out.Forked = true
			sizes = append(sizes, w.Size)
		case w.Ahead > database:
			sizes = append(sizes, w.Ahead)
		default:
			continue
		}
		out.Names = append(out.Names, w.Name)
	}
	if len(sizes) == 0 || len(sizes) < quorum {
		return nil
	}
	// The size that the quorum together vouches for.
	for _, size := range sizes {
		vouched := 0
		for _, other := range sizes {
			if other >= size {
				vouched++
			}
		}
		if vouched >= quorum && size > database {
			out.Size = max(out.Size, size)
		}
	}
	return out
}

// confirmationsOf joins what the database knows with what the operator configured.
func (l *Log) confirmationsOf(s standings, database int64) Confirmations {
	out := Confirmations{Quorum: l.o.Quorum, Size: s.quorum.Size, At: s.quorum.Made, Asked: s.quorum.since}
	for _, known := range l.o.Witnesses {
		one := s.witnesses[known.Key()]
		one.Known = known
		out.Witnesses = append(out.Witnesses, one)
	}
	out.Hold = holdOf(out.Witnesses, out.Quorum, database)
	return out
}

// see takes what the database says of witnesses, and tells of a hold when it begins and ends.
func (l *Log) see(s standings, database int64) {
	l.standings.Store(&s)
	fresh := l.confirmationsOf(s, database)
	before := l.confirmations.Swap(&fresh)
	if s.quorum.Size > 0 {
		l.quorum.Store(&s.quorum.Published)
	}
	was := before != nil && before.Hold != nil
	switch {
	case fresh.Hold != nil && !was:
		l.log.Error("journal: the public log gives no places: witnesses outside have signed more of it than the database holds, or another history; was a database restored? posad log check tells more",
			"witnesses", fresh.Hold.Names, "signed", fresh.Hold.Size, "forked", fresh.Hold.Forked, "database", database)
	case fresh.Hold == nil && was:
		l.log.Warn("journal: the public log gives places again: the witnesses and the database agree")
	}
}

// mayGrow tells whether places may be given: what witnesses know is heard first.
func (l *Log) mayGrow() (bool, error) {
	if len(l.o.Witnesses) == 0 {
		return true, nil
	}
	if c := l.confirmations.Load(); c != nil && c.Hold != nil {
		return false, ErrHeld
	}
	return l.heard.Load(), nil
}

// provable is the checkpoint in which a place is proved: the newest that a quorum of witnesses has signed, if it has the
// place, else the newest of all.
func (l *Log) provable(index int64) *Published {
	p := l.published.Load()
	if q := l.quorum.Load(); q != nil && p != nil && index >= 0 && index < q.Size && q.Size <= p.Size && l.diverged.Load() == nil {
		return q
	}
	return p
}

// cosigned is the checkpoint's note with the witnesses' lines, when they have signed this one.
func (s standings) cosigned(c tlog.Checkpoint, note string) string {
	if s.newest.Note != "" && s.newest.Checkpoint == c {
		return s.newest.Note
	}
	return note
}
