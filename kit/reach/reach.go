// Package reach tells which network addresses are of the public internet. Whatever calls an address that somebody else
// chose (a push service, an outside provider, a site, a list of revoked certificates) asks it at the moment of dialling,
// when the name has become an address: so nobody makes the city call its own machines.
//
// It owns nothing and has no life cycle. It resolves no names and dials nobody: net.Dialer.Control of its callers does.
package reach

import "net/netip"

// closed are the networks that are nobody's on the internet, beside those that netip names (IANA's registries of
// special-purpose addresses, RFC 6890), and those that carry another address inside.
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

// Public tells whether an address is a machine's on the public internet. An IPv4 address in IPv6 form is judged as the
// IPv4 address; one with a zone is of this machine's own links.
func Public(address netip.Addr) bool {
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
