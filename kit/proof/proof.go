package proof

import (
	"bytes"
	"crypto/x509"
	"embed"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"strings"
	"time"

	"posad.city/kit/credential"
	"posad.city/kit/fault"
	"posad.city/kit/lang"
	"posad.city/kit/seal"
)

// Locale holds the texts of this package.
//
//go:embed locale/*.yaml
var Locale embed.FS

// Kind is what a file is.
type Kind string

// The kinds.
const (
	Receipt    Kind = "receipt"    // posad-receipt/1 and /2
	Paper      Kind = "paper"      // a document as PDF
	Statement  Kind = "statement"  // posad-document/1 with its code: the file inside a PDF
	Code       Kind = "code"       // the code on paper, or its address
	Credential Kind = "credential" // SD-JWT VC
	StatusList Kind = "status"     // which credentials are revoked
	Message    Kind = "message"    // ASiC-E of the exchange
	Keys       Kind = "keys"       // posad-keys/1
	Issuer     Kind = "issuer"     // /.well-known/jwt-vc-issuer
	Roots      Kind = "roots"      // certificates as PEM
)

// fileMost is how large a file may be, bytes.
const fileMost = 64 << 20

// The faults of files; their texts are in locale/.
var (
	ErrUnknown   = fault.New(fault.Invalid, "proof.unknown")    // no file of a city that is known here
	ErrDamaged   = fault.New(fault.Invalid, "proof.damaged")    // of the kind, but not whole
	ErrAltered   = fault.New(fault.Invalid, "proof.altered")    // changed after it was signed
	ErrUnsigned  = fault.New(fault.Invalid, "proof.unsigned")   // no signature over all of it
	ErrStranger  = fault.New(fault.Invalid, "proof.stranger")   // nobody whom the reader knows vouches for the signer
	ErrCode      = fault.New(fault.Invalid, "proof.code")       // the code and the statement are of two documents
	ErrCodeKey   = fault.New(fault.Invalid, "proof.code_key")   // the code is signed by none of the reader's keys
	ErrCodeNeeds = fault.New(fault.Invalid, "proof.need_keys")  // nothing can be told without the city's keys
	ErrKeysOther = fault.New(fault.Invalid, "proof.other_keys") // the reader gave files, and none has the city's keys
	ErrCodeTime  = fault.New(fault.Invalid, "proof.code_time")  // the code is of a day after its key was destroyed
	ErrIssuer    = fault.New(fault.Invalid, "proof.need_issuer")
	ErrTime      = fault.New(fault.Invalid, "proof.time")    // a credential that is good no longer, or not yet
	ErrRevoked   = fault.New(fault.Invalid, "proof.revoked") // genuine, and revoked
)

// Means are what the reader has from elsewhere, and the time.
type Means struct {
	Keys    []seal.KeySet
	Roots   []*x509.Certificate
	Issuers []credential.KeySet
	Lists   []string // status lists, as they were fetched
	Now     time.Time
}

// Add takes a file of keys, certificates or standings, whatever it is. The error is ErrUnknown or ErrDamaged.
func (m *Means) Add(file []byte) error {
	switch kindOf(file) {
	case Keys:
		set, err := seal.ParseKeySet(file)
		if err != nil {
			return ErrDamaged.Because(err)
		}
		m.Keys = append(m.Keys, set)
	case Issuer:
		set, err := credential.ParseMetadata(file)
		if err != nil {
			return ErrDamaged.Because(err)
		}
		m.Issuers = append(m.Issuers, set)
	case Roots:
		roots, err := parseRoots(file)
		if err != nil {
			return err
		}
		m.Roots = append(m.Roots, roots...)
	case StatusList:
		m.Lists = append(m.Lists, strings.TrimSpace(string(file)))
	default:
		return ErrUnknown
	}
	return nil
}

// Line is a sentence of a verdict, or a fact that a file says of itself.
type Line struct {
	Key  string // of locale/ under proof; empty for a fact
	Args []any
	Name lang.Text // of a fact
	Says lang.Text
}

// Verdict is what is to be said of a good file.
type Verdict struct {
	Kind   Kind
	Proved []Line
	Facts  []Line // what it says
	Open   []Line // what is not proved
}

func (v *Verdict) prove(key string, args ...any) {
	v.Proved = append(v.Proved, Line{Key: key, Args: args})
}
func (v *Verdict) open(key string, args ...any) { v.Open = append(v.Open, Line{Key: key, Args: args}) }

func (v *Verdict) fact(name, says lang.Text) {
	if says.RU != "" || says.EN != "" {
		v.Facts = append(v.Facts, Line{Name: name, Says: says})
	}
}

// Check tells what a file is and whether it is genuine. Of a receipt, kit/journal tells: Check only says that it is one. An
// error is a fault with words for the reader; then nothing of the file may be believed.
func Check(file []byte, with Means) (Verdict, error) {
	v := Verdict{Kind: kindOf(file)}
	if len(file) > fileMost {
		return v, ErrUnknown
	}
	var err error
	switch v.Kind {
	case Receipt:
	case Paper:
		err = v.paper(file, with)
	case Statement:
		err = v.statement(file, with)
	case Code:
		err = v.code(strings.TrimSpace(string(file)), with)
	case Credential:
		err = v.credential(strings.TrimSpace(string(file)), with)
	case StatusList:
		err = v.status(strings.TrimSpace(string(file)), with)
	case Message:
		err = v.message(file, with)
	case Keys:
		err = v.keys(file, with)
	case Issuer:
		err = v.issuer(file)
	case Roots:
		err = v.roots(file, with)
	default:
		err = ErrUnknown
	}
	return v, err
}

// kindOf tells what a file seems to be; empty: nothing that is known.
func kindOf(file []byte) Kind {
	text := bytes.TrimSpace(file)
	switch {
	case bytes.HasPrefix(file, []byte("%PDF-")):
		return Paper
	case bytes.HasPrefix(file, []byte("PK\x03\x04")):
		return Message
	case bytes.HasPrefix(text, []byte("-----BEGIN CERTIFICATE")):
		return Roots
	case bytes.HasPrefix(text, []byte("{")):
		return kindOfJSON(text)
	case len(text) > codeMost && !bytes.ContainsRune(text, '.'), len(text) == 0:
		return ""
	}
	return kindOfText(string(text))
}

// codeMost is how long a code on paper may be with its address.
const codeMost = 2000

func kindOfJSON(text []byte) Kind {
	var form struct {
		Format    string          `json:"format"`
		Issuer    string          `json:"issuer"`
		JWKS      json.RawMessage `json:"jwks"`
		Statement json.RawMessage `json:"statement"`
		Token     string          `json:"token"`
	}
	if err := json.Unmarshal(text, &form); err != nil {
		return ""
	}
	switch {
	case strings.HasPrefix(form.Format, "posad-receipt/"), strings.HasPrefix(form.Format, "posad-promise/"):
		return Receipt
	case strings.HasPrefix(form.Format, "posad-keys/"):
		return Keys
	case form.Issuer != "" && form.JWKS != nil:
		return Issuer
	case form.Statement != nil && form.Token != "":
		return Statement
	}
	return ""
}

func kindOfText(text string) Kind {
	if first, _, more := strings.Cut(text, "~"); strings.Count(first, ".") == 2 {
		if more {
			return Credential
		}
		return StatusList
	}
	if code := text[strings.LastIndexByte(text, '/')+1:]; len(code) > 100 && len(text) < codeMost && strings.Trim(code, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz234567") == "" {
		return Code
	}
	return ""
}

// Tell writes a verdict for a person. text gives the words of a key, as lang.Catalogue does.
func (v Verdict) Tell(w io.Writer, l lang.Language, text func(key string, args ...any) string) error {
	var out strings.Builder
	fmt.Fprintln(&out, text("proof.is."+string(v.Kind)))
	list := func(lines []Line) {
		for _, line := range lines {
			fmt.Fprintln(&out, "- "+oneLine(text("proof."+line.Key, line.Args...)))
		}
	}
	if len(v.Proved) > 0 {
		fmt.Fprintf(&out, "\n%s\n", text("proof.proved"))
		list(v.Proved)
	}
	if len(v.Facts) > 0 {
		fmt.Fprintf(&out, "\n%s\n", text("proof.says"))
	}
	for _, f := range v.Facts {
		fmt.Fprintf(&out, "  %s: %s\n", oneLine(f.Name.In(l)), oneLine(f.Says.In(l)))
	}
	if len(v.Open) > 0 {
		fmt.Fprintf(&out, "\n%s\n", text("proof.not"))
		list(v.Open)
	}
	_, err := io.WriteString(w, out.String())
	return err
}

// oneLine keeps a file from drawing on the reader's terminal: control characters become spaces.
func oneLine(text string) string {
	return strings.Map(func(r rune) rune {
		if r < 0x20 || (r >= 0x7f && r < 0xa0) || (r >= 0x202a && r <= 0x202e) || (r >= 0x2066 && r <= 0x2069) {
			return ' '
		}
		return r
	}, text)
}

func parseRoots(file []byte) ([]*x509.Certificate, error) {
	var out []*x509.Certificate
	for rest := file; ; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		one, err := x509.ParseCertificate(block.Bytes)
		if err != nil || block.Type != "CERTIFICATE" {
			return nil, ErrDamaged.Because(fmt.Errorf("proof: certificate: %w", err))
		}
		out = append(out, one)
	}
	if len(out) == 0 {
		return nil, ErrDamaged
	}
	return out, nil
}

// moment is a time as verdicts say it.
func moment(at time.Time) string { return at.UTC().Format("2006-01-02 15:04:05 UTC") }

// same is a text that is one in every language.
func same(text string) lang.Text { return lang.Text{RU: text, EN: text} }

// payloadOf peeks into a signed token that nobody has checked yet.
func payloadOf(text string, to any) error {
	parts := strings.Split(text, ".")
	if len(parts) != 3 {
		return ErrDamaged
	}
	body, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err == nil {
		err = json.Unmarshal(body, to)
	}
	if err != nil {
		return ErrDamaged.Because(err)
	}
	return nil
}
