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

// closed are the networks that are nobody's on the Internet, or lead into one by translation (IANA's special-purpose
// registries), beside those that netip names.
var closed = prefixes(
	"0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
	"240.0.0.0/4", "::/96", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20", "5f00::/16", "fec0::/10",
)

func prefixes(texts ...string) []netip.Prefix {
	out := make([]netip.Prefix, len(texts))
	for i, text := range texts {
		out[i] = netip.MustParsePrefix(text)
	}
	return out
}

// public tells whether an address is a machine's on the Internet.
func public(address netip.Addr) bool {
	address = address.Unmap()
	if !address.IsValid() || address.Zone() != "" || !address.IsGlobalUnicast() || address.IsPrivate() {
		return false
	}
	for _, p := range closed {
		if p.Contains(address) {
			return false
		}
	}
	return true
}

// newClient dials public addresses alone, and with loopback this machine's. It sees the address that the name has come to,
// follows nobody elsewhere and uses no proxy.
func newClient(loopback bool) *http.Client {
	dialer := &net.Dialer{Timeout: 5 * time.Second, Control: func(_, address string, _ syscall.RawConn) error {
		to, err := netip.ParseAddrPort(address)
		if err != nil {
			return fmt.Errorf("%w: %w", errAddress, err)
		}
		if public(to.Addr()) && to.Port() == 443 || loopback && to.Addr().Unmap().IsLoopback() {
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
