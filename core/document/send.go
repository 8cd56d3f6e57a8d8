package document

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"posad.city/core/document/internal/store"
	"posad.city/kit/act"
	"posad.city/kit/blob"
	"posad.city/kit/fault"
	"posad.city/kit/id"
	"posad.city/kit/jobs"
	"posad.city/kit/store"
	"posad.city/kit/vault"
	"posad.city/kit/web"
)

// A file can be sent in parts over a line that breaks: tus 1.0, its core with creation, expiration and termination. A part
// is durable before it is acknowledged, and the last one is acknowledged only when the file is in its draft: so whoever was
// told that all is there has nothing left to do, and whoever was not sends the last part again.

// Receiver is where a whole file goes; core/apply has one.
type Receiver interface {
	// Expect tells what a question of a draft takes, after it has asked c.May about the draft: only who may change it may
	// send to it. A draft or a question that is not there is a fault of the kind Missing.
	Expect(c *web.Context, draft id.ID, field string) (Wanted, error)
	// Receive adds a file to the question, as a form that carried it would. The context must reach PrepareUpload. A fault of
	// the kinds Invalid and TooLarge is about the file and ends the sending.
	Receive(ctx context.Context, a act.Act, draft id.ID, field string, file web.File) error
}

// Wanted is what a question takes.
type Wanted struct {
	Holder   id.ID
	Service  string
	MaxBytes int64 // 0: 10 MiB
}

// ProvideReceiver gives the module where files that came in parts go. The app calls it before the house starts, since the
// one who receives stands above. Without it no file can be sent in parts.
func (m *Module) ProvideReceiver(r Receiver) { m.receiver = r }

const (
	partMost     = 1 << 20        // bytes of a part, and of one request
	sendingLife  = 24 * time.Hour // after the last part
	sendingsMost = 20             // unfinished ones of a holder
	sendingBytes = 200 << 20      // of all of them together
	sweepSending = time.Hour
)

// The faults of a sending.
var (
	ErrOffset   = fault.New(fault.Conflict, "document.send.offset")   // another part is wanted: ask which
	ErrSendings = fault.New(fault.Conflict, "document.send.too_many") // unfinished ones stand in the way
	errSent     = errors.New("document: the file was received before")
)

// sending is a file on its way.
type sending struct {
	documentdb.DocumentSending
	keys  *vault.Keys
	file  string // its name
	parts []documentdb.DocumentPart
}

// offset is how much of it is acknowledged.
func (s *sending) offset() int64 {
	if s.Received < s.Length || s.Done || len(s.parts) == 0 {
		return s.Received
	}
	return s.parts[len(s.parts)-1].Start // all is there but the file is not in: its end is to come again
}

// beginSending makes room for a file.
func (m *Module) beginSending(ctx context.Context, a act.Act, draft id.ID, field, name string, length int64, w Wanted) (id.ID, error) {
	most := w.MaxBytes
	if most == 0 {
		most = blob.DefaultBytes
	}
	u := Upload{File: web.File{Name: name}, MaxBytes: most}
	switch {
	case length == 0:
		return id.ID{}, u.fault(blob.ErrEmpty, "")
	case length > most:
		return id.ID{}, u.fault(blob.ErrTooLarge, "")
	}
	keys, err := m.base.Vault.Keys(ctx, w.Holder)
	if err != nil {
		return id.ID{}, err
	}
	if keys.Erased() {
		return id.ID{}, fmt.Errorf("document: sending: %w", vault.ErrErased)
	}
	one := id.New(m.base.Clock.Now())
	params := documentdb.InsertSendingParams{
		Holder: w.Holder, ID: one, Purpose: draft, Service: w.Service, Field: field, Sender: a.Actor.Person,
		Name: keys.Seal("document_sending", "name", []byte(name)), Length: length,
	}
	err = m.base.Store.WriteAs(ctx, a, func(tx *store.Tx) error {
		open, err := documentdb.CountSendings(tx, w.Holder)
		if err != nil {
			return err
		}
		if open.N >= sendingsMost || open.Bytes+length > sendingBytes {
			return ErrSendings
		}
		params.Until = tx.Now().Add(sendingLife)
		if err := documentdb.InsertSending(tx, params); err != nil {
			return err
		}
		return documentdb.InsertSendingHome(tx, one, w.Holder, params.Until)
	})
	return one, err
}

// sending reads a file on its way, for its sender alone: to anybody else there is none.
func (m *Module) sending(ctx context.Context, person, which id.ID) (*sending, error) {
	var home documentdb.DocumentSendingHome
	var out sending
	err := m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		var err error
		if home, err = documentdb.SendingHome(r, which); err != nil {
			return err
		}
		out.parts, err = documentdb.Parts(r, home.Holder, which)
		return err
	})
	if err == nil {
		err = m.base.Store.Look(ctx, m.system(which), "document.look.file", func(p *store.Personal) error {
			var err error
			out.DocumentSending, err = documentdb.SendingByID(p, home.Holder, which)
			return err
		})
	}
	if errors.Is(err, store.ErrNone) || err == nil && (out.Sender != person || person.IsZero() || m.base.Clock.Now().After(out.Until)) {
		return nil, ErrNone
	}
	if err != nil {
		return nil, err
	}
	if out.keys, err = m.base.Vault.Keys(ctx, home.Holder); err != nil {
		return nil, err
	}
	name, err := out.keys.Open("document_sending", "name", out.Name)
	out.file = string(name)
	return &out, err
}

// take reads what comes and keeps it part by part; what came before the line broke stays. It returns how much is there.
func (m *Module) take(ctx context.Context, s *sending, from io.Reader) error {
	ctx = context.WithoutCancel(ctx) // the sender may be gone: what they sent is kept
	room := make([]byte, partMost)
	for s.Received < s.Length {
		n, err := io.ReadFull(from, room[:min(int64(len(room)), s.Length-s.Received)])
		if n > 0 {
			if err := m.keepPart(ctx, s, room[:n]); err != nil {
				return err
			}
		}
		if err != nil {
			return nil // its end, or that of the line: either way the answer says how much is here
		}
	}
	return nil
}

// keepPart makes a part durable, and then counts it. When another request has sent the same bytes meanwhile, theirs stand.
func (m *Module) keepPart(ctx context.Context, s *sending, data []byte) error {
	kept, err := m.base.Blobs.Put(ctx, s.keys, bytes.NewReader(data), blob.Limits{Bytes: partMost, Any: true})
	if err != nil {
		return fmt.Errorf("document: keep a part: %w", err)
	}
	part := documentdb.InsertPartParams{Holder: s.Holder, Sending: s.ID, Start: s.Received, Blob: kept.ID, Size: kept.Size}
	err = m.base.Store.Write(ctx, func(tx *store.Tx) error {
		until := tx.Now().Add(sendingLife)
		n, err := documentdb.Advance(tx, documentdb.AdvanceParams{Holder: s.Holder, ID: s.ID, At: s.Received, Size: kept.Size, Until: until})
		if err == nil && n == 0 {
			err = ErrOffset
		}
		if err == nil {
			err = documentdb.InsertPart(tx, part)
		}
		if err == nil {
			err = documentdb.InsertBlob(tx, documentdb.InsertBlobParams{Blob: kept.ID, Holder: s.Holder, Service: s.Service})
		}
		if err == nil {
			err = documentdb.TouchSendingHome(tx, s.ID, until)
		}
		return err
	})
	if err != nil {
		_ = m.base.Blobs.Remove(ctx, kept.ID) // what stays, the sweep removes
		return err
	}
	s.Received += kept.Size
	s.parts = append(s.parts, documentdb.DocumentPart{Holder: s.Holder, Sending: s.ID, Start: part.Start, Blob: kept.ID, Size: kept.Size})
	return nil
}

// stepBack forgets the last part of a file that is all there and not in, since its sender sends that part again.
func (m *Module) stepBack(ctx context.Context, s *sending) error {
	last := s.parts[len(s.parts)-1]
	err := m.base.Store.Write(ctx, func(tx *store.Tx) error {
		n, err := documentdb.StepBack(tx, documentdb.StepBackParams{Holder: s.Holder, ID: s.ID, At: s.Received, Back: last.Start})
		if err == nil && n == 0 {
			err = ErrOffset
		}
		if err == nil {
			err = documentdb.DeletePart(tx, s.Holder, s.ID, last.Start)
		}
		if err == nil {
			err = m.dropBlob(tx, last.Blob)
		}
		return err
	})
	if err == nil {
		s.Received, s.parts = last.Start, s.parts[:len(s.parts)-1]
	}
	return err
}

// deliver puts a whole file into its draft. Its row says done in the Write that adds the file, so that it is added once.
func (m *Module) deliver(ctx context.Context, a act.Act, s *sending) error {
	var whole bytes.Buffer
	for _, part := range s.parts {
		data, err := m.readBlob(ctx, s.keys, part.Blob)
		if err != nil {
			return err
		}
		if part.Start != int64(whole.Len()) || part.Size != int64(len(data)) {
			return fmt.Errorf("document: sending %s: its parts do not meet at byte %d", s.ID, part.Start)
		}
		whole.Write(data)
	}
	if int64(whole.Len()) != s.Length {
		return fmt.Errorf("document: sending %s: %d bytes of %d", s.ID, whole.Len(), s.Length)
	}
	err := m.receiver.Receive(context.WithValue(ctx, sendingKey{}, s), a, s.Purpose, s.Field, web.File{Name: s.file, Data: whole.Bytes()})
	if errors.Is(err, errSent) {
		return nil
	}
	if f := new(fault.Fault); errors.As(err, &f) && (f.Kind == fault.Invalid || f.Kind == fault.TooLarge) {
		return errors.Join(err, m.forget(context.WithoutCancel(ctx), s.Holder, s.ID))
	}
	return err
}

// sendingKey names the sending, in the context of its own delivery, to the upload that ends it.
type sendingKey struct{}

// finish says in the Write that adds a file that its sending is over.
func (m *Module) finish(tx *store.Tx, s *sending) error {
	n, err := documentdb.FinishSending(tx, s.Holder, s.ID)
	if err == nil && n == 0 {
		err = errSent
	}
	if err != nil {
		return err
	}
	return m.dropParts(tx, s.Holder, s.ID)
}

func (m *Module) dropParts(tx *store.Tx, holder, which id.ID) error {
	parts, err := documentdb.Parts(tx, holder, which)
	if err != nil {
		return err
	}
	for _, part := range parts {
		if err := m.dropBlob(tx, part.Blob); err != nil {
			return err
		}
	}
	return documentdb.DeleteParts(tx, holder, which)
}

// forget removes a sending with all of its parts. A file that is in stays.
func (m *Module) forget(ctx context.Context, holder, which id.ID) error {
	return m.base.Store.Write(ctx, func(tx *store.Tx) error {
		if err := m.dropParts(tx, holder, which); err != nil {
			return err
		}
		if err := documentdb.DeleteSending(tx, holder, which); err != nil {
			return err
		}
		return documentdb.DeleteSendingHome(tx, which)
	})
}

// sweepSendings forgets what nobody goes on with.
func (m *Module) sweepSendings(ctx context.Context, _ jobs.Job) error {
	for {
		var over []documentdb.DocumentSendingHome
		err := m.base.Store.Read(ctx, func(r *store.Snapshot) error {
			var err error
			over, err = documentdb.SendingsOver(r, m.base.Clock.Now(), 100)
			return err
		})
		if err != nil || len(over) == 0 {
			return err
		}
		for _, one := range over {
			if err := m.forget(ctx, one.Holder, one.Sending); err != nil {
				return err
			}
		}
	}
}
