package document

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"posad.city/core/document/internal/store"
	"posad.city/kit/calendar"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/seal"
	"posad.city/kit/vault"
)

// errRow says that a result's row is not what was signed: somebody changed it.
var errRow = errors.New("document: the row does not fit what was signed")

// body is what is sealed of a result.
type body struct {
	Office lang.Text `json:"office"`
	Signer lang.Text `json:"signer,omitzero"`
	Title  lang.Text `json:"title"`
	Text   lang.Text `json:"text,omitzero"`
	Facts  []Fact    `json:"facts,omitempty"`
	Public []string  `json:"public,omitempty"`
	Token  string    `json:"token"`
	Salt   string    `json:"salt"`
	Parts  []Part    `json:"parts,omitempty"` // a document that stands in this one's place says them again
	City   lang.Text `json:"city,omitzero"`
}

// newSalt keeps the digest in a code from telling the facts to whoever tries them out.
func newSalt() string {
	salt := make([]byte, 16)
	_, _ = rand.Read(salt) // never fails: crypto/rand ends the program instead
	return hex.EncodeToString(salt)
}

// statement is everything that the city signs of a result: format posad-document/1. A file of this form lies in the PDF;
// the first 16 bytes of the SHA-256 of its canonical JSON are the token's digest.
func statement(r Result, salt string, zone *time.Location) map[string]any {
	facts := []any{}
	for _, f := range r.Facts {
		facts = append(facts, map[string]any{"key": f.Key, "label": textValue(f.Label), "value": textValue(f.Value)})
	}
	public := []any{}
	for _, key := range r.Public {
		public = append(public, key)
	}
	out := map[string]any{
		"format": "posad-document/1", "id": r.ID.String(), "holder": r.Holder.String(), "case": r.Case.String(),
		"service": r.Service, "kind": r.Kind, "number": r.Number, "agency": r.Agency.String(),
		"issued": calendar.DateOf(r.Issued, zone).String(), "from": r.From.String(), "until": r.Until.String(),
		"office": textValue(r.Office), "signer": textValue(r.Signer), "title": textValue(r.Title), "text": textValue(r.Text),
		"facts": facts, "public": public, "salt": salt,
	}
	// What a plain document has not is left out, so that documents issued before these were there verify as they did.
	for name, value := range map[string]string{"form": string(r.Form), "list": r.List, "opens": r.Opens, "replaces": r.Replaces} {
		if value != "" {
			out[name] = value
		}
	}
	return out
}

func textValue(t lang.Text) map[string]any { return map[string]any{"ru": t.RU, "en": t.EN} }

// statementName is what the signed statement is called as a file in the PDF.
const statementName = "posad-document.json"

// attached is that file: the statement with its token, so that a program can check all of it. The journal holds its hash.
func attached(said map[string]any, token string) ([]byte, error) {
	out, err := seal.Canonical(map[string]any{"statement": said, "token": token})
	if err != nil {
		return nil, fmt.Errorf("document: statement: %w", err)
	}
	return out, nil
}

// digest is what the token carries of a statement.
func digest(said map[string]any) ([16]byte, error) {
	canonical, err := seal.Canonical(said)
	if err != nil {
		return [16]byte{}, fmt.Errorf("document: digest: %w", err)
	}
	sum := sha256.Sum256(canonical)
	return [16]byte(sum[:16]), nil
}

// opened is a result with what proves that its row is the one that was signed.
type opened struct {
	Result
	salt  string
	parts []Part
	city  lang.Text
	row   documentdb.DocumentResult
}

// open unseals a row.
func open(keys *vault.Keys, row documentdb.DocumentResult) (opened, error) {
	out, err := plain(row)
	if err != nil {
		return out, err
	}
	content, err := keys.Open("document_result", "body", row.Body)
	if err != nil {
		return out, err
	}
	var b body
	if err := json.Unmarshal(content, &b); err != nil {
		return out, fmt.Errorf("document: body of %s: %w", row.ID, err)
	}
	out.Office, out.Signer, out.Title, out.Text = b.Office, b.Signer, b.Title, b.Text
	out.Facts, out.Public, out.Token, out.salt, out.parts, out.city = b.Facts, b.Public, b.Token, b.Salt, b.Parts, b.City
	reason, err := keys.Open("document_result", "reason", row.Reason)
	if err != nil || reason == nil {
		return out, err
	}
	if err := json.Unmarshal(reason, &out.Reason); err != nil {
		return out, fmt.Errorf("document: reason of %s: %w", row.ID, err)
	}
	return out, nil
}

// plain is what a row tells without any key.
func plain(row documentdb.DocumentResult) (opened, error) {
	out := opened{row: row, Result: Result{
		Holder: row.Holder, ID: row.ID, Case: row.Subject, Service: row.Service, Kind: row.Kind, Agency: row.Agency, Number: row.Number,
		Lang: lang.Language(row.Lang), Issued: row.Issued, Revoked: row.Revoked,
		Form: Form(row.Form), List: row.List, Opens: row.Opens, Replaces: row.Replaces, Replaced: row.Replaced,
	}}
	var err error
	if out.From, err = calendar.ParseDate(row.ValidFrom); err != nil {
		return out, fmt.Errorf("document: first day of %s: %w", row.ID, err)
	}
	if row.ValidUntil != "" {
		if out.Until, err = calendar.ParseDate(row.ValidUntil); err != nil {
			return out, fmt.Errorf("document: last day of %s: %w", row.ID, err)
		}
	}
	return out, nil
}

// sound tells whether the row says what was signed: errRow when not.
func (o opened) sound(zone *time.Location) error {
	want, err := digest(statement(o.Result, o.salt, zone))
	if err != nil {
		return err
	}
	if !bytes.Equal(want[:], o.row.Digest) {
		return errRow
	}
	return nil
}

// fact finds a fact by its key.
func (r Result) fact(key string) (Fact, bool) {
	for _, f := range r.Facts {
		if f.Key == key {
			return f, true
		}
	}
	return Fact{}, false
}

// PublicFacts are the facts that the public check shows.
func (r Result) PublicFacts() []Fact {
	var out []Fact
	for _, key := range r.Public {
		if f, ok := r.fact(key); ok {
			out = append(out, f)
		}
	}
	return out
}

// FileName is what the PDF is called when it is saved.
func (r Result) FileName(l lang.Language) string {
	return cleanName(r.Title.In(l)+" "+id.FormatNumber(r.Number), "document", kinds[0])
}
