package utility

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"posad.city/core/service"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/jobs"
	"posad.city/kit/journal"
	"posad.city/kit/lang"
	"posad.city/kit/store"
	"posad.city/kit/vault"
	"posad.city/systems/utility/internal/store"
)

const (
	jobImport      = "utility.import"
	jobImportSweep = "utility.import_sweep"
	partLines      = 300 // of a file in one Write
	badKept        = 2000
	importsShown   = 10
	importKept     = 90 * 24 * time.Hour
	importSweepGap = 24 * time.Hour
)

// errHalted says that another worker goes on with the file.
var errHalted = errors.New("utility: the file is not this job's any more")

// Import is a file of readings, and how far it is.
type Import struct {
	ID                      id.ID
	Period                  Period // for which its readings are
	Lines, Did, Took, Wrong int64
	Done                    bool
	Made, Ended             time.Time
}

func importOf(row utilitydb.UtilityImport) Import {
	p, _ := ParsePeriod(row.Period)
	return Import{ID: row.ID, Period: p, Lines: row.Lines, Did: row.Done, Took: row.Took, Wrong: row.Bad, Done: row.State == "done", Made: row.Made, Ended: row.Ended}
}

// SendReadings takes a file of readings for the open month. What can't be read is kept by its number at once; the rest is cut into
// parts, and a job takes them one by one: what is killed goes on at the part at which it stood. ErrNothing for an empty file.
func (m *Module) SendReadings(ctx context.Context, a act.Act, content []byte) (id.ID, error) {
	u, err := m.utilities()
	if err != nil {
		return id.ID{}, err
	}
	good, bad := ParseImport(bytes.NewReader(content))
	if len(good)+len(bad) == 0 {
		return id.ID{}, ErrNothing
	}
	keys, err := m.base.Vault.Keys(ctx, m.agencyID())
	if err != nil {
		return id.ID{}, err
	}
	parts, err := sealedParts(keys, good)
	if err != nil {
		return id.ID{}, err
	}
	i := id.New(m.base.Clock.Now())
	sum := journal.Document{Name: "readings.csv", SHA256: sha256.Sum256(content)}
	entry, err := m.base.Journal.Prepare(keys, m.filed(a, "import", i, sum, len(good)+len(bad)))
	if err != nil {
		return id.ID{}, err
	}
	return i, m.base.Store.WriteAs(ctx, a, func(tx *store.Tx) error {
		for n, part := range parts {
			if err := utilitydb.InsertImportPart(tx, utilitydb.InsertImportPartParams{Agency: m.agencyID(), Import: i, Part: int64(n), Lines: part}); err != nil {
				return err
			}
		}
		if err := m.keepBad(tx, keys, i, 0, bad); err != nil {
			return err
		}
		if err := utilitydb.InsertImport(tx, utilitydb.InsertImportParams{
			Agency: m.agencyID(), ID: i, Official: a.Actor.Person, Period: m.Open(u).String(), Lines: int64(len(good) + len(bad)), Parts: int64(len(parts)),
			Done: int64(len(bad)), Bad: int64(len(bad)), Made: tx.Now(),
		}); err != nil {
			return err
		}
		if _, err := journal.Enter(tx, entry); err != nil {
			return err
		}
		return m.base.Jobs.Put(tx, jobs.New{Handler: jobImport, Holder: m.agencyID(), Object: i})
	})
}

// filed is a file as the journal has it.
func (m *Module) filed(a act.Act, title string, about id.ID, file journal.Document, lines int) journal.Entry {
	t := func(key string) string { return m.base.Texts.Text(lang.Russian, key) }
	return journal.Entry{
		Act: a.ID, Kind: "utility.import", Title: t("utility.journal." + title), Object: about, Documents: []journal.Document{file},
		Facts: []journal.Fact{{Name: "lines", Label: t("utility.fact.lines"), Value: itoa(lines)}},
	}
}

// sealedParts cuts lines into parts, those of one flat together.
func sealedParts(keys *vault.Keys, lines []ImportLine) ([]vault.Sealed, error) {
	lines = slices.Clone(lines)
	slices.SortStableFunc(lines, func(a, b ImportLine) int { return strings.Compare(a.Account, b.Account) })
	var out []vault.Sealed
	for from := 0; from < len(lines); {
		upto := min(from+partLines, len(lines))
		for upto < len(lines) && lines[upto].Account == lines[upto-1].Account {
			upto++
		}
		part, err := sealed(keys, "utility_import_part", "lines", lines[from:upto])
		if err != nil {
			return nil, err
		}
		out, from = append(out, part), upto
	}
	return out, nil
}

// keepBad keeps lines that were not taken; known is how many are kept already.
func (m *Module) keepBad(tx *store.Tx, keys *vault.Keys, i id.ID, known int64, bad []BadLine) error {
	for n, line := range bad {
		if known+int64(n) >= badKept {
			return nil
		}
		if err := utilitydb.PutImportBad(tx, utilitydb.PutImportBadParams{
			Agency: m.agencyID(), Import: i, Line: int64(line.Line), Reason: line.Reason, Content: keys.Seal("utility_import_bad", "content", []byte(line.Text)),
		}); err != nil {
			return err
		}
	}
	return nil
}

// take is the job that takes the parts of a file one by one.
func (m *Module) take(ctx context.Context, j jobs.Job) error {
	ctx = store.Background(ctx)
	keys, err := m.base.Vault.Keys(ctx, j.Holder)
	if err != nil {
		return err
	}
	for {
		row, err := m.importRow(ctx, m.system(), j.Object)
		if isNone(err) || err == nil && row.State != "running" {
			return nil
		}
		if err != nil {
			return err
		}
		if row.Part == row.Parts {
			return m.base.Store.Write(ctx, func(tx *store.Tx) error {
				_, err := utilitydb.EndImport(tx, tx.Now(), row.Agency, row.ID)
				return err
			})
		}
		err = m.takePart(ctx, keys, row)
		if errors.Is(err, errHalted) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("utility: readings of a file: %w", err)
		}
	}
}

func (m *Module) importRow(ctx context.Context, a act.Act, which id.ID) (utilitydb.UtilityImport, error) {
	var row utilitydb.UtilityImport
	err := m.base.Store.Look(ctx, a, lookDesk, func(p *store.Personal) error {
		var err error
		row, err = utilitydb.ImportByID(p, m.agencyID(), which)
		return err
	})
	return row, err
}

// takePart takes one part: its readings, the lines that are not taken, and how far the file is, in one Write.
func (m *Module) takePart(ctx context.Context, keys *vault.Keys, row utilitydb.UtilityImport) error {
	var part utilitydb.UtilityImportPart
	err := m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		var err error
		part, err = utilitydb.ImportPart(r, row.Agency, row.ID, row.Part)
		return err
	})
	if isNone(err) {
		return errHalted
	}
	if err != nil {
		return err
	}
	var lines []ImportLine
	if err := unseal(keys, "utility_import_part", "lines", part.Lines, &lines); err != nil {
		return err
	}
	readings, bad, err := m.weighLines(ctx, row, lines)
	if err != nil {
		return err
	}
	taken := int64(0)
	for _, r := range readings {
		if r.State == Taken {
			taken++
		}
	}
	byOfficial := act.Act{Actor: act.Actor{Person: row.Official}} // whose file it is stands with each reading
	return m.base.Store.Write(ctx, func(tx *store.Tx) error {
		n, err := utilitydb.MoveImport(tx, utilitydb.MoveImportParams{Done: int64(len(lines)), Took: taken, Bad: int64(len(bad)), Agency: row.Agency, ID: row.ID, Part: row.Part})
		if err != nil || n == 0 {
			return cmp.Or(err, tx.Fail(errHalted))
		}
		for _, r := range readings {
			r.At = tx.Now()
			if _, err := utilitydb.InsertReading(tx, r.row(byOfficial)); err != nil {
				return err
			}
		}
		if err := m.keepBad(tx, keys, row.ID, row.Bad, bad); err != nil {
			return err
		}
		return utilitydb.DeleteImportPart(tx, row.Agency, row.ID, row.Part)
	})
}

// weighLines says what becomes of lines, which come by flat. A reading that is odd waits for a second official, and its line is
// told among the bad ones as lower or high.
func (m *Module) weighLines(ctx context.Context, row utilitydb.UtilityImport, lines []ImportLine) ([]Reading, []BadLine, error) {
	u, err := m.utilities()
	if err != nil {
		return nil, nil, err
	}
	open, _ := ParsePeriod(row.Period)
	var readings []Reading
	var bad []BadLine
	for from := 0; from < len(lines); {
		upto := from + 1
		for upto < len(lines) && lines[upto].Account == lines[from].Account {
			upto++
		}
		f := flatLines{m: m, u: u, open: open, row: row}
		if err := f.weigh(ctx, lines[from:upto]); err != nil {
			return nil, nil, err
		}
		readings, bad, from = append(readings, f.readings...), append(bad, f.bad...), upto
	}
	return readings, bad, nil
}

// flatLines are the lines of one flat in a file.
type flatLines struct {
	m        *Module
	u        *service.Utilities
	open     Period
	row      utilitydb.UtilityImport
	readings []Reading
	bad      []BadLine
}

func (f *flatLines) refuse(l ImportLine, reason string) {
	f.bad = append(f.bad, BadLine{Line: l.Line, Reason: reason, Text: l.String()})
}

func (f *flatLines) weigh(ctx context.Context, lines []ImportLine) error {
	home, err := f.m.HomeOf(lines[0].Account)
	whole := ""
	if err != nil {
		whole = "account"
	} else if watchers, err := f.m.deps.Charges.Watchers(ctx, home); err != nil {
		return err
	} else if slices.Contains(watchers, f.row.Official) {
		whole = "own"
	}
	if whole != "" {
		for _, l := range lines {
			f.refuse(l, whole)
		}
		return nil
	}
	dials, err := f.m.dials(ctx, f.m.system(), home, f.open)
	if err != nil {
		return err
	}
	for _, l := range lines {
		f.line(home, dials, l)
	}
	return nil
}

// line judges one line.
func (f *flatLines) line(home id.ID, dials []DialView, l ImportLine) {
	at := slices.IndexFunc(dials, func(d DialView) bool { return d.Number == l.Meter && d.Zone == l.Zone })
	if at < 0 {
		f.refuse(l, "meter")
		return
	}
	d := dials[at]
	r, err := weigh(Given{Meter: d.Meter, Zone: d.Zone, Value: l.Value, Day: l.Day}, dials, f.open, f.u.Odd)
	switch {
	case !fits(l.Day, f.open, f.u.Closes, f.m.today()):
		f.refuse(l, "month")
		return
	case slices.ContainsFunc(f.readings, func(r Reading) bool { return r.Meter == d.Meter && r.Zone == d.Zone }):
		f.refuse(l, "twice")
		return
	case err != nil:
		f.refuse(l, "often")
		return
	}
	r.ID, r.Home, r.Source = id.Derived("utility import", f.row.ID.String()+"/"+itoa(l.Line)), home, FromImport
	if r.State == Asked {
		r.State = Review // there is nobody to ask
		f.refuse(l, r.Doubt)
	}
	f.readings = append(f.readings, r)
}

// Import is a file of readings that was sent; ErrNone.
func (m *Module) Import(ctx context.Context, a act.Act, which id.ID) (Import, error) {
	row, err := m.importRow(ctx, a, which)
	if isNone(err) {
		return Import{}, ErrNone.Because(err)
	}
	return importOf(row), err
}

// Imports are the files that were sent, the newest first.
func (m *Module) Imports(ctx context.Context, a act.Act) ([]Import, error) {
	var out []Import
	err := m.base.Store.Look(ctx, a, lookDesk, func(p *store.Personal) error {
		rows, err := utilitydb.ImportsOf(p, m.agencyID(), importsShown)
		out = out[:0]
		for _, row := range rows {
			out = append(out, importOf(row))
		}
		return err
	})
	return out, err
}

// BadLines are the lines of a file that were not taken, by number, at most badKept of them.
func (m *Module) BadLines(ctx context.Context, which id.ID) ([]BadLine, error) {
	var rows []utilitydb.UtilityImportBad
	err := m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		var err error
		rows, err = utilitydb.ImportBad(r, utilitydb.ImportBadParams{Agency: m.agencyID(), Import: which, Most: badKept})
		return err
	})
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	keys, err := m.base.Vault.Keys(ctx, m.agencyID())
	if err != nil {
		return nil, err
	}
	var out []BadLine
	for _, row := range rows {
		text, err := keys.Open("utility_import_bad", "content", row.Content)
		if err != nil {
			return nil, err
		}
		out = append(out, BadLine{Line: int(row.Line), Reason: row.Reason, Text: string(text)})
	}
	return out, nil
}

// sweepImports drops files that ended long ago.
func (m *Module) sweepImports(ctx context.Context, _ jobs.Job) error {
	before := m.base.Clock.Now().Add(-importKept)
	for {
		var old []utilitydb.UtilityImport
		err := m.base.Store.Look(store.Background(ctx), m.system(), lookDesk, func(p *store.Personal) error {
			var err error
			old, err = utilitydb.OldImports(p, before, importsShown)
			return err
		})
		if err != nil || len(old) == 0 {
			return err
		}
		for _, row := range old {
			if err := m.base.Store.Append(ctx, utilitydb.DeleteImportBadStmt(row.Agency, row.ID), utilitydb.DeleteImportStmt(row.Agency, row.ID)); err != nil {
				return err
			}
		}
	}
}
