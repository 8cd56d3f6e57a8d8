package app_test

import (
	"os"
	"path/filepath"
	"testing"

	"posad.city/app"
)

// A provider's secret need not stand in the file.
func TestASecretOfAProviderComesFromTheEnvironment(t *testing.T) {
	path := filepath.Join(t.TempDir(), "posad.yaml")
	text := "providers:\n  - key: big-region\n    issuer: https://id.region.example\n  - key: bank\n    secret: in-the-file\n"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("POSAD_PROVIDER_SECRET_BIG_REGION", "from-outside")
	conf, err := app.ReadConfig(path)
	if err != nil {
		t.Fatal(err)
	}
	if got := []string{conf.Providers[0].Secret, conf.Providers[1].Secret}; got[0] != "from-outside" || got[1] != "in-the-file" {
		t.Errorf("%q", got)
	}
}
