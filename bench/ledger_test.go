package bench

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"posad.city/core/ledger"
	"posad.city/kit/clock"
	"posad.city/kit/id"
	"posad.city/kit/money"
	"posad.city/kit/store"
	"posad.city/kit/store/storetest"
)

// books is a city that has books and nothing else: a bank's clearing account and the incomes of a dozen agencies, the first of
// which gets every second payment.
type books struct {
	store   *store.Store
	options store.Options
	bank    ledger.Account
	incomes []ledger.Account
}

func eachBooks(b *testing.B, run func(b *testing.B, k *books)) {
	b.Run("sqlite", func(b *testing.B) { run(b, newBooks(b, store.Options{Dir: b.TempDir()})) })
	if os.Getenv(storetest.PostgresEnv) != "" {
		b.Run("postgres", func(b *testing.B) { run(b, newBooks(b, storetest.Postgres(b, store.Options{}))) })
	}
}

func newBooks(b *testing.B, o store.Options) *books {
	b.Helper()
	o.Clock = new(clock.System)
	st, err := store.Open(b.Context(), o, ledger.Migrations)
	if err != nil {
		b.Fatal(err)
	}
	k := &books{store: st, options: o, bank: ledger.Named("bench bank", money.RUB, ledger.Free)}
	b.Cleanup(func() { _ = st.Close() }) // the figures are taken
	for i := range 12 {
		k.incomes = append(k.incomes, ledger.Named(fmt.Sprint("bench income ", i), money.RUB, ledger.Free))
	}
	return k
}

// movement is the n-th payment: from the bank to an agency's income.
func (k *books) movement(n int64) ledger.Movement {
	income := k.incomes[0]
	if n%2 == 1 {
		income = k.incomes[n%int64(len(k.incomes))]
	}
	return ledger.Movement{
		Holder: id.Derived("bench payer", fmt.Sprint(n%20_000)), ID: id.Derived("bench movement", fmt.Sprint(n)), Act: id.Derived("bench act", fmt.Sprint(n)),
		Lines: []ledger.Line{{Debit: k.bank, Credit: income, Amount: money.Roubles(100 + n%1000), About: id.Derived("bench charge", fmt.Sprint(n))}},
	}
}

// The rows of a movement as the driver writes them: the transfer, and each balance by one statement that finds its row there or
// makes it. On PostgreSQL one connection gathers for all, since several would wait for each other's balances.
const (
	bareTransfer = `INSERT INTO ledger_transfer (holder, movement, line, debit, credit, amount, currency, state, entered, ended, act, about)
 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`
	bareBalance = `INSERT INTO ledger_balance (account, bucket, bound, currency, debits, credits, debits_reserved, credits_reserved)
 VALUES ($1, $2, 0, $3, $4, $5, 0, 0)
 ON CONFLICT (account, bucket) DO UPDATE SET debits = ledger_balance.debits + excluded.debits, credits = ledger_balance.credits + excluded.credits`
)

// bareBucket is the balances' bucket of the prototype, so that what it writes does not meet Posad's.
const bareBucket = 900

func (k *books) bareRows(n int64) []statement {
	m, now := k.movement(n), time.Now().UTC()
	l := m.Lines[0]
	return []statement{
		{bareTransfer, []any{m.Holder, m.ID, int64(0), l.Debit.ID, l.Credit.ID, l.Amount.Minor, "RUB", "posted", now, now, m.Act, l.About}},
		{bareBalance, []any{l.Debit.ID, int64(bareBucket), "RUB", l.Amount.Minor, int64(0)}},
		{bareBalance, []any{l.Credit.ID, int64(bareBucket), "RUB", int64(0), l.Amount.Minor}},
	}
}

// open makes the prototype on the same database.
func (k *books) open(b *testing.B, connections int) *bare {
	b.Helper()
	out := new(bare)
	var err error
	if k.options.Postgres != "" {
		out.pg, err = openBarePgBy(b.Context(), k.options.Postgres+"&search_path="+k.options.Schema, connections)
	} else {
		out.lite, err = openBareLite(filepath.Join(k.options.Dir, "posad.db"))
	}
	if err != nil {
		b.Fatal(err)
	}
	if out.pg != nil {
		b.Cleanup(out.pg.pool.Close)
	}
	return out
}

// bareTables are as the books' own, but with nothing that two rows have in common.
var bareTables = []string{
	`CREATE TABLE bare_transfer (holder UUID NOT NULL, movement UUID NOT NULL, line BIGINT NOT NULL, debit UUID NOT NULL, credit UUID NOT NULL, amount BIGINT NOT NULL, currency TEXT NOT NULL,
 state TEXT NOT NULL, entered TIMESTAMPTZ NOT NULL, ended TIMESTAMPTZ, act UUID NOT NULL, about UUID, PRIMARY KEY (holder, movement, line))`,
	`CREATE INDEX bare_transfer_by_end ON bare_transfer (ended, state, debit, credit, amount)`,
	`CREATE TABLE bare_balance (account UUID NOT NULL, bucket BIGINT NOT NULL, currency TEXT NOT NULL, debits BIGINT NOT NULL, credits BIGINT NOT NULL, PRIMARY KEY (account, bucket))`,
}

// bareLine is a row of a balance's width in a table of its own, which nobody else changes.
const bareLine = `INSERT INTO bare_balance (account, bucket, currency, debits, credits) VALUES ($1, $2, $3, $4, $5)`

// plainRows are as many rows as bareRows touches, all of them new.
func (k *books) plainRows(n int64) []statement {
	rows := k.bareRows(n)
	rows[0].text = strings.Replace(rows[0].text, "ledger_transfer", "bare_transfer", 1)
	for i := range rows[1:] {
		rows[i+1].text = bareLine
		rows[i+1].args[1] = n
	}
	return rows
}

// BenchmarkLedger: payments a second into busy accounts, each a transfer and two balances, durable before the answer, 64 at
// once: in a Write of its own and by Append. Beside them the driver alone in gathered commits: "bare" with the
// same statements on the same tables, "rows" with three new rows instead, which nobody waits for. Afterwards the books are
// proved, with what the prototype posted.
func BenchmarkLedger(b *testing.B) {
	eachBooks(b, func(b *testing.B, k *books) {
		prototype, rows := k.open(b, 1), k.open(b, 4)
		rows.make(b, bareTables...)
		var ceiling, plain float64
		b.Run("rows", func(b *testing.B) { plain = rate(b, writers, func(n int64) error { return rows.all(k.plainRows(n)) }) })
		b.Run("bare", func(b *testing.B) {
			ceiling = rate(b, writers, func(n int64) error { return prototype.all(k.bareRows(n)) })
		})
		for _, way := range []struct {
			name string
			post func(n int64) error
		}{
			{"write", func(n int64) error {
				m := k.movement(n)
				return k.store.Write(context.Background(), func(tx *store.Tx) error { _, err := ledger.Post(tx, m); return err })
			}},
			{"append", func(n int64) error {
				stmts, err := ledger.PostStmts(k.movement(n), time.Now().UTC())
				if err != nil {
					return err
				}
				return k.store.Append(context.Background(), stmts...)
			}},
		} {
			b.Run(way.name, func(b *testing.B) {
				own := rate(b, writers, way.post)
				if ceiling > 0 && plain > 0 {
					b.ReportMetric(100*own/ceiling, "posad-%-of-bare")
					b.ReportMetric(100*own/plain, "posad-%-of-rows")
				}
			})
		}
		proof, err := ledger.Prove(b.Context(), k.store, true)
		if err != nil || !proof.Sound() {
			b.Fatalf("the books are wrong: %d drifts, off by %d: %v", len(proof.Drifts), proof.Off, err)
		}
	})
}
