package journal

import (
	"crypto/sha256"
	"errors"

	"posad.city/kit/fault"
	"posad.city/kit/seal"
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
}

// The faults of a receipt; their texts are in locale/.
var (
	ErrForm      = fault.New(fault.Invalid, "journal.verify.form")      // not a receipt, or not whole
	ErrChanged   = fault.New(fault.Invalid, "journal.verify.changed")   // what it says is not what the city hashed
	ErrSignature = fault.New(fault.Invalid, "journal.verify.signature") // the city's signature does not fit
	ErrStranger  = fault.New(fault.Invalid, "journal.verify.stranger")  // signed by a key that the reader's key sets don't know
	ErrKeyTime   = fault.New(fault.Invalid, "journal.verify.keytime")   // the key was not in use at that time
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
	return Report{Trust: trust, Statement: form.entered, Promise: form.promise, Key: key}, nil
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
