package pay

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"strings"

	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/web"
)

// A payment of somebody without an account is opened by its id and a token. The id alone is told to payees, to whoever watches the
// bill and to the bank; the token is in the address to which its payer comes back. It is made of the browser's visit and a
// key of the city, so that the same browser has it again, and is kept as a hash.

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
	name, token, _ := strings.Cut(c.Path("payment"), guestBreak)
	key, err := id.Parse(name)
	if err != nil {
		return Payment{}, "", ErrNone
	}
	p, err := m.Payment(c.Context(), m.system(), key, key)
	if err == nil && !m.opens(p, token) {
		err = ErrNone
	}
	return p, guestPath(p, token), err
}
