package certificate

import (
	"context"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"time"

	"posad.city/core/certificate/internal/signed"
	"posad.city/core/certificate/internal/store"
	"posad.city/core/certificate/internal/trust"
	"posad.city/kit/fault"
)

// proof is a certificate whose holder is there: the possession of its key was shown, and it is believed.
type proof struct {
	leaf      *x509.Certificate
	others    []*x509.Certificate // the links up to the authority
	road      road
	authority string // name
	subject   Subject
	unchecked bool // nobody answered whether it was revoked
}

// key is what a certificate's way in is found by: the fingerprint of its public key.
func (p proof) key() string {
	out := sha256.Sum256(p.leaf.RawSubjectPublicKeyInfo)
	return hex.EncodeToString(out[:])
}

// told is what a person is told for what went wrong inside.
var told = []struct {
	cause error
	fault *fault.Fault
}{
	{signed.ErrGOST, ErrGOST}, {trust.ErrGOST, ErrGOST}, {signed.ErrNoSigner, ErrInside}, {signed.ErrAttributes, ErrProperty},
	{signed.ErrContent, ErrText}, {signed.ErrWrong, ErrWrong}, {signed.ErrWeak, ErrWeak}, {signed.ErrUnsupported, ErrAlgorithm},
	{signed.ErrForm, ErrUnread}, {trust.ErrExpired, ErrExpired}, {trust.ErrEarly, ErrEarly}, {trust.ErrUse, ErrUse},
	{trust.ErrRevoked, ErrRevoked}, {trust.ErrSilent, ErrSilent}, {trust.ErrWeak, ErrWeak}, {trust.ErrAuthority, ErrAuthority},
}

// inWords turns an error of the inner packages into one that a person can do something about; any other stays.
func inWords(err error) error {
	for _, t := range told {
		if errors.Is(err, t.cause) {
			return t.fault.Because(err)
		}
	}
	return err
}

// examine decides whether a certificate is believed now, and whom it names. Its refusals are counted, without a person.
func (m *Module) examine(ctx context.Context, leaf *x509.Certificate, others []*x509.Certificate, by road) (proof, error) {
	as := trust.Signature
	if by == byConnection {
		as = trust.Connection
	}
	verdict, err := m.trust.Check(ctx, leaf, others, as)
	if err != nil {
		name := ""
		if verdict.Authority != nil {
			name = verdict.Authority.Name
		}
		return proof{}, m.refuse(ctx, by, name, err)
	}
	out := proof{leaf: leaf, others: verdict.Chain[1 : len(verdict.Chain)-1], road: by, authority: verdict.Authority.Name, unchecked: verdict.Unchecked}
	for _, s := range m.sources {
		if s.Name == out.authority {
			out.subject = subjectOf(leaf, s.fields)
		}
	}
	return out, nil
}

// readSigned reads a signed file of the challenge. Errors: the faults of this module.
func (m *Module) readSigned(ctx context.Context, ch challenge, file []byte) (proof, error) {
	read, err := signed.Read(file, m.text(ch))
	if err != nil {
		return proof{}, m.refuse(ctx, bySignature, "", err)
	}
	if now := m.base.Clock.Now(); read.At.Before(ch.issued.Add(-clockOff)) || read.At.After(now.Add(clockOff)) {
		return proof{}, m.refuse(ctx, bySignature, "", ErrClock)
	}
	return m.examine(ctx, read.Signer, read.Others, bySignature)
}

// refuse counts a refusal and returns it in words. Counting must not hide why it was refused.
func (m *Module) refuse(ctx context.Context, by road, authority string, err error) error {
	err = inWords(err)
	var f *fault.Fault
	if !errors.As(err, &f) {
		return err
	}
	counted := m.base.Store.Append(context.WithoutCancel(ctx), certificatedb.CountRefusalStmt(certificatedb.CountRefusalParams{
		Hour: m.base.Clock.Now().Truncate(time.Hour), Road: string(by), Reason: f.ID, Authority: authority,
	}))
	if counted != nil {
		m.base.Log.Warn("certificate: count a refusal", "error", counted)
	}
	return err
}
