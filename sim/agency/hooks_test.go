package agency

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"
)

// TestHooksTakeWhatIsSigned and fresh, count what comes twice, and no more.
func TestHooksTakeWhatIsSigned(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_700_000_000, 0)
	a := New(Options{HookKey: []byte("a key of twenty-four bytes"), Now: func() time.Time { return now }})
	s := httptest.NewServer(a.Handler())
	defer s.Close()
	send := func(id string, at time.Time, key, body string) int {
		mac := hmac.New(sha256.New, []byte(key))
		mac.Write([]byte(id + "." + strconv.FormatInt(at.Unix(), 10) + "." + body))
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL+"/road-police/hooks", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Webhook-Id", id)
		r.Header.Set("Webhook-Timestamp", strconv.FormatInt(at.Unix(), 10))
		r.Header.Set("Webhook-Signature", "v1,"+base64.StdEncoding.EncodeToString(mac.Sum(nil)))
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = answer.Body.Close()
		return answer.StatusCode
	}
	const key = "a key of twenty-four bytes"
	for name, c := range map[string]struct{ got, want int }{
		"signed": {send("msg_1", now, key, `{"a":1}`), 204}, "again": {send("msg_1", now, key, `{"a":1}`), 204},
		"another key": {send("msg_2", now, "another", `{"a":1}`), 401}, "old": {send("msg_3", now.Add(-6*time.Minute), key, `{"a":1}`), 401},
		"no JSON": {send("msg_4", now, key, `a`), 400},
	} {
		if c.got != c.want {
			t.Errorf("%s: %d, want %d", name, c.got, c.want)
		}
	}
	if got := a.Messages(); len(got) != 1 || got[0].Times != 2 || got[0].Agency != "road-police" {
		t.Errorf("taken %+v", got)
	}
	a.SetFaults("hooks", Faults{Fail: 1})
	if got := send("msg_5", now, key, `{}`); got != 503 {
		t.Errorf("down: %d", got)
	}
}
