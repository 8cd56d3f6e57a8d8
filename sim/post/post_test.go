package post

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/smtp"
	"net/textproto"
	"strings"
	"testing"
	"time"

	"posad.city/kit/clock"
)

var moment = time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC)

func start(t *testing.T) *Post {
	t.Helper()
	p := New("key", clock.At(moment), slog.New(slog.DiscardHandler))
	if err := p.Start("127.0.0.1:0", "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return p
}

func mailTo(p *Post, to, id, text string) error {
	body := "Message-ID: <" + id + ">\r\nFrom: city@kitezh.example\r\nTo: " + to + "\r\nSubject: =?utf-8?q?=D0=9A=D0=BE=D0=B4?=\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n" + text
	return smtp.SendMail(p.MailAddress(), nil, "city@kitezh.example", []string{to}, []byte(body))
}

func call(t *testing.T, p *Post, method, path, key, body string) (int, string) {
	t.Helper()
	r, err := http.NewRequest(method, "http://"+p.WebAddress()+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if key != "" {
		r.Header.Set("Authorization", "Bearer "+key)
	}
	got, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, err.Error()
	}
	defer got.Body.Close()
	content, err := io.ReadAll(got.Body)
	if err != nil {
		t.Fatal(err)
	}
	return got.StatusCode, string(content)
}

func TestLettersArriveAndARepeatIsOneLetter(t *testing.T) {
	t.Parallel()
	p := start(t)
	for _, text := range []string{"one", "one"} {
		if err := mailTo(p, "anna@example.org", "a@kitezh.example", text); err != nil {
			t.Fatal(err)
		}
	}
	if err := mailTo(p, "boris@example.org", "b@kitezh.example", "see https://kitezh.example/cases/1."); err != nil {
		t.Fatal(err)
	}
	got := p.Mail("ANNA@example.org")
	if len(got) != 1 || got[0].Times != 2 || got[0].Differs || got[0].Subject != "Код" || strings.TrimSpace(got[0].Text) != "one" {
		t.Errorf("%+v", got)
	}
	if err := mailTo(p, "anna@example.org", "a@kitezh.example", "two"); err != nil {
		t.Fatal(err)
	}
	if got := p.Mail("anna@example.org"); len(got) != 1 || !got[0].Differs {
		t.Errorf("another letter under the same name was not noticed: %+v", got)
	}
	if all := p.Mail(""); len(all) != 2 || all[0].To != "boris@example.org" {
		t.Errorf("not newest first: %+v", all)
	}
	status, page := call(t, p, http.MethodGet, "/?lang=en", "", "")
	if status != http.StatusOK || !strings.Contains(page, `<a href="https://kitezh.example/cases/1">https://kitezh.example/cases/1</a>.`) {
		t.Errorf("%d: the link can't be followed\n%s", status, page)
	}
}

func TestFaultsOfMail(t *testing.T) {
	t.Parallel()
	p := start(t)
	p.SetFaults(Faults{RefuseTo: []string{"nobody@example.org"}, MailNext: 1, MailCode: 554, DropNext: 1})
	code := func(err error) int {
		if answer, ok := err.(*textproto.Error); ok {
			return answer.Code
		}
		return 0
	}
	if err := mailTo(p, "nobody@example.org", "n@x", "text"); code(err) != 550 {
		t.Errorf("a refused address: %v", err)
	}
	if err := mailTo(p, "anna@example.org", "a@x", "text"); code(err) != 554 {
		t.Errorf("a refused letter: %v", err)
	}
	if err := mailTo(p, "anna@example.org", "a@x", "text"); err == nil || code(err) != 0 {
		t.Errorf("a lost answer: %v", err)
	}
	if got := p.Mail(""); len(got) != 1 {
		t.Errorf("the letter whose answer was lost is not there: %+v", got)
	}
}

func TestTheGatewayKeepsItsContract(t *testing.T) {
	t.Parallel()
	p := start(t)
	good := `{"to":"+79161234567","text":"Hello"}`
	for _, test := range []struct {
		key, id, body string
		status        int
	}{
		{"", "1", good, 401}, {"wrong", "1", good, 401}, {"key", "1", "{", 400}, {"key", "1", `{"to":"+79161234567"}`, 400},
		{"key", "1", `{"to":"112","text":"Hello"}`, 422}, {"key", "1", good, 201}, {"key", "1", good, 200}, {"key", "1", `{"to":"+79161234567","text":"Other"}`, 409},
	} {
		if status, answer := call(t, p, http.MethodPut, "/v1/messages/"+test.id, test.key, test.body); status != test.status {
			t.Errorf("key %q, %s: %d, want %d: %s", test.key, test.body, status, test.status, answer)
		}
	}
	if got := p.SMS("+79161234567"); len(got) != 1 || got[0].Times != 3 || got[0].Receipt == "" || got[0].Text != "Hello" {
		t.Errorf("%+v", got)
	}
	p.SetFaults(Faults{SMSNext: 1, LoseNext: 1})
	for i, want := range []int{503, 0, 200} { // refused, taken with the answer lost, and found again
		if status, _ := call(t, p, http.MethodPut, "/v1/messages/2", "key", good); status != want {
			t.Errorf("call %d: %d, want %d", i, status, want)
		}
	}
}

func TestProgramsReadAndEmptyTheBoxes(t *testing.T) {
	t.Parallel()
	p := start(t)
	if err := mailTo(p, "anna@example.org", "a@x", "text"); err != nil {
		t.Fatal(err)
	}
	call(t, p, http.MethodPut, "/v1/messages/1", "key", `{"to":"+79161234567","text":"Hello"}`)
	for path, want := range map[string]int{"/api/mail": 1, "/api/mail?to=anna@example.org": 1, "/api/mail?to=x@example.org": 0, "/api/sms": 1, "/api/sms?to=%2B79161234567": 1} {
		status, body := call(t, p, http.MethodGet, path, "", "")
		var list []map[string]any
		if err := json.Unmarshal([]byte(body), &list); status != 200 || err != nil || len(list) != want {
			t.Errorf("%s: %d, %s", path, status, body)
		}
	}
	if status, _ := call(t, p, http.MethodGet, "/mail/1/raw", "", ""); status != 200 {
		t.Errorf("source: %d", status)
	}
	for _, path := range []string{"/api/mail", "/api/sms"} {
		if status, _ := call(t, p, http.MethodDelete, path, "", ""); status != 204 {
			t.Errorf("delete %s: %d", path, status)
		}
	}
	if len(p.Mail(""))+len(p.SMS("")) != 0 {
		t.Error("the boxes are not empty")
	}
	if status, _ := call(t, p, http.MethodPost, "/control", "", `{"refuse_too":[]}`); status != 400 {
		t.Errorf("an unknown fault: %d", status)
	}
}

func TestALetterCannotRunAnything(t *testing.T) {
	t.Parallel()
	p := start(t)
	body := "Message-ID: <a@x>\r\nSubject: x\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<script>alert(1)</script>"
	if err := smtp.SendMail(p.MailAddress(), nil, "a@x.example", []string{"b@x.example"}, []byte(body)); err != nil {
		t.Fatal(err)
	}
	got, err := http.Get("http://" + p.WebAddress() + "/mail/1")
	if err != nil {
		t.Fatal(err)
	}
	defer got.Body.Close()
	if policy := got.Header.Get("Content-Security-Policy"); !strings.Contains(policy, "default-src 'none'") || !strings.Contains(policy, "sandbox") {
		t.Errorf("policy %q", policy)
	}
}

func FuzzParts(f *testing.F) {
	f.Add("see https://x.example/a?b=c). and http://y.example!")
	f.Fuzz(func(t *testing.T, text string) {
		var out bytes.Buffer
		for _, one := range parts(text) {
			out.WriteString(one.Text)
			if one.Link != "" && !strings.HasPrefix(one.Link, "http") {
				t.Errorf("%q made the link %q", text, one.Link)
			}
		}
		if out.String() != text {
			t.Errorf("%q became %q", text, out.String())
		}
	})
}
