package apply

import (
	"net/url"
	"strconv"

	"posad.city/core/service"
	"posad.city/kit/act"
	"posad.city/kit/web"
)

// lack is what a person has yet to show before a service lets them apply. Texts are named by it.
type lack string

const (
	lackNothing  lack = ""
	lackRegister lack = "register" // nobody knows who they are: the population register does
	lackFactor   lack = "factor"   // the city is sure enough of them, and this session is not: another factor makes it so
	lackProof    lack = "proof"    // a document in person, a certificate or an e-ID: the register is not enough
)

// lacking decides it, from how sure the session is, how sure the city is of the person, and how sure the service wants to be.
func lacking(session, person, wanted act.Level) lack {
	switch {
	case session >= wanted:
		return lackNothing
	case person >= wanted:
		return lackFactor
	case wanted >= act.Verified:
		return lackProof
	}
	return lackRegister
}

// lackOf is what the signed-in person lacks for a service.
func (m *Module) lackOf(c *web.Context, s *service.Service) (lack, error) {
	if levelFits(c.Act(), s) {
		return lackNothing, nil
	}
	person, err := m.deps.People.Person(c.Context(), own(c.Act()), lookApplicant, c.Person())
	return lacking(c.Act().Assurance, person.Level, levels[s.Assurance]), err
}

// showMore sends the person to where they show what they lack for a service, and back with what they typed.
func (m *Module) showMore(c *web.Context, key string) error {
	_, s, err := m.definition(key)
	if err != nil {
		return err
	}
	lacks, err := m.lackOf(c, s)
	if err != nil {
		return err
	}
	if lacks == lackRegister {
		return c.Detour("/account/identity", nil)
	}
	return c.Detour("/sign-in/raise", url.Values{"level": {strconv.Itoa(int(levels[s.Assurance]))}})
}
