package certificate

import (
	"context"
	"strings"
	"time"

	"posad.city/core/account"
	"posad.city/kit/id"
)

// Linked is a certificate that its owner signs in by.
type Linked struct {
	Way       id.ID
	Account   id.ID
	Person    id.ID
	Authority string // as the operator calls it
	Subject   Subject
	Serial    string // hexadecimal
	Since     time.Time
	Until     time.Time // the end of its own term
	shown     shown
}

// Linked lists the certificates of an account, oldest first. core/organisation reads here whom a head's certificate names.
// They were good when they were last used: ask Holds before anything is decided by one. A certificate whose authority the
// operator trusts no more is left out.
func (m *Module) Linked(ctx context.Context, accountID id.ID) ([]Linked, error) {
	list, err := m.deps.Accounts.KeptOf(ctx, accountID, account.ByCertificate)
	if err != nil {
		return nil, err
	}
	var out []Linked
	for _, kept := range list {
		one, ok, err := m.linked(kept)
		if err != nil {
			return nil, err
		}
		if ok {
			out = append(out, one)
		}
	}
	return out, nil
}

func (m *Module) linked(kept account.Kept) (Linked, bool, error) {
	before, err := linkedOf(kept)
	if err != nil {
		return Linked{}, false, err
	}
	s := shown{before.Chain, bySignature}
	leaf, _, err := s.certificates()
	if err != nil {
		return Linked{}, false, err
	}
	for _, from := range m.sources {
		if from.Name == before.Authority {
			return Linked{
				Way: kept.ID, Account: kept.Account, Person: kept.Person, Authority: from.Name, Subject: subjectOf(leaf, from.fields),
				Serial: serialOf(leaf), Since: kept.Added, Until: leaf.NotAfter, shown: s,
			}, true, nil
		}
	}
	return Linked{}, false, nil
}

// Holds tells whether a linked certificate is good at this moment: in its term, of a trusted authority, and not revoked as
// the authority says now. nil: it is. Errors: ErrExpired, ErrRevoked, ErrAuthority, ErrSilent (also where the city lets such
// people in at a lower level: nothing is decided by an unchecked certificate), and what else is wrong with it.
func (m *Module) Holds(ctx context.Context, l Linked) error {
	leaf, others, err := l.shown.certificates()
	if err != nil {
		return err
	}
	p, err := m.examine(ctx, leaf, others, l.shown.Road)
	if err == nil && p.unchecked {
		return ErrSilent
	}
	return err
}

// Organisational tells whether the certificate names an organisation and the person who heads or stands for it.
func (s Subject) Organisational() bool {
	return s.OGRN != "" && s.Organisation != "" && s.Name.Family != "" && strings.TrimSpace(s.Name.Given) != ""
}
