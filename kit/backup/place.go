package backup

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"posad.city/kit/id"
)

// target is where a copy goes. Names are those of the copy, with slashes; files of kit/blob are shared by copies where the
// target has several.
type target interface {
	// put writes a file of the copy and tells its hash.
	put(name string, from io.Reader, size int64) (string, error)
	// has tells whether a file of kit/blob is there whole.
	has(e entry) bool
	// blob copies one in and tells its hash. The error may be fs.ErrNotExist: it was removed meanwhile.
	blob(e entry, path string) (string, error)
	// sum hashes one that is there.
	sum(e entry) (string, error)
	// work is a folder for what is needed while the copy is made.
	work() string
	// prior is the list of files of the copy before; nil when there is none.
	prior() io.ReadCloser
	// seal ends the copy with its manifest. It is not there yet.
	seal(manifest, signature []byte) error
	// made is the sealed copy, to be read and compared.
	made() (source, error)
	// commit makes the sealed copy one that is there, and tells its name.
	commit(taken time.Time) (string, error)
	// close ends the work. What was not committed stays as something that the next run takes over or removes.
	close() error
}

// source is a copy that is read.
type source interface {
	open(name string) (io.ReadCloser, error)
	name() string
	close() error
}

const (
	kindFile = "posad-backup"
	kindText = "This folder holds copies of a city, made by posad backup. Format: posad-backup folder 1.\n"
	copies   = "copies"
	half     = ".part" // what a name ends with while it is not whole
)

// ErrNotBackup says that a folder holds something else.
var ErrNotBackup = errors.New("backup: the folder is not empty and holds no copies of posad backup; give another")

// ErrNone says that there is no whole copy.
var ErrNone = errors.New("backup: there is no whole copy here")

// folder is a folder of copies.
type folder struct {
	dir  string
	lock *os.File
	part string // of the copy that is made
}

func openFolder(dir string) (*folder, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("backup: folder: %w", err)
	}
	if err := claim(dir); err != nil {
		return nil, err
	}
	lock, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("backup: lock: %w", err)
	}
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return nil, errors.Join(fmt.Errorf("backup: another backup into %s is under way", dir), lock.Close())
	}
	f := &folder{dir: dir, lock: lock, part: filepath.Join(dir, copies, "new"+half)}
	if err := f.clear(); err != nil {
		return nil, errors.Join(err, lock.Close())
	}
	return f, nil
}

// claim makes an empty folder one of copies, and refuses one that holds anything else.
func claim(dir string) error {
	text, err := os.ReadFile(filepath.Join(dir, kindFile))
	if err == nil {
		if string(text) != kindText {
			return ErrNotBackup
		}
		return nil
	}
	inside, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("backup: folder: %w", err)
	}
	if slices.ContainsFunc(inside, func(e fs.DirEntry) bool { return e.Name() != "lost+found" && !strings.HasPrefix(e.Name(), kindFile) }) {
		return ErrNotBackup
	}
	return whole(filepath.Join(dir, kindFile), []byte(kindText))
}

// whole writes a file under another name and renames it.
func whole(path string, data []byte) error {
	fresh := path + half
	f, err := os.OpenFile(fresh, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	_, err = f.Write(data)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	if err := os.Rename(fresh, path); err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	return syncFolder(filepath.Dir(path))
}

func syncFolder(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	return nil
}

// clear removes half copies and makes the folders.
func (f *folder) clear() error {
	left, err := f.inside()
	if err != nil {
		return err
	}
	for _, name := range left {
		if !strings.HasSuffix(name, half) {
			continue
		}
		if err := os.RemoveAll(filepath.Join(f.dir, copies, name)); err != nil {
			return fmt.Errorf("backup: a half copy can't be removed: %w", err)
		}
	}
	if err := os.RemoveAll(filepath.Join(f.dir, "blobs", "incoming")); err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	for _, path := range []string{filepath.Join(f.part, "db"), filepath.Join(f.dir, "blobs", "incoming")} {
		if err := os.MkdirAll(path, 0o700); err != nil {
			return fmt.Errorf("backup: %w", err)
		}
	}
	for n := range 256 {
		if err := os.MkdirAll(filepath.Join(f.dir, "blobs", fmt.Sprintf("%02x", n)), 0o700); err != nil {
			return fmt.Errorf("backup: %w", err)
		}
	}
	return nil
}

func (f *folder) put(name string, from io.Reader, size int64) (string, error) {
	to, err := os.OpenFile(filepath.Join(f.part, filepath.FromSlash(name)), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return "", fmt.Errorf("backup: %w", err)
	}
	sha, err := copyInto(to, from, size)
	if err := errors.Join(err, to.Close()); err != nil {
		return "", fmt.Errorf("backup: write %s: %w", name, err)
	}
	return sha, nil
}

// copyInto copies exactly so many bytes and hashes them.
func copyInto(to io.Writer, from io.Reader, size int64) (string, error) {
	h := sha256.New()
	n, err := io.Copy(io.MultiWriter(to, h), from)
	if err == nil && n != size {
		err = fmt.Errorf("it has %d bytes, not %d", n, size)
	}
	return hex.EncodeToString(h.Sum(nil)), err
}

func (f *folder) path(e entry) string { return filepath.Join(f.dir, filepath.FromSlash(e.where)) }

func (f *folder) has(e entry) bool {
	info, err := os.Stat(f.path(e))
	return err == nil && info.Mode().IsRegular() && info.Size() == e.size
}

func (f *folder) sum(e entry) (string, error) { return sumFile(f.path(e)) }

func sumFile(path string) (string, error) {
	file, err := os.Open(path)
	if err != nil {
		return "", err
	}
	h := sha256.New()
	_, err = io.Copy(h, file)
	return hex.EncodeToString(h.Sum(nil)), errors.Join(err, file.Close())
}

func (f *folder) blob(e entry, path string) (string, error) {
	fresh := filepath.Join(f.dir, "blobs", "incoming", filepath.Base(e.where))
	sha, err := copyFile(path, fresh, e.size)
	if err == nil {
		err = os.Rename(fresh, f.path(e))
	}
	if err != nil {
		return "", errors.Join(err, removed(fresh))
	}
	return sha, nil
}

func removed(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// copyFile copies a file of so many bytes and tells its hash.
func copyFile(path, to string, size int64) (string, error) {
	from, err := os.Open(path)
	if err != nil {
		return "", err
	}
	out, err := os.OpenFile(to, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return "", errors.Join(err, from.Close())
	}
	sha, err := copyInto(out, from, size)
	return sha, errors.Join(err, out.Close(), from.Close())
}

func (f *folder) work() string { return f.part }

func (f *folder) prior() io.ReadCloser {
	names, err := f.names()
	if err != nil || len(names) == 0 {
		return nil
	}
	list, err := os.Open(filepath.Join(f.dir, copies, names[len(names)-1], listFile))
	if err != nil {
		return nil // a copy without its list is found by Verify; here it only saves reading
	}
	return list
}

// names are the whole copies, the oldest first.
func (f *folder) names() ([]string, error) {
	all, err := f.inside()
	if err != nil {
		return nil, err
	}
	var out []string
	for _, name := range all {
		if strings.HasSuffix(name, half) {
			continue
		}
		if _, err := os.Stat(filepath.Join(f.dir, copies, name, manifestFile)); err == nil {
			out = append(out, name)
		}
	}
	return out, nil
}

// inside is what the folder of copies holds, in order.
func (f *folder) inside() ([]string, error) {
	list, err := os.ReadDir(filepath.Join(f.dir, copies))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("backup: %w", err)
	}
	var out []string
	for _, e := range list {
		out = append(out, e.Name())
	}
	return out, nil
}

func (f *folder) seal(manifest, signature []byte) error {
	if err := whole(filepath.Join(f.part, signatureFile), signature); err != nil {
		return err
	}
	syscall.Sync() // every file of the copy, which were not synced one by one
	return whole(filepath.Join(f.part, manifestFile), manifest)
}

func (f *folder) made() (source, error) { return folderCopy{f.dir, filepath.Base(f.part)}, nil }

func (f *folder) commit(taken time.Time) (string, error) {
	first := copyName(taken)
	name := first
	for n := 2; ; n++ {
		if _, err := os.Stat(filepath.Join(f.dir, copies, name)); errors.Is(err, fs.ErrNotExist) {
			break
		}
		name = fmt.Sprintf("%s-%d", first, n)
	}
	if err := os.Rename(f.part, filepath.Join(f.dir, copies, name)); err != nil {
		return "", fmt.Errorf("backup: %w", err)
	}
	return name, syncFolder(filepath.Join(f.dir, copies))
}

func copyName(taken time.Time) string { return taken.UTC().Format("2006-01-02T15-04-05Z") }

func (f *folder) close() error {
	if err := f.lock.Close(); err != nil {
		return fmt.Errorf("backup: lock: %w", err)
	}
	return nil
}

// folderCopy is one copy in a folder, to be read.
type folderCopy struct{ dir, copy string }

// openCopy opens a copy of a folder; an empty name is the newest.
func openCopy(dir, name string) (source, error) {
	if text, err := os.ReadFile(filepath.Join(dir, kindFile)); err != nil || string(text) != kindText {
		return nil, fmt.Errorf("backup: %s holds no copies of posad backup", dir)
	}
	list, err := (&folder{dir: dir}).names()
	if err != nil {
		return nil, err
	}
	if len(list) == 0 {
		return nil, ErrNone
	}
	if name == "" {
		name = list[len(list)-1]
	}
	if !slices.Contains(list, name) {
		return nil, fmt.Errorf("backup: there is no copy %s; there are %s", name, strings.Join(list, ", "))
	}
	return folderCopy{dir, name}, nil
}

func (c folderCopy) open(name string) (io.ReadCloser, error) {
	path := filepath.Join(c.dir, copies, c.copy, filepath.FromSlash(name))
	if strings.HasPrefix(name, "blobs/") {
		path = filepath.Join(c.dir, filepath.FromSlash(name))
	}
	return os.Open(path)
}

func (c folderCopy) name() string { return c.copy }
func (c folderCopy) close() error { return nil }

// blobsIn lists the files of a group of a city's folder, in the order of lists, without their hashes.
func blobsIn(dir string) ([]entry, error) {
	inside, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("backup: files: %w", err)
	}
	var out []entry
	for _, one := range inside {
		name, ours := strings.CutSuffix(one.Name(), blobSuffix)
		blob, err := id.Parse(name)
		if !ours || err != nil || blob.IsZero() {
			continue
		}
		info, err := one.Info()
		if errors.Is(err, fs.ErrNotExist) {
			continue // it was removed meanwhile
		}
		if err != nil {
			return nil, fmt.Errorf("backup: files: %w", err)
		}
		out = append(out, newEntry(blob, info.ModTime().UnixMicro(), info.Size(), ""))
	}
	slices.SortFunc(out, func(a, b entry) int { return strings.Compare(a.where, b.where) })
	return out, nil
}
