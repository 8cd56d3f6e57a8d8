package credential

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"posad.city/kit/authority"
	"posad.city/kit/authority/authoritytest"
	"posad.city/kit/clock"
)

var start = time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC)

const (
	site    = "https://kitezh.example"
	listURL = site + "/credentials/status/1"
)

type city struct {
	keys  authoritytest.Keys
	clock *clock.Fixed
	*Issuer
}

func newCity() city {
	c, keys := clock.At(start.Add(time.Hour)), authoritytest.New(start)
	return city{keys, c, New(site, keys, authority.New(authority.Name{City: "Китеж"}, keys, c), c)}
}

func (c city) keySet(t testing.TB) KeySet {
	t.Helper()
	out, err := c.Keys()
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func (c city) issue(t testing.TB, one Credential) string {
	t.Helper()
	out, err := c.Issue(one)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func permit() Credential {
	return Credential{
		Type: site + "/credentials/parking-permit", Expires: start.AddDate(1, 0, 0), Status: &Place{Index: 77, List: listURL},
		Open:   []Claim{{"number", "1234-567-890"}, {"zone", "4 <Заречье> & more"}},
		Hidden: []Claim{{"plate", "А417МО177"}, {"family_name", "Соколова"}, {"given_name", "Анна"}, {"places", []any{"a", map[string]any{"b": true}}}, {"year", int64(2026)}},
	}
}

// holderKey is a wallet's key: its public half, and the private one as JSON.
func holderKey(t testing.TB) (*ecdsa.PrivateKey, JWK, map[string]any) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	public, err := JWKOf(&key.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := key.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	return key, public, map[string]any{"kty": "EC", "crv": "P-256", "x": public.X, "y": public.Y, "d": base64url.EncodeToString(secret)}
}

type question struct {
	Credential string            `json:"credential"`
	Metadata   json.RawMessage   `json:"metadata"`
	Lists      map[string]string `json:"lists"`
	Holder     any               `json:"holder"`
	Show       []string          `json:"show"`
	Audience   string            `json:"audience"`
	Nonce      string            `json:"nonce"`
	At         int64             `json:"at"`
}

type answer struct {
	All     map[string]any    `json:"all"`
	Shown   string            `json:"shown"`
	Opened  map[string]any    `json:"opened"`
	Refused map[string]string `json:"refused"`
}

// independent asks a wallet and verifier that nobody here wrote. The test is passed over where it is not installed
// (scripts/install test).
func independent(t *testing.T, q question) answer {
	t.Helper()
	folder := filepath.Join("..", "..", "e2e")
	if _, err := os.Stat(filepath.Join(folder, "node_modules", "@sd-jwt", "sd-jwt-vc")); err != nil {
		t.Skip("@sd-jwt/sd-jwt-vc is not installed: scripts/install test")
	}
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skip("node is not installed: scripts/install test")
	}
	in, err := json.Marshal(q)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), node, "lib/wallet.mjs")
	cmd.Dir, cmd.Stderr, cmd.Stdin = folder, t.Output(), bytes.NewReader(in)
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var a answer
	if err := json.Unmarshal(out, &a); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return a
}
