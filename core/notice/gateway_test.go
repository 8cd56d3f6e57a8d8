package notice

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"posad.city/kit/id"
)

func TestTheGatewaysAnswersAreReadAsTheContractSays(t *testing.T) {
	t.Parallel()
	for status, want := range map[int]Failure{
		200: "", 201: "", 202: "", 409: "", 422: Refused, 408: Temporary, 425: Temporary, 429: Temporary, 500: Temporary, 503: Temporary,
		400: Permanent, 401: Permanent, 403: Permanent, 404: Permanent, 302: Permanent,
	} {
		calls := 0
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			calls++
			if r.Header.Get("Authorization") != "Bearer key" || r.Method != http.MethodPut || r.URL.Path != "/city/v1/messages/"+caseOne.String() {
				t.Errorf("%s %s", r.Method, r.URL.Path)
			}
			w.Header().Set("Location", "/elsewhere")
			w.WriteHeader(status)
			_, _ = io.WriteString(w, `{"receipt":"r-1\n"}`)
		}))
		g, err := NewGateway(GatewayConfig{API: server.URL + "/city/", Key: "key"})
		if err != nil {
			t.Fatal(err)
		}
		receipt, err := g.SendText(t.Context(), caseOne, annaPhone, "text")
		server.Close()
		var failure *TextFailure
		switch {
		case calls != 1:
			t.Errorf("%d: %d calls; a number went elsewhere", status, calls)
		case want == "" && (err != nil || receipt != "r-1"):
			t.Errorf("%d: %q, %v", status, receipt, err)
		case want != "" && (!errors.As(err, &failure) || failure.Kind != want || failure.Code != status || strings.Contains(err.Error(), "916")):
			t.Errorf("%d: %v, want %s", status, err, want)
		}
	}
}

func TestASilentGatewayIsGivenUpSoon(t *testing.T) {
	t.Parallel()
	leave := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-leave }))
	defer server.Close()
	defer close(leave)
	g, err := NewGateway(GatewayConfig{API: server.URL, Key: "key", Timeout: 50 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	var failure *TextFailure
	if _, err := g.SendText(t.Context(), id.Derived("x", "y"), annaPhone, "text"); !errors.As(err, &failure) || failure.Kind != Temporary || strings.Contains(err.Error(), "127.0.0.1") {
		t.Errorf("%v", err)
	}
}

func TestNewGatewayRefusesWrongConfigurations(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]GatewayConfig{
		"no address": {Key: "k"}, "no scheme": {API: "sms.example", Key: "k"}, "other scheme": {API: "ftp://sms.example", Key: "k"}, "no key": {API: "https://sms.example"},
	} {
		if _, err := NewGateway(c); err == nil {
			t.Errorf("%s was taken", name)
		}
	}
}

func FuzzReceipt(f *testing.F) {
	f.Add([]byte(`{"receipt":"sms-1"}`))
	f.Add([]byte(`{"receipt":"a\r\nb\u0000"}`))
	f.Fuzz(func(t *testing.T, content []byte) {
		got := receiptIn(content)
		if !utf8.ValidString(got) || utf8.RuneCountInString(got) > receiptMost || strings.ContainsAny(got, "\r\n\x00") {
			t.Errorf("%q gave %q", content, got)
		}
	})
}
