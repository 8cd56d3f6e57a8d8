package blob

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/gabriel-vasile/mimetype"

	"posad.city/kit/clock"
	"posad.city/kit/id"
	"posad.city/kit/vault"
)

const (
	incoming  = "incoming" // unfinished files lie here
	suffix    = ".blob"
	space     = "blob" // of the sealed stream
	sniffSize = 3072   // bytes that the type is told by
)

// Folder is a Store in a folder of the file system. A blob lies at xx/<id>.blob, where xx are the id's last two digits,
// so that no folder grows beyond what file systems like.
type Folder struct {
	dir   string
	clock clock.Clock
}

var _ Store = (*Folder)(nil)

// Open makes the folder and all its folders that are missing, so that no Put depends on the name of a folder that
// another one has made and not yet synced.
func Open(dir string, c clock.Clock) (*Folder, error) {
	if err := os.MkdirAll(filepath.Join(dir, incoming), 0o700); err != nil {
		return nil, fmt.Errorf("blob: %w", err)
	}
	for n := range 256 {
		if err := os.Mkdir(filepath.Join(dir, fmt.Sprintf("%02x", n)), 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
			return nil, fmt.Errorf("blob: %w", err)
		}
	}
	if err := syncFolder(dir); err != nil {
		return nil, fmt.Errorf("blob: %w", err)
	}
	return &Folder{dir: dir, clock: c}, nil
}

func (f *Folder) path(blob id.ID) string {
	name := blob.String()
	return filepath.Join(f.dir, name[len(name)-2:], name+suffix)
}

// Put implements Store.
func (f *Folder) Put(ctx context.Context, keys *vault.Keys, r io.Reader, l Limits) (Blob, error) {
	if l.Bytes == 0 {
		l.Bytes = DefaultBytes
	}
	if l.Types == nil {
		l.Types = Documents()
	}
	file, err := os.CreateTemp(filepath.Join(f.dir, incoming), "*"+suffix) // CreateTemp makes files of mode 0600
	if err != nil {
		return Blob{}, fmt.Errorf("blob: %w", err)
	}
	blob, err := f.fill(file, keys, &patient{ctx: ctx, r: r}, l)
	if err != nil {
		_, _ = file.Close(), os.Remove(file.Name()) // what stays, Sweep removes
		return Blob{}, err
	}
	if err := f.place(file, blob.ID); err != nil {
		_ = os.Remove(file.Name())
		return Blob{}, fmt.Errorf("blob: %w", err)
	}
	return blob, nil
}

// fill seals the stream into the file and learns what it is.
func (f *Folder) fill(file *os.File, keys *vault.Keys, r io.Reader, l Limits) (Blob, error) {
	head := make([]byte, sniffSize)
	n, err := io.ReadFull(r, head)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
		return Blob{}, fmt.Errorf("blob: read: %w", err)
	}
	head = head[:n]
	kind, err := l.typeOf(head)
	if err != nil {
		return Blob{}, err
	}
	blob := Blob{ID: id.New(f.clock.Now()), Type: kind}
	sealed, err := keys.SealStream(file, space, blob.ID.String())
	if err != nil {
		return Blob{}, fmt.Errorf("blob: %w", err)
	}
	sum := sha256.New()
	whole := io.MultiReader(strings.NewReader(string(head)), r)
	blob.Size, err = io.Copy(io.MultiWriter(sealed, sum), io.LimitReader(whole, l.Bytes+1))
	if err != nil {
		return Blob{}, fmt.Errorf("blob: write: %w", err)
	}
	if blob.Size > l.Bytes {
		return Blob{}, tooLarge(l.Bytes)
	}
	if err := sealed.Close(); err != nil {
		return Blob{}, fmt.Errorf("blob: write: %w", err)
	}
	blob.SHA256 = [32]byte(sum.Sum(nil))
	return blob, nil
}

func (l Limits) typeOf(head []byte) (string, error) {
	if l.Any && len(head) > 0 {
		return "application/octet-stream", nil
	}
	return TypeOf(head, l.Types)
}

// TypeOf tells the type of a file by its first bytes, or the fault when it is not among the wanted ones: what Put does,
// for whoever looks into a file before.
func TypeOf(head []byte, wanted []string) (string, error) {
	if len(head) == 0 {
		return "", ErrEmpty
	}
	head = head[:min(len(head), sniffSize)]
	kind, _, _ := strings.Cut(mimetype.Detect(head).String(), ";")
	switch {
	case slices.Contains(wanted, kind):
		return kind, nil
	case strings.HasPrefix(kind, "image/hei") || kind == "image/avif":
		return "", ErrHEIC
	}
	return "", ErrType
}

// place makes the file durable under its name. The order is the promise of this package: content, name, folder.
func (f *Folder) place(file *os.File, blob id.ID) error {
	if err := errors.Join(file.Sync(), file.Close()); err != nil {
		return err
	}
	path := f.path(blob)
	if err := os.Rename(file.Name(), path); err != nil {
		return err
	}
	return syncFolder(filepath.Dir(path))
}

func syncFolder(path string) error {
	folder, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}

// Open implements Store.
func (f *Folder) Open(_ context.Context, keys *vault.Keys, blob id.ID) (io.ReadCloser, error) {
	if blob.IsZero() {
		return nil, ErrNone
	}
	file, err := os.Open(f.path(blob))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, ErrNone
	}
	if err != nil {
		return nil, fmt.Errorf("blob: %w", err)
	}
	plain, err := keys.OpenStream(file, space, blob.String())
	if err != nil {
		return nil, errors.Join(fmt.Errorf("blob: %s: %w", blob, err), file.Close())
	}
	return opened{plain, file}, nil
}

type opened struct {
	io.Reader
	io.Closer
}

// Remove implements Store.
func (f *Folder) Remove(_ context.Context, blob id.ID) error {
	if blob.IsZero() {
		return nil
	}
	if err := os.Remove(f.path(blob)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("blob: %w", err)
	}
	return nil
}

// Sweep implements Store.
func (f *Folder) Sweep(ctx context.Context, known func(context.Context, id.ID) (bool, error), age time.Duration) (int, error) {
	now, err := f.diskTime()
	if err != nil {
		return 0, fmt.Errorf("blob: sweep: %w", err)
	}
	removed := 0
	err = filepath.WalkDir(f.dir, func(path string, entry fs.DirEntry, err error) error {
		if err := errors.Join(err, ctx.Err()); err != nil || entry.IsDir() {
			return err
		}
		info, err := entry.Info()
		if errors.Is(err, fs.ErrNotExist) { // another node sweeps too
			return nil
		}
		if err != nil || now.Sub(info.ModTime()) < age {
			return err
		}
		orphan, err := isOrphan(ctx, path, known)
		if err != nil || !orphan {
			return err
		}
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		removed++
		return nil
	})
	if err != nil {
		return removed, fmt.Errorf("blob: sweep: %w", err)
	}
	return removed, nil
}

// isOrphan tells whether an old file may go. A file that is not of this package stays.
func isOrphan(ctx context.Context, path string, known func(context.Context, id.ID) (bool, error)) (bool, error) {
	name, ours := strings.CutSuffix(filepath.Base(path), suffix)
	if !ours {
		return false, nil
	}
	if filepath.Base(filepath.Dir(path)) == incoming {
		return true, nil
	}
	blob, err := id.Parse(name)
	if err != nil {
		return false, nil
	}
	is, err := known(ctx, blob)
	return !is, err
}

// diskTime asks the file system what time it is. Files carry its time, not that of a clock that may be moved.
func (f *Folder) diskTime() (time.Time, error) {
	file, err := os.CreateTemp(filepath.Join(f.dir, incoming), "time-*")
	if err != nil {
		return time.Time{}, err
	}
	info, err := file.Stat()
	if err := errors.Join(err, file.Close(), os.Remove(file.Name())); err != nil {
		return time.Time{}, err
	}
	return info.ModTime(), nil
}

// patient is a reader that stops when its context does.
type patient struct {
	ctx context.Context
	r   io.Reader
}

// Read implements io.Reader.
func (p *patient) Read(b []byte) (int, error) {
	if err := p.ctx.Err(); err != nil {
		return 0, err
	}
	return p.r.Read(b)
}
