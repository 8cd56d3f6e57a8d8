package backup

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"regexp"
	"strings"
	"time"

	"posad.city/kit/seal"
	"posad.city/kit/store"
)

// Format is the form of a manifest. It never changes; another form has another name.
const Format = "posad-backup/1"

const (
	manifestFile  = "manifest.json"
	signatureFile = "manifest.sig.json"
	listFile      = "files.list"
	manifestMost  = 64 << 20 // bytes
	domain        = "backup" // of the signature
)

// The errors of manifests.
var (
	ErrManifest  = errors.New("backup: this is not a manifest of the form " + Format)
	ErrSignature = errors.New("backup: the manifest's signature does not fit: it was changed, or is not of this city")
)

// Manifest is what a copy says of itself.
type Manifest struct {
	Format  string          `json:"format"`
	Program string          `json:"program"` // version of the program that made it
	City    string          `json:"city"`
	Engine  string          `json:"engine"` // sqlite or postgres
	Began   time.Time       `json:"began"`
	Taken   time.Time       `json:"taken"` // of the snapshot: all that was acknowledged before is in the copy
	Ended   time.Time       `json:"ended"`
	Schema  []store.Applied `json:"schema"`
	Tables  []Table         `json:"tables"`
	Files   Files           `json:"files"`
	Log     *Log            `json:"log,omitempty"`
	Keys    json.RawMessage `json:"keys"` // the city's public keys, posad-keys/1
}

// Table is a table of the copy.
type Table struct {
	store.Table
	Rows  int64  `json:"rows"`
	Sum   string `json:"sum"` // of the rows, in any order
	Parts []Part `json:"parts"`
}

// Part is a file of the copy. Rows is how many rows of a table it holds.
type Part struct {
	File   string `json:"file"`
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`
	Rows   int64  `json:"rows,omitempty"`
}

// Files are the files of kit/blob in the copy.
type Files struct {
	Count int64 `json:"count"`
	Bytes int64 `json:"bytes"`
	List  Part  `json:"list"`
}

// Log is the public log in the snapshot.
type Log struct {
	Origin     string    `json:"origin"`
	Size       int64     `json:"size"`
	Root       string    `json:"root"`
	Made       time.Time `json:"made"`
	Checkpoint string    `json:"checkpoint"` // signed
}

// Rows is how many rows the copy has.
func (m Manifest) Rows() int64 {
	var out int64
	for _, t := range m.Tables {
		out += t.Rows
	}
	return out
}

// Bytes is how large the database's part of the copy is.
func (m Manifest) Bytes() int64 {
	var out int64
	for _, t := range m.Tables {
		for _, p := range t.Parts {
			out += p.Bytes
		}
	}
	return out
}

// File is the manifest as it is kept.
func (m Manifest) File() ([]byte, error) {
	out, err := json.MarshalIndent(m, "", " ")
	if err != nil {
		return nil, fmt.Errorf("backup: manifest: %w", err)
	}
	return append(out, '\n'), nil
}

// ParseManifest reads a manifest. Two programs can't read two things in it: it must be spelled as File spells it. The
// error is ErrManifest.
func ParseManifest(file []byte) (Manifest, error) {
	var out Manifest
	if len(file) > manifestMost {
		return out, fmt.Errorf("%w: it is too large", ErrManifest)
	}
	decoder := json.NewDecoder(bytes.NewReader(file))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&out); err != nil {
		return Manifest{}, fmt.Errorf("%w: %w", ErrManifest, err)
	}
	if err := out.check(); err != nil {
		return Manifest{}, fmt.Errorf("%w: %w", ErrManifest, err)
	}
	if same, err := out.File(); err != nil || !bytes.Equal(same, file) {
		return Manifest{}, fmt.Errorf("%w: another spelling", ErrManifest)
	}
	return out, nil
}

var plainName = regexp.MustCompile(`^[a-z][a-z0-9_]{0,62}$`)

func (m Manifest) check() error {
	if m.Format != Format {
		return fmt.Errorf("its format is %.40q", m.Format)
	}
	if m.Engine != "sqlite" && m.Engine != "postgres" {
		return fmt.Errorf("there is no engine %.40q", m.Engine)
	}
	for _, a := range m.Schema {
		if !isSum(a.SHA) {
			return fmt.Errorf("schema file %.80q", a.Name)
		}
	}
	seen := map[string]bool{}
	for _, t := range m.Tables {
		if err := t.check(); err != nil {
			return fmt.Errorf("table %.40q: %w", t.Name, err)
		}
		if seen[t.Name] {
			return fmt.Errorf("table %s stands twice", t.Name)
		}
		seen[t.Name] = true
	}
	if m.Files.Count < 0 || m.Files.Bytes < 0 || m.Files.List.File != listFile {
		return errors.New("its list of files")
	}
	if m.Log != nil && m.Log.Size < 0 {
		return errors.New("its log")
	}
	return m.Files.List.check()
}

func (t Table) check() error {
	if !plainName.MatchString(t.Name) || !isSum(t.Sum) || t.Rows < 0 {
		return errors.New("its name, sum or count")
	}
	for _, c := range t.Columns {
		if !plainName.MatchString(c.Name) {
			return fmt.Errorf("column %.40q", c.Name)
		}
	}
	rows := int64(0)
	for i, p := range t.Parts {
		if p.File != partName(t.Name, i) {
			return fmt.Errorf("part %d is called %.80q", i, p.File)
		}
		if err := p.check(); err != nil {
			return err
		}
		rows += p.Rows
	}
	if rows != t.Rows {
		return fmt.Errorf("its parts have %d rows, not %d", rows, t.Rows)
	}
	return nil
}

func partName(table string, part int) string { return fmt.Sprintf("db/%s.%04d.zst", table, part) }

func (p Part) check() error {
	if p.Bytes < 0 || p.Rows < 0 || !isSum(p.SHA256) || path.Clean(p.File) != p.File || strings.HasPrefix(p.File, "..") {
		return fmt.Errorf("file %.80q", p.File)
	}
	return nil
}

// isSum tells whether a text is 32 bytes in hexadecimal digits, in the one spelling.
func isSum(text string) bool {
	b, err := hex.DecodeString(text)
	return err == nil && len(b) == 32 && strings.ToLower(text) == text
}

// sign makes the signature file of a manifest.
func sign(s *seal.Seal, manifest []byte) ([]byte, error) {
	made, err := s.Sign(seal.Journal, domain, manifest)
	if err != nil {
		return nil, fmt.Errorf("backup: sign: %w", err)
	}
	out, err := seal.Canonical(made.Value())
	if err != nil {
		return nil, fmt.Errorf("backup: sign: %w", err)
	}
	return append(out, '\n'), nil
}

// checkSignature checks a manifest's signature by the keys in it, and those by the trusted sets, when any are given. It
// tells whether a trusted set vouched. The error is ErrSignature.
func checkSignature(manifest []byte, m Manifest, signature []byte, trusted []seal.KeySet) (bool, error) {
	keys, err := seal.ParseKeySet(m.Keys)
	if err != nil {
		return false, fmt.Errorf("%w: its keys: %w", ErrSignature, err)
	}
	var form seal.SignatureForm
	if err := json.Unmarshal(signature, &form); err != nil {
		return false, fmt.Errorf("%w: %w", ErrSignature, err)
	}
	made, err := form.Signature()
	if err == nil {
		_, err = keys.Verify(seal.Journal, domain, manifest, made)
	}
	if err != nil {
		return false, fmt.Errorf("%w: %w", ErrSignature, err)
	}
	if len(trusted) == 0 {
		return false, nil
	}
	for _, set := range trusted {
		if _, known := set.Find(made.Key); known && set.City == keys.City || set.Vouches(keys) {
			return true, nil
		}
	}
	return false, fmt.Errorf("%w: none of the given keys knows the one that signed (%s)", ErrSignature, made.Key.Short())
}
