package journal

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"posad.city/kit/id"
	"posad.city/kit/seal"
	"posad.city/kit/tlog"
)

type bodyForm struct {
	Title     string         `json:"title"`
	Facts     []factForm     `json:"facts"`
	Documents []documentForm `json:"documents"`
}

type factForm struct {
	Name  string `json:"name"`
	Label string `json:"label"`
	Value string `json:"value"`
}

type documentForm struct {
	Name   string `json:"name"`
	SHA256 string `json:"sha256"`
}

type statementForm struct {
	bodyForm
	Act    id.ID  `json:"act"`
	Kind   string `json:"kind"`
	Object id.ID  `json:"object"`
	City   string `json:"city"`
	Entry  id.ID  `json:"entry"`
	At     string `json:"at"`
}

type promiseForm struct {
	Format     string `json:"format"`
	City       string `json:"city"`
	Entry      id.ID  `json:"entry"`
	Leaf       string `json:"leaf"`
	Made       string `json:"made"`
	IncludedBy string `json:"included_by"`
}

type receiptForm struct {
	Format    string             `json:"format"`
	Statement statementForm      `json:"statement"`
	Salt      string             `json:"salt"`
	Promise   promiseForm        `json:"promise"`
	Signature seal.SignatureForm `json:"signature"`
	Keys      json.RawMessage    `json:"keys"`
	Proof     *string            `json:"proof"` // in format posad-receipt/2 alone
}

func parseReceipt(file []byte) (receipt, error) {
	if len(file) > maxReceipt {
		return receipt{}, errors.New("the file is too large")
	}
	file = bytes.TrimPrefix(file, []byte("\ufeff")) // editors put it there
	var form receiptForm
	decoder := json.NewDecoder(bytes.NewReader(file))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&form); err != nil {
		return receipt{}, err
	}
	proved := form.Format == formatProved
	if !proved && form.Format != formatReceipt || proved != (form.Proof != nil) || form.Promise.Format != formatPromise {
		return receipt{}, fmt.Errorf("format %.40q", form.Format)
	}
	out, err := form.receipt()
	if err != nil {
		return receipt{}, err
	}
	return out, seal.SameJSON(file, receiptValue(out.entered, out.promise, out.keys, out.proof))
}

func (f receiptForm) receipt() (receipt, error) {
	entered, err := f.Statement.entered()
	if err != nil {
		return receipt{}, err
	}
	if entered.salt, err = hash(f.Salt); err != nil {
		return receipt{}, err
	}
	p := Promise{City: f.Promise.City, Entry: f.Promise.Entry}
	if p.Leaf, err = hash(f.Promise.Leaf); err != nil {
		return receipt{}, err
	}
	if p.Made, err = time.Parse(timeForm, f.Promise.Made); err != nil {
		return receipt{}, err
	}
	if p.IncludedBy, err = time.Parse(timeForm, f.Promise.IncludedBy); err != nil {
		return receipt{}, err
	}
	if p.Signature, err = f.Signature.Signature(); err != nil {
		return receipt{}, err
	}
	entered.Leaf = p.Leaf
	out := receipt{entered: entered, promise: p}
	if f.Proof != nil {
		proof, err := tlog.ParseProof(*f.Proof)
		if err != nil {
			return receipt{}, err
		}
		out.proof, out.entered.Position = &proof, proof.Index
	}
	out.keys, err = seal.ParseKeySet(f.Keys)
	return out, err
}

func (f statementForm) entered() (Entered, error) {
	e, err := f.entry()
	if err != nil {
		return Entered{}, err
	}
	e.Act, e.Kind, e.Object = f.Act, f.Kind, f.Object
	made, err := time.Parse(timeForm, f.At)
	return Entered{Entry: e, ID: f.Entry, City: f.City, Made: made, Position: -1}, err
}

func (f bodyForm) entry() (Entry, error) {
	out := Entry{Title: f.Title}
	for _, one := range f.Facts {
		out.Facts = append(out.Facts, Fact(one))
	}
	for _, one := range f.Documents {
		sum, err := hex.DecodeString(one.SHA256)
		if err != nil || len(sum) != 32 {
			return Entry{}, fmt.Errorf("the hash of %.40q", one.Name)
		}
		out.Documents = append(out.Documents, Document{Name: one.Name, SHA256: [32]byte(sum)})
	}
	return out, nil
}

func hash(text string) ([32]byte, error) {
	raw, err := base64url.DecodeString(text)
	if err != nil || len(raw) != 32 {
		return [32]byte{}, errors.New("want 32 bytes as base64url")
	}
	return [32]byte(raw), nil
}
