package broker

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"sync"
	"syscall"
	"time"

	"github.com/sony/gobreaker/v2"

	"posad.city/kit/clock"
	"posad.city/kit/reach"
)

// The bounds of talking to a provider.
const (
	waitMost     = 5 * time.Second // for one answer, unless Deps.Wait says otherwise
	answerMost   = 256 << 10       // bytes of one answer
	silencesMost = 5               // in a row, after which it is left alone
	restTime     = 30 * time.Second
	hopsMost     = 2           // redirects within one host
	keysEvery    = time.Minute // unknown keys make it be asked again no more often
	metadataLife = time.Hour   // of metadata and of the keys fetched by it
)

// peer is one provider as this node talks to it. It is safe for concurrent use.
type peer struct {
	issuer  string
	clock   clock.Clock
	client  *http.Client
	inner   http.RoundTripper
	breaker *gobreaker.CircuitBreaker[*http.Response]

	mu       sync.Mutex
	meta     *metadata // nil until it was read
	keysRead time.Time
	trouble  refusal // the last one; empty: none since the last success
	since    time.Time
}

// newPeer makes the way to a provider. loopback allows an issuer of this machine.
func newPeer(issuer string, c clock.Clock, loopback bool, wait time.Duration) *peer {
	if wait == 0 {
		wait = waitMost
	}
	p := &peer{issuer: issuer, clock: c}
	local := loopback && loopbackHost(issuer)
	dialer := &net.Dialer{Timeout: wait, Control: func(_, address string, _ syscall.RawConn) error { return checkDial(address, local) }}
	p.inner = &http.Transport{
		DialContext: dialer.DialContext, TLSHandshakeTimeout: wait, ResponseHeaderTimeout: wait, ForceAttemptHTTP2: true,
		MaxResponseHeaderBytes: 64 << 10, MaxIdleConnsPerHost: 4, IdleConnTimeout: time.Minute,
	}
	p.breaker = gobreaker.NewCircuitBreaker[*http.Response](gobreaker.Settings{
		Name: issuer, MaxRequests: 1, Timeout: restTime,
		ReadyToTrip: func(n gobreaker.Counts) bool { return n.ConsecutiveFailures >= silencesMost },
		IsExcluded:  func(err error) bool { return errors.Is(err, context.Canceled) },
	})
	p.client = &http.Client{Transport: transport{p, local}, Timeout: wait, CheckRedirect: sameHost}
	return p
}

// sameHost lets a question be sent on within its host alone, and a POST, which carries secrets, nowhere.
func sameHost(next *http.Request, before []*http.Request) error {
	first := before[0]
	if len(before) > hopsMost || first.Method != http.MethodGet || next.URL.Scheme != first.URL.Scheme || next.URL.Host != first.URL.Host {
		return errRedirect
	}
	return nil
}

// transport bounds every request of a peer, redirects too.
type transport struct {
	peer  *peer
	local bool
}

// errFailed tells the breaker of an answer that is as good as none.
var errFailed = errors.New("broker: the provider failed")

// RoundTrip asks once, within the peer's bounds, and reads the whole answer.
func (t transport) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := checkURL(r.URL, t.local); err != nil {
		return nil, err
	}
	keys := t.peer.isKeys(r.URL)
	if keys && !t.peer.mayReadKeys() {
		return nil, errKeysOften
	}
	var got *http.Response
	_, err := t.peer.breaker.Execute(func() (*http.Response, error) {
		var err error
		if got, err = t.peer.whole(r); err == nil && got.StatusCode >= http.StatusInternalServerError {
			err = errFailed
		}
		return got, err
	})
	switch {
	case errors.Is(err, gobreaker.ErrOpenState), errors.Is(err, gobreaker.ErrTooManyRequests):
		return nil, errResting
	case errors.Is(err, errFailed):
		return got, nil
	case err != nil:
		return nil, err
	}
	if keys && got.StatusCode == http.StatusOK {
		t.peer.readKeys()
	}
	return got, nil
}

// whole makes the request and reads the answer to its end.
func (p *peer) whole(r *http.Request) (*http.Response, error) {
	got, err := p.inner.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	defer func() { _ = got.Body.Close() }() // it was read to its end, or is of no use
	body, err := io.ReadAll(io.LimitReader(got.Body, answerMost+1))
	if err != nil {
		return nil, err
	}
	if len(body) > answerMost {
		return nil, errHuge
	}
	got.Body, got.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	return got, nil
}

func (p *peer) isKeys(u *url.URL) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.meta != nil && u.String() == p.meta.Keys
}

func (p *peer) mayReadKeys() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.clock.Now().Sub(p.keysRead) >= keysEvery
}

func (p *peer) readKeys() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.keysRead = p.clock.Now()
}

// note keeps how the last dealing with the provider ended, for the administrator's page.
func (p *peer) note(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.trouble, p.since = why(err, ""), p.clock.Now()
}

// state is the last trouble with its time; empty for none.
func (p *peer) state() (refusal, time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.trouble, p.since
}

// checkURL allows https, and http to this machine where that is allowed.
func checkURL(u *url.URL, local bool) error {
	if u.User != nil || u.Hostname() == "" || u.Fragment != "" {
		return errAddress
	}
	if u.Scheme == "https" || u.Scheme == "http" && local && isLoopback(u.Hostname()) {
		return nil
	}
	return errAddress
}

// loopbackHost tells whether an address is of this machine, by its text.
func loopbackHost(address string) bool {
	u, err := url.Parse(address)
	return err == nil && isLoopback(u.Hostname())
}

func isLoopback(host string) bool {
	if host == "localhost" {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.Unmap().IsLoopback()
}

// checkDial is asked for the address that a name has led to, at the moment of connecting: a name that changes its
// address between a check and its use gains nothing.
func checkDial(address string, local bool) error {
	at, err := netip.ParseAddrPort(address)
	if err != nil {
		return errAddress
	}
	ip := at.Addr().Unmap().WithZone("")
	if reach.Public(ip) || local && ip.IsLoopback() {
		return nil
	}
	return errAddress
}
