package backup

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/klauspost/compress/zstd"

	"posad.city/kit/seal"
	"posad.city/kit/store"
)

// Fault is something in a copy that is not as its manifest says.
type Fault struct {
	File string
	What string
}

func (f Fault) String() string { return f.File + ": " + f.What }

// Report is what a check of a copy found.
type Report struct {
	Name     string
	Manifest Manifest
	Trusted  bool    // keys that were given vouch for the one that signed
	Files    int64   // files of kit/blob that were read
	Faults   []Fault // at most faultsMost of them
	More     int64
}

const faultsMost = 1000

// ErrFaults says that a copy is damaged.
var ErrFaults = errors.New("backup: the copy is damaged")

func (r *Report) add(file, what string) {
	if len(r.Faults) >= faultsMost {
		r.More++
		return
	}
	r.Faults = append(r.Faults, Fault{file, what})
}

func (r Report) err() error {
	if len(r.Faults) == 0 {
		return nil
	}
	var said []string
	for _, f := range r.Faults[:min(5, len(r.Faults))] {
		said = append(said, f.String())
	}
	return fmt.Errorf("%w: %d faults: %s", ErrFaults, int64(len(r.Faults))+r.More, strings.Join(said, "; "))
}

// VerifyOptions say what is checked.
type VerifyOptions struct {
	From    string // a folder of copies or a file
	Copy    string // name of a copy; empty: the newest
	Trusted []seal.KeySet
	Tell    func(Progress)
}

// Verify reads a whole copy and compares it with its manifest. Faults are in the report; the error is for what can't be
// read at all: ErrManifest, ErrSignature, ErrNone.
func Verify(ctx context.Context, o VerifyOptions) (Report, error) {
	from, err := openSource(o.From, o.Copy)
	if err != nil {
		return Report{}, err
	}
	report, err := check(ctx, from, checkOptions{pace: newPace(ctx, 1, o.Tell), trusted: o.Trusted})
	return report, errors.Join(err, from.close())
}

// openSource opens a copy: of a folder the one that is named or the newest, or a file.
func openSource(from, name string) (source, error) {
	info, err := os.Stat(from)
	if err != nil {
		return nil, fmt.Errorf("backup: %w", err)
	}
	if info.IsDir() {
		return openCopy(from, name)
	}
	return openArchived(from)
}

type checkOptions struct {
	pace    *pace
	trusted []seal.KeySet
	before  *lister // files that are listed here are not read again
}

// manifestOf reads a copy's manifest and checks its signature.
func manifestOf(from source, trusted []seal.KeySet) (Manifest, bool, error) {
	file, err := readMost(from, manifestFile, manifestMost)
	if err != nil {
		return Manifest{}, false, err
	}
	m, err := ParseManifest(file)
	if err != nil {
		return Manifest{}, false, err
	}
	signature, err := readMost(from, signatureFile, 1<<16)
	if err != nil {
		return Manifest{}, false, err
	}
	vouched, err := checkSignature(file, m, signature, trusted)
	return m, vouched, err
}

func readMost(from source, name string, most int64) ([]byte, error) {
	r, err := from.open(name)
	if err != nil {
		return nil, fmt.Errorf("backup: %s: %w", name, err)
	}
	data, err := io.ReadAll(io.LimitReader(r, most+1))
	if err := errors.Join(err, r.Close()); err != nil {
		return nil, fmt.Errorf("backup: %s: %w", name, err)
	}
	if int64(len(data)) > most {
		return nil, fmt.Errorf("backup: %s is too large", name)
	}
	return data, nil
}

func check(ctx context.Context, from source, o checkOptions) (Report, error) {
	out := Report{Name: from.name()}
	var err error
	if out.Manifest, out.Trusted, err = manifestOf(from, o.trusted); err != nil {
		return out, err
	}
	o.pace.begin(StageCheck, out.Manifest.Rows()+out.Manifest.Files.Count)
	unpack, err := newUnpacker()
	if err != nil {
		return out, err
	}
	defer unpack.Close()
	for _, t := range out.Manifest.Tables {
		if err := checkTable(from, t, unpack, &out, o.pace); err != nil {
			return out, err
		}
	}
	if err := checkFiles(from, &out, o); err != nil {
		return out, err
	}
	o.pace.end()
	return out, context.Cause(ctx)
}

// newUnpacker unpacks parts, and nothing that is larger than a part can be.
func newUnpacker() (*zstd.Decoder, error) {
	out, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(unpackMost))
	if err != nil {
		return nil, fmt.Errorf("backup: %w", err)
	}
	return out, nil
}

// unpackMost is more than a part and the largest row.
const unpackMost = 512 << 20

// readPart reads a part whose hash is right. Its error is a fault of the copy, in words.
func readPart(from source, p Part, unpack *zstd.Decoder) ([]byte, error) {
	packed, err := readMost(from, p.File, p.Bytes)
	if err != nil {
		return nil, errors.New("it is not there, can't be read, or is longer than it was")
	}
	if h := sha256.Sum256(packed); hex.EncodeToString(h[:]) != p.SHA256 {
		return nil, errors.New("its content was changed: the hash is another one")
	}
	rows, err := unpack.DecodeAll(packed, nil)
	if err != nil {
		return nil, fmt.Errorf("it can't be unpacked: %w", err)
	}
	return rows, nil
}

// eachRow cuts a part into its rows.
func eachRow(rows []byte, each func([]byte) error) error {
	for len(rows) > 0 {
		size, n := binary.Uvarint(rows)
		if n <= 0 || size > uint64(len(rows)-n) {
			return store.ErrRow
		}
		if err := each(rows[n : n+int(size)]); err != nil {
			return err
		}
		rows = rows[n+int(size):]
	}
	return nil
}

func checkTable(from source, t Table, unpack *zstd.Decoder, out *Report, p *pace) error {
	var all sum
	whole := true
	for _, part := range t.Parts {
		rows, err := readPart(from, part, unpack)
		if err != nil {
			out.add(part.File, err.Error())
			whole = false
			continue
		}
		before := all.rows
		err = eachRow(rows, func(row []byte) error {
			all.add(row)
			return store.CheckRow(t.Table, row)
		})
		if err != nil || all.rows-before != part.Rows {
			out.add(part.File, "it does not hold the rows that the manifest counts")
			whole = false
		}
		if err := p.step(t.Name, part.Rows, part.Bytes); err != nil {
			return err
		}
	}
	if whole && (all.rows != t.Rows || all.String() != t.Sum) {
		out.add(t.Name, "its rows are not those that the manifest sums up")
	}
	return nil
}

// checkFiles checks the list first: what a changed one says of files is worth nothing.
func checkFiles(from source, out *Report, o checkOptions) error {
	m := out.Manifest
	if fault := checkFile(from, entry{where: listFile, size: m.Files.List.Bytes, sha: m.Files.List.SHA256}); fault != "" {
		out.add(listFile, fault)
		return nil
	}
	data, err := from.open(listFile)
	if err != nil {
		return fmt.Errorf("backup: list of files: %w", err)
	}
	list := newLister(data)
	count, size := int64(0), int64(0)
	err = list.each(func(e entry) error {
		count, size = count+1, size+e.size
		if o.before != nil {
			if was, there, err := o.before.take(e, nil); err == nil && there && was == e {
				return nil
			}
		}
		out.Files++
		if fault := checkFile(from, e); fault != "" {
			out.add(e.where, fault)
		}
		return o.pace.step(e.where, 1, e.size)
	})
	if err == nil && (count != m.Files.Count || size != m.Files.Bytes) {
		out.add(listFile, "it does not list the files that the manifest counts")
	}
	return errors.Join(err, list.close())
}

func checkFile(from source, e entry) string {
	r, err := from.open(e.where)
	if err != nil {
		return "it is not there"
	}
	sha, err := copyInto(io.Discard, io.LimitReader(r, e.size+1), e.size)
	if err := errors.Join(err, r.Close()); err != nil {
		return "it can't be read, or is not as long as it was"
	}
	if sha != e.sha {
		return "its content was changed: the hash is another one"
	}
	return ""
}
