package trust

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"slices"
	"strings"
	"syscall"
	"time"

	"posad.city/kit/reach"
)

// fetcher asks other houses. What a certificate names is asked on the public network only, at the ports of the web.
type fetcher struct {
	client *http.Client
	inside []string // host, or host:port, that the operator named
	files  []string // file: addresses that the operator named
}

// errRefused says that an address is not to be asked.
var errRefused = errors.New("trust: the address is not to be asked")

func newFetcher(o Options) *fetcher {
	f := &fetcher{inside: slices.Clone(o.Inside)}
	for _, a := range o.Authorities {
		for _, address := range append(slices.Clone(a.Lists), a.Responder) {
			if strings.HasPrefix(address, "file:") {
				f.files = append(f.files, address)
			} else if u, err := url.Parse(address); err == nil && u.Host != "" {
				f.inside = append(f.inside, u.Host) // the operator's own word
			}
		}
	}
	const idle, connect = 30 * time.Second, 3 * time.Second
	plain := &net.Dialer{Timeout: connect}
	guarded := &net.Dialer{Timeout: connect, Control: func(_, address string, _ syscall.RawConn) error { return public(address) }}
	f.client = &http.Client{
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{ // no proxy of the environment: it would reach what the guard does not see
			DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
				if f.named(address) {
					return plain.DialContext(ctx, network, address)
				}
				return guarded.DialContext(ctx, network, address)
			},
			TLSHandshakeTimeout: connect, IdleConnTimeout: idle, MaxIdleConnsPerHost: 2, MaxResponseHeaderBytes: 64 << 10,
		},
	}
	return f
}

// named tells whether the operator named the host.
func (f *fetcher) named(address string) bool {
	host, _, err := net.SplitHostPort(address)
	return slices.Contains(f.inside, address) || err == nil && slices.Contains(f.inside, host)
}

// public refuses an address that the connection is about to be made to, after names were resolved.
func public(address string) error {
	at, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("%w: %w", errRefused, err)
	}
	if !reach.Public(at.Addr()) {
		return fmt.Errorf("%w: %v is not on the public network", errRefused, at.Addr())
	}
	return nil
}

// allowed checks the text of an address.
func (f *fetcher) allowed(address string) (*url.URL, error) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil {
		return nil, fmt.Errorf("%w: not a plain web address", errRefused)
	}
	if port := u.Port(); port != "" && port != "80" && port != "443" && !f.named(u.Host) {
		return nil, fmt.Errorf("%w: port %s", errRefused, port)
	}
	return u, nil
}

func (f *fetcher) get(ctx context.Context, address string, most int64) ([]byte, error) {
	if slices.Contains(f.files, address) {
		return readFile(strings.TrimPrefix(address, "file:"), most)
	}
	return f.do(ctx, http.MethodGet, address, "", nil, most)
}

func (f *fetcher) post(ctx context.Context, address, kind string, body []byte, most int64) ([]byte, error) {
	return f.do(ctx, http.MethodPost, address, kind, body, most)
}

func (f *fetcher) do(ctx context.Context, method, address, kind string, body []byte, most int64) ([]byte, error) {
	u, err := f.allowed(address)
	if err != nil {
		return nil, err
	}
	r, err := http.NewRequestWithContext(ctx, method, u.String(), bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("trust: fetch: %w", err)
	}
	if kind != "" {
		r.Header.Set("Content-Type", kind)
	}
	r.Header.Set("User-Agent", "Posad")
	answer, err := f.client.Do(r)
	if err != nil {
		return nil, fmt.Errorf("trust: fetch: %w", err)
	}
	defer func() { _ = answer.Body.Close() }() // it was read
	if answer.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("trust: fetch: answered %d", answer.StatusCode)
	}
	return readAll(answer.Body, most)
}

func readFile(path string, most int64) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("trust: list: %w", err)
	}
	defer func() { _ = file.Close() }() // only read
	return readAll(file, most)
}

func readAll(from io.Reader, most int64) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(from, most+1))
	if err != nil {
		return nil, fmt.Errorf("trust: fetch: %w", err)
	}
	if int64(len(data)) > most {
		return nil, fmt.Errorf("trust: fetch: more than %d bytes", most)
	}
	return data, nil
}
