package bench

import (
	"fmt"
	"os"
	"strconv"
	"testing"

	"posad.city/core/ledger"
	"posad.city/kit/id"
	"posad.city/kit/money"
	"posad.city/kit/store"
)

// accountsEnv is how many accounts the books of BenchmarkProve have; 100,000 when it is not set.
const accountsEnv = "POSAD_BENCH_ACCOUNTS"

// proveLines is how many accounts one movement fills.
const proveLines = 5_000

// BenchmarkProve: the proof of books of very many accounts, such as a city's transport cards, each of which has moved today.
func BenchmarkProve(b *testing.B) {
	accounts, err := strconv.Atoi(os.Getenv(accountsEnv))
	if err != nil {
		accounts = 100_000
	}
	eachBooks(b, func(b *testing.B, k *books) {
		for from := 0; from < accounts; from += proveLines {
			m := ledger.Movement{ID: id.Derived("bench fill", strconv.Itoa(from)), Holder: id.Derived("bench", "holder"), Act: id.Derived("bench", "act")}
			for n := from; n < min(accounts, from+proveLines); n++ {
				m.Lines = append(m.Lines, ledger.Line{Debit: k.bank, Credit: ledger.Named(fmt.Sprint("bench card ", n), money.RUB, ledger.Credits), Amount: money.Roubles(int64(n) + 1)})
			}
			if err := k.store.Write(b.Context(), func(tx *store.Tx) error { _, err := ledger.Post(tx, m); return err }); err != nil {
				b.Fatal(err)
			}
		}
		for b.Loop() {
			proof, err := ledger.Prove(b.Context(), k.store, false)
			if err != nil || !proof.Sound() || proof.Accounts != accounts+1 {
				b.Fatalf("%d accounts, %d drifts, off by %d: %v", proof.Accounts, len(proof.Drifts), proof.Off, err)
			}
		}
		b.ReportMetric(float64(accounts)*float64(b.N)/b.Elapsed().Seconds(), "accounts/s")
	})
}
