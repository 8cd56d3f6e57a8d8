package proof

import (
	"bytes"
	"compress/zlib"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"strconv"
	"strings"
	"time"

	"posad.city/kit/asic"
	"posad.city/kit/calendar"
	"posad.city/kit/lang"
	"posad.city/kit/pdf/sign"
	"posad.city/kit/seal"
)

// paper checks a PDF: the signature over the whole file, and the statement inside with its code.
func (v *Verdict) paper(file []byte, with Means) error {
	roots, own := with.Roots, false
	if len(roots) == 0 {
		inside, err := sign.Inside(file)
		if err != nil {
			return pdfFault(err)
		}
		roots, own = inside, true
	}
	by, err := sign.Verify(file, roots, with.Now)
	if err != nil {
		return pdfFault(err)
	}
	v.prove("paper_whole")
	v.signedBy(by.Leaf, by.Root, own)
	v.open("time_is_theirs")
	said, ok := attachment(file)
	if !ok {
		v.open("no_statement")
		v.open("revoked_unknown")
		return nil
	}
	if len(with.Keys) == 0 {
		v.open("statement_unchecked")
		v.open("revoked_unknown")
		return nil
	}
	if own {
		v.open("pages") // anybody may draw pages around a statement of the city and sign them
	}
	return v.statement(said, with)
}

func pdfFault(err error) error {
	switch {
	case errors.Is(err, sign.ErrAltered):
		return ErrAltered.Because(err)
	case errors.Is(err, sign.ErrStranger):
		return ErrStranger.Because(err)
	}
	return ErrUnsigned.Because(err)
}

// signedBy says whose certificate signed, and on what the belief in it rests.
func (v *Verdict) signedBy(leaf, root *x509.Certificate, own bool) {
	key := "by_roots"
	if own {
		key = "by_itself"
		v.open("roots_missing")
	}
	name := ""
	if root != nil {
		name = root.Subject.CommonName
	}
	v.prove(key, "name", leaf.Subject.CommonName, "root", name, "print", fingerprint(leaf))
}

// fingerprint is what people compare: the first half of SHA-256 of the certificate.
func fingerprint(c *x509.Certificate) string {
	sum := sha256.Sum256(c.Raw)
	return strings.ToUpper(hex.EncodeToString(sum[:16]))
}

var (
	embeddedFile = []byte("/Type /EmbeddedFile ")
	streamBegins = []byte(">>\nstream\n")
	lengthIs     = []byte("/Length ")
)

// attachmentMost is how large the statement in a PDF may be, bytes.
const attachmentMost = 4 << 20

// attachmentsMost is how many attachments of a PDF are unpacked. The city's have one or two; one that anybody has signed may
// have a million.
const attachmentsMost = 32

// attachment finds the statement in a PDF of the city's own writer. The whole file is signed, so that the first one is it.
func attachment(file []byte) ([]byte, bool) {
	at := bytes.Index(file, embeddedFile)
	for tries := 0; at >= 0 && tries < attachmentsMost; tries++ {
		rest := file[at:]
		begins := bytes.Index(rest, streamBegins)
		if begins < 0 {
			return nil, false
		}
		head, body := rest[:begins], rest[begins+len(streamBegins):]
		digits := head[bytes.LastIndex(head, lengthIs)+1:]
		length, err := strconv.Atoi(string(bytes.TrimSpace(bytes.TrimPrefix(digits, lengthIs[1:]))))
		if err == nil && length >= 0 && length <= len(body) {
			if said, err := unpack(body[:length]); err == nil && kindOf(said) == Statement {
				return said, true
			}
		}
		next := bytes.Index(rest[1:], embeddedFile)
		if next < 0 {
			return nil, false
		}
		at += 1 + next
	}
	return nil, false
}

func unpack(packed []byte) ([]byte, error) {
	r, err := zlib.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, err
	}
	out, err := io.ReadAll(io.LimitReader(r, attachmentMost+1))
	if err == nil && len(out) > attachmentMost {
		err = ErrDamaged
	}
	return out, err
}

// said is a statement's own fields that are shown or compared. All of it is under the code's digest.
type said struct {
	Format string `json:"format"`
	ID     string `json:"id"`
	Number string `json:"number"`
	Issued string `json:"issued"`
	From   string `json:"from"`
	Until  string `json:"until"`
	Office words  `json:"office"`
	Signer words  `json:"signer"`
	Title  words  `json:"title"`
	Facts  []struct {
		Label words `json:"label"`
		Value words `json:"value"`
	} `json:"facts"`
}

// words are a text of a statement; both languages may be empty.
type words struct {
	RU string `json:"ru"`
	EN string `json:"en"`
}

// statement checks what a document says against its code.
func (v *Verdict) statement(file []byte, with Means) error {
	var form struct {
		Statement map[string]any `json:"statement"`
		Token     string         `json:"token"`
	}
	if err := json.Unmarshal(file, &form); err != nil {
		return ErrDamaged.Because(err)
	}
	if err := seal.SameJSON(file, map[string]any{"statement": form.Statement, "token": form.Token}); err != nil {
		return ErrDamaged.Because(err)
	}
	token, key, err := openCode(form.Token, with)
	if err != nil {
		return err
	}
	canonical, err := seal.Canonical(form.Statement)
	if err != nil {
		return ErrDamaged.Because(err)
	}
	var s said
	if err := json.Unmarshal(canonical, &s); err != nil {
		return ErrDamaged.Because(err)
	}
	sum := sha256.Sum256(canonical)
	if !bytes.Equal(sum[:16], token.Digest[:]) || s.ID != token.Document.String() || digits(s.Number) != digits(token.Number) {
		return ErrCode
	}
	v.prove("statement", "key", key.ID.Short())
	v.fact(lang.Text(s.Title), same(s.Number))
	v.fact(lang.Text{RU: "Выдал", EN: "Issued by"}, lang.Text(s.Office))
	v.fact(lang.Text{RU: "Подписал", EN: "Signed by"}, lang.Text(s.Signer))
	v.fact(lang.Text{RU: "Когда", EN: "When"}, same(s.Issued))
	v.fact(lang.Text{RU: "Действует с", EN: "Good from"}, same(s.From))
	v.fact(lang.Text{RU: "Действует по", EN: "Good until"}, same(s.Until))
	for _, f := range s.Facts {
		v.fact(lang.Text(f.Label), lang.Text(f.Value))
	}
	v.term(token, with)
	v.open("revoked_unknown")
	return nil
}

// digits are a number without its dashes: the code has it as people read it, the statement as it is.
func digits(number string) string { return strings.ReplaceAll(number, "-", "") }

// term says that the last day of a document is past. That is no fault: it is genuine.
func (v *Verdict) term(t seal.Token, with Means) {
	if !t.Until.IsZero() && with.Now.UTC().Format("2006-01-02") > t.Until.String() {
		v.open("over", "until", t.Until.String())
	}
}

// openCode reads a code with the reader's keys.
func openCode(text string, with Means) (seal.Token, seal.PublicKey, error) {
	if len(with.Keys) == 0 {
		return seal.Token{}, seal.PublicKey{}, ErrCodeNeeds
	}
	var last error
	for _, set := range with.Keys {
		token, key, err := seal.OpenToken(text, set)
		if err == nil && gone(key, token.Issued) {
			return seal.Token{}, seal.PublicKey{}, ErrCodeTime
		}
		if err == nil {
			return token, key, nil
		}
		last = err
		if errors.Is(err, seal.ErrSignature) {
			break
		}
	}
	switch {
	case errors.Is(last, seal.ErrUnknownKey):
		return seal.Token{}, seal.PublicKey{}, ErrCodeKey.Because(last)
	case errors.Is(last, seal.ErrSignature):
		return seal.Token{}, seal.PublicKey{}, ErrAltered.Because(last)
	}
	return seal.Token{}, seal.PublicKey{}, ErrDamaged.Because(last)
}

// gone tells whether a key's secret was destroyed before a day, wherever on earth the day is.
func gone(key seal.PublicKey, issued calendar.Date) bool {
	return !key.Retired.IsZero() && issued.AddDays(-1).After(calendar.DateOf(key.Retired, time.UTC))
}

// code checks the code of a paper alone.
func (v *Verdict) code(text string, with Means) error {
	token, key, err := openCode(text, with)
	if err != nil {
		return err
	}
	v.prove("code_good", "key", key.ID.Short())
	v.fact(lang.Text{RU: "Вид", EN: "Kind"}, same(token.Kind))
	v.fact(lang.Text{RU: "Номер", EN: "Number"}, same(token.Number))
	v.fact(lang.Text{RU: "Выдан", EN: "Issued"}, same(token.Issued.String()))
	if !token.Until.IsZero() {
		v.fact(lang.Text{RU: "Действует по", EN: "Good until"}, same(token.Until.String()))
	}
	for _, c := range token.Claims {
		v.fact(same(c.Name), same(c.Value))
	}
	v.term(token, with)
	v.open("code_paper")
	v.open("revoked_unknown")
	return nil
}

// message checks a container of the exchange.
func (v *Verdict) message(file []byte, with Means) error {
	own := len(with.Roots) == 0
	var root *x509.Certificate // whom the signer's certificate leads to
	got, err := asic.Verify(file, func(leaf *x509.Certificate, chain []*x509.Certificate, signed time.Time) error {
		roots := with.Roots
		if own {
			roots = chain // it is whole, and its signer is whoever it says
		}
		found, err := asic.Above(leaf, chain, roots, signed)
		root = found
		return err
	})
	switch {
	case errors.Is(err, asic.ErrUntrusted):
		return ErrStranger.Because(err)
	case errors.Is(err, asic.ErrContainer):
		return ErrDamaged.Because(err)
	case err != nil:
		return ErrAltered.Because(err)
	}
	v.prove("message_whole", "parts", strconv.Itoa(len(got.Parts)))
	v.signedBy(got.Certificate, root, own)
	v.prove("message_batch", "batch", hex.EncodeToString(got.Batch[:16]), "time", moment(got.Signed))
	lines := strings.Split(strings.TrimSpace(string(got.Parts[0].Content)), "\r\n")
	for i, line := range lines {
		if i >= 2 {
			name, value, _ := strings.Cut(line, ":")
			v.fact(same(name), same(value))
			continue
		}
		v.fact(lang.Text{RU: "Строка", EN: "Line"}, same(line))
	}
	if len(got.Parts) > 1 {
		v.fact(lang.Text{RU: "Тело", EN: "Body"}, same(short(got.Parts[1].Content)))
	}
	v.open("time_is_theirs")
	v.open("message_alone")
	return nil
}

// shortMost is how much of a message's body is shown.
const shortMost = 400

func short(body []byte) string {
	if len(body) > shortMost {
		return string(bytes.ToValidUTF8(body[:shortMost], nil)) + "…"
	}
	return string(bytes.ToValidUTF8(body, nil))
}
