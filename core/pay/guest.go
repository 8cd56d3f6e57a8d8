package pay

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"strings"
	"time"

	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/web"
)

// A payment of somebody without an account is opened by its id and a token. The id alone is told to payees, to whoever watches the
// bill and to the bank; the token is in the address to which its payer comes back. It is made of the browser's visit and a
// key of the city, so that the same browser has it again, and is kept as a hash. What was begun before there were tokens has none:
// until a day after its end its id alone leads on to what anybody learns by its receipt's code.

// tokenOf is what opens a guest's payment.
func (m *Module) tokenOf(visit string, payment id.ID) string {
	return hex.EncodeToString(m.base.Vault.Keyed("pay.guest", visit+"/"+payment.String()))
}

func tokenHash(token string) []byte {
	sum := sha256.Sum256([]byte(token))
	return sum[:]
}

// opens tells whether a token is that of a guest's payment.
func (m *Module) opens(p Payment, token string) bool {
	return p.Guest && len(p.token) > 0 && subtle.ConstantTimeCompare(p.token, tokenHash(token)) == 1
}

// guestBreak stands between the id and the token in an address.
const guestBreak = "-"

// guestPath is the address of a guest's payment.
func guestPath(p Payment, token string) string {
	return "/pay/guest/" + plainID(p.ID) + guestBreak + token
}

// plainID writes an id without breaks.
func plainID(i id.ID) string { return strings.ReplaceAll(i.String(), guestBreak, "") }

// guest finds the payment of somebody without an account by what their address says; it tells the payment's path.
func (m *Module) guest(c *web.Context) (Payment, string, error) {
	if err := c.May(act.Object{}); err != nil {
		return Payment{}, "", err
	}
	return m.guestAt(c.Context(), c.Path("payment"))
}

func (m *Module) guestAt(ctx context.Context, name string) (Payment, string, error) {
	if key, err := id.Parse(name); err == nil {
		return m.guestOfOld(ctx, key)
	}
	plain, token, _ := strings.Cut(name, guestBreak)
	key, err := id.Parse(plain)
	if err != nil {
		return Payment{}, "", ErrNone
	}
	p, err := m.Payment(ctx, m.system(), key, key)
	if err == nil && !m.opens(p, token) {
		err = ErrNone
	}
	return p, guestPath(p, token), err
}

// oldLife is how long after its end a payment of the time before tokens is still opened by its id.
const oldLife = 24 * time.Hour

// guestOfOld finds a payment that was begun before there were tokens, by its id alone: its payer was on the bank's page while
// the city learned of them, and has no other way back.
func (m *Module) guestOfOld(ctx context.Context, key id.ID) (Payment, string, error) {
	p, err := m.Payment(ctx, m.system(), key, key)
	if err == nil && (!p.Guest || len(p.token) > 0 || p.State != Open && m.base.Clock.Now().Sub(p.Ended) > oldLife) {
		err = ErrNone
	}
	return p, "/pay/guest/" + key.String(), err
}
