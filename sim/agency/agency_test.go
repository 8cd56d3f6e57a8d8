package agency

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const data = `{"registers": {
  "residence": {"agency": "migration", "records": [{"match": {"snils": "1"}, "reply": {"registered": true}}], "otherwise": {"registered": false}},
  "deeds": {"records": [{"match": {}, "reply": {"n": 1}}]},
  "empty": {"agency": "migration"}
}}`

func start(t *testing.T, o Options) (*Agency, string) {
	t.Helper()
	var err error
	if o.Data, err = Load(strings.NewReader(data)); err != nil {
		t.Fatal(err)
	}
	a := New(o)
	server := httptest.NewServer(a.Handler())
	t.Cleanup(server.Close)
	return a, server.URL
}

func post(t *testing.T, address, key, register, snils string) (int, string) {
	t.Helper()
	body := `{"request_id":"` + key + `","register":"` + register + `","purpose":{"kind":"case"},"on_behalf_of":"transport","parameters":{"snils":"` + snils + `"}}`
	r, err := http.NewRequest(http.MethodPost, address+"/v1/registers/"+register, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer secret")
	r.Header.Set("Idempotency-Key", key)
	// A kept connection that breaks would be tried again by net/http itself, since the request has an idempotency key.
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	response, err := client.Do(r)
	if err != nil {
		return 0, err.Error()
	}
	defer func() { _ = response.Body.Close() }() // a test's connection
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(answer)
}

func TestRegistersAnswerFromTheirRecords(t *testing.T) {
	t.Parallel()
	_, address := start(t, Options{Key: "secret", Knows: map[string]string{"vehicles": "road-police"}, Answer: func(register string, p map[string]string) (any, bool) {
		return map[string]string{"for": register + p["snils"]}, register == "vehicles"
	}})
	for name, c := range map[string]struct {
		agency, register, snils string
		status                  int
		body                    string
	}{
		"a record":             {"/migration", "residence", "1", 200, `{"registered": true}`},
		"no record, a default": {"/migration", "residence", "2", 200, `{"registered": false}`},
		"of any agency":        {"/whatever", "deeds", "2", 200, `{"n": 1}`},
		"no agency named":      {"", "residence", "1", 200, `{"registered": true}`},
		"no such record":       {"/migration", "empty", "1", 404, `{"fault":"unknown"}`},
		"no such register":     {"/migration", "nothing", "1", 404, `{"fault":"no_register"}`},
		"another agency's":     {"/finance", "residence", "1", 404, `{"fault":"no_register"}`},
		"computed":             {"/road-police", "vehicles", "5", 200, `{"for":"vehicles5"}`},
		"computed, elsewhere":  {"/finance", "vehicles", "5", 404, `{"fault":"no_register"}`},
	} {
		status, body := post(t, address+c.agency, "key "+name, c.register, c.snils)
		if status != c.status || body != c.body {
			t.Errorf("%s: %d %s", name, status, body)
		}
	}
}

func TestFaultsComeInTheirOrderAndEnd(t *testing.T) {
	t.Parallel()
	a, address := start(t, Options{Key: "secret"})
	a.SetFaults("residence", Faults{Fail: 1, Refuse: 1, Lie: 1, Lose: 1})
	var got []int
	for range 5 {
		status, _ := post(t, address, "k", "residence", "1")
		got = append(got, status)
	}
	if diff := cmp.Diff([]int{503, 403, 200, 0, 200}, got); diff != "" {
		t.Error(diff)
	}
	var outcomes []string
	for _, r := range a.Requests() {
		outcomes = append(outcomes, r.Outcome)
		if r.IdempotencyKey != "k" || r.OnBehalfOf != "transport" {
			t.Errorf("%+v", r)
		}
	}
	if diff := cmp.Diff([]string{Failing, Refusing, Lying, Lost, Answered}, outcomes); diff != "" {
		t.Error(diff)
	}
}

func TestControlByHTTP(t *testing.T) {
	t.Parallel()
	_, address := start(t, Options{Key: "secret"})
	set := func(body string) int {
		response, err := http.Post(address+"/control", "application/json", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close() // nothing in it
		return response.StatusCode
	}
	if set(`{"register":"*","faults":{"flap":2}}`) != 204 || set(`{"register":"*","faults":{"flip":2}}`) != 400 || set(`{"faults":{}}`) != 400 {
		t.Fatal("control is not strict")
	}
	var got []int
	for range 6 {
		status, _ := post(t, address, "k", "residence", "1")
		got = append(got, status)
	}
	if diff := cmp.Diff([]int{503, 503, 200, 200, 503, 503}, got); diff != "" {
		t.Error(diff)
	}
	response, err := http.Get(address + "/control/requests")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }() // a test's connection
	var list []Request
	if err := json.NewDecoder(response.Body).Decode(&list); err != nil || len(list) != 6 {
		t.Errorf("%d requests, %v", len(list), err)
	}
}

func TestAQuestionThatIsNoneIsRefused(t *testing.T) {
	t.Parallel()
	_, address := start(t, Options{Key: "secret"})
	response, err := http.Post(address+"/v1/registers/residence", "application/json", strings.NewReader(`{}`))
	if err != nil {
		t.Fatal(err)
	}
	_ = response.Body.Close() // nothing in it
	if response.StatusCode != 401 {
		t.Errorf("without a key: %d", response.StatusCode)
	}
	if status, _ := post(t, address, "", "residence", "1"); status != 400 {
		t.Errorf("without an idempotency key: %d", status)
	}
	if _, err := Load(strings.NewReader(`{"register": {}}`)); err == nil {
		t.Error("unknown fields are taken")
	}
}

func FuzzRead(f *testing.F) {
	f.Add(`{"request_id":"1","register":"residence","purpose":{},"on_behalf_of":"x","parameters":{}}`)
	f.Add(`{`)
	a := New(Options{Data: Data{Registers: map[string]Register{"residence": {Otherwise: json.RawMessage(`{}`)}}}})
	handler := a.Handler()
	f.Fuzz(func(t *testing.T, body string) {
		r := httptest.NewRequest(http.MethodPost, "/v1/registers/residence", strings.NewReader(body))
		r.Header.Set("Idempotency-Key", "k")
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		if w.Code != 200 && w.Code != 400 {
			t.Errorf("%d", w.Code)
		}
	})
}
