package openid

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"syscall"
	"time"

	"posad.city/kit/reach"
)

// errInner says that an address leads into a network that is not for sites: the administrator, or whoever talks them
// into an address, shall not make the city call its own machines.
var errInner = errors.New("openid: the address leads to a private network")

// outwardTime is how long a site may take to answer.
const outwardTime = 5 * time.Second

// outward makes a client that calls sites. The address is judged when the connection is made, after the name was
// resolved, so that a name that answers differently the second time gains nothing. It follows no redirects and no proxy
// of the environment.
func outward(nearby bool) *http.Client {
	dialer := &net.Dialer{Timeout: outwardTime, Control: func(_, address string, _ syscall.RawConn) error {
		if nearby {
			return nil
		}
		return outside(address)
	}}
	return &http.Client{
		Timeout: outwardTime,
		Transport: &http.Transport{
			DialContext: dialer.DialContext, TLSHandshakeTimeout: outwardTime, ResponseHeaderTimeout: outwardTime,
			MaxIdleConnsPerHost: 2, IdleConnTimeout: time.Minute,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// outside refuses a resolved address that is not of the open internet.
func outside(address string) error {
	parsed, err := netip.ParseAddrPort(address)
	if err != nil || !reach.Public(parsed.Addr()) {
		return errInner
	}
	return nil
}

// documentMost is the largest document of a sector that is read.
const documentMost = 64 << 10

// sectorNames reads the addresses that a sector's document names (OpenID Connect Registration, 5) and tells whether all
// of the site's are among them.
func (m *Module) sectorNames(ctx context.Context, p Profile) error {
	if p.Sector == "" {
		return nil
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, p.Sector, nil)
	if err != nil {
		return ErrSector.Because(err)
	}
	req.Header.Set("Accept", "application/json")
	res, err := m.deps.Client.Do(req)
	if err != nil {
		return ErrSector.Because(err)
	}
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(io.LimitReader(res.Body, documentMost))
	if err != nil || res.StatusCode != http.StatusOK {
		return ErrSector.Because(fmt.Errorf("status %d: %w", res.StatusCode, err))
	}
	var named []string
	if err := strictJSON(text, &named); err != nil {
		return ErrSector.Because(err)
	}
	if !contains(named, p.Redirects) {
		return ErrSector.Because(errors.New("the document does not name every redirect address"))
	}
	return nil
}
