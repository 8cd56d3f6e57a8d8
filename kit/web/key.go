package web

import (
	"context"
	"errors"
	"net/netip"
	"slices"
	"time"

	"posad.city/kit/act"
	"posad.city/kit/id"
)

// KeyPrefix begins every key of a program: scanners find it in what should not hold it, and no session's token has it.
const KeyPrefix = "posad_"

// KeyRateMost is the highest rate of a key, requests a minute.
const KeyRateMost = 6000

// keysPerAddress is how many requests a minute one address makes with what looks like a key: a few programs of the highest
// rate behind one proxy. The key's own rate comes once it is known; what is no key counts as any caller.
const keysPerAddress = 4 * KeyRateMost

// Key is what the edge needs to know of a program's key.
type Key struct {
	ID        id.ID
	Agency    id.ID
	Scopes    []string // what it is for: an operation's Key must be among them
	Test      bool     // a sandbox key
	PerMinute int      // requests a minute by this key; 0: the common limit by person
	Used      time.Time
}

// ErrNoKey says that a key is unknown, over, taken back, or not for this address. The caller is told no more.
var ErrNoKey = errors.New("web: no such key")

// Keys finds the keys of agencies' programs; core/developer keeps them. Implementations are safe for concurrent use.
type Keys interface {
	// Find returns the key that a program showed from an address, or ErrNoKey.
	Find(ctx context.Context, shown string, from netip.Addr) (Key, error)
	// Touch notes that the key was used; the edge calls it at most once a minute a key. It does not block.
	Touch(ctx context.Context, key Key, at time.Time)
}

// enterByKey finds whose program it is.
func (c *Context) enterByKey(shown string) error {
	if c.s.deps.Keys == nil {
		return faultKey
	}
	key, err := c.s.deps.Keys.Find(c.ctx, shown, c.address)
	if errors.Is(err, ErrNoKey) {
		if err := c.checkRate(addressKey(c.address), c.s.conf.PerAddress); err != nil {
			return err
		}
		return faultKey
	}
	if err != nil {
		return faultSession.Because(err)
	}
	c.key = &key
	return nil
}

// admit tells whether the key is for this operation, and how often it came.
func (c *Context) admit() error {
	if now := c.Now(); now.Sub(c.key.Used) >= touchEvery {
		c.s.deps.Keys.Touch(c.ctx, *c.key, now)
	}
	perMinute := c.key.PerMinute
	setDefault(&perMinute, c.s.conf.PerPerson)
	if err := c.checkRate("key "+c.key.ID.String(), perMinute); err != nil {
		return err
	}
	if op := c.route.Op; op.Key == "" || !slices.Contains(c.key.Scopes, op.Key) {
		return faultNoKeys
	}
	return nil
}

// act fills in who a program is.
func (k *Key) act(out act.Act) act.Act {
	out.Actor = act.Actor{Kind: act.Program, Agency: k.Agency}
	out.Holder, out.Assurance, out.Key, out.Test = k.Agency, act.Verified, k.ID, k.Test
	return out
}

// hand names the keys that may give each other's answers: all of an agency's live ones, or all of its sandbox.
func (k *Key) hand() string {
	if k.Test {
		return "program test"
	}
	return "program live"
}
