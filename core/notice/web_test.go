package notice

import (
	"encoding/json"
	"io"
	"net/http"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"posad.city/kit/id"
)

func typeOf(err error) string { return reflect.TypeOf(err).String() }

func (r *rig) annaEnters() string {
	r.t.Helper()
	return r.enter(annaMail, func() string { return digits(r.post.Mail(annaMail)[0].Text) })
}

func TestPagesOfTheInbox(t *testing.T) {
	t.Parallel()
	r := one(t)
	token := r.annaEnters()
	status, _, body := r.browse(token, http.MethodGet, "/messages", "")
	if status != http.StatusOK || !strings.Contains(body, "Сообщений нет") {
		t.Fatalf("%d: an empty inbox\n%s", status, body)
	}
	one := r.tell(decided(anna, "a"))
	r.tell(decided(anna, "b"))
	other := r.tell(decided(boris, "c"))
	r.drain()
	if _, _, body = r.browse(token, http.MethodGet, "/messages", ""); strings.Count(body, "Решение по заявлению") != 2 || strings.Count(body, "Новое") != 2 {
		t.Errorf("the inbox:\n%s", body)
	}
	status, _, body = r.browse(token, http.MethodGet, "/messages/"+one.String(), "")
	if status != http.StatusOK || !strings.Contains(body, "Действует до 21 ноября 2027.") || !strings.Contains(body, `href="/cases/`+caseOne.String()) || !strings.Contains(body, "Отправлено: сегодня") {
		t.Errorf("%d: a message\n%s", status, body)
	}
	if n, _ := r.Unread(t.Context(), anna); n != 1 {
		t.Errorf("%d unread after one was opened", n)
	}
	if status, to, _ := r.browse(token, http.MethodPost, "/messages/read", ""); status != http.StatusSeeOther || to != "/messages" {
		t.Errorf("mark all: %d %s", status, to)
	}
	if n, _ := r.Unread(t.Context(), anna); n != 0 {
		t.Errorf("%d unread after all were marked", n)
	}
	for _, path := range []string{"/messages/" + other.String(), "/messages/none", "/messages?before=x"} {
		if status, _, body := r.browse(token, http.MethodGet, path, ""); status != http.StatusNotFound || strings.Contains(body, "Решение") {
			t.Errorf("%s: %d", path, status)
		}
	}
	if status, to, _ := r.browse("", http.MethodGet, "/messages", ""); status != http.StatusSeeOther || !strings.HasPrefix(to, "/sign-in") {
		t.Errorf("nobody signed in: %d %s", status, to)
	}
}

func TestPageOfChannels(t *testing.T) {
	t.Parallel()
	r := one(t)
	token := r.annaEnters()
	if _, _, body := r.browse(token, http.MethodGet, "/account/notices", ""); strings.Count(body, "checked") != 3 || !strings.Contains(body, annaMail) || !strings.Contains(body, annaPhone) {
		t.Errorf("the default:\n%s", body)
	}
	if status, to, body := r.browse(token, http.MethodPost, "/account/notices", "email=money&sms=money&sms=cases"); status != http.StatusSeeOther || to != "/account/notices" {
		t.Fatalf("%d %s\n%s", status, to, body)
	}
	list, err := r.Wishes(t.Context(), self(anna), anna)
	want := []Wish{{Topic: Cases, SMS: true}, {Topic: Money, Email: true, SMS: true}, {Topic: Documents}}
	if err != nil || !reflect.DeepEqual(list, want) {
		t.Errorf("%+v: %v", list, err)
	}
}

func TestAPIOfTheInbox(t *testing.T) {
	t.Parallel()
	r := one(t)
	token := r.annaEnters()
	one := r.tell(decided(anna, "a"))
	status, _, body := r.browse(token, http.MethodGet, "/api/v1/notices", "")
	var list wireInbox
	if err := json.Unmarshal([]byte(body), &list); err != nil || status != http.StatusOK || list.Unread != 1 || len(list.Messages) != 1 || list.Messages[0].ID != one {
		t.Fatalf("%d %s: %v", status, body, err)
	}
	if status, _, _ := r.browse(token, http.MethodPost, "/api/v1/notices/"+one.String()+"/read", ""); status != http.StatusNoContent {
		t.Errorf("read: %d", status)
	}
	_, _, body = r.browse(token, http.MethodGet, "/api/v1/notices/"+one.String(), "")
	var message wireMessage
	if err := json.Unmarshal([]byte(body), &message); err != nil || message.Read == nil || message.Text == "" || len(message.Sent) != 1 || message.Sent[0].State != Queued {
		t.Errorf("%s: %v", body, err)
	}
	status, _, body = r.browse(token, http.MethodPut, "/api/v1/notices/channels", `{"topics":[{"topic":"cases","email":false,"sms":true}]}`)
	if status != http.StatusOK || !strings.Contains(body, `{"topic":"cases","email":false,"sms":true},{"topic":"money","email":true,"sms":false}`) {
		t.Errorf("choose: %d %s", status, body)
	}
	if status, _, body := r.browse(token, http.MethodPut, "/api/v1/notices/channels", `{"topics":[{"topic":"weather"}]}`); status != http.StatusUnprocessableEntity {
		t.Errorf("an unknown topic: %d %s", status, body)
	}
	if status, _, _ := r.browse(token, http.MethodGet, "/api/v1/notices/"+id.Derived("x", "y").String(), ""); status != http.StatusNotFound {
		t.Errorf("none: %d", status)
	}
}

var leaveLink = regexp.MustCompile(`List-Unsubscribe: <https://kitezh\.example([^>]+)>`)

func TestOneClickEndsLettersOfATopic(t *testing.T) {
	t.Parallel()
	r := one(t)
	r.tell(decided(anna, "a"))
	r.drain()
	got, err := http.Get("http://" + r.post.WebAddress() + "/mail/" + r.post.Mail("")[0].ID + "/raw")
	if err != nil {
		t.Fatal(err)
	}
	defer got.Body.Close()
	raw, err := io.ReadAll(got.Body)
	if err != nil {
		t.Fatal(err)
	}
	head, _, _ := strings.Cut(string(raw), "\r\n\r\n")
	link := leaveLink.FindStringSubmatch(strings.ReplaceAll(head, "\r\n ", " "))
	if link == nil || !strings.Contains(head, "List-Unsubscribe-Post: List-Unsubscribe=One-Click") {
		t.Fatalf("no link in\n%s", head)
	}
	for path, want := range map[string]int{link[1] + "x": http.StatusNotFound, link[1]: http.StatusNoContent} {
		req, err := http.NewRequest(http.MethodPost, r.server.URL+path, strings.NewReader("List-Unsubscribe=One-Click"))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		got, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = got.Body.Close()
		if got.StatusCode != want {
			t.Errorf("%s: %d, want %d", path, got.StatusCode, want)
		}
	}
	r.tell(decided(anna, "b"))
	r.drain()
	if n := len(r.post.Mail("")); n != 1 {
		t.Errorf("%d letters after leaving", n)
	}
}
