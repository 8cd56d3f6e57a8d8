package approval

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"syscall"
	"time"

	"posad.city/kit/reach"
)

// The address of a push service is given by a browser, so that it may be anything: a neighbour of this server, a machine
// inside the city's network. So the name is checked when it is kept, and the address that it means when it is dialled.

var errAddress = errors.New("approval: the address of the push service may not be dialled")

// checkEndpoint judges the text of an address: https with a name, at the usual port. With loopback, which is for the
// demo and tests, http and any port of this machine are taken too.
func checkEndpoint(text string, loopback bool) error {
	u, err := url.Parse(text)
	if err != nil || len(text) > endpointMost || u.User != nil || u.Fragment != "" || u.Opaque != "" || u.Host == "" {
		return errAddress
	}
	if loopback && thisMachine(u.Hostname()) {
		if u.Scheme == "http" || u.Scheme == "https" {
			return nil
		}
		return errAddress
	}
	name := strings.TrimSuffix(u.Hostname(), ".")
	_, notName := netip.ParseAddr(name)
	if u.Scheme != "https" || u.Port() != "" && u.Port() != "443" || notName == nil || !strings.Contains(name, ".") {
		return errAddress
	}
	return nil
}

func thisMachine(host string) bool {
	address, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && address.IsLoopback()
}

// newClient dials public addresses alone, and with loopback this machine's. It sees the address that the name has come to,
// follows nobody elsewhere and uses no proxy.
func newClient(loopback bool) *http.Client {
	dialer := &net.Dialer{Timeout: 5 * time.Second, Control: func(_, address string, _ syscall.RawConn) error {
		to, err := netip.ParseAddrPort(address)
		if err != nil {
			return fmt.Errorf("%w: %w", errAddress, err)
		}
		if reach.Public(to.Addr()) && to.Port() == 443 || loopback && to.Addr().Unmap().IsLoopback() {
			return nil
		}
		return errAddress
	}}
	return &http.Client{
		Timeout:       sendWait,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			DialContext: dialer.DialContext, ForceAttemptHTTP2: true, TLSHandshakeTimeout: 5 * time.Second, ResponseHeaderTimeout: 5 * time.Second,
			MaxResponseHeaderBytes: 16 << 10, MaxIdleConns: 32, MaxIdleConnsPerHost: 8, IdleConnTimeout: 30 * time.Second,
		},
	}
}
