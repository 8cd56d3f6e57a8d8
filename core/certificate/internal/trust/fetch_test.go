package trust

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestPublic(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]bool{
		"8.8.8.8:80": true, "[2a00:1450:4010::1]:443": true, "127.0.0.1:80": false, "10.1.2.3:80": false, "192.168.1.1:80": false, "172.16.0.1:80": false,
		"169.254.169.254:80": false, "100.64.1.1:80": false, "0.0.0.0:80": false, "224.0.0.1:80": false, "255.255.255.255:80": false, "[::1]:80": false,
		"[::]:80": false, "[fe80::1]:80": false, "[fd00::1]:80": false, "[::ffff:10.0.0.1]:80": false, "[64:ff9b::7f00:1]:80": false, "[2002:7f00:1::]:80": false, "nonsense": false,
	} {
		if got := public(address) == nil; got != want {
			t.Errorf("%s: %v", address, got)
		}
	}
}

// TestTheGuardIsWhereConnectionsAreMade dials as the client would after a name was resolved.
func TestTheGuardIsWhereConnectionsAreMade(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()
	host := strings.TrimPrefix(server.URL, "http://")
	for _, named := range []bool{false, true} {
		o := Options{}
		if named {
			o.Inside = []string{host}
		}
		transport, ok := newFetcher(o).client.Transport.(*http.Transport)
		if !ok {
			t.Fatal("another transport")
		}
		c, err := transport.DialContext(t.Context(), "tcp", host)
		if named != (err == nil) || !named && !errors.Is(err, errRefused) {
			t.Errorf("named %v: %v", named, err)
		}
		if c != nil {
			_ = c.Close()
		}
	}
}
