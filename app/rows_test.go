package app_test

import (
	"context"
	"testing"

	"posad.city/kit/id"
	"posad.city/kit/journal"
	"posad.city/kit/lang"
	"posad.city/kit/vault"
)

// testRows checks the public log deeply after everything that the tests before it did: what happens by the program alone is
// never taken for a row that somebody changed.
func testRows(t *testing.T, w *world) {
	log := w.Modules.Transparency.Log()
	if err := log.Round(t.Context()); err != nil {
		t.Fatal(err)
	}
	report, err := log.Check(t.Context(), journal.CheckOptions{Journal: w.Base.Journal,
		Keys: func(ctx context.Context, holder id.ID) (*vault.Keys, error) { return w.Base.Vault.Keys(ctx, holder) }})
	if err != nil {
		t.Fatal(err)
	}
	if report.Compared < 100 {
		t.Errorf("only %d things were compared", report.Compared)
	}
	for _, f := range report.Faults {
		t.Error(f.Tell(func(key string, args ...any) string { return w.Base.Texts.Text(lang.English, key, args...) }))
	}
}
