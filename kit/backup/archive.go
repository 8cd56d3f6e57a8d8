package backup

import (
	"archive/tar"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// archive is a copy in one file, which is written from begin to end.
type archive struct {
	path  string
	file  *os.File
	tar   *tar.Writer
	lists string // a folder beside it for lists
	in    map[string]string
	at    time.Time
}

func openArchive(path string) (*archive, error) {
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		return nil, errors.Join(fmt.Errorf("backup: %s is there already; give another name", path), err)
	}
	lists, err := os.MkdirTemp(filepath.Dir(path), ".posad-backup-*")
	if err != nil {
		return nil, fmt.Errorf("backup: %w", err)
	}
	file, err := os.OpenFile(path+half, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("backup: %w", err), os.RemoveAll(lists))
	}
	return &archive{path: path, file: file, tar: tar.NewWriter(file), lists: lists, in: map[string]string{}}, nil
}

func (a *archive) put(name string, from io.Reader, size int64) (string, error) {
	if err := a.tar.WriteHeader(&tar.Header{Name: name, Size: size, Mode: 0o600, ModTime: a.at, Format: tar.FormatPAX}); err != nil {
		return "", fmt.Errorf("backup: write %s: %w", name, err)
	}
	sha, err := copyInto(a.tar, from, size)
	if err != nil {
		return "", fmt.Errorf("backup: write %s: %w", name, err)
	}
	return sha, nil
}

func (a *archive) has(e entry) bool { return a.in[e.where] != "" }

func (a *archive) blob(e entry, path string) (string, error) {
	from, err := os.Open(path)
	if err != nil {
		return "", err
	}
	sha, err := a.put(e.where, from, e.size)
	if err == nil {
		a.in[e.where] = sha
	}
	return sha, errors.Join(err, from.Close())
}

func (a *archive) sum(e entry) (string, error) { return a.in[e.where], nil }
func (a *archive) work() string                { return a.lists }
func (a *archive) prior() io.ReadCloser        { return nil }

func (a *archive) seal(manifest, signature []byte) error {
	for _, one := range []struct {
		name string
		data []byte
	}{{signatureFile, signature}, {manifestFile, manifest}} {
		if _, err := a.put(one.name, bytes.NewReader(one.data), int64(len(one.data))); err != nil {
			return err
		}
	}
	if err := errors.Join(a.tar.Close(), a.file.Sync()); err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	return nil
}

func (a *archive) made() (source, error) { return openArchived(a.path + half) }

func (a *archive) commit(time.Time) (string, error) {
	if err := os.Rename(a.path+half, a.path); err != nil {
		return "", fmt.Errorf("backup: %w", err)
	}
	return filepath.Base(a.path), syncFolder(filepath.Dir(a.path))
}

func (a *archive) close() error {
	if err := errors.Join(a.file.Close(), os.RemoveAll(a.lists), removed(a.path+half)); err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	return nil
}

// archived is a copy in one file, to be read.
type archived struct {
	path string
	file *os.File
	in   map[string][2]int64 // from, length
}

// openArchived reads where the files of an archive lie. One that was cut off has no manifest in its end.
func openArchived(path string) (source, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("backup: %w", err)
	}
	a := &archived{path, file, map[string][2]int64{}}
	if err := a.index(); err != nil {
		return nil, errors.Join(fmt.Errorf("backup: %s: %w", path, err), file.Close())
	}
	return a, nil
}

func (a *archived) index() error {
	read := tar.NewReader(a.file)
	for {
		h, err := read.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		from, err := a.file.Seek(0, io.SeekCurrent)
		if err != nil {
			return err
		}
		if _, twice := a.in[h.Name]; twice || h.Typeflag != tar.TypeReg {
			return fmt.Errorf("%q stands twice in it or is no file", h.Name)
		}
		a.in[h.Name] = [2]int64{from, h.Size}
	}
	if _, ok := a.in[manifestFile]; !ok {
		return ErrNone
	}
	return nil
}

func (a *archived) open(name string) (io.ReadCloser, error) {
	at, ok := a.in[name]
	if !ok {
		return nil, fmt.Errorf("%w: %s in the archive", fs.ErrNotExist, name)
	}
	return io.NopCloser(io.NewSectionReader(a.file, at[0], at[1])), nil
}

func (a *archived) name() string { return filepath.Base(a.path) }
func (a *archived) close() error { return a.file.Close() }
