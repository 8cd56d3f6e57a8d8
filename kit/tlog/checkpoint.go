package tlog

import (
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
)

// Checkpoint is what a log says of itself: so many entries, with this root.
type Checkpoint struct {
	Origin string // the log's name, for ever: kitezh.example/log
	Size   int64
	Root   Hash
}

// The errors of checkpoints and proofs.
var (
	// ErrForm says that a text is not a checkpoint or a proof.
	ErrForm = errors.New("tlog: the text is not of its form")
	// ErrSignature says that no key that the reader knows has signed, or that a signature does not fit.
	ErrSignature = errors.New("tlog: the signature of the checkpoint does not fit")
	// ErrProof says that the hashes do not lead from the entry to the root.
	ErrProof = errors.New("tlog: the proof does not lead to the root")
)

// noteMost bounds a signed note in bytes: three lines and a hundred signatures.
const noteMost = 32 << 10

// Text is the checkpoint without signatures: three lines.
func (c Checkpoint) Text() string {
	return c.Origin + "\n" + strconv.FormatInt(c.Size, 10) + "\n" + base64.StdEncoding.EncodeToString(c.Root[:]) + "\n"
}

// parseText reads the three lines. A checkpoint with further lines is another log's.
func parseText(text string) (Checkpoint, error) {
	lines := strings.Split(text, "\n")
	if len(lines) != 4 || lines[0] == "" {
		return Checkpoint{}, fmt.Errorf("%w: a checkpoint has three lines", ErrForm)
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil || size < 0 {
		return Checkpoint{}, fmt.Errorf("%w: its size", ErrForm)
	}
	root, err := base64.StdEncoding.Strict().DecodeString(lines[2])
	if err != nil || len(root) != hashLen {
		return Checkpoint{}, fmt.Errorf("%w: its root", ErrForm)
	}
	out := Checkpoint{Origin: lines[0], Size: size, Root: Hash(root)}
	if out.Text() != text {
		return Checkpoint{}, fmt.Errorf("%w: another spelling", ErrForm)
	}
	return out, nil
}

// Peek reads what a signed checkpoint says and believes it without its signatures.
func Peek(signed string) (Checkpoint, error) {
	end := strings.Index(signed, "\n\n")
	if end < 0 || len(signed) > noteMost {
		return Checkpoint{}, fmt.Errorf("%w: no signature", ErrForm)
	}
	return parseText(signed[:end+1])
}

// VerifierKey is the key as configurations of monitors and witnesses name it: <origin>+<hash>+<key>.
func VerifierKey(origin string, public ed25519.PublicKey) (string, error) {
	key, err := note.NewEd25519VerifierKey(origin, public)
	if err != nil {
		return "", fmt.Errorf("%w: %w", ErrForm, err)
	}
	if _, err := note.NewVerifier(key); err != nil {
		return "", fmt.Errorf("%w: %w", ErrForm, err)
	}
	return key, nil
}

// Signature is one key's signature over a checkpoint's text.
type Signature struct {
	Public ed25519.PublicKey
	Bytes  []byte
}

// Signed joins a checkpoint and its signatures to a signed note.
func Signed(c Checkpoint, signatures []Signature) (string, error) {
	var signers []note.Signer
	for _, s := range signatures {
		v, err := verifier(c.Origin, s.Public)
		if err != nil {
			return "", err
		}
		signers = append(signers, made{v, s.Bytes})
	}
	if len(signers) == 0 {
		return "", fmt.Errorf("%w: nobody signs", ErrSignature)
	}
	out, err := note.Sign(&note.Note{Text: c.Text()}, signers...)
	if err != nil {
		return "", fmt.Errorf("%w: %w", ErrForm, err)
	}
	return string(out), nil
}

// made is a signer whose signature is made already.
type made struct {
	note.Verifier
	bytes []byte
}

// Sign implements note.Signer.
func (m made) Sign([]byte) ([]byte, error) { return m.bytes, nil }

func verifier(origin string, public ed25519.PublicKey) (note.Verifier, error) {
	key, err := VerifierKey(origin, public)
	if err != nil {
		return nil, err
	}
	v, err := note.NewVerifier(key)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrForm, err)
	}
	return v, nil
}

// Open checks a signed checkpoint by the keys that the reader knows and tells which of them signed, as indexes into keys.
// Signatures by others are left aside, as the form wants it. Errors: ErrForm, ErrSignature.
func Open(signed string, keys []ed25519.PublicKey) (Checkpoint, []int, error) {
	c, err := Peek(signed)
	if err != nil {
		return Checkpoint{}, nil, err
	}
	by, err := signers(c.Origin, signed, keys)
	return orNothing(c, err), by, err
}

// OpenAny is Open for any log's checkpoint, which may say more than three lines.
func OpenAny(signed string, keys []ed25519.PublicKey) (Checkpoint, error) {
	c, _, err := PeekAny(signed)
	if err != nil {
		return Checkpoint{}, err
	}
	_, err = signers(c.Origin, signed, keys)
	return orNothing(c, err), err
}

func orNothing(c Checkpoint, err error) Checkpoint {
	if err != nil {
		return Checkpoint{}
	}
	return c
}

// signers tells which keys have signed a note under the log's name.
func signers(origin, signed string, keys []ed25519.PublicKey) ([]int, error) {
	known := make([]note.Verifier, 0, len(keys))
	at := map[uint32]int{}
	for i, key := range keys {
		v, err := verifier(origin, key)
		if err != nil {
			return nil, err
		}
		if _, twice := at[v.KeyHash()]; twice {
			continue
		}
		at[v.KeyHash()] = i
		known = append(known, v)
	}
	opened, err := note.Open([]byte(signed), note.VerifierList(known...))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrSignature, err)
	}
	var by []int
	for _, s := range opened.Sigs {
		by = append(by, at[s.Hash])
	}
	return by, nil
}

// ParseVerifierKey reads a log's verifier key: its origin and an Ed25519 key. The error is ErrForm.
func ParseVerifierKey(text string) (string, ed25519.PublicKey, error) {
	w, err := ParseWitness(text)
	if err != nil {
		return "", nil, fmt.Errorf("%w: %w", ErrForm, err)
	}
	if again, err := VerifierKey(w.Name, w.Public); err != nil || again != text {
		return "", nil, fmt.Errorf("%w: this key is not a log's", ErrForm)
	}
	return w.Name, w.Public, nil
}
