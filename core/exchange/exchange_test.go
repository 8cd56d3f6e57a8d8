package exchange

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"log/slog"
	"maps"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"posad.city/city/kitezh"
	"posad.city/core/agency"
	"posad.city/core/module"
	"posad.city/core/service"
	"posad.city/kit/act"
	"posad.city/kit/calendar"
	"posad.city/kit/clock"
	"posad.city/kit/id"
	"posad.city/kit/jobs"
	"posad.city/kit/lang"
	"posad.city/kit/seal"
	"posad.city/kit/store"
	"posad.city/kit/store/storetest"
	"posad.city/kit/vault"
	sim "posad.city/sim/agency"
)

var (
	ctx       = context.Background()
	anna      = id.Derived("kitezh", "anna")
	misha     = id.Derived("kitezh", "misha")
	annaSNILS = "11223344595"
	self      = act.Act{Actor: act.Actor{Kind: act.Person, Person: anna}, Holder: anna, Assurance: act.Basic, Channel: act.Web}
	transport = agency.ID("transport")
	official  = act.Act{Actor: act.Actor{Kind: act.Official, Person: id.Derived("kitezh", "official"), Agency: transport}, Channel: act.Desk}
)

var loadCity = sync.OnceValue(func() *service.City {
	city, faults := service.LoadCity(kitezh.Files())
	if len(faults) > 0 {
		panic(faults) // a test's own ground
	}
	return city
})

// masterKey is the same for all stands, so that two may share a store.
var masterKey = sync.OnceValue(func() *vault.KEK {
	kek, err := vault.ParseKEK(vault.NewKEKText())
	if err != nil {
		panic(err) // a test's own ground
	}
	return kek
})

// heard is an event.
type heard struct {
	Name           string
	Holder, Object id.ID
}

// stand is the module on a fresh store with agencies on the wire.
type stand struct {
	*Module
	t      testing.TB
	agency *sim.Agency
	url    string
	queue  *jobs.Queue
	clock  *clock.Fixed
	dead   map[id.ID]bool // cases that live no more
	events []heard
}

func newStand(t testing.TB, s *store.Store, c *clock.Fixed, change ...func(*Deps)) *stand {
	t.Helper()
	out := &stand{t: t, clock: c, dead: map[id.ID]bool{}}
	people, err := kitezh.Demo()
	if err != nil {
		t.Fatal(err)
	}
	out.agency = sim.New(sim.Options{Key: "secret", Answer: func(register string, p map[string]string) (any, bool) {
		return people.Reply(strings.TrimSuffix(register, "-copy"), p, calendar.DateOf(c.Now(), time.UTC))
	}})
	server := httptest.NewServer(out.agency.Handler())
	t.Cleanup(server.Close)
	out.url = server.URL
	out.queue = jobs.NewQueue(s, jobs.Options{})
	hear := func(name string) {
		out.queue.On(name, "test."+name, func(_ context.Context, j jobs.Job) error {
			out.events = append(out.events, heard{name, j.Holder, j.Object})
			return nil
		})
	}
	hear(EventReplied)
	hear(EventFailed)
	v, err := vault.Open(ctx, vault.Options{Store: s, KEK: masterKey(), Clock: c})
	if err != nil {
		t.Fatal(err)
	}
	deps := Deps{City: loadCity, Endpoints: map[string]Endpoint{}, Lives: out.lives, Pause: time.Second, Rest: 40 * time.Millisecond}
	for i := range loadCity().Agencies {
		key := loadCity().Agencies[i].Key
		deps.Endpoints[key] = Endpoint{URL: server.URL + "/" + key, Key: "secret"}
	}
	for _, f := range change {
		f(&deps)
	}
	out.Module = New(deps)
	texts, err := lang.Load(out.Locales())
	if err != nil {
		t.Fatal(err)
	}
	err = out.Provision(&module.Base{Store: s, Vault: v, Clock: c, Jobs: out.queue, Seal: seal.New("kitezh", v, c), Texts: texts, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = out.Stop(ctx) }) // never fails
	return out
}

// lives is a judge as the app gives one: by the case, and by what the service's definition lists.
func (s *stand) lives(_ store.PersonalReader, u Use) (bool, error) {
	definition, ok := loadCity().Service(u.Service)
	if !ok || s.dead[u.Case] {
		return false, nil
	}
	c, ok := definition.Certificate(u.Certificate)
	return ok && c.Register == u.Register, nil
}

// question is Anna's question in a case of a parking permit.
func (s *stand) question(caseID id.ID, certificate string) Ask {
	definition, _ := loadCity().Service("parking-permit")
	c, _ := definition.Certificate(certificate)
	params := map[string]string{"snils": annaSNILS}
	if certificate == "owner" {
		params["plate"] = "А417МО52"
	}
	return Ask{
		Holder: anna, Case: caseID, Applicant: anna, About: anna, Service: "parking-permit", Agency: transport,
		Certificate: certificate, Register: c.Register, Params: params, Needed: c.Needed,
	}
}

func (s *stand) newCase() id.ID { return id.New(s.clock.Now()) }

func (s *stand) put(a Ask) error {
	s.t.Helper()
	p, err := s.PrepareAsk(ctx, a)
	if err != nil {
		s.t.Fatal(err)
	}
	return s.base.Store.Write(ctx, p.Put)
}

func (s *stand) mustPut(a Ask) {
	s.t.Helper()
	if err := s.put(a); err != nil {
		s.t.Fatal(err)
	}
}

func (s *stand) drain() {
	s.t.Helper()
	if _, err := s.queue.Drain(ctx); err != nil {
		s.t.Fatal(err)
	}
}

// toTheEnd moves the clock until no job is left.
func (s *stand) toTheEnd() {
	s.t.Helper()
	for range 2000 {
		s.drain()
		next, err := s.queue.NextDue(ctx)
		if err != nil {
			s.t.Fatal(err)
		}
		if next.IsZero() || next.Sub(s.clock.Now()) > 3*time.Hour {
			return
		}
		s.clock.Move(max(time.Millisecond, next.Sub(s.clock.Now())))
	}
	s.t.Fatal("there is no end of asking")
}

func (s *stand) certificate(caseID id.ID, key string) Certificate {
	s.t.Helper()
	list, err := s.Certificates(ctx, self, []id.ID{anna, misha}, caseID)
	if err != nil {
		s.t.Fatal(err)
	}
	for _, c := range list {
		if c.Key == key {
			return c
		}
	}
	s.t.Fatalf("no certificate %s", key)
	return Certificate{}
}

// outcomes are what became of the requests for a register.
func (s *stand) outcomes(register string) []string {
	var out []string
	for _, r := range s.agency.Requests() {
		if r.Register == register {
			out = append(out, r.Outcome)
		}
	}
	return out
}

func (s *stand) wantEvents(want ...heard) {
	s.t.Helper()
	if diff := cmp.Diff(want, s.events); diff != "" {
		s.t.Errorf("events: %s", diff)
	}
}

// each runs the test on both engines.
func each(t *testing.T, test func(t *testing.T, s *stand)) {
	t.Helper()
	t.Parallel()
	storetest.Each(t, func(t *testing.T, st *store.Store, c *clock.Fixed) { test(t, newStand(t, st, c)) }, Migrations, jobs.Migrations, vault.Migrations)
}

func TestARegisterIsAskedOnceAndItsAnswerKept(t *testing.T) {
	each(t, func(t *testing.T, s *stand) {
		caseID := s.newCase()
		for range 3 {
			s.mustPut(s.question(caseID, "owner"))
		}
		if got := s.certificate(caseID, "owner"); got.State != Asked || got.Fact(time.UTC).State != service.FactWaiting {
			t.Errorf("before the answer: %+v", got)
		}
		s.toTheEnd()
		s.mustPut(s.question(caseID, "owner"))
		s.toTheEnd()

		got := s.certificate(caseID, "owner")
		want := map[string]any{"owner": true, "basis": "owned", "model": "Skoda Octavia"}
		if diff := cmp.Diff(want, got.Values); diff != "" || got.State != Known || got.Trouble != None || got.Tries != 1 {
			t.Errorf("%+v %s", got, diff)
		}
		if diff := cmp.Diff([]string{sim.Answered}, s.outcomes("vehicle-ownership")); diff != "" {
			t.Error(diff)
		}
		s.wantEvents(heard{EventReplied, anna, caseID})
		facts, err := s.Facts(ctx, self, []id.ID{anna}, caseID)
		if err != nil || facts["owner"].State != service.FactKnown || facts["owner"].Day != calendar.MustDate("2026-11-21") {
			t.Errorf("%+v %v", facts, err)
		}
	})
}

func TestTheWireKeepsItsContract(t *testing.T) {
	each(t, func(t *testing.T, s *stand) {
		caseID := s.newCase()
		s.mustPut(s.question(caseID, "debts"))
		asking := s.certificate(caseID, "debts").ID
		s.toTheEnd()
		r := s.agency.Requests()[0]
		if r.RequestID != asking.String() || r.IdempotencyKey != asking.String() || r.OnBehalfOf != "transport" || r.Agency != "finance" {
			t.Errorf("%+v", r)
		}
		var purpose map[string]any
		if err := json.Unmarshal(r.Purpose, &purpose); err != nil {
			t.Fatal(err)
		}
		needed := map[string]any{"ru": "Разрешение даём, когда штрафы за парковку оплачены", "en": "A permit is given when parking fines are paid"}
		want := map[string]any{"kind": "case", "case": caseID.String(), "service": "parking-permit", "needed": needed}
		if diff := cmp.Diff(want, purpose); diff != "" {
			t.Error(diff)
		}
		checkSignature(t, s.base.Seal, r)
	})
}

func checkSignature(t *testing.T, of *seal.Seal, r sim.Request) {
	t.Helper()
	keys, err := of.Keys()
	if err != nil {
		t.Fatal(err)
	}
	parts := map[string]string{}
	for part := range strings.SplitSeq(r.Signature, ", ") {
		name, value, _ := strings.Cut(part, "=")
		parts[name] = value
	}
	bytes, err := base64.StdEncoding.DecodeString(parts["sig"])
	if err != nil {
		t.Fatal(err)
	}
	signature := seal.Signature{Key: seal.KeyID(parts["key"]), Bytes: bytes}
	if _, err := keys.Verify(seal.Documents, signatureDomain, []byte(r.Body), signature); err != nil {
		t.Errorf("the signature of a request: %v", err)
	}
	if _, err := keys.Verify(seal.Documents, signatureDomain, []byte(r.Body+" "), signature); err == nil {
		t.Error("the signature does not bind the body")
	}
}

func TestNoCaseNoData(t *testing.T) {
	each(t, func(t *testing.T, s *stand) {
		closed := s.newCase()
		s.dead[closed] = true
		unlisted := s.question(s.newCase(), "owner")
		unlisted.Certificate, unlisted.Register = "pupils", "pupils"
		another := s.question(s.newCase(), "owner")
		another.Register = "residence"
		for name, ask := range map[string]Ask{"a closed case": s.question(closed, "owner"), "a certificate the service does not list": unlisted, "another register": another} {
			if err := s.put(ask); !errors.Is(err, ErrNoCase) {
				t.Errorf("%s: %v", name, err)
			}
			if _, err := s.Early(ctx, self, []Ask{ask}, time.Millisecond); !errors.Is(err, ErrNoCase) {
				t.Errorf("%s, early: %v", name, err)
			}
		}
		// A case that ends while its question waits: the register is not asked.
		caseID := s.newCase()
		s.mustPut(s.question(caseID, "owner"))
		s.dead[caseID] = true
		s.toTheEnd()
		if got := s.certificate(caseID, "owner"); got.State != Failed || got.Trouble != Closed {
			t.Errorf("%+v", got)
		}
		if n := len(s.agency.Requests()); n != 0 {
			t.Errorf("%d requests without a live case", n)
		}
		s.deps.Lives = nil
		if err := s.put(s.question(s.newCase(), "owner")); !errors.Is(err, ErrNoCase) {
			t.Errorf("without a judge: %v", err)
		}
	})
}

func TestAnAnswerLeavesALookForThePerson(t *testing.T) {
	each(t, func(t *testing.T, s *stand) {
		caseID := s.newCase()
		s.mustPut(s.question(caseID, "owner"))
		if n := len(s.looks(anna)); n != 0 {
			t.Errorf("%d looks before the answer", n)
		}
		s.agency.SetFaults("vehicle-ownership", sim.Faults{Fail: 1, Lie: 1})
		s.toTheEnd()
		looks := s.looks(anna)
		if len(looks) != 1 {
			t.Fatalf("%d looks", len(looks))
		}
		got := looks[0]
		want := act.Actor{Kind: act.Agency, Agency: transport}
		if got.Actor != want || got.Purpose != (act.Purpose{Kind: "case", ID: caseID.String()}) || got.What != "exchange.look.vehicle-ownership" {
			t.Errorf("%+v", got)
		}
		if text, ok := s.LookText(got.What, lang.English); !ok || text != "Vehicle's owner" {
			t.Errorf("%q %v", text, ok)
		}
		if why := s.Needed("parking-permit", got.What, lang.English); !strings.HasPrefix(why, "To ") {
			t.Errorf("needed: %q", why)
		}
		// An official who reads the certificates leaves one of their own; the person leaves none.
		if _, err := s.Certificates(ctx, official.ForCase(caseID), []id.ID{anna}, caseID); err != nil {
			t.Fatal(err)
		}
		if n := len(s.looks(anna)); n != 2 {
			t.Errorf("%d looks after the official's", n)
		}
	})
}

func (s *stand) looks(person id.ID) []store.LookRecord {
	s.t.Helper()
	var out []store.LookRecord
	err := s.base.Store.Look(ctx, act.Act{Actor: act.Actor{Kind: act.Person, Person: person}}, "test", func(p *store.Personal) error {
		var err error
		out, err = store.LooksAt(p, person, s.clock.Now().Add(time.Hour), 100)
		return err
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return out
}

func TestWhatIsKeptIsSealedAndNoMoreThanDeclared(t *testing.T) {
	each(t, func(t *testing.T, s *stand) {
		caseID := s.newCase()
		s.mustPut(s.question(caseID, "residence"))
		s.toTheEnd()
		got := s.certificate(caseID, "residence")
		if diff := cmp.Diff([]string{"address", "kind", "registered"}, slices.Sorted(maps.Keys(got.Values))); diff != "" {
			t.Errorf("the reply also told since when; nobody declared it: %s", diff)
		}
		row := s.row(caseID, "residence")
		for name, sealed := range map[string][]byte{"parameters": row.Parameters, "reply": row.Reply} {
			if strings.Contains(string(sealed), annaSNILS) || strings.Contains(string(sealed), "rechnaya") || len(sealed) == 0 {
				t.Errorf("%s lie open", name)
			}
		}
	})
}
