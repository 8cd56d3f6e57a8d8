package reach_test

import (
	"net/netip"
	"testing"

	"pgregory.net/rapid"

	"posad.city/kit/reach"
)

func TestPublic(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"8.8.8.8", "77.88.8.8", "::ffff:8.8.8.8", "2a02:6b8::feed:ff", "172.15.255.255", "172.32.0.0", "192.169.0.1"} {
		if !reach.Public(netip.MustParseAddr(text)) {
			t.Errorf("%s is not public", text)
		}
	}
	for _, text := range []string{
		"0.0.0.0", "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.0.1", "169.254.169.254", "100.64.0.1", "192.0.0.8", "192.0.2.1", "192.88.99.1",
		"198.18.0.1", "198.51.100.1", "203.0.113.1", "224.0.0.1", "240.0.0.1", "255.255.255.255", "::", "::1", "::7f00:1", "::ffff:127.0.0.1",
		"::ffff:10.0.0.1", "64:ff9b::a00:1", "64:ff9b:1::1", "100::1", "2001::1", "2001:db8::1", "2002:a00:1::", "3fff::1", "5f00::1", "fc00::1",
		"fe80::1", "fe80::1%eth0", "2a02:6b8::1%eth0", "fec0::1", "ff02::1",
	} {
		if reach.Public(netip.MustParseAddr(text)) {
			t.Errorf("%s is public", text)
		}
	}
	if reach.Public(netip.Addr{}) {
		t.Error("no address is public")
	}
}

// An address is judged alike in both its forms.
func TestBothForms(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		four := netip.AddrFrom4([4]byte(rapid.SliceOfN(rapid.Byte(), 4, 4).Draw(t, "address")))
		if six := netip.AddrFrom16(four.As16()); reach.Public(four) != reach.Public(six) {
			t.Fatalf("%s and %s are judged apart", four, six)
		}
	})
}
