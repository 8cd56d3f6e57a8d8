package bench

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"posad.city/core/account"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/store"
	"posad.city/kit/store/storetest"
	"posad.city/kit/web"
)

// crowd is a town of accounts alone: of a thousand, and of many more, so that one can see what grows with their number.
type crowd struct {
	*town
	size   int
	tokens []string // of open sessions
	codes  *codes
}

// openSessions is how many of a crowd's people are signed in.
const openSessions = 20_000

var (
	crowds    = map[string]*crowd{}
	crowdLock sync.Mutex
)

// sizes are how many accounts the crowds have: POSAD_BENCH_ACCOUNTS="1000,1000000" for a release.
func sizes() []int {
	var out []int
	for text := range strings.SplitSeq(os.Getenv("POSAD_BENCH_ACCOUNTS"), ",") {
		if n, err := strconv.Atoi(strings.TrimSpace(text)); err == nil && n > 0 {
			out = append(out, n)
		}
	}
	if len(out) == 0 {
		return []int{1000, 20_000}
	}
	return out
}

// eachCrowd runs a benchmark on every engine with every size.
func eachCrowd(b *testing.B, bench func(b *testing.B, c *crowd)) {
	b.Helper()
	for _, engine := range []string{"sqlite", "postgres"} {
		if engine == "postgres" && os.Getenv(storetest.PostgresEnv) == "" {
			continue
		}
		for _, size := range sizes() {
			b.Run(fmt.Sprintf("%s/%d", engine, size), func(b *testing.B) {
				c, err := assemble(engine, size)
				if err != nil {
					b.Fatal(err)
				}
				bench(b, c)
			})
		}
	}
}

// assemble opens a crowd once.
func assemble(engine string, size int) (*crowd, error) {
	crowdLock.Lock()
	defer crowdLock.Unlock()
	key := fmt.Sprintf("%s-%d", engine, size)
	if c := crowds[key]; c != nil {
		return c, nil
	}
	ctx := context.Background()
	c := &crowd{town: &town{engine: engine, dir: filepath.Join(folder, key)}, size: size, codes: &codes{}}
	listener, err := c.open(ctx)
	if err != nil {
		return nil, err
	}
	c.Modules.Account.Provide(c.codes, nil)
	began := time.Now()
	err = c.Modules.Account.EnrolAll(ctx, c.people(), writers, func(n int64) { progress(c.town, "accounts", int(n), size, began) })
	if err != nil {
		return nil, err
	}
	if err := c.signIn(); err != nil {
		return nil, err
	}
	go func() { _ = c.Base.Web.Serve(ctx, listener, c.Handler) }() // ends with the process
	crowds[key] = c
	return c, c.Base.Jobs.Start(ctx)
}

// contact is how the n-th person signs in.
func (c *crowd) contact(n int64) string {
	return fmt.Sprintf("resident%d@kitezh.example", n%int64(c.size))
}

func (c *crowd) person(n int64) id.ID { return id.Derived("crowd", fmt.Sprint(n%int64(c.size))) }

// withPassword is how many people have a password: a hash takes as long as a thousand accounts.
const withPassword = 64

func (c *crowd) people() iter.Seq2[account.Enrolment, error] {
	return func(yield func(account.Enrolment, error) bool) {
		for n := range int64(c.size) {
			e := account.Enrolment{
				Person: c.person(n), Name: lang.Name{Family: fmt.Sprintf("Жителев%d", n), Given: "Пётр", Patronymic: "Ильич"},
				Email: c.contact(n), Level: act.Standard, SignsIn: true,
			}
			if n < withPassword {
				e.Password = "a password of the crowd"
			}
			if !yield(e, nil) {
				return
			}
		}
	}
}

// signIn opens sessions by rows, as a sign-in would.
func (c *crowd) signIn() error {
	all := min(openSessions, c.size)
	c.tokens = make([]string, all)
	now := c.Clock.Now()
	return spread(all, writers, func(i int) error {
		c.tokens[i] = fmt.Sprintf("token of %d", i)
		hash, session := web.HashToken(c.tokens[i]), id.New(now)
		return c.Base.Store.Append(background,
			store.Stmt{Query: putSession, Args: []any{c.person(int64(i)), session, make([]byte, 32), now, now.Add(12 * time.Hour)}},
			store.Stmt{Query: putToken, Args: []any{hash[:], c.person(int64(i)), session, now.Add(12 * time.Hour)}})
	})
}

// codes is a courier that hands codes to whoever waits for them.
type codes struct{ waiting sync.Map }

// SendCode implements account.Courier.
func (k *codes) SendCode(_ context.Context, to string, _ account.Channel, code string, _ lang.Language, _ id.ID) error {
	if box, ok := k.waiting.Load(to); ok {
		box.(chan string) <- code
	}
	return nil
}

// BenchmarkSessionCheck: who is behind a token, from the node's memory, as every request asks.
func BenchmarkSessionCheck(b *testing.B) {
	eachCrowd(b, func(b *testing.B, c *crowd) {
		hashes := make([]web.TokenHash, len(c.tokens))
		for i, token := range c.tokens {
			hashes[i] = web.HashToken(token)
			if _, err := c.Modules.Account.Sessions().Find(b.Context(), hashes[i]); err != nil {
				b.Fatal(err)
			}
		}
		rate(b, readers, func(n int64) error {
			_, err := c.Modules.Account.Sessions().Find(context.Background(), hashes[n%int64(len(hashes))])
			return err
		})
	})
}

// forgetTries empties the counters, so that a crowd of a thousand can ask for codes again and again.
var forgetTries = store.NewQuery("bench.Forget", `DELETE FROM counter WHERE tries > $1`)

// BenchmarkSignInByCode: a code asked for, carried by its job, given, and the session begun: five durable Writes.
func BenchmarkSignInByCode(b *testing.B) {
	eachCrowd(b, func(b *testing.B, c *crowd) {
		rate(b, writers, func(n int64) error {
			if n%400 == 0 {
				if err := c.Base.Store.Append(context.Background(), store.Stmt{Query: forgetTries, Args: []any{int64(0)}}); err != nil {
					return err
				}
			}
			return c.byCode(n)
		})
	})
}

var errNoCode = errors.New("no code came within ten seconds")

func (c *crowd) byCode(n int64) error {
	to, err := account.ParseContact(c.contact(n))
	if err != nil {
		return err
	}
	box := make(chan string, 1)
	c.codes.waiting.Store(to.Value, box)
	defer c.codes.waiting.Delete(to.Value)
	sent, err := c.Modules.Account.AskCode(context.Background(), to, lang.Russian, "")
	if err != nil {
		return err
	}
	select {
	case code := <-box:
		_, err = c.Modules.Account.EnterByCode(context.Background(), sent.Try, code, account.Via{Channel: act.API, Device: "bench"})
		return err
	case <-time.After(10 * time.Second):
		return errNoCode
	}
}

// BenchmarkSignInByPassword: the hash is the work: argon2id, 19 MiB, two passes.
func BenchmarkSignInByPassword(b *testing.B) {
	eachCrowd(b, func(b *testing.B, c *crowd) {
		rate(b, readers, func(n int64) error {
			to, err := account.ParseContact(c.contact(n % withPassword))
			if err != nil {
				return err
			}
			_, err = c.Modules.Account.EnterByPassword(context.Background(), to, "a password of the crowd", account.Via{Channel: act.API, Device: "bench"})
			return err
		})
	})
}
