package bench

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"posad.city/kit/store"
	"posad.city/kit/store/storetest"
)

// door is one page of the sign-in to which strangers send contacts, with what they send.
type door struct {
	name, path string
	form       func(contact string) url.Values
}

var doors = []door{
	{"password", "/sign-in/password", func(contact string) url.Values {
		return url.Values{"contact": {contact}, "password": {"not the password of anybody"}}
	}},
	{"code", "/sign-in", func(contact string) url.Values { return url.Values{"contact": {contact}} }},
	{"recovery", "/sign-in/recovery", func(contact string) url.Values {
		return url.Values{"contact": {contact}, "code": {"7K2M-0QWX-9D4T-HB6R"}}
	}},
}

// BenchmarkAnswersAlike: how long the sign-in takes to answer for a contact with an account and for one without, in turns,
// through every layer but the network. The medians stand beside each other; nobody may learn from them who has an account.
// Nothing is asserted of time: a reader compares.
func BenchmarkAnswersAlike(b *testing.B) {
	for _, engine := range []string{"sqlite", "postgres"} {
		if engine == "postgres" && os.Getenv(storetest.PostgresEnv) == "" {
			continue
		}
		for _, one := range doors {
			b.Run(engine+"/"+one.name, func(b *testing.B) {
				c, err := assemble(engine, 1000)
				if err != nil {
					b.Fatal(err)
				}
				c.knock(b, one)
			})
		}
	}
}

// knock sends contacts of both kinds in a random order of each pair.
func (c *crowd) knock(b *testing.B, d door) {
	with, without := make([]time.Duration, 0, b.N), make([]time.Duration, 0, b.N)
	network := rand.Int64N(1 << 16) // others at each run
	for i := int64(0); b.Loop(); i++ {
		if i%16 == 0 { // else there would soon be too many tries, which is another answer
			if err := c.Base.Store.Append(context.Background(), store.Stmt{Query: forgetTries, Args: []any{int64(0)}}); err != nil {
				b.Fatal(err)
			}
		}
		known, nobody := c.contact(i%withPassword), fmt.Sprintf("nobody%d@kitezh.example", i%withPassword)
		swapped := rand.IntN(2) == 0
		for _, has := range []bool{swapped, !swapped} {
			network++
			if has {
				with = append(with, c.answer(b, d, known, network))
			} else {
				without = append(without, c.answer(b, d, nobody, network))
			}
		}
	}
	slices.Sort(with)
	slices.Sort(without)
	b.ReportMetric(micro(with[len(with)/2]), "µs-with")
	b.ReportMetric(micro(without[len(without)/2]), "µs-without")
	b.ReportMetric(micro(with[len(with)*3/4]-with[len(with)/4]), "µs-spread")
	b.ReportMetric(0, "ns/op")
}

func micro(d time.Duration) float64 { return float64(d.Nanoseconds()) / 1000 }

// answer sends one form from a network of its own and tells how long the whole answer took.
func (c *crowd) answer(b *testing.B, d door, contact string, n int64) time.Duration {
	b.Helper()
	r := httptest.NewRequestWithContext(context.Background(), http.MethodPost, d.path, strings.NewReader(d.form(contact).Encode()))
	r.Host, r.RemoteAddr = c.address, "127.0.0.1:4000"
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	r.Header.Set("X-Forwarded-For", fmt.Sprintf("10.%d.%d.1", n>>8&255, n&255))
	w := httptest.NewRecorder()
	began := time.Now()
	c.Handler.ServeHTTP(w, r)
	took := time.Since(began)
	if w.Code != http.StatusSeeOther && w.Code != http.StatusUnprocessableEntity {
		b.Fatalf("%s: %d", d.path, w.Code)
	}
	return took
}
