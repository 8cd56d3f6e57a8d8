package journal

import (
	"crypto/ed25519"
	"crypto/sha256"
	"errors"
	"time"

	"posad.city/kit/fault"
	"posad.city/kit/seal"
	"posad.city/kit/tlog"
)

// Trust is what the belief in a receipt rests on.
type Trust string

// The grounds of trust.
const (
	Given   Trust = "given"   // the key that signed is in a key set that the reader gave
	Vouched Trust = "vouched" // a key that the reader gave has signed the key set in the file
	Inside  Trust = "inside"  // the reader gave no keys: only the file speaks for itself, so its key must be compared
)

// Report is what a good receipt says.
type Report struct {
	Trust     Trust
	Statement Entered
	Promise   Promise
	Key       seal.PublicKey
	Place     *Place // in the public log; nil: the receipt has the promise alone
}

// Place is where an entry stands in the public log, as a signed checkpoint proves.
type Place struct {
	Index  int64
	Size   int64  // of the log in the checkpoint
	Origin string // name of the log
	Note   string // the signed checkpoint, with the lines of witnesses who saw it
}

// Confirmed are the signatures of witnesses outside under the checkpoint of the receipt's proof, of those witnesses whom the
// reader knows. None for a receipt with the promise alone.
func (r Report) Confirmed(known []tlog.Witness) ([]tlog.Cosignature, error) {
	if r.Place == nil {
		return nil, nil
	}
	list, err := tlog.Cosignatures(r.Place.Note, known)
	if err != nil {
		return nil, ErrForm.Because(err)
	}
	return list, nil
}

// Overdue tells whether the promise's term is past and the receipt still has no proof: then either a newer receipt is to
// be had, or the city has broken its promise and this receipt shows it.
func (r Report) Overdue(now time.Time) bool { return r.Place == nil && now.After(r.Promise.IncludedBy) }

// The faults of a receipt; their texts are in locale/.
var (
	ErrForm      = fault.New(fault.Invalid, "journal.verify.form")      // not a receipt, or not whole
	ErrChanged   = fault.New(fault.Invalid, "journal.verify.changed")   // what it says is not what the city hashed
	ErrSignature = fault.New(fault.Invalid, "journal.verify.signature") // the city's signature does not fit
	ErrStranger  = fault.New(fault.Invalid, "journal.verify.stranger")  // signed by a key that the reader's key sets don't know
	ErrKeyTime   = fault.New(fault.Invalid, "journal.verify.keytime")   // the key was not in use at that time

	ErrCheckpoint = fault.New(fault.Invalid, "journal.verify.checkpoint") // no key of the city has signed the log's checkpoint
	ErrProof      = fault.New(fault.Invalid, "journal.verify.proof")      // the proof does not lead to the checkpoint
	ErrTooFew     = fault.New(fault.Invalid, "journal.verify.too_few")    // too few witnesses whom the reader knows have confirmed it
	ErrOverdue    = fault.New(fault.Invalid, "journal.verify.overdue")    // the promise's term is past, and no proof is there
)

const maxReceipt = 4 << 20 // bytes; a real one has a few thousand

// Verify checks a receipt with no server and no network: the facts and the salt give the leaf, the promise is for that
// leaf and that time, and the city's key signed it. trusted are the key sets that the reader has from elsewhere; with
// none, trust rests on the key set inside the file, and the report says so. The error is one of the faults above.
func Verify(file []byte, trusted ...seal.KeySet) (Report, error) {
	form, err := parseReceipt(file)
	if err != nil {
		return Report{}, ErrForm.Because(err)
	}
	if err := form.consistent(); err != nil {
		return Report{}, ErrChanged.Because(err)
	}
	keys, trust, err := trustedKeys(form, trusted)
	if err != nil {
		return Report{}, err
	}
	message, err := seal.Canonical(form.promise.value())
	if err != nil {
		return Report{}, ErrForm.Because(err)
	}
	key, err := keys.Verify(seal.Journal, domainPromise, message, form.promise.Signature)
	if err != nil {
		return Report{}, ErrSignature.Because(err)
	}
	made := form.promise.Made
	if made.Before(key.Starts) || (!key.Retired.IsZero() && made.After(key.Retired)) {
		return Report{}, ErrKeyTime
	}
	place, err := form.place(keys)
	if err != nil {
		return Report{}, err
	}
	return Report{Trust: trust, Statement: form.entered, Promise: form.promise, Key: key, Place: place}, nil
}

// place checks the proof: a journal key of the city signed the checkpoint, and the hashes lead from the leaf to its root.
// A checkpoint of later than the reader's key set may be signed by a key that the set vouches for through the file.
func (r receipt) place(keys seal.KeySet) (*Place, error) {
	if r.proof == nil {
		return nil, nil
	}
	known := keys.Of(seal.Journal)
	if keys.Vouches(r.keys) {
		known = append(known, r.keys.Of(seal.Journal)...)
	}
	var publics []ed25519.PublicKey
	for _, key := range known {
		publics = append(publics, key.Public)
	}
	c, _, err := tlog.Open(r.proof.Checkpoint, publics)
	if err != nil {
		return nil, ErrCheckpoint.Because(err)
	}
	if err := r.proof.Leads(r.promise.Leaf, c); err != nil {
		return nil, ErrProof.Because(err)
	}
	return &Place{Index: r.proof.Index, Size: c.Size, Origin: c.Origin, Note: r.proof.Checkpoint}, nil
}

// trustedKeys decides which key set the signature is checked against.
func trustedKeys(r receipt, trusted []seal.KeySet) (seal.KeySet, Trust, error) {
	if len(trusted) == 0 {
		return r.keys, Inside, nil
	}
	vouched := false
	for _, set := range trusted {
		if _, ok := set.Find(r.promise.Signature.Key); ok && set.City == r.promise.City {
			return set, Given, nil
		}
		vouched = vouched || set.Vouches(r.keys)
	}
	if vouched {
		return r.keys, Vouched, nil
	}
	return seal.KeySet{}, "", ErrStranger
}

// Names tells whether the receipt names this document, and by which name.
func (r Report) Names(document []byte) (string, bool) {
	sum := sha256.Sum256(document)
	for _, d := range r.Statement.Documents {
		if d.SHA256 == sum {
			return d.Name, true
		}
	}
	return "", false
}

// receipt is a parsed file.
type receipt struct {
	entered Entered
	promise Promise
	keys    seal.KeySet
	proof   *tlog.Proof
}

// consistent checks that the promise is about the statement.
func (r receipt) consistent() error {
	leaf, err := r.entered.leaf()
	if err != nil {
		return err
	}
	p, e := r.promise, r.entered
	switch {
	case p.Leaf != leaf:
		return errors.New("the facts do not give the leaf")
	case p.Entry != e.ID || p.City != e.City || r.keys.City != e.City || !p.Made.Equal(e.Made):
		return errors.New("the promise is about another entry")
	case p.IncludedBy.Before(p.Made):
		return errors.New("the promise ends before it begins")
	}
	return nil
}
