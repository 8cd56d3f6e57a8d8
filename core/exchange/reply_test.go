package exchange

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"posad.city/core/service"
	"posad.city/kit/lang"
	"posad.city/kit/store/storetest"

	"posad.city/kit/jobs"
	"posad.city/kit/vault"
	sim "posad.city/sim/agency"
)

// serve puts other agencies on the wire in the place of the stand's.
func (s *stand) serve(a *sim.Agency, agencies ...string) {
	server := httptest.NewServer(a.Handler())
	s.t.Cleanup(server.Close)
	for _, key := range agencies {
		s.deps.Endpoints[key] = Endpoint{URL: server.URL + "/" + key, Key: "secret"}
	}
}

func TestReadReply(t *testing.T) {
	t.Parallel()
	debts, _ := loadCity().Register("debts")
	family, _ := loadCity().Register("family")
	passports, _ := loadCity().Register("passports")
	for name, c := range map[string]struct {
		register *service.Register
		body     string
		want     map[string]any // nil: refused
	}{
		"whole":                {debts, `{"amount": 250000, "fines": 1}`, map[string]any{"amount": int64(250000), "fines": int64(1)}},
		"a whole number, long": {debts, `{"amount": 2.5e5, "fines": 1.0}`, map[string]any{"amount": int64(250000), "fines": int64(1)}},
		"a fraction":           {debts, `{"amount": 0.5, "fines": 1}`, nil},
		"out of bounds":        {debts, `{"amount": -1, "fines": 1}`, nil},
		"a number in quotes":   {debts, `{"amount": "1", "fines": 1}`, nil},
		"too large":            {debts, `{"amount": 1e999999, "fines": 1}`, nil},
		"a value is missing":   {debts, `{"amount": 1}`, nil},
		"a day left empty":     {passports, `{"citizen": false, "status": "none", "number": "", "issued": ""}`, map[string]any{"citizen": false, "status": "none", "number": ""}},
		"a value is null":      {debts, `{"amount": 1, "fines": null}`, nil},
		"one too many":         {debts, `{"amount": 1, "fines": 1, "name": "Anna"}`, nil},
		"the same name twice":  {debts, `{"amount": 1, "fines": 1, "amount": 2}`, nil},
		"something after it":   {debts, `{"amount": 1, "fines": 1} {}`, nil},
		"not UTF-8":            {debts, "{\"amount\": 1, \"fines\": 1, \"\xff\": 1}", nil},
		"not an object":        {debts, `[]`, nil},
		"nothing":              {debts, ``, nil},
		"records": {family, `{"big_family": false, "minors": 1, "children": [{"snils": "11223377408", "name": "Смирнов Михаил", "birth": "2020-03-05"}]}`,
			map[string]any{"big_family": false, "minors": int64(1), "children": []any{map[string]any{"snils": "11223377408", "name": "Смирнов Михаил", "birth": "2020-03-05"}}}},
		"no such day": {family, `{"big_family": false, "minors": 1, "children": [{"snils": "11223377408", "name": "Смирнов Михаил", "birth": "2020-02-30"}]}`, nil},
	} {
		schema, err := c.register.Validator()
		if err != nil {
			t.Fatal(err)
		}
		got, err := readReply(c.register, schema, []byte(c.body))
		if diff := cmp.Diff(c.want, got); diff != "" || (c.want == nil) != errors.Is(err, errReply) {
			t.Errorf("%s: %v %s", name, err, diff)
		}
		if err != nil && strings.Contains(err.Error(), "Anna") {
			t.Errorf("%s: the error tells of the reply: %v", name, err)
		}
	}
}

func TestWhatAnAnswerMeans(t *testing.T) {
	t.Parallel()
	debts, _ := loadCity().Register("debts")
	found := service.Register{
		Key: "found", Values: []service.Value{{Name: "found", Type: "yes-no"}},
		Reply: map[string]any{"type": "object", "required": []any{"found"}, "properties": map[string]any{"found": map[string]any{"type": "boolean"}}},
	}
	for name, c := range map[string]struct {
		register *service.Register
		status   int
		body     string
		want     Trouble
	}{
		"a reply":                       {debts, 200, `{"amount": 0, "fines": 0}`, None},
		"a lie":                         {debts, 200, `{"amount": "0"}`, WrongSchema},
		"too long":                      {debts, 200, `{"amount": 0, "fines": 0}` + strings.Repeat(" ", replyMost), WrongSchema},
		"nothing with success":          {debts, 204, ``, Refused},
		"no such record":                {debts, 404, `{"fault":"unknown"}`, NotFound},
		"no such record, as a fact":     {&found, 404, `{"fault":"unknown"}`, None},
		"no such address":               {debts, 404, `<html>`, Refused},
		"no such register":              {debts, 404, `{"fault":"no_register"}`, Refused},
		"elsewhere":                     {debts, 302, ``, Refused},
		"not allowed":                   {debts, 403, `{}`, Refused},
		"too many requests":             {debts, 429, `{}`, Silent},
		"the agency's own fault":        {debts, 500, `{}`, Silent},
		"a reply with a server's fault": {debts, 503, `{"amount": 0, "fines": 0}`, Silent},
	} {
		schema, err := c.register.Validator()
		if err != nil {
			t.Fatal(err)
		}
		got := judge(c.register, schema, &http.Response{StatusCode: c.status, Header: http.Header{}, Body: io.NopCloser(nil)}, []byte(c.body))
		if got.trouble != c.want || (got.trouble == None) != (got.values != nil) {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

func TestARedirectIsNotFollowed(t *testing.T) {
	t.Parallel()
	st, c := storetest.Open(t, Migrations, jobs.Migrations, vault.Migrations)
	s := newStand(t, st, c)
	stolen := false
	thief := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { stolen = true }))
	defer thief.Close()
	server := httptest.NewServer(http.RedirectHandler(thief.URL, http.StatusTemporaryRedirect))
	defer server.Close()
	s.deps.Endpoints["finance"] = Endpoint{URL: server.URL, Key: "secret"}
	caseID := s.newCase()
	s.mustPut(s.question(caseID, "debts"))
	s.toTheEnd()
	if got := s.certificate(caseID, "debts"); stolen || got.Trouble != Refused {
		t.Errorf("%v %+v", stolen, got)
	}
}

func TestSays(t *testing.T) {
	t.Parallel()
	texts, err := lang.Load(New(Deps{}).Locales())
	if err != nil {
		t.Fatal(err)
	}
	st, c := storetest.Open(t, Migrations, jobs.Migrations, vault.Migrations)
	s := newStand(t, st, c)
	s.base.Texts = texts
	values, err := readKept([]byte(`{"big_family": true, "minors": 3, "children": [{"snils": "11223377408", "name": "Смирнов Михаил", "birth": "2020-03-05"}, {"snils": "11223391100", "name": "Смирнова Дарья", "birth": "2016-08-21"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	got := s.Says(Certificate{State: Known, Register: "family", Values: values}, lang.English)
	want := []Line{{"Big family", "Yes"}, {"Children under 18", "3"}, {"Children", "11223377408, Смирнов Михаил, 5\u00a0March 2020\n11223391100, Смирнова Дарья, 21\u00a0August 2016"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	debts := s.Says(Certificate{State: Known, Register: "debts", Values: map[string]any{"amount": json.Number("250000"), "fines": json.Number("1")}}, lang.Russian)
	if diff := cmp.Diff([]Line{{"Долг", "2\u00a0500\u00a0₽"}, {"Неоплаченных штрафов", "1"}}, debts); diff != "" {
		t.Error(diff)
	}
	if owner := s.Says(Certificate{State: Known, Register: "vehicle-ownership", Values: map[string]any{"basis": "leased"}}, lang.Russian); len(owner) != 1 || owner[0].Text != "лизинг" {
		t.Errorf("%+v", owner)
	}
}

// Whatever comes over the wire is refused or becomes exactly the declared values, which survive their keeping.
func FuzzReadReply(f *testing.F) {
	for _, seed := range []string{
		`{"amount": 1, "fines": 0}`, `{"big_family": false, "minors": 1, "children": [{"snils": "11223377408", "name": "x", "birth": "2020-03-05"}]}`,
		`{"registered": true, "address": "rechnaya:14/86", "kind": "permanent", "since": "2019-03-14"}`, `{"enrolled": false, "siblings_schools": ["4"]}`,
		`{"amount": 1e40, "fines": -0}`, `{"a":{"a":{"a":[[[[]]]]}}}`, `{"amount": 1, "amount": 2}`, "\xff", `nul`, `{"owner": true, "basis": "owned", "model": "\u0000"}`,
	} {
		f.Add([]byte(seed))
	}
	var cache schemas
	f.Fuzz(func(t *testing.T, body []byte) {
		for i := range loadCity().Registers {
			r := &loadCity().Registers[i]
			schema, err := cache.of(r)
			if err != nil {
				t.Fatal(err)
			}
			values, err := readReply(r, schema, body)
			if err != nil {
				if !errors.Is(err, errReply) {
					t.Fatalf("%v", err)
				}
				continue
			}
			if len(values) != len(r.Values) {
				t.Fatalf("%s: %v", r.Key, values)
			}
			plain, err := json.Marshal(values)
			if err != nil {
				t.Fatal(err)
			}
			kept, err := readKept(plain)
			if err != nil || len(kept) != len(values) {
				t.Fatalf("%s: %s: %v", r.Key, plain, err)
			}
		}
	})
}
