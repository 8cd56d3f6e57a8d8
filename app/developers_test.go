package app_test

import (
	"bytes"
	"encoding/json"
	"html"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"testing"

	"posad.city/app/apptest"
	"posad.city/core/agency"
	"posad.city/core/developer"
	"posad.city/kit/webhook"
)

// heard is a program of an agency that takes messages and keeps them.
type heard struct {
	mu       sync.Mutex
	headers  []http.Header
	messages []string
}

func (h *heard) ServeHTTP(_ http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	h.mu.Lock()
	defer h.mu.Unlock()
	h.headers, h.messages = append(h.headers, r.Header), append(h.messages, string(body))
}

// TestFiveMinutesInTheSandbox runs the commands of /developers as they stand on the page, by curl, with a key that a head has
// made on her page; then the message that came is checked by the page's own example.
func TestFiveMinutesInTheSandbox(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("curl"); err != nil {
		t.Skip("there is no curl here")
	}
	h := apptest.Open(t)
	taker := new(heard)
	server := httptest.NewServer(taker)
	defer server.Close()

	said := map[string]string{"KEY": sandboxKey(t, h)}
	for _, s := range listings(t, h.Nobody().Get("/developers").Body) {
		if !strings.HasPrefix(s, "curl ") {
			continue
		}
		got := shell(t, strings.ReplaceAll(s, "https://hooks.example.org/posad", server.URL), said)
		var answer struct {
			ID, Secret, State, Number string
			Test                      bool
			Deliveries                []struct{ Type, State string }
		}
		if err := json.Unmarshal([]byte(got), &answer); err != nil || answer.ID == "" && !strings.Contains(s, "deliveries") {
			t.Fatalf("%s\nanswered %s", s, got)
		}
		switch {
		case strings.HasSuffix(s, "/charges"):
			if !answer.Test {
				t.Errorf("the bill is real: %s", got)
			}
			said["CHARGE"] = answer.ID
		case strings.HasSuffix(s, "/webhooks"):
			said["ENDPOINT"], said["SECRET"] = answer.ID, answer.Secret
		case strings.HasSuffix(s, "/payments"):
			if answer.State != developer.Taken {
				t.Errorf("the payment is %s", got)
			}
			h.Run()
			if _, err := h.Modules.Developer.Deliver(t.Context()); err != nil {
				t.Fatal(err)
			}
		case strings.HasSuffix(s, "/deliveries"):
			if len(answer.Deliveries) != 2 || answer.Deliveries[0].State != developer.Taken {
				t.Errorf("the deliveries are %s", got)
			}
		}
	}
	kinds := map[string]bool{}
	for i, message := range taker.messages {
		checkMessage(t, h, said["SECRET"], taker.headers[i], message)
		var m struct{ Type string }
		if err := json.Unmarshal([]byte(message), &m); err != nil {
			t.Error(err)
		}
		kinds[m.Type] = true
	}
	if len(kinds) != 2 || !kinds[developer.ChargePaid] || !kinds[developer.PayTaken] {
		t.Errorf("told of %v", kinds)
	}
	nothingIsReal(t, h, said)
}

// checkMessage checks a message by the scheme, and by the page's example.
func checkMessage(t *testing.T, h *apptest.House, secret string, header http.Header, message string) {
	t.Helper()
	key, err := webhook.ParseKey(secret)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := webhook.Verify([]webhook.Key{key}, header, []byte(message), h.Clock.Now(), webhook.Tolerance); err != nil {
		t.Error(err)
	}
	if _, err := exec.LookPath("openssl"); err != nil {
		return
	}
	vars := map[string]string{
		"SECRET": secret, "ID": header.Get(webhook.HeaderID), "TIME": header.Get(webhook.HeaderTime), "SIGNATURE": header.Get(webhook.HeaderSignature), "BODY": message,
	}
	if got := shell(t, developer.Verify(), vars); got != "good\n" {
		t.Errorf("the page's example says %q", got)
	}
	vars["BODY"] += " "
	if got := shell(t, developer.Verify(), vars); got != "bad\n" {
		t.Errorf("of another body the page's example says %q", got)
	}
}

// nothingIsReal: a live key and people see nothing of the sandbox.
func nothingIsReal(t *testing.T, h *apptest.House, said map[string]string) {
	t.Helper()
	live, _, err := liveKey(h)
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/api/v1/agency/charges/" + said["CHARGE"], "/api/v1/agency/webhooks/" + said["ENDPOINT"]} {
		if got := h.Key(live).Get(path); got.Status != http.StatusNotFound {
			t.Errorf("a live key finds %s: %d", path, got.Status)
		}
		if got := h.Key(said["KEY"]).Get(path); got.Status != http.StatusOK {
			t.Errorf("the sandbox's own key does not find %s: %d", path, got.Status)
		}
	}
	if got := h.Key(said["KEY"]).Get("/api/v1/notices"); got.Status != http.StatusForbidden {
		t.Errorf("a program reads a person's messages: %d", got.Status)
	}
}

func liveKey(h *apptest.House) (string, developer.Key, error) {
	w := &world{House: h}
	key, shown, err := h.Modules.Developer.MakeKey(h.T.Context(), setting(w), agency.ID("transport"), developer.NewKey{
		Name: "live", Scopes: developer.Scopes(), Life: developer.KeyLife,
	})
	return shown, key, err
}

// sandboxKey is a key that the head of the Department of Transport makes on her page.
func sandboxKey(t *testing.T, h *apptest.House) string {
	t.Helper()
	head := h.Browser(h.Resident("belova")).Wear("transport")
	got := head.Post("/desk/programs/keys", url.Values{
		"name": {"Accounting"}, "hand": {"test"}, "days": {"90"}, "scopes": {developer.ScopeChargesRead, developer.ScopeChargesWrite, developer.ScopeWebhooks},
	})
	shown := regexp.MustCompile(`posad_test_[0-9A-Za-z]{38}`).FindString(got.Body)
	if got.Status != http.StatusOK || shown == "" {
		t.Fatalf("no key was shown: %d", got.Status)
	}
	if again := head.Get("/desk/programs").Body; strings.Contains(again, shown) || !strings.Contains(again, shown[len(shown)-4:]) {
		t.Error("the list shows the key itself, or nothing to tell it by")
	}
	return shown
}

// listings are the listings of a page.
func listings(t *testing.T, page string) []string {
	t.Helper()
	var out []string
	for _, found := range regexp.MustCompile(`(?s)<pre[^>]*><code>(.*?)</code>`).FindAllStringSubmatch(page, -1) {
		out = append(out, html.UnescapeString(found[1]))
	}
	if len(out) < 5 {
		t.Fatalf("%d listings on the page", len(out))
	}
	return out
}

// shell runs a listing with variables and gives what it says.
func shell(t *testing.T, listing string, vars map[string]string) string {
	t.Helper()
	cmd := exec.Command("bash", "-c", listing)
	cmd.Env = os.Environ()
	for name, value := range vars {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	var out, wrong bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &wrong
	if err := cmd.Run(); err != nil {
		t.Fatalf("%s\n%v: %s", listing, err, wrong.String())
	}
	return out.String()
}
