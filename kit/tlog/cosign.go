package tlog

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Witness is somebody outside who signs checkpoints that they saw and that continue what they saw before: a name and a
// key, as C2SP's tlog-cosignature has them (Ed25519, cosignature/v1).
type Witness struct {
	Name   string
	Public ed25519.PublicKey
}

// Cosignature is a witness's signature over a checkpoint: at that time no larger checkpoint of the log was known to them,
// and this one continued all earlier ones.
type Cosignature struct {
	Witness
	At   time.Time // whole seconds
	Line string    // as it stands in a signed note, with its end of line
}

// ErrWitness says that a text is not a witness's verifier key.
var ErrWitness = errors.New("tlog: this is not the verifier key of a witness")

// Kinds of keys in verifier keys.
const (
	kindEd25519   = 1 // a plain key: some witnesses publish theirs so
	kindCosigner  = 4 // Ed25519, cosignature/v1
	kindCosigner2 = 6 // ML-DSA-44
)

const (
	stampLen  = 8
	linesMost = 100 // signatures of a note, as many as note.Open takes
	dash      = "— "
)

// ParseWitness reads a witness's verifier key, name+hash+key. The error is ErrWitness with its reason.
func ParseWitness(text string) (Witness, error) {
	name, rest, _ := strings.Cut(text, "+")
	digits, encoded, ok := strings.Cut(rest, "+")
	if !ok || !nameFits(name) {
		return Witness{}, fmt.Errorf("%w: want name+hash+key", ErrWitness)
	}
	want, err := strconv.ParseUint(digits, 16, 32)
	raw, bad := base64.StdEncoding.Strict().DecodeString(encoded)
	if err != nil || bad != nil || len(digits) != 8 || len(raw) == 0 {
		return Witness{}, fmt.Errorf("%w: want name+hash+key", ErrWitness)
	}
	kind, public := raw[0], raw[1:]
	if kind == kindCosigner2 {
		return Witness{}, fmt.Errorf("%w: keys of the kind ML-DSA-44 are not read; ask the witness for their Ed25519 key", ErrWitness)
	}
	if kind != kindEd25519 && kind != kindCosigner || len(public) != ed25519.PublicKeySize {
		return Witness{}, fmt.Errorf("%w: a key of an unknown kind", ErrWitness)
	}
	if keyID(name, kind, public) != uint32(want) {
		return Witness{}, fmt.Errorf("%w: the hash does not fit; was it copied whole?", ErrWitness)
	}
	return Witness{Name: name, Public: public}, nil
}

// Key is the verifier key that ParseWitness reads.
func (w Witness) Key() string {
	return fmt.Sprintf("%s+%08x+%s", w.Name, w.id(), base64.StdEncoding.EncodeToString(append([]byte{kindCosigner}, w.Public...)))
}

func (w Witness) id() uint32 { return keyID(w.Name, kindCosigner, w.Public) }

func keyID(name string, kind byte, public []byte) uint32 {
	sum := sha256.Sum256(append(append([]byte(name), '\n', kind), public...))
	return binary.BigEndian.Uint32(sum[:])
}

// nameFits tells whether a text may be the name of a key in a signed note.
func nameFits(name string) bool {
	return name != "" && utf8.ValidString(name) && !strings.Contains(name, "+") && strings.IndexFunc(name, unicode.IsSpace) < 0
}

// Cosign makes the witness's signature over a checkpoint's text (the note without its signatures), whole seconds of at.
func Cosign(name string, key ed25519.PrivateKey, text string, at time.Time) (Cosignature, error) {
	public, ok := key.Public().(ed25519.PublicKey)
	if !ok || !nameFits(name) || at.Unix() < 0 {
		return Cosignature{}, fmt.Errorf("%w: its name or time", ErrWitness)
	}
	w := Witness{Name: name, Public: public}
	raw := binary.BigEndian.AppendUint32(nil, w.id())
	raw = binary.BigEndian.AppendUint64(raw, uint64(at.Unix()))
	raw = append(raw, ed25519.Sign(key, cosigned(text, uint64(at.Unix())))...)
	return Cosignature{w, time.Unix(at.Unix(), 0).UTC(), dash + name + " " + base64.StdEncoding.EncodeToString(raw) + "\n"}, nil
}

// cosigned is what a witness signs.
func cosigned(text string, at uint64) []byte {
	return []byte("cosignature/v1\ntime " + strconv.FormatUint(at, 10) + "\n" + text)
}

// Cosignatures are those that the given witnesses have put under a signed note and that fit, one for each key: the newest.
// Signatures by anybody else are left aside. They come in the order of witnesses. The error is ErrForm.
func Cosignatures(signed string, witnesses []Witness) ([]Cosignature, error) {
	text, block, err := split(signed)
	if err != nil {
		return nil, err
	}
	lines, err := signatureLines(block)
	if err != nil {
		return nil, err
	}
	var out []Cosignature
	for i, w := range witnesses {
		if slices.ContainsFunc(witnesses[:i], func(o Witness) bool { return o.Public.Equal(w.Public) }) {
			continue // one key under two names is one witness
		}
		var best Cosignature
		for _, line := range lines {
			if c, ok := line.by(w, text); ok && (best.Line == "" || c.At.After(best.At)) {
				best = c
			}
		}
		if best.Line != "" {
			out = append(out, best)
		}
	}
	return out, nil
}

// WithCosignatures adds witnesses' lines to a signed note.
func WithCosignatures(signed string, list []Cosignature) string {
	for _, c := range list {
		signed += c.Line
	}
	return signed
}

// split parts a signed note into its text and its signature lines.
func split(signed string) (string, string, error) {
	end := strings.Index(signed, "\n\n")
	if end < 0 || len(signed) > noteMost || !utf8.ValidString(signed) {
		return "", "", fmt.Errorf("%w: no signature", ErrForm)
	}
	return signed[:end+1], signed[end+2:], nil
}

// signatureLine is one signature of a note, before it is believed.
type signatureLine struct {
	name, text string
	id         uint32
	bytes      []byte
}

func signatureLines(block string) ([]signatureLine, error) {
	var out []signatureLine
	for block != "" {
		text, rest, ended := strings.Cut(block, "\n")
		name, encoded, ok := strings.Cut(strings.TrimPrefix(text, dash), " ")
		raw, err := base64.StdEncoding.Strict().DecodeString(encoded)
		if !ended || !ok || !strings.HasPrefix(text, dash) || !nameFits(name) || err != nil || len(raw) < 5 || len(out) == linesMost {
			return nil, fmt.Errorf("%w: a line that is no signature", ErrForm)
		}
		out = append(out, signatureLine{name: name, text: text + "\n", id: binary.BigEndian.Uint32(raw), bytes: raw[4:]})
		block = rest
	}
	return out, nil
}

// by tells whether the line is the witness's signature over the text.
func (l signatureLine) by(w Witness, text string) (Cosignature, bool) {
	if l.name != w.Name || l.id != w.id() || len(l.bytes) != stampLen+ed25519.SignatureSize || len(w.Public) != ed25519.PublicKeySize {
		return Cosignature{}, false
	}
	at := binary.BigEndian.Uint64(l.bytes)
	if at > 1<<40 || !ed25519.Verify(w.Public, cosigned(text, at), l.bytes[stampLen:]) { // 2^40 seconds: no calendar goes so far
		return Cosignature{}, false
	}
	return Cosignature{w, time.Unix(int64(at), 0).UTC(), l.text}, true
}
