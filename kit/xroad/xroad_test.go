package xroad

import (
	"bytes"
	"context"
	"crypto/sha512"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

var (
	city      = ClientID{"KTZ", "GOV", "7701", "posad"}
	migration = ClientID{"KTZ", "GOV", "7702", "registers"}
	residence = ServiceID{migration, "residence"}
)

// provider answers for residence; another service is hidden from the city.
func provider(t testing.TB) *Provider {
	t.Helper()
	echo := func(_ context.Context, q Asked) (Answer, error) {
		if q.Path == "/fail" {
			return Answer{}, errors.New("the database of the register is at 10.0.0.7")
		}
		if q.Issue == "" {
			return Answer{Status: http.StatusForbidden, Body: []byte(`{"type":"Posad.NoPurpose"}`)}, nil
		}
		return Answer{Body: append([]byte(q.Method+" "+q.Path+"?"+q.Query+" "+q.Issue+" "+q.UserID+" "), q.Body...), Type: "text/plain"}, nil
	}
	return &Provider{
		Subsystem: migration, ID: func() string { return "exchange-1" },
		Allowed: func(_ context.Context, c ClientID, code string) bool { return city.Covers(c) && code == "residence" },
		Known:   func(r *http.Request, _ ClientID) bool { return r.Header.Get("Authorization") == "Bearer key" },
		Services: func() []Service {
			return []Service{
				{Code: "residence", Endpoints: []Endpoint{{"GET", "/people/*"}, {"POST", "/ask"}, {"GET", "/fail"}}, Handle: echo, Description: []byte(`{"openapi":"3.0.0"}`)},
				{Code: "secret", Endpoints: []Endpoint{{"*", "/**"}}, Handle: echo},
			}
		},
	}
}

func client(t testing.TB, h http.Handler) Client {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return Client{HTTP: server.Client(), Address: server.URL, Member: city, Direct: true, Key: "key"}
}

func ask(path string) Call {
	return Call{Service: residence, Method: http.MethodGet, Path: path, ID: "id-1", Issue: "case-7", UserID: "RU1"}
}

func TestAskAndAnswer(t *testing.T) {
	t.Parallel()
	var logged []Message
	p := provider(t)
	p.Log = func(_ context.Context, q Asked, answer Message) error {
		logged = append(logged, q.Message, answer)
		return nil
	}
	call := Call{Service: residence, Method: http.MethodPost, Path: "/ask", ID: "id-1", Issue: "case-7", UserID: "RU1", ContentType: "application/json", Body: []byte(`{"snils":"1"}`)}
	got, err := client(t, p).Do(t.Context(), call)
	if err != nil {
		t.Fatal(err)
	}
	if string(got.Body) != `POST /ask? case-7 RU1 {"snils":"1"}` || got.Status != 200 || got.RequestID != "exchange-1" {
		t.Errorf("got %d %s %s", got.Status, got.RequestID, got.Body)
	}
	if diff := cmp.Diff(logged, []Message{got.Question, got.Answer}); diff != "" {
		t.Errorf("both sides must log the same messages: %s", diff)
	}
	want := "POST\r\n/r1/KTZ/GOV/7702/registers/residence/ask\r\naccept:application/json\r\ncontent-type:application/json\r\n" +
		"x-road-client:KTZ/GOV/7701/posad\r\nx-road-id:id-1\r\nx-road-issue:case-7\r\nx-road-userid:RU1\r\n"
	if diff := cmp.Diff(want, string(got.Question.Head)); diff != "" {
		t.Error(diff)
	}
	head, body := sha512.Sum512([]byte(want)), sha512.Sum512(call.Body)
	both := sha512.Sum512([]byte(string(head[:]) + string(body[:])))
	if hash := got.Header.Get(HeaderRequestHash); hash != base64.StdEncoding.EncodeToString(both[:]) {
		t.Errorf("the hash of the question is %s", hash)
	}
}

func TestAnswersThatBelongToNoQuestion(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(http.Header){
		"another id":      func(h http.Header) { h.Set(HeaderID, "id-2") },
		"no id":           func(h http.Header) { h.Del(HeaderID) },
		"two ids":         func(h http.Header) { h.Add(HeaderID, "id-1") },
		"another client":  func(h http.Header) { h.Set(HeaderClient, migration.String()) },
		"another service": func(h http.Header) { h.Set(HeaderService, "KTZ/GOV/7702/registers/debts") },
		"another hash":    func(h http.Header) { h.Set(HeaderRequestHash, Message{Head: []byte("x")}.Hash()) },
		"no hash":         func(h http.Header) { h.Del(HeaderRequestHash) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := provider(t)
			between := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				recorder := httptest.NewRecorder()
				p.ServeHTTP(recorder, r)
				change(recorder.Header())
				for k, v := range recorder.Header() {
					w.Header()[k] = v
				}
				w.WriteHeader(recorder.Code)
				_, _ = w.Write(recorder.Body.Bytes())
			})
			if _, err := client(t, between).Do(t.Context(), ask("/people/1")); !errors.Is(err, ErrReply) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestFaults(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*Call, *Client)
		status int
		kind   string
	}{
		"another member":     {func(c *Call, _ *Client) { c.Service.Member = "9" }, 500, UnknownMember},
		"another service":    {func(c *Call, _ *Client) { c.Service.Code = "debts" }, 500, UnknownService},
		"a service not ours": {func(c *Call, _ *Client) { c.Service.Code = "secret" }, 500, AccessDenied},
		"another asker":      {func(_ *Call, c *Client) { c.Member.Subsystem = "other" }, 500, AccessDenied},
		"another's line":     {func(_ *Call, c *Client) { c.Key = "stolen" }, 500, AccessDenied},
		"another endpoint":   {func(c *Call, _ *Client) { c.Method = http.MethodDelete }, 500, AccessDenied},
		"dots":               {func(c *Call, _ *Client) { c.Path = "/people/%2E%2e" }, 400, BadRequest},
		"a long address":     {func(c *Call, _ *Client) { c.Path = "/people/" + strings.Repeat("a", 2000) }, 400, BadRequest},
		"a malformed asker":  {func(_ *Call, c *Client) { c.Member.Member = "a:b" }, 400, BadRequest},
		"a failure":          {func(c *Call, _ *Client) { c.Path = "/fail" }, 500, InternalError},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			call, who := ask("/people/1"), client(t, provider(t))
			c.change(&call, &who)
			_, err := who.Do(t.Context(), call)
			var f *Fault
			if !errors.As(err, &f) || f.Status != c.status || f.Type != c.kind || f.Detail != "exchange-1" {
				t.Errorf("got %#v", err)
			}
			if f != nil && strings.Contains(f.Message, "10.0.0.7") {
				t.Errorf("tells its inside: %s", f.Message)
			}
		})
	}
}

func TestServicesOwnRefusalIsNoFault(t *testing.T) {
	t.Parallel()
	call := ask("/people/1")
	call.Issue = ""
	got, err := client(t, provider(t)).Do(t.Context(), call)
	if err != nil || got.Status != http.StatusForbidden || got.Header.Get(HeaderError) != "" {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestNothingLeavesUnlogged(t *testing.T) {
	t.Parallel()
	p := provider(t)
	p.Log = func(context.Context, Asked, Message) error { return errors.New("disk full") }
	got, err := client(t, p).Do(t.Context(), ask("/people/1"))
	var f *Fault
	if !errors.As(err, &f) || f.Type != LoggingFailed || bytes.Contains(got.Body, []byte("case-7")) {
		t.Errorf("got %v %s", err, got.Body)
	}
}

func TestMetaservices(t *testing.T) {
	t.Parallel()
	who := client(t, provider(t))
	meta := func(code, query string) (*Reply, error) {
		call := Call{Service: ServiceID{migration, code}, Method: http.MethodGet, ID: "id-1"}
		if query != "" {
			call.Query = map[string][]string{"serviceCode": {query}}
		}
		return who.Do(t.Context(), call)
	}
	codes := func(r *Reply) []string {
		var list struct {
			Service []listed `json:"service"`
		}
		if err := json.Unmarshal(r.Body, &list); err != nil {
			t.Fatal(err)
		}
		out := []string{}
		for _, s := range list.Service {
			out = append(out, s.Code+" "+s.Kind+" "+s.Subsystem)
		}
		return out
	}
	all, err := meta("listMethods", "")
	if err != nil || !cmp.Equal(codes(all), []string{"residence OPENAPI registers", "secret REST registers"}) {
		t.Errorf("listMethods: %v %v", err, all)
	}
	mine, err := meta("allowedMethods", "")
	if err != nil || !cmp.Equal(codes(mine), []string{"residence OPENAPI registers"}) {
		t.Errorf("allowedMethods: %v %v", err, mine)
	}
	open, err := meta("getOpenAPI", "residence")
	if err != nil || string(open.Body) != `{"openapi":"3.0.0"}` {
		t.Errorf("getOpenAPI: %v %v", err, open)
	}
	for query, kind := range map[string]string{"": BadRequest, "debts": UnknownService, "secret": BadRequest} {
		var f *Fault
		if _, err := meta("getOpenAPI", query); !errors.As(err, &f) || f.Type != kind {
			t.Errorf("getOpenAPI of %q: %v", query, err)
		}
	}
}

func TestNamesComeBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		part := rapid.StringMatching(`[A-Za-z0-9 .\-_~а-яё+&?#]{1,20}`).Filter(func(s string) bool { return s != "." && s != ".." })
		want := ServiceID{ClientID{part.Draw(t, "a"), part.Draw(t, "b"), part.Draw(t, "c"), part.Draw(t, "d")}, part.Draw(t, "e")}
		got, err := ParseService(want.String())
		if err != nil || got != want {
			t.Fatalf("%v became %v: %v", want, got, err)
		}
	})
}

func FuzzParse(f *testing.F) {
	f.Add("KTZ/GOV/7701/posad")
	f.Add("KTZ/GOV/77%2001/posad/code")
	f.Add("KTZ/GOV/../%2e%2e")
	f.Fuzz(func(t *testing.T, text string) {
		if c, err := ParseClient(text); err == nil {
			if again, err := ParseClient(c.String()); err != nil || again != c {
				t.Errorf("%q: %v became %v: %v", text, c, again, err)
			}
		}
		if s, err := ParseService(text); err == nil {
			if again, err := ParseService(s.String()); err != nil || again != s {
				t.Errorf("%q: %v became %v: %v", text, s, again, err)
			}
		}
	})
}

func FuzzProvider(f *testing.F) {
	f.Add("/r1/KTZ/GOV/7702/registers/residence/people/1", "KTZ/GOV/7701/posad", "")
	f.Add("/r1/KTZ/GOV/7702/registers/getOpenAPI", "KTZ/GOV/7701", "serviceCode=a")
	p := provider(f)
	f.Fuzz(func(t *testing.T, path, who, query string) {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.URL.Path, r.URL.RawPath, r.URL.RawQuery = path, "", query
		r.Header = http.Header{HeaderClient: {who}, "Authorization": {"Bearer key"}}
		w := httptest.NewRecorder()
		p.ServeHTTP(w, r)
		if w.Code == http.StatusOK && !strings.HasPrefix(path, "/r1/KTZ/GOV/7702/registers/") {
			t.Errorf("%q was answered", path)
		}
	})
}
