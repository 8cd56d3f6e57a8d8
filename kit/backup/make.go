package backup

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/klauspost/compress/zstd"

	"posad.city/kit/clock"
	"posad.city/kit/journal"
	"posad.city/kit/seal"
	"posad.city/kit/store"
)

// MakeOptions say what is copied and where to.
type MakeOptions struct {
	Store   *store.Store
	Modules []store.Migrations // that the store was opened with
	Blobs   string             // folder of kit/blob; empty: none
	Seal    *seal.Seal
	Clock   clock.Clock
	Program string // version

	To    string  // a folder of copies, or a file that ends with .tar and is not there
	Keep  int     // how many copies stay in the folder; 0: all
	Share float64 // of the time that is worked, so that the city keeps answering; 0: all
	Tell  func(Progress)
}

// Made is what came of it.
type Made struct {
	Name     string
	Manifest Manifest
	Fresh    int64 // files that were copied; the others were there
	Removed  int   // old copies
}

// partMost is how many bytes of rows make a part.
const partMost = 4 << 20

// Make copies the city and checks what it wrote.
func Make(ctx context.Context, o MakeOptions) (Made, error) {
	t, err := openTarget(o.To)
	if err != nil {
		return Made{}, err
	}
	m := &maker{o: o, to: t, pace: newPace(ctx, o.Share, o.Tell)}
	out, err := m.make(ctx)
	if err != nil {
		return out, errors.Join(err, t.close())
	}
	if f, ok := t.(*folder); ok {
		out.Removed, err = f.prune(o.Keep, m.pace)
	}
	return out, errors.Join(err, t.close())
}

func openTarget(to string) (target, error) {
	info, err := os.Stat(to)
	switch {
	case to == "":
		return nil, errors.New("backup: say where to: a folder, or a file that ends with .tar")
	case err == nil && info.IsDir():
		return openFolder(to)
	case strings.HasSuffix(to, ".tar"):
		return openArchive(to)
	case err == nil:
		return nil, fmt.Errorf("backup: %s is a file; give a folder, or a file that ends with .tar and is not there yet", to)
	}
	return openFolder(to)
}

type maker struct {
	o        MakeOptions
	to       target
	pace     *pace
	manifest Manifest
	fresh    int64
}

func (m *maker) make(ctx context.Context) (Made, error) {
	m.manifest = Manifest{Format: Format, Program: m.o.Program, City: m.o.Seal.City(), Engine: m.o.Store.Engine(), Began: m.now()}
	first := filepath.Join(m.to.work(), "first.list")
	prior := newLister(m.to.prior())
	if err := errors.Join(m.files(first, prior, false), prior.close()); err != nil {
		return Made{}, err
	}
	if err := m.o.Store.Export(ctx, m.o.Modules, m.database); err != nil {
		return Made{}, fmt.Errorf("backup: database: %w", err)
	}
	if err := m.rest(first); err != nil {
		return Made{}, err
	}
	set, err := m.o.Seal.Keys()
	if err != nil {
		return Made{}, fmt.Errorf("backup: keys: %w", err)
	}
	if m.manifest.Keys, err = seal.Canonical(set.Value()); err != nil {
		return Made{}, fmt.Errorf("backup: keys: %w", err)
	}
	m.manifest.Ended = m.now()
	return m.commit(ctx)
}

func (m *maker) now() time.Time { return m.o.Clock.Now().UTC().Truncate(time.Microsecond) }

// commit signs the copy, reads again all that this run has written, and makes the copy one that is there.
func (m *maker) commit(ctx context.Context) (Made, error) {
	file, err := m.manifest.File()
	if err != nil {
		return Made{}, err
	}
	signature, err := sign(m.o.Seal, file)
	if err != nil {
		return Made{}, err
	}
	if same, err := ParseManifest(file); err != nil {
		return Made{}, err
	} else {
		m.manifest = same
	}
	if err := m.to.seal(file, signature); err != nil {
		return Made{}, err
	}
	if err := m.reread(ctx); err != nil {
		return Made{}, err
	}
	name, err := m.to.commit(m.manifest.Taken)
	return Made{Name: name, Manifest: m.manifest, Fresh: m.fresh}, err
}

// reread compares what lies there with the manifest, before the copy counts as one: a damaged one must not become the newest,
// nor push a good one out. Files that the copy before has were read when that one was made.
func (m *maker) reread(ctx context.Context) error {
	from, err := m.to.made()
	if err != nil {
		return err
	}
	before := newLister(m.to.prior())
	report, err := check(ctx, from, checkOptions{pace: m.pace, before: before})
	if err := errors.Join(err, from.close(), before.close()); err != nil {
		return err
	}
	return report.err()
}

// database copies the snapshot. It comes after the first pass over the files.
func (m *maker) database(x *store.Export) error {
	m.manifest.Taken = x.Snapshot().Now().UTC().Truncate(time.Microsecond) // the store's moment just before the snapshot
	m.manifest.Schema = x.Applied()
	if p, err := journal.Newest(x.Snapshot()); err == nil {
		m.manifest.Log = &Log{p.Origin, p.Size, fmt.Sprintf("%x", p.Root[:]), p.Made, p.Note}
	} else if !errors.Is(err, journal.ErrNone) {
		return err
	}
	counts, total := map[string]int64{}, int64(0)
	for _, t := range x.Tables() {
		n, err := x.Count(t)
		if err != nil {
			return err
		}
		counts[t.Name], total = n, total+n
	}
	m.pace.begin(StageDatabase, total)
	pack, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1))
	if err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	for _, t := range x.Tables() {
		w := &tableWriter{m: m, pack: pack, table: Table{Table: t, Parts: []Part{}}}
		if err := x.Rows(t, w.row); err != nil {
			return err
		}
		if err := w.flush(); err != nil {
			return err
		}
		if w.sum.rows != counts[t.Name] {
			return fmt.Errorf("the engine counts %d rows of %s and gives %d: its indexes are damaged", counts[t.Name], t.Name, w.sum.rows)
		}
		w.table.Rows, w.table.Sum = w.sum.rows, w.sum.String()
		m.manifest.Tables = append(m.manifest.Tables, w.table)
	}
	m.pace.end()
	return pack.Close()
}

// tableWriter cuts a table's rows into parts: each row after its length.
type tableWriter struct {
	m     *maker
	pack  *zstd.Encoder
	table Table
	sum   sum
	rows  []byte
	inIt  int64
}

func (w *tableWriter) row(row []byte) error {
	w.sum.add(row)
	w.inIt++
	w.rows = binary.AppendUvarint(w.rows, uint64(len(row)))
	w.rows = append(w.rows, row...)
	if len(w.rows) >= partMost {
		if err := w.flush(); err != nil {
			return err
		}
	}
	return w.m.pace.step(w.table.Name, 1, int64(len(row)))
}

func (w *tableWriter) flush() error {
	if w.inIt == 0 {
		return nil
	}
	packed := w.pack.EncodeAll(w.rows, nil)
	name := partName(w.table.Name, len(w.table.Parts))
	sha, err := w.m.to.put(name, bytes.NewReader(packed), int64(len(packed)))
	if err != nil {
		return err
	}
	w.table.Parts = append(w.table.Parts, Part{name, int64(len(packed)), sha, w.inIt})
	w.rows, w.inIt = w.rows[:0], 0
	return nil
}

// rest is the second pass: what came since the first. What was removed since is kept, for the snapshot may name it.
func (m *maker) rest(first string) error {
	was, err := os.Open(first)
	if err != nil {
		return fmt.Errorf("backup: list of files: %w", err)
	}
	prior := newLister(was)
	// The list lies under another name until it is put into the copy.
	list := filepath.Join(m.to.work(), "second.list")
	if err := errors.Join(m.files(list, prior, true), prior.close()); err != nil {
		return err
	}
	return m.putList(list, first)
}

func (m *maker) putList(list string, others ...string) error {
	file, err := os.Open(list)
	if err != nil {
		return fmt.Errorf("backup: list of files: %w", err)
	}
	info, err := file.Stat()
	if err != nil {
		return errors.Join(fmt.Errorf("backup: list of files: %w", err), file.Close())
	}
	sha, err := m.to.put(listFile, file, info.Size())
	m.manifest.Files.List = Part{File: listFile, Bytes: info.Size(), SHA256: sha}
	err = errors.Join(err, file.Close())
	for _, path := range append(others, list) {
		err = errors.Join(err, removed(path))
	}
	return err
}

// files copies what is new and lists all there is. With union, what the prior list has and the city has no more is listed
// as well.
func (m *maker) files(list string, prior *lister, union bool) error {
	out, err := os.OpenFile(list, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("backup: list of files: %w", err)
	}
	pass := &filePass{maker: m, prior: prior, union: union, out: bufio.NewWriter(out)}
	err = pass.run()
	return errors.Join(err, pass.out.Flush(), out.Close())
}

type filePass struct {
	*maker
	prior *lister
	union bool
	out   *bufio.Writer
	count int64
	bytes int64
}

func (p *filePass) run() error {
	total := int64(0)
	if p.o.Blobs != "" {
		for n := range 256 {
			inside, err := os.ReadDir(filepath.Join(p.o.Blobs, fmt.Sprintf("%02x", n)))
			if err != nil && !errors.Is(err, fs.ErrNotExist) {
				return fmt.Errorf("backup: files: %w", err)
			}
			total += int64(len(inside))
		}
	}
	p.pace.begin(StageFiles, total)
	for n := range 256 {
		if p.o.Blobs == "" {
			break
		}
		list, err := blobsIn(filepath.Join(p.o.Blobs, fmt.Sprintf("%02x", n)))
		if err != nil {
			return err
		}
		for _, e := range list {
			if err := p.one(e); err != nil {
				return err
			}
		}
	}
	if p.union {
		if err := p.prior.each(p.write); err != nil {
			return err
		}
	}
	p.pace.end()
	p.manifest.Files.Count, p.manifest.Files.Bytes = p.count, p.bytes
	return nil
}

// one copies a file unless it is there.
func (p *filePass) one(e entry) error {
	var skipped func(entry) error
	if p.union {
		skipped = p.write
	}
	was, listed, err := p.prior.take(e, skipped)
	if err != nil {
		return err
	}
	if p.union && listed && e.at > p.manifest.Taken.UnixMicro() {
		e = was // it was sealed anew after the snapshot, whose rows go with what was before
	}
	switch {
	case listed && was.where == e.where && was.size == e.size && p.to.has(e):
		e.sha = was.sha
	default:
		if e.sha, err = p.copy(e); errors.Is(err, fs.ErrNotExist) {
			return nil // it was removed meanwhile, and its row before it
		}
	}
	if err != nil {
		return fmt.Errorf("backup: file %s: %w", e.home(), err)
	}
	if err := p.write(e); err != nil {
		return err
	}
	return p.pace.step(e.home(), 1, e.size)
}

// copy copies a file, or takes over one that a run which was cut off has left, if it is the same.
func (p *filePass) copy(e entry) (string, error) {
	path := filepath.Join(p.o.Blobs, filepath.FromSlash(e.home()))
	if p.to.has(e) {
		there, err := p.to.sum(e)
		if err != nil {
			return "", err
		}
		if here, err := sumFile(path); err != nil || here == there {
			return here, err
		}
	}
	p.fresh++
	return p.to.blob(e, path)
}

func (p *filePass) write(e entry) error {
	p.count, p.bytes = p.count+1, p.bytes+e.size
	if _, err := io.WriteString(p.out, e.line()); err != nil {
		return fmt.Errorf("backup: list of files: %w", err)
	}
	return nil
}
