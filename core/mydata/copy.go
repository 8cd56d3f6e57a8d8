package mydata

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"posad.city/core/account"
	"posad.city/core/mydata/internal/store"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/jobs"
	"posad.city/kit/lang"
	"posad.city/kit/store"
	"posad.city/kit/vault"
)

// CopyState is how far a copy is.
type CopyState string

// The states of a copy.
const (
	CopyMaking CopyState = "making"
	CopyReady  CopyState = "ready"
	CopyFailed CopyState = "failed"
	CopyGone   CopyState = "gone" // its week is over
)

// Copy is a copy of everything that the city holds of a person.
type Copy struct {
	ID        id.ID
	Person    id.ID
	Also      []id.ID
	Lang      lang.Language
	State     CopyState
	Step      int // of Steps
	Steps     int
	Asked     time.Time
	Ready     time.Time
	Until     time.Time // when the files go
	JSON, PDF int64     // sizes, bytes
}

// The files of a copy.
const (
	fileJSON = "json"
	filePDF  = "pdf"
)

func copyOf(row mydatadb.Export) (Copy, error) {
	out := Copy{
		ID: row.ID, Person: row.Person, Lang: lang.Language(row.Lang), State: CopyState(row.State), Step: int(row.Step), Steps: int(row.Steps),
		Asked: row.Asked, Ready: row.Ready, Until: row.Until, JSON: row.DataSize, PDF: row.PaperSize,
	}
	if err := json.Unmarshal([]byte(row.Also), &out.Also); err != nil {
		return out, fmt.Errorf("mydata: a copy's persons: %w", err)
	}
	return out, nil
}

func (c Copy) persons() []id.ID { return append([]id.ID{c.Person}, c.Also...) }

// stepsOf is how many steps a copy has: each source of each person, and the two files.
func (m *Module) stepsOf(persons int) int64 { return int64(len(m.deps.Sources)*persons + 2) }

// AskCopy begins a copy for the act's person, in the language. ErrMaking while one is being made.
func (m *Module) AskCopy(ctx context.Context, a act.Act, also []id.ID, l lang.Language) (id.ID, error) {
	text, err := json.Marshal(also)
	if also == nil {
		text = []byte("[]")
	}
	if err != nil {
		return id.ID{}, fmt.Errorf("mydata: a copy's persons: %w", err)
	}
	person, made := a.Actor.Person, id.New(m.base.Clock.Now())
	err = m.base.Store.WriteAs(ctx, a, func(tx *store.Tx) error {
		rows, err := mydatadb.ExportsOf(tx.As(a, lookCopy), person, wishesMost)
		if err != nil {
			return err
		}
		if slices.ContainsFunc(rows, func(r mydatadb.Export) bool { return CopyState(r.State) == CopyMaking }) {
			return ErrMaking
		}
		err = mydatadb.InsertExport(tx, mydatadb.InsertExportParams{
			Person: person, ID: made, Also: string(text), Lang: string(l), Steps: m.stepsOf(1 + len(also)), Asked: tx.Now(),
		})
		if err != nil {
			return err
		}
		return m.base.Jobs.Put(tx, jobs.New{Handler: jobCopy, Holder: person, Object: made})
	})
	if err != nil {
		return id.ID{}, fmt.Errorf("mydata: ask for a copy: %w", err)
	}
	return made, nil
}

const lookCopy = "mydata.look.data"

// CopyByID reads how far a copy is; ErrNone when the person has none of that id.
func (m *Module) CopyByID(ctx context.Context, a act.Act, person, which id.ID) (Copy, error) {
	var row mydatadb.Export
	err := m.base.Store.Look(ctx, a, lookCopy, func(p *store.Personal) error {
		var err error
		row, err = mydatadb.ExportByID(p, person, which)
		return err
	})
	if errors.Is(err, store.ErrNone) {
		return Copy{}, ErrNone.Because(err)
	}
	if err != nil {
		return Copy{}, fmt.Errorf("mydata: a copy: %w", err)
	}
	return copyOf(row)
}

// Copies lists a person's copies, newest first.
func (m *Module) Copies(ctx context.Context, a act.Act, person id.ID) ([]Copy, error) {
	var rows []mydatadb.Export
	err := m.base.Store.Look(ctx, a, lookCopy, func(p *store.Personal) error {
		var err error
		rows, err = mydatadb.ExportsOf(p, person, copiesShown)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("mydata: copies: %w", err)
	}
	out := make([]Copy, len(rows))
	for i, row := range rows {
		if out[i], err = copyOf(row); err != nil {
			return nil, err
		}
	}
	return out, nil
}

const copiesShown = 5

// makeCopy is the job: it reads every source, notes each step, makes both files, seals them in pieces, and tells the
// person. A copy that is cut short is made again from the start.
func (m *Module) makeCopy(ctx context.Context, j jobs.Job) error {
	c, err := m.CopyByID(ctx, m.as(j.Holder, lang.Russian), j.Holder, j.Object)
	if errors.Is(err, ErrNone) || err == nil && c.State != CopyMaking {
		return nil
	}
	if err != nil {
		return err
	}
	keys, err := m.base.Vault.Keys(ctx, c.Person)
	if err != nil {
		return err
	}
	if keys.Erased() {
		return m.finishCopy(ctx, j, c, CopyFailed, nil, nil)
	}
	data, paper, err := m.filesOf(ctx, c)
	if err != nil {
		return err
	}
	err = m.base.Store.Write(store.Background(ctx), func(tx *store.Tx) error { // pieces of a try that was cut short
		_, err := mydatadb.DeleteParts(tx, c.Person, c.ID)
		return err
	})
	if err != nil {
		return fmt.Errorf("mydata: make a copy: %w", err)
	}
	if err := m.putFile(ctx, keys, c, fileJSON, data); err != nil {
		return err
	}
	if err := m.putFile(ctx, keys, c, filePDF, paper); err != nil {
		return err
	}
	return m.finishCopy(ctx, j, c, CopyReady, data, paper)
}

// filesOf makes the two files of a copy.
func (m *Module) filesOf(ctx context.Context, c Copy) ([]byte, []byte, error) {
	done := int64(0)
	step := func() error {
		done++
		return m.base.Store.Write(store.Background(ctx), func(tx *store.Tx) error {
			_, err := mydatadb.StepExport(tx, done, c.Person, c.ID)
			return err
		})
	}
	holdings, err := m.gather(ctx, m.own(c.Lang), c.persons(), 0, step)
	if err != nil {
		return nil, nil, err
	}
	whole, err := m.whole(ctx, c, holdings)
	if err != nil {
		return nil, nil, err
	}
	data, err := json.MarshalIndent(whole, "", "  ")
	if err != nil {
		return nil, nil, fmt.Errorf("mydata: a copy: %w", err)
	}
	if err := step(); err != nil {
		return nil, nil, err
	}
	paper, err := m.paper(c, whole)
	return append(data, '\n'), paper, err
}

// pieceSize is how much of a file lies in one row.
const pieceSize = 256 << 10

func (m *Module) putFile(ctx context.Context, keys *vault.Keys, c Copy, file string, data []byte) error {
	for number := 0; number*pieceSize < len(data); number++ {
		piece := data[number*pieceSize : min((number+1)*pieceSize, len(data))]
		sealed := keys.Seal("export_part", "content", piece)
		if sealed == nil {
			return vault.ErrErased
		}
		err := m.base.Store.Append(store.Background(ctx), mydatadb.PutPartStmt(mydatadb.PutPartParams{
			Person: c.Person, Export: c.ID, File: file, Number: int64(number), Content: sealed,
		}))
		if err != nil {
			return fmt.Errorf("mydata: keep a copy: %w", err)
		}
	}
	return nil
}

func (m *Module) finishCopy(ctx context.Context, j jobs.Job, c Copy, state CopyState, data, paper []byte) error {
	words := func(*store.Tx) error { return nil }
	if state == CopyReady {
		prepared, err := m.deps.Words.PrepareWord(ctx, account.Word{
			Person: c.Person, Key: "mydata.copy/" + c.ID.String(), Kind: "mydata.word.copy", Path: "/account/data/copies/" + c.ID.String(),
		})
		if err != nil {
			return err
		}
		words = prepared
	}
	return m.base.Store.Write(store.Background(ctx), func(tx *store.Tx) error {
		until := tx.Now().Add(CopyLife)
		n, err := mydatadb.FinishExport(tx, mydatadb.FinishExportParams{
			State: string(state), Ready: tx.Now(), Until: until, DataSize: int64(len(data)), PaperSize: int64(len(paper)), Person: c.Person, ID: c.ID,
		})
		if err != nil || n == 0 {
			return err
		}
		if err := mydatadb.PutEnd(tx, c.ID, c.Person, until); err != nil {
			return err
		}
		return errors.Join(words(tx), m.base.Jobs.Done(tx, j))
	})
}

// CopyFile reads one file of a copy that is ready. Errors: ErrNone, ErrOver.
func (m *Module) CopyFile(ctx context.Context, a act.Act, c Copy, file string) ([]byte, error) {
	switch {
	case c.State == CopyGone || c.State == CopyReady && !m.base.Clock.Now().Before(c.Until):
		return nil, ErrOver
	case c.State != CopyReady:
		return nil, ErrNone
	}
	var rows []mydatadb.ExportPart
	err := m.base.Store.Look(ctx, a, lookCopy, func(p *store.Personal) error {
		var err error
		rows, err = mydatadb.PartsOf(p, c.Person, c.ID, file)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("mydata: a copy's file: %w", err)
	}
	keys, err := m.base.Vault.Keys(ctx, c.Person)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	for _, row := range rows {
		piece, err := keys.Open("export_part", "content", row.Content)
		if err != nil {
			return nil, err
		}
		out.Write(piece)
	}
	return out.Bytes(), nil
}

// endMost is how many copies one read takes.
const endMost = 100

// endCopies deletes the files of copies whose week is over.
func (m *Module) endCopies(ctx context.Context) error {
	for {
		var rows []mydatadb.ExportEnd
		err := m.base.Store.Read(ctx, func(r *store.Snapshot) error {
			var err error
			rows, err = mydatadb.EndedBefore(r, r.Now(), endMost)
			return err
		})
		if err != nil {
			return fmt.Errorf("mydata: copies whose time is over: %w", err)
		}
		for _, row := range rows {
			if err := m.endCopy(ctx, row.Person, row.Export); err != nil {
				return err
			}
		}
		if len(rows) < endMost {
			return nil
		}
	}
}

func (m *Module) endCopy(ctx context.Context, person, which id.ID) error {
	err := m.base.Store.Write(store.Background(ctx), func(tx *store.Tx) error {
		if _, err := mydatadb.DeleteParts(tx, person, which); err != nil {
			return err
		}
		if _, err := mydatadb.EndExport(tx, person, which); err != nil {
			return err
		}
		return mydatadb.DropEnd(tx, which)
	})
	if err != nil {
		return fmt.Errorf("mydata: end a copy: %w", err)
	}
	return nil
}
