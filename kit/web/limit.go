package web

import (
	"context"
	"errors"
	"math"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"posad.city/kit/fault"
)

// Counters count tries in the database: guards of codes and passwords that hold on every node and through a restart.
type Counters interface {
	// Count notes one try of guard against key and tells whether it is within limit tries in the window; when not, how
	// long to wait. The try is durable before Count returns.
	Count(ctx context.Context, guard, key string, limit int, window time.Duration) (ok bool, wait time.Duration, err error)
}

// Guard counts a try of something that must not be guessed, before it is checked: guard names what ("account.code"),
// key whom (a person's id, a keyed hash of an address; never a plain one). Over the limit it is fault.TooMany.
func (c *Context) Guard(guard, key string, limit int, window time.Duration) error {
	if c.s.deps.Counters == nil {
		return errors.New("web: guard: no counters are provided")
	}
	ok, wait, err := c.s.deps.Counters.Count(c.ctx, guard, key, limit, window)
	if err != nil {
		return fault.New(fault.Unavailable, "web.session").Because(err)
	}
	if !ok {
		return tooMany(wait)
	}
	return nil
}

func tooMany(wait time.Duration) *fault.Fault {
	seconds := max(1, int(math.Ceil(wait.Seconds())))
	return fault.New(fault.TooMany, "web.too_many", "seconds", strconv.Itoa(seconds))
}

// buckets are token buckets in memory, by address and by person. They stop floods on one node; what must not be guessed
// is under Counters.
type buckets struct {
	mu   sync.Mutex
	byID map[string]*bucket
}

type bucket struct {
	limiter *rate.Limiter
	used    time.Time
}

// maxBuckets bounds the memory: about 20 MB when full.
const maxBuckets = 100_000

func newBuckets() *buckets { return &buckets{byID: map[string]*bucket{}} }

// take takes one token of the bucket named key, which gains perMinute a minute and holds a quarter of a minute's, at
// least 10. It returns how long to wait when there is none.
func (b *buckets) take(key string, perMinute int, now time.Time) time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	one := b.byID[key]
	if one == nil {
		b.makeRoom(now)
		perSecond := rate.Limit(float64(perMinute) / 60)
		one = &bucket{limiter: rate.NewLimiter(perSecond, min(perMinute, max(10, perMinute/4)))}
		b.byID[key] = one
	}
	one.used = now
	reserved := one.limiter.ReserveN(now, 1)
	if wait := reserved.DelayFrom(now); wait > 0 {
		reserved.CancelAt(now)
		return wait
	}
	return 0
}

// makeRoom forgets buckets that have been idle for a minute and so are full, or, in a flood from everywhere, any tenth.
func (b *buckets) makeRoom(now time.Time) {
	if len(b.byID) < maxBuckets {
		return
	}
	for key, one := range b.byID {
		if now.Sub(one.used) > time.Minute {
			delete(b.byID, key)
		}
	}
	left := len(b.byID) - maxBuckets*9/10
	for key := range b.byID {
		if left <= 0 {
			return
		}
		delete(b.byID, key)
		left--
	}
}

// checkRate is asked twice: by the address before anything costs, by the person when they are known.
func (c *Context) checkRate(who string, common int) error {
	now := c.Now()
	if wait := c.s.byWhom.take(who, common, now); wait > 0 {
		return tooMany(wait)
	}
	if own := c.route.Op.PerMinute; own > 0 {
		if wait := c.s.byWhom.take(c.route.Op.Name+" "+who, own, now); wait > 0 {
			return tooMany(wait)
		}
	}
	return nil
}

func (c *Context) checkAddress() error {
	if token, _ := c.bearerToken(); strings.HasPrefix(token, KeyPrefix) && c.s.deps.Keys != nil {
		if wait := c.s.byWhom.take("keys "+addressKey(c.address), keysPerAddress, c.Now()); wait > 0 {
			return tooMany(wait)
		}
		return nil
	}
	return c.checkRate(addressKey(c.address), c.s.conf.PerAddress)
}

// addressKey is what one household or office shares: an IPv4 address, a /64 of IPv6.
func addressKey(address netip.Addr) string {
	if address.Is4() {
		return address.String()
	}
	if prefix, err := address.Prefix(64); err == nil {
		return prefix.String()
	}
	return "unknown"
}

// clientAddress is the peer, or, behind trusted proxies, the last address in X-Forwarded-For that is not one of them:
// what stands left of it anyone may have written.
func clientAddress(r *http.Request, trusted []netip.Prefix) netip.Addr {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	address := peer.Addr().Unmap()
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(hops) - 1; i >= 0 && within(address, trusted); i-- {
		hop, err := netip.ParseAddr(strings.TrimSpace(hops[i]))
		if err != nil {
			break
		}
		address = hop.Unmap()
	}
	return address
}

func within(address netip.Addr, prefixes []netip.Prefix) bool {
	for _, prefix := range prefixes {
		if prefix.Contains(address) {
			return true
		}
	}
	return false
}
