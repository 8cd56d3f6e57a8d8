package tlog

import (
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"
)

// Request is what a log asks a witness (C2SP tlog-witness, add-checkpoint): the size that the witness saw last, the proof
// that the checkpoint continues it, the checkpoint.
type Request struct {
	Old        int64  // 0: the witness saw nothing, as far as the log knows
	Hashes     []Hash // of the consistency proof; none from 0 and from the same size
	Checkpoint string // the signed note
}

// RequestMost bounds a request in bytes.
const RequestMost = noteMost + hashMost*45 + 64

// Text is the body of the request.
func (r Request) Text() string {
	var out strings.Builder
	out.WriteString("old " + strconv.FormatInt(r.Old, 10) + "\n")
	for _, h := range r.Hashes {
		out.WriteString(base64.StdEncoding.EncodeToString(h[:]) + "\n")
	}
	out.WriteString("\n" + r.Checkpoint)
	return out.String()
}

// ParseRequest reads such a body. The checkpoint may be any log's, and is not believed yet. The error is ErrForm.
func ParseRequest(text string) (Request, error) {
	head, signed, ok := strings.Cut(text, "\n\n")
	if !ok || len(text) > RequestMost {
		return Request{}, fmt.Errorf("%w: no checkpoint", ErrForm)
	}
	lines := strings.Split(head, "\n")
	digits, found := strings.CutPrefix(lines[0], "old ")
	old, err := strconv.ParseInt(digits, 10, 64)
	if !found || err != nil || old < 0 || len(lines) > 1+hashMost {
		return Request{}, fmt.Errorf("%w: the old size", ErrForm)
	}
	out := Request{Old: old, Checkpoint: signed}
	for _, line := range lines[1:] {
		raw, err := base64.StdEncoding.Strict().DecodeString(line)
		if err != nil || len(raw) != hashLen {
			return Request{}, fmt.Errorf("%w: a hash", ErrForm)
		}
		out.Hashes = append(out.Hashes, Hash(raw))
	}
	if _, _, err := PeekAny(signed); err != nil {
		return Request{}, err
	}
	if out.Text() != text {
		return Request{}, fmt.Errorf("%w: another spelling", ErrForm)
	}
	return out, nil
}

// PeekAny reads what any log's signed checkpoint says, believes it without its signatures, and gives its text, which is
// what is signed. Other logs may say more than three lines.
func PeekAny(signed string) (Checkpoint, string, error) {
	text, _, err := split(signed)
	if err != nil {
		return Checkpoint{}, "", err
	}
	lines := strings.SplitAfterN(text, "\n", 4)
	if len(lines) < 4 {
		return Checkpoint{}, "", fmt.Errorf("%w: a checkpoint has three lines", ErrForm)
	}
	c, err := parseText(lines[0] + lines[1] + lines[2])
	return c, text, err
}

// Continues checks that a checkpoint continues an older one by a proof: from nothing and from the same size there is no
// proof. The error is ErrProof.
func Continues(old, fresh Checkpoint, proof []Hash) error {
	switch {
	case old.Size == 0 && len(proof) == 0 && (fresh.Size > 0 || fresh.Root == new(Edge).Root()):
		return nil
	case old.Size == 0:
		return fmt.Errorf("%w: from nothing there is no proof", ErrProof)
	}
	return Consistent(old, fresh, proof)
}
