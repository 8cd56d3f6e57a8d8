package certificate

import (
	"crypto/x509"
	"encoding/base64"
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// The headers by which a proxy passes a certificate on (RFC 9440).
const (
	headerCert  = "Client-Cert"
	headerChain = "Client-Cert-Chain"
	headerMost  = 64 << 10
)

// proxied reads the certificate that a trusted proxy passed on; nil when there is none, or when the request did not come
// from such a proxy: anybody can write a header.
func proxied(r *http.Request, trusted []netip.Prefix) (*x509.Certificate, []*x509.Certificate) {
	from, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil || !slices.ContainsFunc(trusted, func(p netip.Prefix) bool { return p.Contains(from.Addr().Unmap()) }) {
		return nil, nil
	}
	single := r.Header.Values(headerCert)
	if len(single) != 1 { // a proxy that adds to what a visitor sent does not take the visitor's away
		return nil, nil
	}
	leaf, ok := parseItems(single[0])
	if !ok || len(leaf) != 1 {
		return nil, nil
	}
	others, ok := parseItems(strings.Join(r.Header.Values(headerChain), ", "))
	if !ok {
		others = nil
	}
	return leaf[0], others
}

// parseItems reads a list of byte sequences (RFC 9651, 3.3.5), each a certificate in DER.
func parseItems(text string) ([]*x509.Certificate, bool) {
	if len(text) > headerMost {
		return nil, false
	}
	var out []*x509.Certificate
	for item := range strings.SplitSeq(text, ",") {
		item = strings.Trim(item, " \t")
		if item == "" && text == "" {
			return nil, true
		}
		if len(item) < 2 || item[0] != ':' || item[len(item)-1] != ':' {
			return nil, false
		}
		der, err := base64.StdEncoding.DecodeString(item[1 : len(item)-1])
		if err != nil {
			return nil, false
		}
		one, err := x509.ParseCertificate(der)
		if err != nil {
			return nil, false
		}
		out = append(out, one)
	}
	return out, true
}
