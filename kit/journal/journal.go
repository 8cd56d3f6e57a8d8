package journal

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"posad.city/kit/clock"
	"posad.city/kit/id"
	"posad.city/kit/seal"
	"posad.city/kit/store"
	"posad.city/kit/tlog"
	"posad.city/kit/vault"
)

// Fact is one thing that an entry says. Name is for programs, Label and Value are what the holder reads, in the language
// in which the act was done.
type Fact struct {
	Name, Label, Value string
}

// Document is a file that an entry names by its hash: whoever has the file can see that it is the one.
type Document struct {
	Name   string
	SHA256 [32]byte
}

// Entry is an official act as the journal takes it.
type Entry struct {
	Act       id.ID  // the act's id; one act enters one kind about one object once
	Kind      string // <module>.<event>, for example casework.submitted
	Title     string // the same for people: Заявление подано
	Object    id.ID  // the case, the payment, the document
	Facts     []Fact
	Documents []Document
}

// Ready is an entry that is prepared outside the transaction: id, salt and sealed values are made. It may be entered
// once; if the Write runs twice, only the run that commits counts.
type Ready struct {
	entry      Entry
	city       string
	holder, id id.ID
	salt       [32]byte
	sealedSalt vault.Sealed
	sealedBody vault.Sealed
	poke       func()
}

// Entered is an entry with its place in time.
type Entered struct {
	Entry
	ID       id.ID
	City     string
	Made     time.Time
	Leaf     [32]byte
	Position int64 // in the public log; -1 while it waits for one
	salt     [32]byte
}

// Promise is what the city signs at once: this leaf, made then, will stand in the public tree by IncludedBy.
type Promise struct {
	City       string
	Entry      id.ID
	Leaf       [32]byte
	Made       time.Time
	IncludedBy time.Time
	Signature  seal.Signature
}

// Delay is how long the city gives itself from the act to the public tree.
const Delay = 24 * time.Hour

// Bounds of an entry.
const (
	MaxFacts     = 100
	MaxDocuments = 50
	MaxText      = 4000 // bytes of one text
)

// ErrEntry says that an entry is out of bounds, or lacks its act, kind or object.
var ErrEntry = errors.New("journal: the entry is not complete or too large")

// ErrRow says that a row's leaf does not fit its sealed body: somebody changed the row.
var ErrRow = errors.New("journal: the row does not fit its leaf")

const (
	table         = "journal_entry"
	formatReceipt = "posad-receipt/1"
	formatProved  = "posad-receipt/2" // the same with the section proof
	formatPromise = "posad-promise/1"
	domainPromise = "promise"
	leafPrefix    = "posad leaf 1\x00"
	timeForm      = "2006-01-02T15:04:05.000000Z"
)

// Journal prepares entries and signs promises for one city. It is safe for concurrent use.
type Journal struct {
	seal  *seal.Seal
	clock clock.Clock
	log   atomic.Pointer[Log]

	subjects []Subject // that the deep check compares; they are told at the start
}

// New returns the journal of the seal's city.
func New(s *seal.Seal, c clock.Clock) *Journal { return &Journal{seal: s, clock: c} }

// Attach gives the journal the public log: entries poke it when they are committed, and receipts carry proofs from it.
func (j *Journal) Attach(l *Log) { j.log.Store(l) }

func (j *Journal) poke() {
	if l := j.log.Load(); l != nil {
		l.Poke()
	}
}

// Prepare makes an entry ready for the holder's keys: call it before the Write.
func (j *Journal) Prepare(keys *vault.Keys, e Entry) (*Ready, error) {
	if err := e.check(); err != nil {
		return nil, err
	}
	body, err := seal.Canonical(e.body())
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrEntry, err)
	}
	r := &Ready{entry: e, city: j.seal.City(), holder: keys.Holder(), id: id.New(j.clock.Now()), poke: j.poke}
	_, _ = rand.Read(r.salt[:]) // crypto/rand documents that this never returns an error
	r.sealedSalt = keys.Seal(table, "salt", r.salt[:])
	r.sealedBody = keys.Seal(table, "body", body)
	if keys.Erased() {
		return nil, vault.ErrErased
	}
	return r, nil
}

func (e Entry) check() error {
	if e.Act.IsZero() || e.Object.IsZero() || e.Kind == "" || len(e.Facts) > MaxFacts || len(e.Documents) > MaxDocuments {
		return ErrEntry
	}
	texts := []string{e.Kind, e.Title}
	for _, f := range e.Facts {
		texts = append(texts, f.Name, f.Label, f.Value)
	}
	for _, d := range e.Documents {
		texts = append(texts, d.Name)
	}
	for _, text := range texts {
		if len(text) > MaxText {
			return ErrEntry
		}
	}
	return nil
}

// Enter inserts the entry in the act's own transaction and returns it with its leaf. store.ErrExists when the act has
// entered this kind about this object before.
func Enter(tx *store.Tx, r *Ready) (Entered, error) {
	out, err := enteredAt(r.entry, r.id, r.city, tx.Now(), r.salt)
	if err != nil {
		return Entered{}, err
	}
	_, err = tx.Exec(insertEntry, r.holder, r.id, r.entry.Act, r.entry.Kind, r.entry.Object, out.Made, out.Leaf[:], r.sealedSalt, r.sealedBody)
	if err != nil {
		return Entered{}, fmt.Errorf("journal: enter %s: %w", r.entry.Kind, err)
	}
	tx.AfterCommit(r.poke)
	return out, nil
}

func enteredAt(e Entry, entryID id.ID, city string, made time.Time, salt [32]byte) (Entered, error) {
	out := Entered{Entry: e, ID: entryID, City: city, Made: made, Position: -1, salt: salt}
	leaf, err := out.leaf()
	out.Leaf = leaf
	return out, err
}

// Open reads a row back with the holder's keys, so that a receipt can be given again at any time. Errors: vault.ErrErased,
// vault.ErrOpen, ErrRow.
func (j *Journal) Open(keys *vault.Keys, row Row) (Entered, error) {
	salt, err := keys.Open(table, "salt", row.Salt)
	if err != nil {
		return Entered{}, fmt.Errorf("journal: entry %s: %w", row.ID, err)
	}
	body, err := keys.Open(table, "body", row.Body)
	if err != nil {
		return Entered{}, fmt.Errorf("journal: entry %s: %w", row.ID, err)
	}
	var form bodyForm
	if err := json.Unmarshal(body, &form); err != nil || len(salt) != 32 {
		return Entered{}, fmt.Errorf("%w: entry %s", ErrRow, row.ID)
	}
	e, err := form.entry()
	if err != nil {
		return Entered{}, fmt.Errorf("%w: entry %s", ErrRow, row.ID)
	}
	e.Act, e.Kind, e.Object = row.Act, row.Kind, row.Object
	out, err := enteredAt(e, row.ID, j.seal.City(), row.Made, [32]byte(salt))
	if err != nil || !bytes.Equal(out.Leaf[:], row.Leaf) {
		return Entered{}, fmt.Errorf("%w: entry %s", ErrRow, row.ID)
	}
	out.Position = row.Position
	return out, nil
}

// Promise signs the promise for an entry. It is for after the commit; the same entry gives the same promise while the
// city signs with the same key.
func (j *Journal) Promise(e Entered) (Promise, error) {
	p := Promise{City: e.City, Entry: e.ID, Leaf: e.Leaf, Made: e.Made, IncludedBy: e.Made.Add(Delay)}
	message, err := seal.Canonical(p.value())
	if err != nil {
		return Promise{}, err
	}
	p.Signature, err = j.seal.Sign(seal.Journal, domainPromise, message)
	if err != nil {
		return Promise{}, fmt.Errorf("journal: promise: %w", err)
	}
	return p, nil
}

// Receipt is the file that the holder keeps: indented JSON, a few kilobytes. Its name should end with .posad.json. While
// the entry waits for its place in the public log it is a promise, format posad-receipt/1; once the entry stands in a
// published checkpoint it carries the proof of that too, format posad-receipt/2.
func (j *Journal) Receipt(ctx context.Context, e Entered) ([]byte, error) {
	p, err := j.Promise(e)
	if err != nil {
		return nil, err
	}
	var proof *tlog.Proof
	if l := j.log.Load(); l != nil {
		proof = l.proofOf(ctx, e)
	}
	keys, err := j.seal.Keys()
	if err != nil {
		return nil, err
	}
	plain, err := seal.Canonical(receiptValue(e, p, keys, proof))
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	if err := json.Indent(&out, plain, "", "  "); err != nil {
		return nil, fmt.Errorf("journal: receipt: %w", err)
	}
	out.WriteByte('\n')
	return out.Bytes(), nil
}

func receiptValue(e Entered, p Promise, keys seal.KeySet, proof *tlog.Proof) map[string]any {
	out := map[string]any{
		"format": formatReceipt, "statement": e.statement(), "salt": base64url.EncodeToString(e.salt[:]),
		"promise": p.value(), "signature": p.Signature.Value(), "keys": keys.Value(),
	}
	if proof != nil {
		out["format"], out["proof"] = formatProved, proof.Text()
	}
	return out
}

// leaf is the hash that stands for the entry in the public tree.
func (e Entered) leaf() ([32]byte, error) {
	statement, err := seal.Canonical(e.statement())
	if err != nil {
		return [32]byte{}, err
	}
	return sha256.Sum256(append(append([]byte(leafPrefix), e.salt[:]...), statement...)), nil
}

func (e Entered) statement() map[string]any {
	out := e.body()
	out["act"], out["kind"], out["object"] = e.Act.String(), e.Kind, e.Object.String()
	out["city"], out["entry"], out["at"] = e.City, e.ID.String(), instant(e.Made)
	return out
}

// body is the part of the statement that is sealed; the rest are columns.
func (e Entry) body() map[string]any {
	facts := make([]any, 0, len(e.Facts))
	for _, f := range e.Facts {
		facts = append(facts, map[string]any{"name": f.Name, "label": f.Label, "value": f.Value})
	}
	documents := make([]any, 0, len(e.Documents))
	for _, d := range e.Documents {
		documents = append(documents, map[string]any{"name": d.Name, "sha256": hex.EncodeToString(d.SHA256[:])})
	}
	return map[string]any{"title": e.Title, "facts": facts, "documents": documents}
}

func (p Promise) value() map[string]any {
	return map[string]any{
		"format": formatPromise, "city": p.City, "entry": p.Entry.String(), "leaf": base64url.EncodeToString(p.Leaf[:]),
		"made": instant(p.Made), "included_by": instant(p.IncludedBy),
	}
}

func instant(t time.Time) string { return t.UTC().Format(timeForm) }

var base64url = base64.RawURLEncoding.Strict()
