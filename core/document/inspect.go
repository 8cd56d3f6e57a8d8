package document

import (
	"context"
	"errors"
	"fmt"
	"time"

	"posad.city/core/document/internal/store"
	"posad.city/kit/act"
	"posad.city/kit/blob"
	"posad.city/kit/id"
	"posad.city/kit/jobs"
	"posad.city/kit/pdf/view"
	"posad.city/kit/picture"
	"posad.city/kit/scan"
	"posad.city/kit/store"
)

// PDFs looks into PDF files; *view.Reader is one.
type PDFs interface {
	Read(ctx context.Context, data []byte, most int) (view.Document, error)
}

// Teller tells a person that a file of theirs was deleted because of a virus; the app has one on core/notice. The
// function that it returns is called in the Write that deletes.
type Teller interface {
	PrepareInfected(ctx context.Context, i Infected) (func(tx *store.Tx) error, error)
}

// Infected is what a person is told of a file in which the scanner found a virus after it was sent.
type Infected struct {
	To     id.ID // who sent it
	Holder id.ID // in whose account the case or the draft lies
	Case   id.ID // the draft's id while it is none
	File   id.ID
	Name   string // as the sender called it
	Kept   bool   // the application is in
}

const (
	previewMost = 800             // pixels of a preview's longest side
	scanAgain   = 5 * time.Minute // until a silent scanner is asked again
	jobScan     = "document.scan"
)

// seen is a file as it is to be kept, with what was found out about it.
type seen struct {
	data    []byte
	state   FileState
	pages   int
	preview []byte // a JPEG; nil: none
}

// inspect looks into a file before it is kept: its kind, its size, the virus scanner's word, and what a picture or a PDF is.
// The scanner sees the bytes as they came.
func (m *Module) inspect(ctx context.Context, u Upload) (seen, error) {
	data := u.File.Data
	media, err := blob.TypeOf(data, mediaOf(u.Accept))
	if err != nil {
		return seen{}, err
	}
	if int64(len(data)) > u.MaxBytes {
		return seen{}, blob.ErrTooLarge
	}
	state, err := m.scan(ctx, data)
	if err != nil {
		return seen{}, err
	}
	out := seen{data: data, state: state}
	switch {
	case picture.Known(media):
		err = out.photo(media)
	case media == "application/pdf" && m.deps.PDFs != nil:
		err = m.leaf(ctx, &out)
	}
	return out, err
}

// scan asks the scanner about bytes that come in.
func (m *Module) scan(ctx context.Context, data []byte) (FileState, error) {
	if m.deps.Scanner == nil {
		return FileUnscanned, nil
	}
	verdict, err := m.deps.Scanner.Scan(ctx, data)
	switch {
	case err != nil && m.deps.ScannerRequired:
		m.base.Log.Error("document: the virus scanner does not answer, and no file is taken without it", "error", err)
		return "", ErrScanner.Because(err)
	case err != nil:
		m.base.Log.Warn("document: the virus scanner does not answer; a file waits for it", "error", err)
		return FileWaits, nil
	case verdict.Infected:
		m.base.Log.Warn("document: a virus was sent and not kept", "signature", verdict.Signature)
		return "", ErrInfected
	}
	return FileClean, nil
}

// photo turns and shrinks a picture and takes everything out of it that is not seen.
func (s *seen) photo(media string) error {
	clean, err := picture.Clean(s.data, media, 0)
	switch {
	case errors.Is(err, picture.ErrHuge):
		return ErrPixels.Because(err)
	case errors.Is(err, picture.ErrBroken):
		return ErrPicture.Because(err)
	case err != nil:
		return err
	}
	s.data = clean.Data
	small, err := picture.Thumb(clean.Data, media, previewMost)
	if err != nil {
		return fmt.Errorf("document: preview: %w", err)
	}
	s.preview = small.Data
	return nil
}

// leaf looks into a PDF. One that could not be looked at in time is kept without a preview.
func (m *Module) leaf(ctx context.Context, s *seen) error {
	got, err := m.deps.PDFs.Read(ctx, s.data, previewMost)
	switch {
	case errors.Is(err, view.ErrLocked):
		return ErrLocked.Because(err)
	case errors.Is(err, view.ErrBroken):
		return ErrBroken.Because(err)
	case err != nil:
		m.base.Log.Warn("document: a PDF has no preview", "error", err)
		return ctx.Err()
	}
	s.pages = got.Pages
	if got.First == nil {
		return nil
	}
	small, err := picture.ThumbOf(got.First, previewMost)
	if err != nil {
		return fmt.Errorf("document: preview: %w", err)
	}
	s.preview = small.Data
	return nil
}

// scanLater puts a file to the scanner that did not answer when it came, until it does.
func (m *Module) scanLater(ctx context.Context, j jobs.Job) error {
	home, err := m.blobHome(ctx, j.Object)
	if errors.Is(err, ErrNone) {
		return nil // removed meanwhile
	}
	if err != nil {
		return err
	}
	f, sender, err := m.waiting(ctx, j, home.Purpose)
	if err != nil || f.State != FileWaits {
		return err
	}
	if m.deps.Scanner == nil {
		return m.judge(ctx, f, FileUnscanned, nil)
	}
	verdict, err := m.scanKept(ctx, f)
	switch {
	case errors.Is(err, scan.ErrDown), errors.Is(err, scan.ErrTooLarge):
		m.base.Log.Warn("document: a file still waits for the virus scanner", "file", f.ID, "error", err)
		return jobs.Later(scanAgain)
	case err != nil:
		return err
	case !verdict.Infected:
		return m.judge(ctx, f, FileClean, nil)
	}
	m.base.Log.Warn("document: a virus was found in a kept file, which is deleted", "file", f.ID, "signature", verdict.Signature)
	var tell func(*store.Tx) error
	if m.deps.Teller != nil && !sender.IsZero() {
		tell, err = m.deps.Teller.PrepareInfected(ctx, Infected{To: sender, Holder: f.Holder, Case: f.Purpose, File: f.ID, Name: f.Name, Kept: f.Kept})
		if err != nil {
			return fmt.Errorf("document: tell of a virus: %w", err)
		}
	}
	return m.judge(ctx, f, FileInfected, tell)
}

// waiting reads a file for the house itself, with who sent it; a file that is gone has no state.
func (m *Module) waiting(ctx context.Context, j jobs.Job, purpose id.ID) (File, id.ID, error) {
	var row documentdb.DocumentFile
	err := m.base.Store.Look(ctx, j.Act(act.Purpose{}).ForCase(purpose), "document.look.file", func(p *store.Personal) error {
		var err error
		row, err = documentdb.FileByID(p, j.Holder, purpose, j.Object)
		return err
	})
	if errors.Is(err, store.ErrNone) {
		return File{}, id.ID{}, nil
	}
	if err != nil {
		return File{}, id.ID{}, err
	}
	keys, err := m.base.Vault.Keys(ctx, j.Holder)
	if err != nil {
		return File{}, id.ID{}, err
	}
	if keys.Erased() {
		return File{}, id.ID{}, nil
	}
	f, err := fileOf(keys, row)
	return f, row.Sender, err
}

func (m *Module) scanKept(ctx context.Context, f File) (scan.Verdict, error) {
	keys, err := m.base.Vault.Keys(ctx, f.Holder)
	if err != nil {
		return scan.Verdict{}, err
	}
	data, err := m.readBlob(ctx, keys, f.ID)
	if err != nil {
		return scan.Verdict{}, err
	}
	return m.deps.Scanner.Scan(ctx, data)
}

// judge keeps what the scanner said. An infected file's bytes go; its row stays, so that the case shows what became of it.
func (m *Module) judge(ctx context.Context, f File, state FileState, tell func(*store.Tx) error) error {
	return m.base.Store.Write(ctx, func(tx *store.Tx) error {
		n, err := documentdb.JudgeFile(tx, documentdb.JudgeFileParams{Holder: f.Holder, Purpose: f.Purpose, ID: f.ID, State: string(state)})
		if err != nil || n == 0 {
			return err
		}
		event := EventChecked
		if state == FileInfected {
			event = EventInfected
			if err := m.dropBlobs(tx, f.Preview); err != nil {
				return err
			}
			m.dropBytes(tx, f.ID) // the mark stays: whoever asks for the file is told what became of it
		}
		if tell != nil {
			if err := tell(tx); err != nil {
				return err
			}
		}
		return m.base.Jobs.Emit(tx, jobs.Event{Name: event, Holder: f.Holder, Object: f.ID, Version: 1})
	})
}
