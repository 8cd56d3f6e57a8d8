package journal

import (
	"context"
	"slices"
	"strings"

	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/store"
	"posad.city/kit/vault"
)

// Subject is a kind of thing that acts are about, and how the deep check compares what the rows of the thing say with what
// the journal says of it: the tree proves the entries, and a row beside them may have been changed past the program.
type Subject struct {
	// Table holds the things, with the columns holder and id, which is the object of the entries. Each of its rows has to have
	// an entry of the kind First; empty: rows without an entry are not looked for.
	Table string
	First string
	Kinds []string // of the entries that Read is given, First among them
	// Read reads the rows of a thing, in the snapshot in which its entries were read, and gives back how to judge them. It
	// holds SQL and pure code only, and may run twice.
	Read func(p *store.Personal, said Said) (Judge, error)
}

// Judge compares what was read, outside of the snapshot. nil: there is nothing to compare.
type Judge func(ctx context.Context) ([]LogFault, error)

// Said is what the journal says of one thing.
type Said struct {
	Holder, Object id.ID
	Keys           *vault.Keys
	Entries        []Entered // oldest first; of those that nobody can open any more kind, object and time alone
}

// Last is the newest of the entries of a kind; nil: there is none.
func (s Said) Last(kind string) *Entered {
	for i := len(s.Entries) - 1; i >= 0; i-- {
		if s.Entries[i].Kind == kind {
			return &s.Entries[i]
		}
	}
	return nil
}

// Fact is the value of the fact of the name; empty: the entry says no such thing, or can't be opened any more.
func (e Entry) Fact(name string) string {
	for _, f := range e.Facts {
		if f.Name == name {
			return f.Value
		}
	}
	return ""
}

// Compare has the deep check compare things of the kind too. It is for the start, before anything is checked.
func (j *Journal) Compare(s Subject) { j.subjects = append(j.subjects, s) }

// subject finds who compares things that have entries of the kind; nil: nobody does.
func (j *Journal) subject(kind string) *Subject {
	for i := range j.subjects {
		if slices.Contains(j.subjects[i].Kinds, kind) {
			return &j.subjects[i]
		}
	}
	return nil
}

// thing is what a subject's rows are about.
type thing struct {
	subject        *Subject
	holder, object id.ID
}

// compareEntered compares the things of which the rows are the newest entries that have a place. rows end before the
// position to; the tree has size entries.
func (l *Log) compareEntered(ctx context.Context, out *CheckReport, rows []Row, to, size int64, o CheckOptions) error {
	var things []thing
	for _, row := range rows {
		one := thing{o.Journal.subject(row.Kind), row.Holder, row.Object}
		if one.subject != nil && !slices.Contains(things, one) {
			things = append(things, one)
		}
	}
	return l.compareThings(ctx, out, things, o, func(entries []Row) bool {
		for _, e := range entries {
			if e.Position >= to && e.Position < size {
				return false // a newer one is still to come
			}
		}
		return true
	})
}

// compareThings reads things with their entries in one snapshot and judges them after it. due tells, by a thing's entries,
// whether it is to be compared now.
func (l *Log) compareThings(ctx context.Context, out *CheckReport, things []thing, o CheckOptions, due func([]Row) bool) error {
	if len(things) == 0 {
		return nil
	}
	keys := map[id.ID]*vault.Keys{}
	for _, t := range things {
		k, err := o.Keys(ctx, t.holder)
		if err != nil {
			return err
		}
		keys[t.holder] = k
	}
	var judges []Judge
	own := act.Act{Actor: act.Actor{Kind: act.System}}
	err := l.st.Look(ctx, own, "journal.look.check", func(p *store.Personal) error {
		judges = nil
		for _, t := range things {
			rows, err := readRows(p, aboutOf, t.holder, t.object)
			if err != nil {
				return err
			}
			if !due(rows) {
				continue
			}
			judge, err := t.subject.Read(p, o.Journal.said(t, keys[t.holder], rows))
			if err != nil {
				return err
			}
			judges = append(judges, judge)
		}
		return nil
	})
	if err != nil {
		return wrapLog("compare rows with the log", err)
	}
	for _, judge := range judges {
		out.Compared++
		if judge == nil {
			continue
		}
		faults, err := judge(ctx)
		if err != nil {
			return err
		}
		for _, f := range faults {
			out.add(f)
		}
	}
	return nil
}

// said opens the entries of a thing. One that does not fit its leaf is named by the check itself.
func (j *Journal) said(t thing, keys *vault.Keys, rows []Row) Said {
	out := Said{Holder: t.holder, Object: t.object, Keys: keys}
	for _, row := range rows {
		if !slices.Contains(t.subject.Kinds, row.Kind) {
			continue
		}
		e, err := j.Open(keys, row)
		if err != nil {
			e = Entered{Entry: Entry{Act: row.Act, Kind: row.Kind, Object: row.Object}, ID: row.ID, Made: row.Made, Position: row.Position}
		}
		out.Entries = append(out.Entries, e)
	}
	slices.SortStableFunc(out.Entries, func(a, b Entered) int { return a.Made.Compare(b.Made) })
	return out
}

// compareRows looks, page by page, for rows of which the journal says nothing.
func (l *Log) compareRows(ctx context.Context, out *CheckReport, o CheckOptions) error {
	for i := range o.Journal.subjects {
		if s := &o.Journal.subjects[i]; s.Table != "" {
			if err := l.compareTable(ctx, out, s, o); err != nil {
				return err
			}
		}
	}
	return nil
}

// rowsPage is how many rows of a table are looked at in one statement.
const rowsPage = 2000

func (l *Log) compareTable(ctx context.Context, out *CheckReport, s *Subject, o CheckOptions) error {
	page := rowsOf(s.Table)
	var last thing
	for {
		var silent []thing
		n, before := 0, last
		own := act.Act{Actor: act.Actor{Kind: act.System}}
		err := l.st.Look(ctx, own, "journal.look.check", func(p *store.Personal) error {
			silent, n = nil, 0
			return p.Query(page, func(row *store.Row) error {
				n++
				last = thing{s, row.ID(0), row.ID(1)}
				if row.Int(2) == 0 {
					p.Saw(last.holder)
					silent = append(silent, last)
				}
				return nil
			}, s.First, before.holder, before.object, rowsPage)
		})
		if err != nil {
			return wrapLog("look for rows without an entry", err)
		}
		// It is read again with its entries, since the two may have come meanwhile.
		if err := l.compareThings(ctx, out, silent, o, func([]Row) bool { return true }); err != nil || n < rowsPage {
			return err
		}
	}
}

// Rows makes the faults of a thing's rows.
type Rows struct {
	Number string   // by which people know the thing
	Entry  *Entered // what they are compared with; nil: nothing
	Faults []LogFault
}

// Same notes a fault when a column is not what the log says.
func (r *Rows) Same(table, column, row, said string) {
	if row != said {
		r.add(TroubleDiffers, table, column, row, said)
	}
}

// Gone notes that a row is not there of which the log says something.
func (r *Rows) Gone(table, said string) { r.add(TroubleRemoved, table, "", "", said) }

// Unsaid notes that a row says what is not in the log.
func (r *Rows) Unsaid(table, column, row string) { r.add(TroubleUnsaid, table, column, row, "") }

func (r *Rows) add(t Trouble, table, column, row, said string) {
	f := LogFault{Trouble: t, Position: -1, Table: table, Number: r.Number, Column: column, Row: row, Said: said}
	if r.Entry != nil {
		f.Entry, f.Position = r.Entry.ID, r.Entry.Position
	}
	r.Faults = append(r.Faults, f)
}

// tellRows is such a fault in a line.
func (f LogFault) tellRows(text func(key string, args ...any) string) string {
	shown := func(value string) string {
		if value = oneLine(strings.TrimSpace(value)); value == "" {
			return text("journal.check.nothing")
		}
		return value
	}
	entry := text("journal.check.no_entry")
	if !f.Entry.IsZero() {
		entry = f.Entry.String()
	}
	return text("journal.check."+string(f.Trouble), "table", f.Table, "number", oneLine(f.Number), "column", f.Column,
		"row", shown(f.Row), "said", shown(f.Said), "entry", entry)
}
