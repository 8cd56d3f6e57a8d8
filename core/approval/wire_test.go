package approval_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"posad.city/core/approval"
	"posad.city/kit/clock"
	"posad.city/kit/id"
	"posad.city/kit/store/storetest"
)

func TestSend(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		to := newReceiver(t)
		topic := id.New(r.clock.Now())
		for _, text := range []string{"{}", strings.Repeat("я", 1000)} {
			if err := r.Send(t.Context(), to.subscription(), []byte(text), 3*time.Minute, topic); err != nil {
				t.Fatal(err)
			}
		}
		got := to.all(t)
		if len(got) != 2 || string(got[0].body) != "{}" || len(got[1].body) != 2000 {
			t.Fatalf("came: %+v", got)
		}
		key, err := r.Vapid(t.Context())
		if err != nil || got[0].signer != key || got[1].signer != key {
			t.Errorf("signed by %s and %s, the city's key is %s, %v", got[0].signer, got[1].signer, key, err)
		}
		if got[0].ttl != "180" || len(got[0].topic) > 32 || got[0].topic == "" {
			t.Errorf("time to live %s, topic %s", got[0].ttl, got[0].topic)
		}
	})
}

// The key is made once, whatever node is first.
func TestKeyIsMadeOnce(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		other := approval.New(approval.Deps{Accounts: r.accounts, Site: "https://posad.test"})
		base := *r.base
		base.Web = nil
		base.Jobs = jobsOf(r)
		if err := other.Provision(&base); err != nil {
			t.Fatal(err)
		}
		keys := make(chan string, 2)
		for _, m := range []*approval.Module{r.Module, other} {
			go func() {
				key, err := m.Vapid(t.Context())
				if err != nil {
					t.Error(err)
				}
				keys <- key
			}()
		}
		if one, two := <-keys, <-keys; one != two || len(one) != 87 {
			t.Errorf("two nodes have the keys %s and %s", one, two)
		}
	})
}

func TestServiceSaysNo(t *testing.T) {
	t.Parallel()
	r := one(t)
	to := newReceiver(t)
	for _, c := range []struct {
		status int
		header []string
		want   error
	}{
		{404, nil, approval.ErrGone}, {410, nil, approval.ErrGone}, {400, nil, approval.ErrRefused}, {403, nil, approval.ErrRefused},
		{413, nil, approval.ErrRefused}, {301, []string{"Location", to.server.URL + "/else"}, approval.ErrRefused}, {500, nil, approval.ErrTrouble},
		{502, nil, approval.ErrTrouble}, {503, nil, approval.ErrTrouble},
	} {
		to.says(c.status, c.header...)
		if err := r.Send(t.Context(), to.subscription(), []byte("{}"), time.Minute, id.ID{1}); !errors.Is(err, c.want) {
			t.Errorf("%d: %v, want %v", c.status, err, c.want)
		}
	}
	to.says(429, "Retry-After", "7")
	var wait *approval.WaitError
	if err := r.Send(t.Context(), to.subscription(), []byte("{}"), time.Minute, id.ID{1}); !errors.As(err, &wait) || wait.After != 7*time.Second {
		t.Errorf("429: %v", err)
	}
	to.server.Close()
	if err := r.Send(t.Context(), to.subscription(), []byte("{}"), time.Minute, id.ID{1}); !errors.Is(err, approval.ErrTrouble) {
		t.Errorf("a service that is down: %v", err)
	}
}

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	c := clock.At(storetest.Start)
	for header, want := range map[string]time.Duration{
		"": 5 * time.Second, "0": time.Second, "20": 20 * time.Second, "-4": time.Second, "100000": approval.Life, "soon": 5 * time.Second,
		c.Now().Add(30 * time.Second).Format(http.TimeFormat): 30 * time.Second, c.Now().Add(-time.Hour).Format(http.TimeFormat): time.Second,
	} {
		var wait *approval.WaitError
		if err := approval.Judge(429, header, c); !errors.As(err, &wait) || wait.After != want {
			t.Errorf("Retry-After %q: %v, want %v", header, err, want)
		}
	}
}

func TestEndpoints(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]bool{
		"https://updates.push.services.mozilla.com/wpush/v2/abc": true, "https://fcm.googleapis.com:443/fcm/send/x": true,
		"http://fcm.googleapis.com/x": false, "https://fcm.googleapis.com:8443/x": false, "https://user@fcm.googleapis.com/x": false,
		"https://127.0.0.1/x": false, "https://[::1]/x": false, "https://10.0.0.7/x": false, "https://localhost/x": false, "https://metadata/x": false,
		"https://fcm.googleapis.com/x#part": false, "file:///etc/passwd": false, "": false, "https://": false, "https:fcm.example.com": false,
		"https://fcm.googleapis.com/" + strings.Repeat("x", 1000): false, "https://127.0.0.1.": false, "//fcm.googleapis.com/x": false,
	} {
		if got := approval.CheckEndpoint(address, false) == nil; got != want {
			t.Errorf("%q is taken: %v", address, got)
		}
	}
	if approval.CheckEndpoint("http://127.0.0.1:8030/x", true) != nil || approval.CheckEndpoint("http://10.0.0.1:80/x", true) == nil {
		t.Error("the demo takes this machine alone")
	}
}

// A name that leads to this machine is not dialled, whatever the text of the address said.
func TestDialSeesTheAddress(t *testing.T) {
	t.Parallel()
	var asked atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked.Add(1) }))
	t.Cleanup(server.Close)
	get := func(loopback bool) error {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, strings.Replace(server.URL, "127.0.0.1", "localhost", 1), nil)
		if err != nil {
			t.Fatal(err)
		}
		res, err := approval.NewClient(loopback).Do(req)
		if err == nil {
			_ = res.Body.Close()
		}
		return err
	}
	if err := get(false); err == nil || asked.Load() != 0 {
		t.Errorf("a closed client reached this machine: %v", err)
	}
	if err := get(true); err != nil || asked.Load() != 1 {
		t.Errorf("the demo's client did not: %v", err)
	}
}

func TestClientFollowsNobody(t *testing.T) {
	t.Parallel()
	var asked atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		http.Redirect(w, r, "/else", http.StatusFound)
	}))
	t.Cleanup(server.Close)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := approval.NewClient(true).Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	if res.StatusCode != http.StatusFound || asked.Load() != 1 {
		t.Errorf("status %d after %d questions", res.StatusCode, asked.Load())
	}
}

func FuzzEndpoint(f *testing.F) {
	for _, seed := range []string{"https://a.b/c", "http://127.0.0.1:1/", "https://[::ffff:127.0.0.1]/", "https://a.b:443/", "\x00", "https://a%2eb/"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if approval.CheckEndpoint(text, false) != nil {
			return
		}
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, text, nil)
		if err != nil {
			t.Fatalf("%q is taken and cannot be asked: %v", text, err)
		}
		if req.URL.Scheme != "https" || req.URL.User != nil || req.URL.Port() != "" && req.URL.Port() != "443" {
			t.Errorf("%q is taken", text)
		}
		if _, err := netip.ParseAddr(req.URL.Hostname()); err == nil {
			t.Errorf("%q names a number", text)
		}
	})
}

func FuzzToken(f *testing.F) {
	f.Add("")
	f.Add("AAAAAAAAAAAAAAAAAAAAAAAAAAAA")
	f.Fuzz(func(t *testing.T, text string) {
		got, err := approval.ReadToken(text, func(id.ID) []byte { return []byte("the right sum, 20 by") })
		if (err == nil) == got.IsZero() && err == nil {
			t.Logf("%q names nothing", text)
		}
		if err != nil && !errors.Is(err, approval.ErrMissing) {
			t.Errorf("%q: %v", text, err)
		}
	})
}
