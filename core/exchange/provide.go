package exchange

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"posad.city/core/agency"
	"posad.city/core/document"
	"posad.city/core/exchange/internal/store"
	"posad.city/core/service"
	"posad.city/kit/act"
	"posad.city/kit/calendar"
	"posad.city/kit/id"
	"posad.city/kit/store"
	"posad.city/kit/xroad"
)

// The city answers too: what it holds itself is a service of its own subsystem, by X-Road. Whoever asks is a member that the
// operator has written down, comes with that member's key, and names the purpose in X-Road-Issue: a live case of the city
// that its own agency works on and whose service lists this very certificate, about a person of that case and a kind of
// document that the operator lets it ask about; or an agreement that the operator has written down.
// Else nothing is told. The person sees each answer; both messages go into the log before it leaves.

// ServiceDocuments tells whether a person holds a valid document of a kind.
const ServiceDocuments = "documents"

// Providing is what the city answers for, and to whom.
type Providing struct {
	Subsystem  xroad.ClientID // the city's own; zero: it answers nobody
	Members    []Member
	Agreements []Agreement
}

// Member is who may ask.
type Member struct {
	Client       xroad.ClientID // without a subsystem: any of the member's
	Agency       string         // key of the city's agency that it is: people see that it asked
	Keys         []string       // that it may show as a bearer token
	Certificates []string       // SHA-256 of its TLS certificates, in hexadecimal
	Services     []string       // codes
	Kinds        []string       // of documents that it may ask about in the cases that its agency works on
}

// Agreement is a standing purpose beside cases.
type Agreement struct {
	Number   string // X-Road-Issue names it
	Client   xroad.ClientID
	Services []string
	Kinds    []string      // of documents that it is about
	Until    calendar.Date // the last day; zero: no end
}

// Holder answers for documents; *document.Module is one.
type Holder interface {
	Holds(ctx context.Context, a act.Act, what string, holder id.ID, kind string) (document.Held, error)
}

// Asking is what the provider is given by the app.
type Asking struct {
	Documents Holder
	// Person is whose number it is; store.ErrNone: nobody's here.
	Person func(ctx context.Context, snils string) (id.ID, error)
	// Case finds a case by its public number: Holder, Case, Applicant and Service of Use; store.ErrNone: there is none.
	Case func(ctx context.Context, number string) (Use, error)
	// Number is a case's public number; store.ErrNone: it has none, being a draft, or is gone. Nil: none is known.
	Number func(ctx context.Context, caseID id.ID) (string, error)
}

// ProvideAsking gives what the city answers with, which is made of other modules.
func (m *Module) ProvideAsking(a Asking) { m.asking = a }

// lookProvided is what an answer to another member is called among the looks.
const lookProvided = "exchange.look.provided"

// provided is what the log learns of an exchange while it is under way.
type provided struct {
	person, caseID id.ID
}

type providedKey struct{}

// provider makes the other side of the wire.
func (m *Module) provider() *xroad.Provider {
	return &xroad.Provider{
		Subsystem: m.deps.Providing.Subsystem, Known: m.knows, Allowed: m.allows, Log: m.keepAnswered, Most: 64 << 10,
		ID: func() string { return id.New(m.base.Clock.Now()).String() },
		Services: func() []xroad.Service {
			return []xroad.Service{{
				Code: ServiceDocuments, Endpoints: []xroad.Endpoint{{Method: http.MethodPost}}, Description: []byte(documentsDescription), Handle: m.tellDocuments,
			}}
		},
	}
}

// documentsDescription is the service in OpenAPI.
const documentsDescription = `{"openapi":"3.0.3","info":{"title":"Documents that the city has issued","version":"1"},"paths":{"/":{"post":{` +
	`"summary":"Whether a person holds a valid document of a kind. X-Road-Issue must name a live case or an agreement.",` +
	`"requestBody":{"required":true,"content":{"application/json":{"schema":{"type":"object","required":["parameters"],"properties":{"parameters":{"type":"object",` +
	`"required":["snils","kind"],"properties":{"snils":{"type":"string","pattern":"^[0-9]{11}$"},"kind":{"type":"string"}}}}}}}},` +
	`"responses":{"200":{"description":"The answer","content":{"application/json":{"schema":{"type":"object","required":["valid"],"properties":{` +
	`"valid":{"type":"boolean"},"number":{"type":"string"},"from":{"type":"string","format":"date"},"until":{"type":"string","format":"date"}}}}}}}}}}}`

// members are those that a client is.
func (m *Module) members(client xroad.ClientID) []Member {
	var out []Member
	for _, one := range m.deps.Providing.Members {
		if one.Client.Covers(client) {
			out = append(out, one)
		}
	}
	return out
}

// knows tells whether the connection is the client's: by its key, or by its TLS certificate. A member without either is not
// known at all.
func (m *Module) knows(r *http.Request, client xroad.ClientID) bool {
	shown, isKey := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	print := ""
	if r.TLS != nil && len(r.TLS.PeerCertificates) > 0 {
		sum := sha256.Sum256(r.TLS.PeerCertificates[0].Raw)
		print = hex.EncodeToString(sum[:])
	}
	known := false
	for _, member := range m.members(client) {
		for _, key := range member.Keys {
			known = known || isKey && key != "" && subtle.ConstantTimeCompare([]byte(key), []byte(shown)) == 1
		}
		known = known || print != "" && slices.ContainsFunc(member.Certificates, func(c string) bool { return strings.EqualFold(c, print) })
	}
	return known
}

func (m *Module) allows(_ context.Context, client xroad.ClientID, code string) bool {
	return slices.ContainsFunc(m.members(client), func(one Member) bool { return slices.Contains(one.Services, code) })
}

// purposeOf is why a member may know of a person: the case or the agreement that X-Road-Issue names. Its errors are faults of
// the protocol, which say nothing of cases or persons.
func (m *Module) purposeOf(ctx context.Context, q xroad.Asked, person id.ID, kind string) (act.Purpose, id.ID, error) {
	today := calendar.DateOf(m.base.Clock.Now(), m.deps.Zone())
	for _, one := range m.deps.Providing.Agreements {
		if one.Number == q.Issue && one.Client.Covers(q.Client) && slices.Contains(one.Services, q.Service.Code) && slices.Contains(one.Kinds, kind) && (one.Until.IsZero() || !today.After(one.Until)) {
			return act.Purpose{Kind: "agreement", ID: one.Number}, id.ID{}, nil
		}
	}
	caseID, err := m.caseOf(ctx, q, person, kind)
	if err != nil {
		return act.Purpose{}, caseID, err
	}
	return act.Purpose{Kind: "case", ID: caseID.String()}, caseID, nil
}

var errPurpose = xroad.Refuse(xroad.AccessDenied, "X-Road-Issue names neither a live case of this person that your agency works on and whose service lists this certificate, nor an agreement about it.")

// asksInCases are the agencies that a client is and that may ask about a kind of document in the cases that they work on.
func (m *Module) asksInCases(q xroad.Asked, kind string) []string {
	var out []string
	for _, one := range m.members(q.Client) {
		if slices.Contains(one.Services, q.Service.Code) && slices.Contains(one.Kinds, kind) {
			out = append(out, one.Agency)
		}
	}
	return out
}

// worksOn tells whether one of the agencies answers for a service or has a step, or a part of one, in its cases.
func worksOn(s *service.Service, agencies []string) bool {
	if slices.Contains(agencies, s.Agency) {
		return true
	}
	return slices.ContainsFunc(s.Steps, func(t service.Task) bool {
		return slices.Contains(agencies, t.Agency) || slices.ContainsFunc(t.Parts, func(p service.Part) bool { return slices.Contains(agencies, p.Agency) })
	})
}

// caseOf is the live case of the person that X-Road-Issue names, that the asker's own agency works on, and whose own
// definition lists this service as a certificate.
func (m *Module) caseOf(ctx context.Context, q xroad.Asked, person id.ID, kind string) (id.ID, error) {
	agencies := m.asksInCases(q, kind)
	if q.Issue == "" || m.asking.Case == nil || person.IsZero() || len(agencies) == 0 {
		return id.ID{}, errPurpose
	}
	use, err := m.asking.Case(ctx, q.Issue)
	if errors.Is(err, store.ErrNone) || err == nil && person != use.Holder && person != use.Applicant {
		return id.ID{}, errPurpose
	}
	if err != nil {
		return id.ID{}, err
	}
	city := m.city()
	if city == nil {
		return id.ID{}, errPurpose
	}
	definition, ok := city.Service(use.Service)
	if !ok || !worksOn(definition, agencies) {
		return id.ID{}, errPurpose
	}
	for i := range definition.Certificates {
		listed := &definition.Certificates[i]
		register, ok := city.Register(listed.Register)
		if !ok || register.Transport != service.TransportXRoad || register.Member != q.Service.String() {
			continue
		}
		use.About, use.Certificate, use.Register = person, listed.Key, listed.Register
		if err := m.lives(ctx, use); err == nil {
			return use.Case, nil
		} else if !errors.Is(err, ErrNoCase) {
			return id.ID{}, err
		}
	}
	return id.ID{}, errPurpose
}

// lives asks the judges of cases outside of a Write.
func (m *Module) lives(ctx context.Context, u Use) error {
	a := act.ByJob(id.New(m.base.Clock.Now()), act.Purpose{Kind: "case", ID: u.Case.String()})
	return m.base.Store.Look(ctx, a, look, func(p *store.Personal) error { return m.mustLive(p, u) })
}

// documentsQuestion is the body of a question.
type documentsQuestion struct {
	Parameters struct {
		SNILS string `json:"snils"`
		Kind  string `json:"kind"`
	} `json:"parameters"`
}

// documentsAnswer is the body of an answer. Somebody who is not known here holds nothing, and is told of in the same words.
type documentsAnswer struct {
	Valid  bool   `json:"valid"`
	Number string `json:"number,omitempty"`
	From   string `json:"from,omitempty"`
	Until  string `json:"until,omitempty"`
}

func (m *Module) tellDocuments(ctx context.Context, q xroad.Asked) (xroad.Answer, error) {
	var in documentsQuestion
	decoder := json.NewDecoder(bytes.NewReader(q.Body))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&in); err != nil || decoder.More() || len(in.Parameters.SNILS) != 11 || in.Parameters.Kind == "" || len(in.Parameters.Kind) > 64 {
		return xroad.Answer{}, xroad.Refuse(xroad.BadRequest, `The body must be {"parameters": {"snils": "eleven digits", "kind": "a kind of document"}}.`)
	}
	if m.asking.Documents == nil || m.asking.Person == nil {
		return xroad.Answer{}, xroad.Refuse(xroad.ServiceDisabled, "The service is out of use.")
	}
	person, err := m.asking.Person(ctx, in.Parameters.SNILS)
	if err != nil && !errors.Is(err, store.ErrNone) {
		return xroad.Answer{}, err
	}
	purpose, caseID, err := m.purposeOf(ctx, q, person, in.Parameters.Kind)
	if err != nil {
		return xroad.Answer{}, err
	}
	out := documentsAnswer{}
	if !person.IsZero() {
		if under, ok := ctx.Value(providedKey{}).(*provided); ok {
			under.person, under.caseID = person, caseID
		}
		held, err := m.asking.Documents.Holds(ctx, m.byMember(q, purpose), lookProvided, person, in.Parameters.Kind)
		if err != nil {
			return xroad.Answer{}, err
		}
		out = documentsAnswer{Valid: held.Valid, Number: held.Number}
		if held.Valid {
			out.From, out.Until = held.From.String(), held.Until.String()
		}
	}
	body, err := json.Marshal(out)
	if err != nil {
		return xroad.Answer{}, fmt.Errorf("exchange: answer: %w", err)
	}
	return xroad.Answer{Body: body}, nil
}

// byMember is the act of a member, as the person sees it.
func (m *Module) byMember(q xroad.Asked, purpose act.Purpose) act.Act {
	out := act.Act{ID: id.New(m.base.Clock.Now()), Actor: act.Actor{Kind: act.Agency}, Channel: act.API, Assurance: act.Verified, Purpose: purpose}
	for _, member := range m.members(q.Client) {
		out.Actor.Agency = agency.ID(member.Agency)
	}
	return out
}

// keepAnswered logs an exchange in which the city was asked, before the answer leaves. Of a question about somebody who is not
// known here the hashes alone are kept: there is no key of theirs to seal it.
func (m *Module) keepAnswered(ctx context.Context, q xroad.Asked, answered xroad.Message) error {
	ctx = context.WithoutCancel(ctx)
	under, _ := ctx.Value(providedKey{}).(*provided)
	if under == nil || under.person.IsZero() {
		question, errQuestion := newLogged(q.Message).leaf()
		answer, errAnswer := newLogged(answered).leaf()
		if err := errors.Join(errQuestion, errAnswer); err != nil {
			return err
		}
		return m.base.Store.Append(ctx, exchangedb.PutLeafStmt(exchangedb.PutLeafParams{ID: id.New(m.base.Clock.Now()), Question: question[:], Answer: answer[:]}))
	}
	keys, err := m.base.Vault.Keys(ctx, under.person)
	if err != nil {
		return fmt.Errorf("exchange: keys: %w", err)
	}
	made, err := m.record(keys, recordOf{
		caseID: under.caseID, asking: id.New(m.base.Clock.Now()), side: sideAnswered, peer: q.Client.String(), register: q.Service.Code, purpose: q.Issue,
	}, wire{question: q.Message, answer: answered})
	if err != nil || made == nil {
		return err
	}
	return m.base.Store.Append(ctx, made.stmts()...)
}
