package transparency

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"strings"

	"posad.city/kit/journal"
	"posad.city/kit/seal"
	"posad.city/kit/tlog"
)

// understand reads a leaf as people and programs write it: base64 of either alphabet, or hexadecimal digits. The error is
// ErrLeaf.
func understand(text string) (tlog.Entry, error) {
	text = strings.TrimRight(strings.Join(strings.Fields(text), ""), "=")
	if len(text) == 64 {
		if raw, err := hex.DecodeString(text); err == nil {
			return tlog.Entry(raw), nil
		}
	}
	text = strings.NewReplacer("+", "-", "/", "_").Replace(text)
	raw, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil || len(raw) != len(tlog.Entry{}) {
		return tlog.Entry{}, ErrLeaf
	}
	return tlog.Entry(raw), nil
}

// Standing is how a leaf stands.
type Standing struct {
	Leaf  tlog.Entry
	Proof tlog.Proof
	Size  int64 // of the log in the proof
}

// Leaf finds a leaf in the log and proves its place. Errors: ErrUnknown, ErrWaits, ErrBroken.
func (m *Module) Leaf(ctx context.Context, leaf tlog.Entry) (Standing, error) {
	index, err := m.log.Find(ctx, leaf)
	if err == nil {
		out := Standing{Leaf: leaf}
		if out.Proof, err = m.log.Prove(ctx, leaf, index); err == nil {
			c, peek := tlog.Peek(out.Proof.Checkpoint)
			out.Size = c.Size
			return out, peek
		}
	}
	switch {
	case errors.Is(err, journal.ErrNone):
		return Standing{}, ErrUnknown
	case errors.Is(err, journal.ErrNotYet):
		return Standing{}, ErrWaits
	case errors.Is(err, journal.ErrTree):
		return Standing{}, ErrBroken.Because(err)
	}
	return Standing{}, err
}

// Checked is what the page tells of a receipt.
type Checked struct {
	Report journal.Report
	Now    *Standing // how its leaf stands now; nil: not in the log
}

// Receipt checks a receipt by the city's own keys, and looks for its leaf in the log. The faults are those of
// journal.Verify.
func (m *Module) Receipt(ctx context.Context, file []byte) (Checked, error) {
	keys, err := m.base.Seal.Keys()
	if err != nil {
		return Checked{}, err
	}
	report, err := journal.Verify(file, []seal.KeySet{keys}...)
	if err != nil {
		return Checked{}, err
	}
	out := Checked{Report: report}
	standing, err := m.Leaf(ctx, report.Promise.Leaf)
	switch {
	case errors.Is(err, ErrUnknown), errors.Is(err, ErrWaits):
		return out, nil
	case err != nil:
		return Checked{}, err
	}
	out.Now = &standing
	return out, nil
}
