package web

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"posad.city/kit/act"
)

func TestRateByAddressAndPerson(t *testing.T) {
	t.Parallel()
	y := newCity(t, func(c *Config, _ *Deps) { c.PerPerson = 40 }, func(s *Server) {
		show := func(c *Context) error { return c.Render(text("ok")) }
		s.Page(s.Operation(open("free.read")), "GET /free", show)
		slow := open("slow.read")
		slow.PerMinute = 3
		s.Page(s.Operation(slow), "GET /slow", show)
	})
	b := y.browser("")
	for range 3 {
		wantStatus(t, b.get("/slow"), 200)
	}
	got := b.get("/slow")
	wantStatus(t, got, 429)
	if got.Header.Get("Retry-After") != "20" {
		t.Errorf("Retry-After %q", got.Header.Get("Retry-After"))
	}
	wantStatus(t, b.get("/free"), 200) // the limit is the operation's
	y.clock.Move(20 * time.Second)
	wantStatus(t, b.get("/slow"), 200)

	one, other := y.browser(y.signIn(anna)), y.browser(y.signIn(boris))
	for range 10 {
		wantStatus(t, one.get("/free"), 200)
	}
	wantStatus(t, one.get("/free"), 429)
	wantStatus(t, other.get("/free"), 200)
}

func TestBucketsForget(t *testing.T) {
	t.Parallel()
	b := newBuckets()
	for i := range maxBuckets + 500 {
		b.take(fmt.Sprint(i), 60, moment)
	}
	if len(b.byID) > maxBuckets {
		t.Errorf("%d buckets", len(b.byID))
	}
}

func TestClientAddress(t *testing.T) {
	t.Parallel()
	proxies := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}
	for _, one := range []struct{ peer, forwarded, want string }{
		{"1.2.3.4:5", "", "1.2.3.4"},
		{"1.2.3.4:5", "9.9.9.9", "1.2.3.4"},            // not a proxy: its word counts for nothing
		{"10.0.0.1:5", "9.9.9.9", "9.9.9.9"},           // a proxy's word
		{"10.0.0.1:5", "6.6.6.6, 9.9.9.9", "9.9.9.9"},  // what stands left the caller wrote
		{"10.0.0.1:5", "9.9.9.9, 10.0.0.2", "9.9.9.9"}, // two proxies
		{"10.0.0.1:5", "junk", "10.0.0.1"},
		{"[::ffff:1.2.3.4]:5", "", "1.2.3.4"},
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.RemoteAddr = one.peer
		r.Header.Set("X-Forwarded-For", one.forwarded)
		if got := clientAddress(r, proxies); got.String() != one.want {
			t.Errorf("%+v: %v", one, got)
		}
	}
	if got := addressKey(netip.MustParseAddr("2001:db8:1:2:3:4:5:6")); got != "2001:db8:1:2::/64" {
		t.Errorf("one household is %q", got)
	}
}

type counters struct{ tries map[string]int }

func (c *counters) Count(_ context.Context, guard, key string, limit int, window time.Duration) (bool, time.Duration, error) {
	c.tries[guard+key]++
	return c.tries[guard+key] <= limit, window, nil
}

func TestGuard(t *testing.T) {
	t.Parallel()
	y := newCity(t, func(_ *Config, d *Deps) { d.Counters = &counters{map[string]int{}} }, func(s *Server) {
		s.Page(s.Operation(open("code.try")), "GET /try", func(c *Context) error {
			if err := c.Guard("account.code", "anna", 2, time.Minute); err != nil {
				return err
			}
			return c.Render(text("ok"))
		})
	})
	b := y.browser("")
	wantStatus(t, b.get("/try"), 200)
	wantStatus(t, b.get("/try"), 200)
	wantStatus(t, b.get("/try"), 429)
}

func TestSheddingAndTimeout(t *testing.T) {
	t.Parallel()
	inside, free := make(chan struct{}), make(chan struct{})
	y := newCity(t, func(c *Config, _ *Deps) { c.InFlight = 1 }, func(s *Server) {
		s.Page(s.Operation(open("slow.read")), "GET /wait", func(c *Context) error {
			close(inside)
			<-free
			return c.Render(text("ok"))
		})
		op := open("late.read")
		op.Timeout = 20 * time.Millisecond
		s.Page(s.Operation(op), "GET /late", func(c *Context) error {
			<-c.Context().Done()
			return fmt.Errorf("store: %w", c.Context().Err())
		})
	})
	b := y.browser("")
	first := make(chan int)
	go func() { first <- y.browser("").get("/wait").StatusCode }()
	<-inside
	got := b.get("/late")
	if got.StatusCode != 503 || got.Header.Get("Retry-After") == "" {
		t.Errorf("full: %d", got.StatusCode)
	}
	wantStatus(t, b.get("/livez"), 200)
	wantStatus(t, b.get("/readyz"), 200)
	if metrics := b.get("/metrics"); !strings.Contains(metrics.body, `posad_http_shed_total{why="in flight"} 1`) {
		t.Errorf("metrics: %.500s", metrics.body)
	}
	close(free)
	if status := <-first; status != 200 {
		t.Errorf("the one inside got %d", status)
	}
	if late := b.get("/late"); late.StatusCode != 503 || !strings.Contains(late.body, "остановили") {
		t.Errorf("late: %d %s", late.StatusCode, late.body)
	}
}

func TestMetricsAreForOperators(t *testing.T) {
	t.Parallel()
	y := newCity(t, nil, func(*Server) {})
	wantStatus(t, y.browser("").get("/metrics"), 200)
	wantStatus(t, y.browser("").get("/metrics", with("X-Forwarded-For", "127.0.0.1")), 404)
}

func TestReadiness(t *testing.T) {
	t.Parallel()
	broken := errors.New("disk full at /secret")
	y := newCity(t, nil, func(s *Server) {
		s.Check("store", func(context.Context) error { return broken })
	})
	got := y.browser("").get("/readyz")
	if got.StatusCode != 503 || got.body != "not ready: store\n" {
		t.Errorf("%d %q", got.StatusCode, got.body)
	}
	broken = nil
	wantStatus(t, y.browser("").get("/readyz"), 200)
	y.server.Drain()
	wantStatus(t, y.browser("").get("/readyz"), 503)
	wantStatus(t, y.browser("").get("/livez"), 200)
}

func TestServeDrainsAndLetsRequestsEnd(t *testing.T) {
	t.Parallel()
	inside, free := make(chan struct{}), make(chan struct{})
	y := newCity(t, nil, func(s *Server) {
		s.Page(s.Operation(open("slow.read")), "GET /wait", func(c *Context) error {
			close(inside)
			<-free
			return c.Render(text("ended well"))
		})
	})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	stopped := make(chan error)
	go func() { stopped <- y.server.Serve(ctx, listener, http.HandlerFunc(y.server.serve)) }()
	body := make(chan string)
	go func() {
		response, err := http.Get("http://" + listener.Addr().String() + "/wait")
		if err != nil {
			body <- err.Error()
			return
		}
		defer response.Body.Close()
		got, _ := io.ReadAll(response.Body)
		body <- string(got)
	}()
	<-inside
	stop()
	for range 200 { // it stops listening at once
		probe, err := net.Dial("tcp", listener.Addr().String())
		if err != nil {
			break
		}
		probe.Close()
		time.Sleep(5 * time.Millisecond)
	}
	close(free)
	if got := <-body; got != "ended well" {
		t.Errorf("got %q", got)
	}
	if err := <-stopped; err != nil {
		t.Error(err)
	}
}

func TestUploadsAreFew(t *testing.T) {
	t.Parallel()
	inside, free := make(chan struct{}), make(chan struct{})
	y := newCity(t, func(c *Config, _ *Deps) { c.Uploads = 1 }, func(s *Server) {
		op := s.Operation(act.Operation{Name: "file.put", May: act.Everyone, Changes: true, Body: 8 << 20})
		s.API(op, "POST /api/file", func(c *Context) error {
			close(inside)
			<-free
			return c.Empty()
		}, Describe{Summary: "x"})
	})
	first := make(chan int)
	go func() { first <- y.browser("").json("POST", "/api/file", "").StatusCode }()
	<-inside
	wantStatus(t, y.browser("").json("POST", "/api/file", ""), 503)
	close(free)
	if status := <-first; status != 204 {
		t.Errorf("the first got %d", status)
	}
}
