package charge

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"posad.city/core/charge/internal/store"
	"posad.city/kit/act"
	"posad.city/kit/fault"
	"posad.city/kit/id"
	"posad.city/kit/jobs"
	"posad.city/kit/journal"
	"posad.city/kit/store"
	"posad.city/kit/vault"
)

const (
	jobImport      = "charge.import"
	jobSweep       = "charge.import_sweep"
	reasonImport   = "import"
	partMost       = 1 << 20   // bytes of a part of a file
	importMost     = 160 << 20 // bytes of a file: more than a million lines
	manyBody       = 2 << 20   // bytes of one call of the API
	sendTimeout    = 10 * time.Minute
	badKept        = 10_000 // lines that were not taken and are kept, of one file
	importKept     = 30 * 24 * time.Hour
	importsShown   = 50
	partsInAppend  = 8
	importSweepGap = 6 * time.Hour
	everyPart      = 1 << 40 // above the number of any part or line
)

// ImportState is how far a file is.
type ImportState string

// The states of a file.
const (
	Sending ImportState = "sending" // it is being cut into parts
	Running ImportState = "running"
	Stopped ImportState = "stopped"
	Done    ImportState = "done"
)

// Import is a file of many charges.
type Import struct {
	Agency, ID, Official          id.ID
	Format                        string
	Lines, Line                   int64
	Issued, Known, Corrected, Bad int64
	Corrects, Test                bool
	State                         ImportState
	Made, Ended                   time.Time
	act                           id.ID
	header                        string
	parts, part                   int64
}

// Sent is a file as it came.
type Sent struct {
	Format   string // csv, jsonl; empty: as its content says
	Content  io.Reader
	Corrects bool // charges that stand already are corrected
	Test     bool
}

// ErrEmpty says that a file has no line.
var ErrEmpty = fault.New(fault.Invalid, "charge.empty_fault")

// Send takes a file of charges of the agency for which the act is. It is cut into parts and kept, and a job takes them one by one:
// what is killed goes on at the part at which it stood. Errors: ErrColumns, ErrEncoding, ErrEmpty.
func (m *Module) Send(ctx context.Context, a act.Act, s Sent) (Import, error) {
	keys, err := m.base.Vault.Keys(ctx, a.Actor.Agency)
	if err != nil {
		return Import{}, fmt.Errorf("charge: keys of an agency: %w", err)
	}
	sum := sha256.New()
	cutter := &cutter{m: m, keys: keys, in: bufio.NewReaderSize(io.TeeReader(s.Content, sum), 64<<10), line: 1, i: Import{
		Agency: a.Actor.Agency, ID: id.New(m.base.Clock.Now()), Official: a.Actor.Person, Format: s.Format, Corrects: s.Corrects, Test: s.Test, act: a.ID,
	}}
	if err := cutter.begin(); err != nil {
		return Import{}, err
	}
	if err := m.announce(ctx, cutter.i); err != nil {
		return Import{}, err
	}
	if err := cutter.run(ctx); err != nil {
		return Import{}, err
	}
	if cutter.i.Lines == 0 {
		return Import{}, ErrEmpty
	}
	return cutter.i, m.start(ctx, a, cutter, [32]byte(sum.Sum(nil)))
}

// announce puts the file's row before its parts. It counts as ended until all of it is there, so that the sweep drops what
// was broken off.
func (m *Module) announce(ctx context.Context, i Import) error {
	return m.base.Store.Write(ctx, func(tx *store.Tx) error {
		return chargedb.InsertImport(tx, chargedb.InsertImportParams{
			Agency: i.Agency, ID: i.ID, Official: i.Official, Act: i.act, Format: i.Format, Header: i.header, Corrects: i.Corrects, Test: i.Test, Made: tx.Now(), Ended: tx.Now(),
		})
	})
}

// start begins a file that has come whole.
func (m *Module) start(ctx context.Context, a act.Act, c *cutter, sum [32]byte) error {
	i := &c.i
	i.State, i.Made = Running, m.base.Clock.Now()
	what := "file_sent"
	if i.Corrects {
		what = "file_corrects"
	}
	a.Test = i.Test
	entry, err := m.enterMany(ctx, a, what, i.ID, []journal.Document{{Name: "charges." + i.Format, SHA256: sum}}, count{"lines", i.Lines})
	if err != nil {
		return err
	}
	return m.base.Store.Write(ctx, func(tx *store.Tx) error {
		if err := chargedb.BeginImport(tx, chargedb.BeginImportParams{Bytes: c.bytes, Lines: i.Lines, Parts: i.parts, Agency: i.Agency, ID: i.ID}); err != nil {
			return err
		}
		if err := m.base.Jobs.Put(tx, jobs.New{Handler: jobImport, Holder: i.Agency, Object: i.ID}); err != nil {
			return err
		}
		return enterInto(tx, entry)
	})
}

// cutter cuts a file into parts.
type cutter struct {
	m       *Module
	keys    *vault.Keys
	in      *bufio.Reader
	i       Import
	line    int64 // number of the next line
	bytes   int64
	waiting []store.Stmt
}

// begin finds the file's form and reads the head of a CSV.
func (c *cutter) begin() error {
	if head, err := c.in.Peek(3); err == nil && bytes.Equal(head, []byte("\xef\xbb\xbf")) {
		if _, err := c.in.Discard(3); err != nil {
			return fmt.Errorf("charge: a file: %w", err)
		}
	}
	first, err := c.in.Peek(1)
	if errors.Is(err, io.EOF) {
		return ErrEmpty
	}
	if err != nil {
		return fmt.Errorf("charge: a file: %w", err)
	}
	if c.i.Format == "" {
		c.i.Format = formatCSV
		if first[0] == '{' {
			c.i.Format = formatLines
		}
	}
	if c.i.Format == formatLines {
		return nil
	}
	line, err := nextLine(c.in)
	if err != nil {
		return ErrColumns
	}
	h, err := readHeader(line)
	if err != nil {
		return err
	}
	packed, err := json.Marshal(h)
	if err != nil {
		return fmt.Errorf("charge: columns: %w", err)
	}
	c.i.header, c.line = string(packed), 2
	return nil
}

// run cuts the rest of the file: at most ManyMost lines a part.
func (c *cutter) run(ctx context.Context) error {
	var part bytes.Buffer
	first, lines := c.line, 0
	for {
		line, err := nextLine(c.in)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil && !errors.Is(err, ErrLong) {
			return fmt.Errorf("charge: a file: %w", err)
		}
		if errors.Is(err, ErrLong) {
			line = append(bytes.ToValidUTF8(line, []byte("?")), longMark)
		}
		part.Write(line)
		part.WriteByte('\n')
		c.line, lines = c.line+1, lines+1
		if lines == ManyMost || part.Len() > partMost {
			if err := c.put(ctx, first, part.Bytes()); err != nil {
				return err
			}
			part.Reset()
			first, lines = c.line, 0
		}
	}
	if lines > 0 {
		if err := c.put(ctx, first, part.Bytes()); err != nil {
			return err
		}
	}
	return c.flush(ctx)
}

// longMark ends what is kept of a line that is too long. It stands in no text.
const longMark = 0x00

// put adds a part; several go in one Append.
func (c *cutter) put(ctx context.Context, first int64, lines []byte) error {
	sealed := c.keys.Seal("charge_import_part", "lines", lines)
	if sealed == nil {
		return fmt.Errorf("charge: a part of a file: %w", vault.ErrErased)
	}
	c.waiting = append(c.waiting, chargedb.InsertImportPartStmt(chargedb.InsertImportPartParams{Agency: c.i.Agency, Import: c.i.ID, Part: c.i.parts, First: first, Lines: sealed}))
	c.i.parts++
	c.i.Lines = c.line - 1
	if c.i.Format == formatCSV {
		c.i.Lines--
	}
	c.bytes += int64(len(lines))
	if len(c.waiting) < partsInAppend {
		return nil
	}
	return c.flush(ctx)
}

func (c *cutter) flush(ctx context.Context) error {
	if len(c.waiting) == 0 {
		return nil
	}
	if err := c.m.base.Store.Append(ctx, c.waiting...); err != nil {
		return fmt.Errorf("charge: parts of a file: %w", err)
	}
	c.waiting = nil
	return nil
}

// errHalted says that a file was stopped, or that another worker goes on with it.
var errHalted = errors.New("charge: the file is not this job's any more")

// take is the job that takes the parts of a file one by one.
func (m *Module) take(ctx context.Context, j jobs.Job) error {
	keys, err := m.base.Vault.Keys(ctx, j.Holder)
	if err != nil {
		return fmt.Errorf("charge: keys of an agency: %w", err)
	}
	for {
		row, err := m.importRow(ctx, j.Holder, j.Object)
		if errors.Is(err, store.ErrNone) || err == nil && ImportState(row.State) != Running {
			return nil
		}
		if err != nil {
			return err
		}
		if row.Part == row.Parts {
			return m.finish(ctx, j, row)
		}
		err = m.takePart(ctx, keys, row)
		if errors.Is(err, errHalted) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

func (m *Module) importRow(ctx context.Context, agency, which id.ID) (chargedb.ChargeImport, error) {
	var row chargedb.ChargeImport
	err := m.base.Store.Look(ctx, m.system(), "charge.look.import", func(p *store.Personal) error {
		var err error
		row, err = chargedb.ImportByID(p, agency, which)
		return err
	})
	return row, err
}

// finish ends a file that is whole.
func (m *Module) finish(ctx context.Context, j jobs.Job, row chargedb.ChargeImport) error {
	entry, err := m.enterMany(ctx, actOf(row), "file_taken", row.ID, nil,
		count{"issued", row.Issued}, count{"known", row.Known}, count{"corrected", row.Corrected}, count{"bad", row.Bad})
	if err != nil {
		return err
	}
	return m.base.Store.Write(ctx, func(tx *store.Tx) error {
		n, err := chargedb.SetImport(tx, chargedb.SetImportParams{State: string(Done), Ended: tx.Now(), Agency: row.Agency, ID: row.ID, Was: string(Running)})
		if err == nil && n > 0 {
			err = enterInto(tx, entry)
		}
		if err != nil {
			return err
		}
		return m.base.Jobs.Done(tx, j)
	})
}

// takePart takes one part: its charges, the lines that are not taken, and how far the file is, in one Write.
func (m *Module) takePart(ctx context.Context, keys *vault.Keys, row chargedb.ChargeImport) error {
	var part chargedb.ChargeImportPart
	err := m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		var err error
		part, err = chargedb.ImportPart(r, row.Agency, row.ID, row.Part)
		return err
	})
	if errors.Is(err, store.ErrNone) {
		return errHalted
	}
	if err != nil {
		return err
	}
	plain, err := keys.Open("charge_import_part", "lines", part.Lines)
	if err != nil {
		return err
	}
	lines := bytes.Split(bytes.TrimSuffix(plain, []byte("\n")), []byte("\n"))
	r := &round{m: m, a: actOf(row), corrects: row.Corrects}
	if err := m.entries(r, row, lines); err != nil {
		return err
	}
	bad := m.badLines(keys, row, part.First, lines, r.out)
	return r.run(ctx, func(tx *store.Tx, out []Outcome) error {
		return m.advance(tx, row, int64(len(lines)), bad(out))
	})
}

// actOf is the act of whoever sent a file: all that comes of it is theirs.
func actOf(row chargedb.ChargeImport) act.Act {
	a := act.Act{ID: row.Act, Actor: act.Actor{Kind: act.Official, Person: row.Official, Agency: row.Agency}, Channel: act.Job, Test: row.Test}
	if row.Official.IsZero() {
		a.Actor.Kind = act.Program
	}
	return a
}

// entries reads the lines of a part.
func (m *Module) entries(r *round, row chargedb.ChargeImport, lines [][]byte) error {
	read := entryOfJSON
	if row.Format == formatCSV {
		var h header
		if err := json.Unmarshal([]byte(row.Header), &h); err != nil {
			return fmt.Errorf("charge: columns: %w", err)
		}
		read = h.entry
	}
	for _, line := range lines {
		if len(line) > 0 && line[len(line)-1] == longMark {
			r.refuse(ErrLong)
			continue
		}
		e, err := read(line)
		if err != nil {
			r.refuse(fault.Of(err))
			continue
		}
		if err := r.prepare([]NewCharge{m.charge(e, row.Agency, row.Test)}); err != nil {
			return err
		}
	}
	return nil
}

// counted is what became of a part.
type counted struct {
	issued, known, corrected, bad int64
	kept                          []chargedb.InsertBadParams
}

// badLines counts what became of the lines and keeps those that were not taken. What is sealed is sealed before the Write.
func (m *Module) badLines(keys *vault.Keys, row chargedb.ChargeImport, first int64, lines [][]byte, before []Outcome) func([]Outcome) counted {
	sealed := map[int]vault.Sealed{}
	seal := func(i int) vault.Sealed {
		if _, ok := sealed[i]; !ok {
			sealed[i] = keys.Seal("charge_import_bad", "content", bytes.TrimSuffix(lines[i], []byte{longMark}))
		}
		return sealed[i]
	}
	for i, o := range before {
		if o.Result == Refused {
			seal(i)
		}
	}
	return func(out []Outcome) counted { // in the Write; only a line that another bill stands against is sealed so late
		var c counted
		for i, o := range out {
			problem := ErrDiffers.ID
			switch o.Result {
			case Issued:
				c.issued++
				continue
			case Known:
				c.known++
				continue
			case Corrected:
				c.corrected++
				continue
			case Refused:
				problem = o.Fault.ID
			}
			if c.bad++; row.Bad+c.bad <= badKept {
				c.kept = append(c.kept, chargedb.InsertBadParams{Agency: row.Agency, Import: row.ID, Line: first + int64(i), Fault: problem, Content: seal(i)})
			}
		}
		return c
	}
}

// advance writes how far the file is, in the Write that took the part.
func (m *Module) advance(tx *store.Tx, row chargedb.ChargeImport, lines int64, c counted) error {
	for _, one := range c.kept {
		if err := chargedb.InsertBad(tx, one); err != nil {
			return err
		}
	}
	if err := chargedb.DeleteImportPart(tx, row.Agency, row.ID, row.Part); err != nil {
		return err
	}
	n, err := chargedb.MoveImport(tx, chargedb.MoveImportParams{
		Lines: lines, Issued: c.issued, Known: c.known, Corrected: c.corrected, Bad: c.bad, Agency: row.Agency, ID: row.ID, Was: row.Part,
	})
	if err != nil {
		return err
	}
	if n == 0 {
		return tx.Fail(errHalted)
	}
	return nil
}

// Imports lists an agency's files, the newest first.
func (m *Module) Imports(ctx context.Context, a act.Act) ([]Import, error) {
	var out []Import
	err := m.base.Store.Look(ctx, m.byJob(a), "charge.look.import", func(p *store.Personal) error {
		rows, err := chargedb.ImportsOf(p, a.Actor.Agency, importsShown)
		out = out[:0]
		for _, row := range rows {
			if row.Test == a.Test {
				out = append(out, importOf(row))
			}
		}
		return err
	})
	return out, err
}

// ImportOf reads one file of the act's agency; ErrNoFile.
func (m *Module) ImportOf(ctx context.Context, a act.Act, which id.ID) (Import, error) {
	row, err := m.importRow(ctx, a.Actor.Agency, which)
	if errors.Is(err, store.ErrNone) || err == nil && row.Test != a.Test {
		return Import{}, ErrNoFile.Because(err)
	}
	return importOf(row), err
}

// ErrNoFile says that the agency sent no such file.
var ErrNoFile = fault.New(fault.Missing, "charge.no_file")

// Halt stops a file; GoOn goes on with it at the line at which it stood. A file that is over stays so.
func (m *Module) Halt(ctx context.Context, a act.Act, which id.ID) error {
	return m.base.Store.WriteAs(ctx, a, func(tx *store.Tx) error {
		_, err := chargedb.SetImport(tx, chargedb.SetImportParams{State: string(Stopped), Agency: a.Actor.Agency, ID: which, Was: string(Running)})
		return err
	})
}

// GoOn is Halt's other way.
func (m *Module) GoOn(ctx context.Context, a act.Act, which id.ID) error {
	return m.base.Store.WriteAs(ctx, a, func(tx *store.Tx) error {
		n, err := chargedb.SetImport(tx, chargedb.SetImportParams{State: string(Running), Agency: a.Actor.Agency, ID: which, Was: string(Stopped)})
		if err != nil || n == 0 {
			return err
		}
		return m.base.Jobs.Put(tx, jobs.New{Handler: jobImport, Holder: a.Actor.Agency, Object: which})
	})
}

// BadLine is a line that was not taken.
type BadLine struct {
	Line  int64
	Fault string // key of what is wrong
	Text  string // the line
}

// BadLines are lines of a file that were not taken, after a line, at most a thousand.
func (m *Module) BadLines(ctx context.Context, a act.Act, which id.ID, after int64) ([]BadLine, error) {
	keys, err := m.base.Vault.Keys(ctx, a.Actor.Agency)
	if err != nil {
		return nil, err
	}
	var rows []chargedb.ChargeImportBad
	err = m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		rows, err = chargedb.BadLines(r, chargedb.BadLinesParams{Agency: a.Actor.Agency, Import: which, Line: after, Limit: ManyMost})
		return err
	})
	if err != nil {
		return nil, err
	}
	out := make([]BadLine, 0, len(rows))
	for _, row := range rows {
		text, err := keys.Open("charge_import_bad", "content", row.Content)
		if err != nil {
			return nil, err
		}
		out = append(out, BadLine{Line: row.Line, Fault: row.Fault, Text: string(text)})
	}
	return out, nil
}

func importOf(row chargedb.ChargeImport) Import {
	return Import{
		Agency: row.Agency, ID: row.ID, Official: row.Official, Format: row.Format, Lines: row.Lines, Line: row.Line, Issued: row.Issued, Known: row.Known,
		Corrected: row.Corrected, Bad: row.Bad, Corrects: row.Corrects, Test: row.Test, State: ImportState(row.State), Made: row.Made, Ended: row.Ended,
		act: row.Act, header: row.Header, parts: row.Parts, part: row.Part,
	}
}

// sweep drops files that ended long ago, with their lines, and has the registers asked anew whose things are whose.
func (m *Module) sweep(ctx context.Context, _ jobs.Job) error {
	ctx = store.Background(ctx)
	if err := m.refresh(ctx); err != nil {
		return err
	}
	if err := m.endPlates(ctx); err != nil {
		return err
	}
	var old []chargedb.ChargeImport
	before := m.base.Clock.Now().Add(-importKept)
	err := m.base.Store.Look(ctx, m.system(), "charge.look.import", func(p *store.Personal) error {
		var err error
		old, err = chargedb.OldImports(p, before, importsShown)
		return err
	})
	if err != nil {
		return err
	}
	for _, row := range old {
		err := m.base.Store.Write(ctx, func(tx *store.Tx) error {
			if _, err := chargedb.DeleteImportParts(tx, row.Agency, row.ID, everyPart); err != nil {
				return err
			}
			if _, err := chargedb.DeleteBad(tx, row.Agency, row.ID, everyPart); err != nil {
				return err
			}
			return chargedb.DeleteImport(tx, row.Agency, row.ID)
		})
		if err != nil {
			return err
		}
	}
	return nil
}
