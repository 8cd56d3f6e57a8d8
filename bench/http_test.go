package bench

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"posad.city/core/apply"
	"posad.city/core/form"
	"posad.city/kit/id"
	"posad.city/kit/lang"
)

// clients is how many connections are kept alive.
const clients = 64

// line is a connection that asks again and again, as a browser or program does.
type line struct {
	address string
	conn    net.Conn
	reader  *bufio.Reader
}

// lines is a pool of connections.
type lines struct {
	address string
	free    chan *line
}

func newLines(address string) *lines {
	out := &lines{address: address, free: make(chan *line, clients)}
	for range clients {
		out.free <- &line{address: address}
	}
	return out
}

// ask sends a request and returns the status and, when wanted, the body.
func (l *lines) ask(request string, body bool) (int, []byte, error) {
	one := <-l.free
	defer func() { l.free <- one }()
	if one.conn == nil {
		conn, err := net.DialTimeout("tcp", one.address, 5*time.Second)
		if err != nil {
			return 0, nil, err
		}
		one.conn, one.reader = conn, bufio.NewReaderSize(conn, 32<<10)
	}
	status, text, err := one.ask(request, body)
	if err != nil {
		_ = one.conn.Close() // the error of the call is what counts
		one.conn = nil
	}
	return status, text, err
}

func (l *line) ask(request string, body bool) (int, []byte, error) {
	if _, err := io.WriteString(l.conn, request); err != nil {
		return 0, nil, err
	}
	answer, err := http.ReadResponse(l.reader, nil)
	if err != nil {
		return 0, nil, err
	}
	var text []byte
	if body {
		text, err = io.ReadAll(answer.Body)
	} else {
		_, err = io.Copy(io.Discard, answer.Body)
	}
	if answer.Close {
		err = fmt.Errorf("the server closed the connection after %d: %w", answer.StatusCode, err)
	}
	return answer.StatusCode, text, err
}

// get is a browser's request for a page, signed in.
func (t *town) get(path string, c citizen) string {
	return "GET " + path + " HTTP/1.1\r\nHost: " + t.address + "\r\nAccept: text/html\r\nAccept-Language: ru\r\nX-Forwarded-For: " + c.address +
		"\r\nCookie: posad_session=" + c.token + "\r\n\r\n"
}

// post is a program's request, signed in.
func (t *town) post(path string, c citizen, body string) string {
	return fmt.Sprintf("POST %s HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\nX-Forwarded-For: %s\r\nAuthorization: Bearer %s\r\nContent-Length: %d\r\n\r\n%s",
		path, t.address, c.address, c.token, len(body), body)
}

// hello is net/http giving the same bytes with no work at all.
func hello(b *testing.B, status int, body []byte) *lines {
	b.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	server := &http.Server{ReadHeaderTimeout: time.Minute, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // a benchmark's own client
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.WriteHeader(status)
		_, _ = w.Write(body) // the same
	})}
	go func() { _ = server.Serve(listener) }() // ends with Close
	b.Cleanup(func() { _ = server.Close() })
	return newLines(listener.Addr().String())
}

func answered(want int) func(int, []byte, error) error {
	return func(got int, body []byte, err error) error {
		if err == nil && got != want {
			return fmt.Errorf("answered %d: %.300s", got, body)
		}
		return err
	}
}

// BenchmarkCasesPage: a signed-in person's page of twenty cases over HTTP. The prototype sends the same bytes.
func BenchmarkCasesPage(b *testing.B) {
	each(b, func(b *testing.B, t *town) {
		city := newLines(t.address)
		status, page, err := city.ask(t.get("/cases", t.busy[0]), true)
		if err := answered(http.StatusOK)(status, page, err); err != nil {
			b.Fatal(err)
		}
		if n := bytes.Count(page, []byte(`href="/cases/`)); n < casesOfBusy {
			b.Fatalf("the page shows %d cases", n)
		}
		bare := hello(b, http.StatusOK, page)
		b.Logf("%d bytes", len(page))
		both(b, clients, func(n int64) error {
			return answered(http.StatusOK)(city.ask(t.get("/cases", t.somebody(n)), false))
		}, func(n int64) error {
			return answered(http.StatusOK)(bare.ask(t.get("/cases", t.somebody(n)), false))
		})
	})
}

// drafts are letters to the city that are ready to be sent, made ahead of the time that is measured.
type drafts struct {
	town *town
	mu   sync.Mutex
	list []ready
	next int
}

type ready struct {
	citizen
	draft id.ID
}

// want makes as many as are missing.
func (d *drafts) want(b *testing.B, n int) {
	b.Helper()
	missing := n - len(d.list)
	if missing > len(d.town.people) {
		b.Skipf("%d letters at once of %d persons", n, len(d.town.people))
	}
	var mu sync.Mutex
	err := spread(max(0, missing), 32, func(int) error {
		mu.Lock()
		c := d.town.people[d.next%len(d.town.people)]
		d.next++
		mu.Unlock()
		draft, err := d.town.letter(c)
		mu.Lock()
		defer mu.Unlock()
		d.list = append(d.list, ready{c, draft})
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
}

func (d *drafts) take() (ready, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.list) == 0 {
		return ready{}, fmt.Errorf("no letter is ready")
	}
	one := d.list[len(d.list)-1]
	d.list = d.list[:len(d.list)-1]
	return one, nil
}

// letter fills a draft.
func (t *town) letter(c citizen) (id.ID, error) {
	ctx, a := context.Background(), c.act(t)
	d, _, err := t.Modules.Apply.Begin(ctx, a, apply.Beginning{Service: "city-appeal", Anew: true, Lang: lang.Russian})
	if err != nil {
		return id.ID{}, err
	}
	body := []byte(`{"topic": "other", "text": "` + letterText + `", "name": {"surname": "Жителев", "given": "Пётр"}, "channel": "account"}`)
	_, err = t.Modules.Apply.Save(ctx, a, d.ID, apply.Change{Lang: lang.Russian, Bind: func(in form.Input) (form.Bound, error) { return form.BindJSON(in, body) }})
	return d.ID, err
}

// BenchmarkSubmit: an application is sent through the API: from the draft to a case with a number, a timeline, an entry in
// the journal and the jobs that go on from there, all on disk. The prototype sends an answer of the same size.
func BenchmarkSubmit(b *testing.B) {
	each(b, func(b *testing.B, t *town) {
		city := newLines(t.address)
		sent := []byte(`{"case":"01a20065-b3a3-7a28-bb91-61c12428aa5f","number":"0735493430","page":"http://127.0.0.1:10000/cases/0735493430"}`)
		bare := hello(b, http.StatusCreated, sent)
		var one, other float64
		b.Run("posad", func(b *testing.B) {
			t.drafts.want(b, b.N)
			one = rate(b, clients, func(int64) error {
				r, err := t.drafts.take()
				if err != nil {
					return err
				}
				return answered(http.StatusCreated)(city.ask(t.post("/api/v1/drafts/"+r.draft.String()+"/submit", r.citizen, `{"consent":true}`), true))
			})
		})
		b.Run("bare", func(b *testing.B) {
			path := "/api/v1/drafts/" + strings.Repeat("0", 36) + "/submit"
			other = rate(b, clients, func(n int64) error {
				return answered(http.StatusCreated)(bare.ask(t.post(path, t.somebody(n), `{"consent":true}`), true))
			})
			b.ReportMetric(100*one/other, "posad-%-of-bare")
		})
	})
}

// where is the place that an answer leads to, nil when it leads nowhere, and the cookies that it gives.
func (l *line) where(request string) (*url.URL, []*http.Cookie, error) {
	if l.conn == nil {
		conn, err := net.DialTimeout("tcp", l.address, 5*time.Second)
		if err != nil {
			return nil, nil, err
		}
		l.conn, l.reader = conn, bufio.NewReaderSize(conn, 32<<10)
	}
	if _, err := io.WriteString(l.conn, request); err != nil {
		return nil, nil, err
	}
	answer, err := http.ReadResponse(l.reader, nil)
	if err != nil {
		return nil, nil, err
	}
	if _, err := io.Copy(io.Discard, answer.Body); err != nil {
		return nil, nil, err
	}
	where, err := answer.Location()
	if errors.Is(err, http.ErrNoLocation) {
		return nil, nil, nil
	}
	return where, answer.Cookies(), err
}
