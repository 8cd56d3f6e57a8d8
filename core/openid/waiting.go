package openid

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"crypto/subtle"
	"fmt"
	"strings"
	"time"

	"posad.city/core/openid/internal/store"
	"posad.city/kit/id"
	"posad.city/kit/store"
	"posad.city/kit/web"
)

// A request that waits for its person is kept under the hash of a reference and sealed by the reference itself, which the
// browser alone has: the address stays short, what a site wrote (a login_hint may be an e-mail) stands in no log, and the
// row opens to nobody else. The reference is worth nothing without the cookie of the browser that brought the request.

// cookieBrowser names the cookie that binds requests to a browser.
const cookieBrowser = "openid"

// requestPath is the page on which a request goes on.
const requestPath = "/oauth/continue"

func sealer(reference string) (cipher.AEAD, error) {
	key, err := hkdf.Key(sha256.New, []byte(reference), nil, "posad openid request", 32)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
}

func sealRequest(reference string, plain []byte) ([]byte, error) {
	box, err := sealer(reference)
	if err != nil {
		return nil, fmt.Errorf("openid: seal a request: %w", err)
	}
	return box.Seal(nil, nil, plain, nil), nil
}

func openRequest(reference string, sealed []byte) ([]byte, error) {
	box, err := sealer(reference)
	if err != nil {
		return nil, fmt.Errorf("openid: open a request: %w", err)
	}
	return box.Open(nil, nil, sealed, nil)
}

// wait keeps a request. visit is nil for one that no browser has brought yet.
func (m *Module) wait(ctx context.Context, client id.ID, plain, visit []byte, life time.Duration) (string, error) {
	reference := fresh("")
	body, err := sealRequest(reference, plain)
	if err != nil {
		return "", err
	}
	err = m.base.Store.Append(ctx, openiddb.InsertRequestStmt(openiddb.InsertRequestParams{
		Key: hashOf(reference), Visit: visit, Client: client, Body: body, Until: m.base.Clock.Now().Add(life),
	}))
	if err != nil {
		return "", fmt.Errorf("openid: keep a request: %w", err)
	}
	return reference, nil
}

// waiting opens a request that waits. ErrOver when there is none, or it is another browser's.
func (m *Module) waiting(ctx context.Context, reference string, visit []byte) (id.ID, []byte, error) {
	var row openiddb.OpenidRequest
	err := m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		var err error
		row, err = openiddb.RequestByKey(r, hashOf(reference))
		return err
	})
	switch {
	case none(err):
		return id.ID{}, nil, ErrOver
	case err != nil:
		return id.ID{}, nil, fmt.Errorf("openid: read a request: %w", err)
	case !m.base.Clock.Now().Before(row.Until), subtle.ConstantTimeCompare(row.Visit, visit) != 1:
		return id.ID{}, nil, ErrOver
	}
	plain, err := openRequest(reference, row.Body)
	if err != nil {
		return id.ID{}, nil, fmt.Errorf("openid: open a request: %w", err)
	}
	return row.Client, plain, nil
}

// rewrite keeps what has become of a request meanwhile.
func (m *Module) rewrite(ctx context.Context, reference string, plain []byte) error {
	body, err := sealRequest(reference, plain)
	if err != nil {
		return err
	}
	return m.base.Store.Write(ctx, func(tx *store.Tx) error {
		_, err := openiddb.ChangeRequest(tx, body, hashOf(reference))
		return err
	})
}

// forget ends a request, in the Write of what it came to. ErrOver when another answer came first.
func forget(tx *store.Tx, reference string) error {
	n, err := openiddb.DropRequest(tx, hashOf(reference))
	if err == nil && n == 0 {
		return ErrOver
	}
	return err
}

// browser is the hash of this browser's own cookie, which it gets when it has none.
func browser(c *web.Context) []byte {
	value := c.Cookie(cookieBrowser)
	if len(value) < 40 || len(value) > 100 {
		value = fresh("")
	}
	c.SetCookie(cookieBrowser, value, RequestLife) // anew each time, so that it outlives the request
	return hashOf(value)
}

// sameBrowser is browser for a page that only reads.
func sameBrowser(c *web.Context) []byte { return hashOf(c.Cookie(cookieBrowser)) }

// pushedURN begins the request_uri of pushed requests.
const pushedURN = "urn:ietf:params:oauth:request_uri:"

// pushed takes a pushed request, once.
func (m *Module) pushed(ctx context.Context, c Client, uri string) (ask, error) {
	reference, ok := strings.CutPrefix(uri, pushedURN)
	if !ok {
		return ask{}, refuse("invalid_request_uri", "only an address given by the pushed_authorization_request_endpoint is taken")
	}
	client, plain, err := m.waiting(ctx, reference, nil)
	if err != nil || client != c.ID {
		return ask{}, refuse("invalid_request_uri", "the pushed request is over, was used, or is another client's")
	}
	err = m.base.Store.Write(ctx, func(tx *store.Tx) error { return forget(tx, reference) })
	if err != nil {
		return ask{}, refuse("invalid_request_uri", "the pushed request was used")
	}
	return decodeAsk(plain)
}
