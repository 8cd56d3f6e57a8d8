package backup

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"time"

	"posad.city/kit/seal"
	"posad.city/kit/store"
)

// RestoreOptions say which copy is brought back, and where to.
type RestoreOptions struct {
	From    string // a folder of copies or a file
	Copy    string // name of a copy; empty: the newest
	Into    store.Options
	Blobs   string // folder of kit/blob
	Modules []store.Migrations
	Trusted []seal.KeySet
	Tell    func(Progress)
}

// ErrUsed says that there is a city already where the copy should go.
var ErrUsed = errors.New("backup: there is a city already; restore into an empty folder and an empty database")

// Restore checks a whole copy and fills an empty database and folder with it. A restore that was cut off goes on when it
// is run again: parts of tables that are in stay in. Until it has ended well, no city starts on the database. Faults of
// the copy are in the report, with ErrFaults; then nothing was changed. Other errors: ErrUsed, ErrManifest, ErrSignature,
// store.ErrNewer.
func Restore(ctx context.Context, o RestoreOptions) (Report, error) {
	from, err := openSource(o.From, o.Copy)
	if err != nil {
		return Report{}, err
	}
	r := &restorer{o: o, from: from, pace: newPace(ctx, 1, o.Tell)}
	report, err := r.run(ctx)
	return report, errors.Join(err, from.close())
}

type restorer struct {
	o    RestoreOptions
	from source
	pace *pace
	m    Manifest
}

func (r *restorer) run(ctx context.Context) (Report, error) {
	of, err := r.identity()
	if err != nil {
		return Report{}, err
	}
	if err := r.room(ctx, of); err != nil {
		return Report{}, err
	}
	report, err := check(ctx, r.from, checkOptions{pace: r.pace, trusted: r.o.Trusted})
	if err == nil {
		err = report.err()
	}
	if err != nil {
		return report, err
	}
	r.m = report.Manifest
	im, err := store.OpenImport(ctx, r.o.Into, of, r.m.Schema, r.o.Modules...)
	if err != nil {
		return report, err
	}
	err = r.fill(ctx, im)
	if err == nil {
		err = r.files()
	}
	return report, errors.Join(err, im.Close(context.WithoutCancel(ctx), err == nil))
}

// identity names the copy, so that an unfinished restore goes on with no other.
func (r *restorer) identity() (string, error) {
	file, err := readMost(r.from, manifestFile, manifestMost)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(file)
	return r.from.name() + " " + hex.EncodeToString(sum[:8]), nil
}

// room makes sure that nothing is there but what an unfinished restore of the same copy has left.
func (r *restorer) room(ctx context.Context, of string) error {
	state, was, err := store.Inspect(ctx, r.o.Into)
	switch {
	case err != nil:
		return err
	case state == store.StateUsed:
		return fmt.Errorf("%w (the database has tables)", ErrUsed)
	case state == store.StateUnfinished && was != of:
		return fmt.Errorf("%w (a restore of the copy %s was begun there: go on with that one, or remove what it has made)", ErrUsed, was)
	case state == store.StateUnfinished:
		return nil
	}
	for n := range 256 {
		list, err := blobsIn(filepath.Join(r.o.Blobs, fmt.Sprintf("%02x", n)))
		if err != nil {
			return err
		}
		if len(list) > 0 {
			return fmt.Errorf("%w (%s has files)", ErrUsed, r.o.Blobs)
		}
	}
	return nil
}

// fill brings the tables back and compares their content with the manifest.
func (r *restorer) fill(ctx context.Context, im *store.Importer) error {
	if err := r.shapes(im); err != nil {
		return err
	}
	unpack, err := newUnpacker()
	if err != nil {
		return err
	}
	defer unpack.Close()
	r.pace.begin(StageDatabase, r.m.Rows())
	for _, t := range r.m.Tables {
		for i, part := range t.Parts {
			if i >= im.Parts(t.Table) {
				rows, err := readPart(r.from, part, unpack)
				if err != nil {
					return fmt.Errorf("backup: %s: %w", part.File, err)
				}
				if err := im.Put(ctx, t.Table, i, func(each func([]byte) error) error { return eachRow(rows, each) }); err != nil {
					return err
				}
			}
			if err := r.pace.step(t.Name, part.Rows, part.Bytes); err != nil {
				return err
			}
		}
	}
	r.pace.end()
	err = im.Finish(ctx, func(done, total int) {
		if done == 0 {
			r.pace.begin(StageIndexes, int64(total))
		}
		_ = r.pace.step("", 1, 0) // an end of the context is seen by the next statement
	})
	if err != nil {
		return err
	}
	return im.Export(ctx, r.compare)
}

// shapes makes sure that the tables of the copy are those that its schema files make, before a row is put in.
func (r *restorer) shapes(im *store.Importer) error {
	own := im.Tables()
	if len(own) != len(r.m.Tables) {
		return fmt.Errorf("%w: it has %d tables, its schema files make %d", ErrManifest, len(r.m.Tables), len(own))
	}
	for _, t := range r.m.Tables {
		if !slices.ContainsFunc(own, func(o store.Table) bool { return o.Name == t.Name && slices.Equal(o.Columns, t.Columns) }) {
			return fmt.Errorf("%w: its schema files make no table %s with these columns", ErrManifest, t.Name)
		}
	}
	return nil
}

// compare reads every row back and sums it up.
func (r *restorer) compare(x *store.Export) error {
	r.pace.begin(StageCheck, r.m.Rows())
	for _, t := range r.m.Tables {
		var all sum
		err := x.Rows(t.Table, func(row []byte) error {
			all.add(row)
			return r.pace.step(t.Name, 1, int64(len(row)))
		})
		if err != nil {
			return err
		}
		if all.rows != t.Rows || all.String() != t.Sum {
			return fmt.Errorf("backup: the table %s came out with other rows than the copy has (%d of %d): the restore is not to be used", t.Name, all.rows, t.Rows)
		}
	}
	r.pace.end()
	return nil
}

// files brings the files back. One that is there already with the same content stays.
func (r *restorer) files() error {
	r.pace.begin(StageFiles, r.m.Files.Count)
	incoming := filepath.Join(r.o.Blobs, "incoming")
	if err := os.MkdirAll(incoming, 0o700); err != nil {
		return fmt.Errorf("backup: files: %w", err)
	}
	data, err := r.from.open(listFile)
	if err != nil {
		return fmt.Errorf("backup: list of files: %w", err)
	}
	list := newLister(data)
	err = list.each(func(e entry) error {
		if err := r.file(e, incoming); err != nil {
			return fmt.Errorf("backup: file %s: %w", e.home(), err)
		}
		return r.pace.step(e.home(), 1, e.size)
	})
	if err := errors.Join(err, list.close()); err != nil {
		return err
	}
	syscall.Sync() // they were not synced one by one
	r.pace.end()
	return nil
}

func (r *restorer) file(e entry, incoming string) error {
	to := filepath.Join(r.o.Blobs, filepath.FromSlash(e.home()))
	if sha, err := sumFile(to); err == nil && sha == e.sha {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
		return err
	}
	from, err := r.from.open(e.where)
	if err != nil {
		return err
	}
	fresh := filepath.Join(incoming, filepath.Base(to))
	sha, err := writeFile(fresh, from, e.size)
	if err = errors.Join(err, from.Close()); err == nil && sha != e.sha {
		err = errors.New("its content was changed while the restore ran")
	}
	if err == nil {
		at := time.UnixMicro(e.at)
		err = os.Chtimes(fresh, at, at) // the name of its copy in the next backup
	}
	if err == nil {
		err = os.Rename(fresh, to)
	}
	if err != nil {
		return errors.Join(err, removed(fresh))
	}
	return nil
}

func writeFile(path string, from io.Reader, size int64) (string, error) {
	to, err := os.OpenFile(path, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return "", err
	}
	sha, err := copyInto(to, from, size)
	return sha, errors.Join(err, to.Close())
}
