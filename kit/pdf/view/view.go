package view

import (
	"context"
	"errors"
	"fmt"
	"image"
	"io"
	"strings"
	"sync"
	"time"
	"unicode"

	"github.com/klippa-app/go-pdfium"
	pdfiumerrors "github.com/klippa-app/go-pdfium/errors"
	"github.com/klippa-app/go-pdfium/references"
	"github.com/klippa-app/go-pdfium/requests"
	"github.com/klippa-app/go-pdfium/webassembly"
	"github.com/tetratelabs/wazero"
)

// The errors.
var (
	ErrBroken = errors.New("view: the file can't be read as a PDF")
	ErrLocked = errors.New("view: the PDF is locked by a password")
	ErrSlow   = errors.New("view: the PDF could not be looked at in time") // says nothing of the file
)

// Document is what was seen of a PDF.
type Document struct {
	Pages int
	First image.Image // the first page; nil when it could not be drawn
	Text  string      // of the first pages, at most textMost bytes; empty for a scan
}

const (
	textMost   = 4000
	textPages  = 3
	memoryMost = 4096 // pages of 64 KiB that one document may take: 256 MiB
	takeMost   = 20 * time.Second
	restAfter  = 10 * time.Minute
)

// Reader looks into PDFs. It is safe for concurrent use and looks at one document at a time.
type Reader struct {
	turn chan struct{} // one document at a time
	mu   sync.Mutex
	pool pdfium.Pool // nil while it rests
	code wazero.CompilationCache
	rest *time.Timer
	shut bool
}

// New returns a reader that has not started yet.
func New() *Reader { return &Reader{turn: make(chan struct{}, 1)} }

// Read looks at a document and draws its first page into most by most pixels. Errors: ErrBroken, ErrLocked, ErrSlow.
func (r *Reader) Read(ctx context.Context, data []byte, most int) (Document, error) {
	ctx, cancel := context.WithTimeout(ctx, takeMost)
	defer cancel()
	select {
	case r.turn <- struct{}{}:
	case <-ctx.Done():
		return Document{}, fmt.Errorf("%w: %w", ErrSlow, ctx.Err())
	}
	pool, err := r.start()
	if err != nil {
		<-r.turn
		return Document{}, err
	}
	one, err := pool.GetInstanceWithContext(ctx)
	if err != nil {
		<-r.turn
		return Document{}, fmt.Errorf("%w: %w", ErrSlow, err)
	}
	type seen struct {
		doc Document
		err error
	}
	done := make(chan seen, 1)
	go func() {
		defer func() { <-r.turn }()
		doc, err := look(one, data, most)
		done <- seen{doc, err}
	}()
	select {
	case got := <-done:
		_ = one.Close() // the instance goes whatever it says
		return got.doc, got.err
	case <-ctx.Done():
		_ = one.Kill() // takes it out of the pool, whose end would wait for it
		r.abandon(pool)
		return Document{}, fmt.Errorf("%w: %w", ErrSlow, ctx.Err())
	}
}

// start gives the running reader, and puts its rest off.
func (r *Reader) start() (pdfium.Pool, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.shut {
		return nil, fmt.Errorf("%w: the reader is closed", ErrSlow)
	}
	if r.pool == nil {
		if r.code == nil {
			r.code = wazero.NewCompilationCache()
		}
		pool, err := webassembly.Init(webassembly.Config{
			MaxTotal: 1, MaxIdle: 1, FSConfig: wazero.NewFSConfig(), Stdout: io.Discard, Stderr: io.Discard,
			RuntimeConfig: wazero.NewRuntimeConfig().WithMemoryLimitPages(memoryMost).WithCloseOnContextDone(true).WithCompilationCache(r.code),
		})
		if err != nil {
			return nil, fmt.Errorf("%w: start: %w", ErrSlow, err)
		}
		r.pool = pool
	}
	if r.rest == nil {
		r.rest = time.AfterFunc(restAfter, r.sleep)
	}
	r.rest.Reset(restAfter)
	return r.pool, nil
}

// sleep gives the memory back. A document that is being looked at puts it off.
func (r *Reader) sleep() {
	select {
	case r.turn <- struct{}{}:
		r.stop(false)
		<-r.turn
	default:
		r.mu.Lock()
		if r.rest != nil {
			r.rest.Reset(restAfter)
		}
		r.mu.Unlock()
	}
}

// abandon ends the sandbox with what still runs in it: its code stops at its next step. The compiled reader stays, so that
// the next document waits for no new one.
func (r *Reader) abandon(pool pdfium.Pool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.pool == pool {
		r.pool = nil
	}
	_ = pool.Close()
}

func (r *Reader) stop(forGood bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.shut = r.shut || forGood
	if r.rest != nil {
		r.rest.Stop()
	}
	if r.pool != nil {
		_ = r.pool.Close()
	}
	if r.code != nil {
		_ = r.code.Close(context.Background())
	}
	r.pool, r.code, r.rest = nil, nil, nil
}

// Close ends the reader; it is safe to call twice.
func (r *Reader) Close() { r.stop(true) }

// look opens a document in its instance. go-pdfium turns a fall of the sandbox into an error.
func look(in pdfium.Pdfium, data []byte, most int) (Document, error) {
	opened, err := in.OpenDocument(&requests.OpenDocument{File: &data})
	if errors.Is(err, pdfiumerrors.ErrPassword) || errors.Is(err, pdfiumerrors.ErrSecurity) {
		return Document{}, ErrLocked
	}
	if err != nil {
		return Document{}, fmt.Errorf("%w: %w", ErrBroken, err)
	}
	count, err := in.FPDF_GetPageCount(&requests.FPDF_GetPageCount{Document: opened.Document})
	if err != nil || count.PageCount < 1 {
		return Document{}, fmt.Errorf("%w: it has no pages", ErrBroken)
	}
	out := Document{Pages: count.PageCount, Text: text(in, opened.Document, min(count.PageCount, textPages))}
	out.First = first(in, opened.Document, most)
	return out, nil
}

func page(document references.FPDF_DOCUMENT, n int) requests.Page {
	return requests.Page{ByIndex: &requests.PageByIndex{Document: document, Index: n}}
}

// first draws the first page. One that can't be drawn is a PDF all the same, and who gets it may open it.
func first(in pdfium.Pdfium, document references.FPDF_DOCUMENT, most int) image.Image {
	drawn, err := in.RenderPageInPixels(&requests.RenderPageInPixels{Page: page(document, 0), Width: most, Height: most})
	if err != nil || drawn.Result.Image == nil {
		return nil
	}
	defer drawn.Cleanup()
	copied := image.NewRGBA(drawn.Result.Image.Bounds()) // the sandbox's memory goes with it
	copy(copied.Pix, drawn.Result.Image.Pix)
	return copied
}

func text(in pdfium.Pdfium, document references.FPDF_DOCUMENT, pages int) string {
	var out strings.Builder
	for n := range pages {
		said, err := in.GetPageText(&requests.GetPageText{Page: page(document, n)})
		if err == nil {
			out.WriteString(said.Text + "\n")
		}
	}
	return clean(out.String())
}

// clean makes a document's text fit for a page: known signs alone, short.
func clean(text string) string {
	text = strings.Map(func(r rune) rune {
		if r != '\n' && unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == unicode.ReplacementChar {
			return -1
		}
		return r
	}, strings.ToValidUTF8(text, ""))
	if len(text) > textMost {
		text = strings.ToValidUTF8(text[:textMost], "")
	}
	return strings.TrimSpace(text)
}
