package exchange

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"posad.city/city/kitezh"
	"posad.city/core/agency"
	"posad.city/core/document"
	"posad.city/core/service"
	"posad.city/kit/act"
	"posad.city/kit/asic"
	"posad.city/kit/calendar"
	"posad.city/kit/id"
	"posad.city/kit/store"
	"posad.city/kit/xroad"
)

// Who asks, with which key.
const (
	policeKey   = "the key of the road police"
	transitKey  = "the key of those who licence taxis"
	strangerKey = "the key of some other member"
	liveNumber  = "1234567890"
)

var (
	ours   = xroad.ClientID{Instance: "KTZ", Class: "GOV", Member: "7701", Subsystem: "posad"}
	police = xroad.ClientID{Instance: "KTZ", Class: "GOV", Member: "7705", Subsystem: "patrol"}
	other  = xroad.ClientID{Instance: "KTZ", Class: "GOV", Member: "9999", Subsystem: "shop"}
	// transit is the agency that works on applications for taxi licences.
	transit = xroad.ClientID{Instance: "KTZ", Class: "GOV", Member: "7703", Subsystem: "licences"}
)

// askedCity is Kitezh with a register that is the city's own service: the taxi licence lists it.
var askedCity = sync.OnceValue(func() *service.City {
	return changedCity(func(files fstest.MapFS) {
		replaceIn(files, "registers/insurance.yaml", "member: KTZ/GOV/7705/road-police/insurance", "member: KTZ/GOV/7701/posad/documents")
	})
})

func replaceIn(files fstest.MapFS, name, old, fresh string) {
	files[name] = &fstest.MapFile{Data: []byte(strings.Replace(string(files[name].Data), old, fresh, 1))}
}

// changedCity is Kitezh with some files changed.
func changedCity(change func(fstest.MapFS)) *service.City {
	files := fstest.MapFS{}
	err := fs.WalkDir(kitezh.Files(), ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := fs.ReadFile(kitezh.Files(), name)
		files[name] = &fstest.MapFile{Data: content}
		return err
	})
	if err != nil {
		panic(err) // a test's own ground
	}
	change(files)
	city, faults := service.LoadCity(files)
	if len(faults) > 0 {
		panic(faults)
	}
	return city
}

// permits hold documents of one person, and remember who asked.
type permits struct {
	st    *store.Store
	kinds map[string]document.Held
}

func (p permits) Holds(ctx context.Context, a act.Act, what string, holder id.ID, kind string) (document.Held, error) {
	err := p.st.Look(ctx, a, what, func(p *store.Personal) error { p.Saw(holder); return nil })
	if holder != anna {
		return document.Held{}, err
	}
	return p.kinds[kind], err
}

// asked is the stand as a provider with its address.
func asked(t *testing.T) (*stand, string) {
	t.Helper()
	var caseID id.ID
	s, address := served(t, func(d *Deps) {
		d.City = askedCity
		d.Providing = Providing{
			Subsystem: ours,
			Members: []Member{
				{Client: xroad.ClientID{Instance: "KTZ", Class: "GOV", Member: "7705"}, Agency: "road-police", Keys: []string{"an older key of theirs", policeKey}, Services: []string{ServiceDocuments}, Kinds: []string{"parking-permit"}},
				{Client: transit, Agency: "transport", Keys: []string{transitKey}, Services: []string{ServiceDocuments}, Kinds: []string{"parking-permit"}},
				{Client: other, Agency: "education", Keys: []string{strangerKey}},
			},
			Agreements: []Agreement{
				{Number: "A-7", Client: police, Services: []string{ServiceDocuments}, Kinds: []string{"parking-permit"}, Until: calendar.MustDate("2026-12-31")},
				{Number: "A-6", Client: police, Services: []string{ServiceDocuments}, Kinds: []string{"parking-permit"}, Until: calendar.MustDate("2026-11-20")},
			},
		}
	})
	caseID = s.newCase()
	s.deps.Lives = func(_ store.PersonalReader, u Use) (bool, error) {
		return u.Service == "taxi-licence" && u.Register == "insurance" && u.Case == caseID && !s.dead[caseID], nil
	}
	s.ProvideAsking(Asking{
		Documents: permits{s.base.Store, map[string]document.Held{"parking-permit": {Valid: true, Number: "7777777777", From: calendar.MustDate("2026-01-01"), Until: calendar.MustDate("2026-12-31")}}},
		Person: func(_ context.Context, snils string) (id.ID, error) {
			switch snils {
			case annaSNILS:
				return anna, nil
			case "22233344456":
				return misha, nil
			}
			return id.ID{}, store.ErrNone
		},
		Case: func(_ context.Context, number string) (Use, error) {
			if number != liveNumber {
				return Use{}, store.ErrNone
			}
			return Use{Holder: anna, Case: caseID, Applicant: anna, Service: "taxi-licence"}, nil
		},
	})
	return s, address
}

func call(issue, snils, kind string) xroad.Call {
	return xroad.Call{
		Service: xroad.ServiceID{ClientID: ours, Code: ServiceDocuments}, Method: http.MethodPost, ID: "q-1", Issue: issue, ContentType: "application/json",
		Body: []byte(`{"parameters":{"snils":"` + snils + `","kind":"` + kind + `"}}`),
	}
}

func (s *stand) askAs(address string, as xroad.ClientID, key string, c xroad.Call) (string, error) {
	s.t.Helper()
	client := xroad.Client{HTTP: http.DefaultClient, Address: address, Key: key, Member: as, Direct: true}
	got, err := client.Do(ctx, c)
	if err != nil {
		return "", err
	}
	return string(got.Body), nil
}

func TestAMemberIsAnsweredForALiveCase(t *testing.T) {
	t.Parallel()
	s, address := asked(t)
	body, err := s.askAs(address, transit, transitKey, call(liveNumber, annaSNILS, "parking-permit"))
	if err != nil || body != `{"valid":true,"number":"7777777777","from":"2026-01-01","until":"2026-12-31"}` {
		t.Fatalf("answered %s, %v", body, err)
	}
	looks := s.looks(anna)
	if len(looks) != 1 || looks[0].What != lookProvided || looks[0].Actor.Kind != act.Agency || looks[0].Actor.Agency != agency.ID("transport") || looks[0].Purpose.Kind != "case" {
		t.Errorf("anna sees %+v", looks)
	}
	try := s.log(1)[0]
	if try.Side != sideAnswered || try.Peer != transit.String() || try.Register != ServiceDocuments || try.Case.IsZero() {
		t.Errorf("logged %+v", try)
	}
	s.mustSign()
	trust, err := s.trust()
	if err != nil {
		t.Fatal(err)
	}
	for answer, want := range map[bool]string{false: annaSNILS, true: "7777777777"} {
		data, err := s.Container(ctx, auditor, anna, try.ID, answer)
		if err != nil {
			t.Fatal(err)
		}
		got, err := asic.Verify(data, trust)
		if err != nil || !strings.Contains(string(got.Parts[1].Content), want) || strings.Contains(string(data)+string(got.Parts[0].Content), transitKey) {
			t.Errorf("the container: %v", err)
		}
	}
}

func TestAMemberIsAnsweredUnderAnAgreement(t *testing.T) {
	t.Parallel()
	s, address := asked(t)
	for snils, want := range map[string]string{annaSNILS: `"valid":true`, "22233344456": `{"valid":false}`, "99999999999": `{"valid":false}`} {
		if body, err := s.askAs(address, police, policeKey, call("A-7", snils, "parking-permit")); err != nil || !strings.Contains(body, want) {
			t.Errorf("%s: %s, %v", snils, body, err)
		}
	}
	if looks := s.looks(misha); len(looks) != 1 || looks[0].Purpose != (act.Purpose{Kind: "agreement", ID: "A-7"}) {
		t.Errorf("misha sees %+v", looks)
	}
	s.mustSign()
	if got, err := s.CheckLog(ctx); err != nil || got.Messages != 3 || got.Count() != 0 { // the one about nobody leaves its hashes
		t.Errorf("checked %+v, %v", got, err)
	}
}

func TestNobodyIsToldWithoutAPurpose(t *testing.T) {
	t.Parallel()
	s, address := asked(t)
	for name, one := range map[string]struct {
		as   xroad.ClientID
		key  string
		call xroad.Call
		want string
	}{
		"no purpose":                {police, policeKey, call("", annaSNILS, "parking-permit"), xroad.AccessDenied},
		"no such case":              {transit, transitKey, call("0000000000", annaSNILS, "parking-permit"), xroad.AccessDenied},
		"another person's case":     {transit, transitKey, call(liveNumber, "22233344456", "parking-permit"), xroad.AccessDenied},
		"a case, nobody":            {transit, transitKey, call(liveNumber, "99999999999", "parking-permit"), xroad.AccessDenied},
		"another agency's case":     {police, policeKey, call(liveNumber, annaSNILS, "parking-permit"), xroad.AccessDenied},
		"a case, another kind":      {transit, transitKey, call(liveNumber, annaSNILS, "benefit"), xroad.AccessDenied},
		"an agreement that is over": {police, policeKey, call("A-6", annaSNILS, "parking-permit"), xroad.AccessDenied},
		"another kind":              {police, policeKey, call("A-7", annaSNILS, "taxi-licence"), xroad.AccessDenied},
		"another member's key":      {police, strangerKey, call("A-7", annaSNILS, "parking-permit"), xroad.AccessDenied},
		"no key":                    {police, "", call("A-7", annaSNILS, "parking-permit"), xroad.AccessDenied},
		"a member that may not":     {other, strangerKey, call("A-7", annaSNILS, "parking-permit"), xroad.AccessDenied},
		"no number of a person":     {police, policeKey, call("A-7", "1", "parking-permit"), xroad.BadRequest},
	} {
		_, err := s.askAs(address, one.as, one.key, one.call)
		var f *xroad.Fault
		if !errors.As(err, &f) || f.Type != one.want {
			t.Errorf("%s: %v", name, err)
		}
	}
	if n := len(s.looks(anna)); n != 0 {
		t.Errorf("anna sees %d looks of refused questions", n)
	}
	if list := s.log(0); len(list) != 0 {
		t.Errorf("logged %+v", list)
	}
}

func TestAClosedCaseIsNoPurpose(t *testing.T) {
	t.Parallel()
	s, address := asked(t)
	if _, err := s.askAs(address, transit, transitKey, call(liveNumber, annaSNILS, "parking-permit")); err != nil {
		t.Fatal(err)
	}
	s.deps.Lives = func(store.PersonalReader, Use) (bool, error) { return false, nil }
	var f *xroad.Fault
	if _, err := s.askAs(address, transit, transitKey, call(liveNumber, annaSNILS, "parking-permit")); !errors.As(err, &f) || f.Type != xroad.AccessDenied {
		t.Errorf("a closed case: %v", err)
	}
}

// TestByHand asks as any HTTP client does, with headers written out.
func TestByHand(t *testing.T) {
	t.Parallel()
	_, address := asked(t)
	send := func(method, path string, headers map[string]string, body string) (*http.Response, string) {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), method, address+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		for name, value := range headers {
			r.Header.Set(name, value)
		}
		response, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = response.Body.Close() }() // read below
		text, err := io.ReadAll(response.Body)
		if err != nil {
			t.Fatal(err)
		}
		return response, string(text)
	}
	good := map[string]string{
		"X-Road-Client": "KTZ/GOV/7705/patrol", "X-Road-Id": "one", "X-Road-Issue": "A-7", "Content-Type": "application/json", "Authorization": "Bearer " + policeKey,
	}
	question := `{"parameters":{"snils":"` + annaSNILS + `","kind":"parking-permit"}}`
	response, body := send("POST", "/r1/KTZ/GOV/7701/posad/documents", good, question)
	if response.StatusCode != 200 || response.Header.Get("X-Road-Id") != "one" || response.Header.Get("X-Road-Client") != "KTZ/GOV/7705/patrol" ||
		response.Header.Get("X-Road-Service") != "KTZ/GOV/7701/posad/documents" || response.Header.Get("X-Road-Request-Hash") == "" || !strings.Contains(body, `"valid":true`) {
		t.Errorf("%d %v %s", response.StatusCode, response.Header, body)
	}
	response, body = send("POST", "/r1/KTZ/GOV/7701/posad/documents", map[string]string{"Authorization": "Bearer " + policeKey}, question)
	if response.StatusCode != 400 || response.Header.Get("X-Road-Error") != "Client.BadRequest" || !strings.Contains(body, `"type":"Client.BadRequest"`) {
		t.Errorf("without a client: %d %s", response.StatusCode, body)
	}
	response, _ = send("POST", "/r1/KTZ/GOV/7701/posad/secrets", good, question)
	if response.StatusCode != 500 || response.Header.Get("X-Road-Error") != "Server.ServerProxy.UnknownService" {
		t.Errorf("an unknown service: %d %s", response.StatusCode, response.Header.Get("X-Road-Error"))
	}
	response, _ = send("GET", "/r1/KTZ/GOV/7701/posad/documents", good, "")
	if response.Header.Get("X-Road-Error") != "Server.ServerProxy.AccessDenied" {
		t.Errorf("another method: %s", response.Header.Get("X-Road-Error"))
	}
	response, body = send("GET", "/r1/KTZ/GOV/7701/posad/listMethods", good, "")
	if response.StatusCode != 200 || !strings.Contains(body, "documents") {
		t.Errorf("listMethods: %d %s", response.StatusCode, body)
	}
	response, body = send("GET", "/r1/KTZ/GOV/7701/posad/getOpenAPI?serviceCode=documents", good, "")
	if response.StatusCode != 200 || !strings.Contains(body, `"openapi":"3.0.3"`) {
		t.Errorf("getOpenAPI: %d %s", response.StatusCode, body)
	}
	response, _ = send("POST", "/r1/KTZ/GOV/7701/posad/documents", good, strings.Repeat(" ", 1<<17)+question)
	if response.StatusCode == 200 {
		t.Error("a body of 128 KB was taken")
	}
}
