package webhook

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

var moment = time.Unix(1795347600, 0)

func key(t testing.TB, text string) Key {
	t.Helper()
	k, err := ParseKey(text)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// Made by the npm package standardwebhooks 1.0.0; the first is the message of its own tests, the last was
// made by openssl.
func TestSignaturesAreThoseOfOtherHands(t *testing.T) {
	t.Parallel()
	for _, one := range []struct {
		secret, id string
		at         int64
		body, want string
	}{
		{"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, `{"test": 2432232314}`,
			"v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="},
		{"whsec_" + base64.StdEncoding.EncodeToString([]byte("0123456789abcdef0123456789abcdef")), "msg_01976a3e-5f2c-7d10-9b1e-0a1b2c3d4e5f", 1795347600,
			`{"type":"charge.paid","название":"Счёт"}`, "v1,LztAHRcxasiFD3eOqNgMuZcNUHJ6nF+hM00nRMgSrdk="},
		{"whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3", "msg_1", 1700000000, `{"a":1}`, "v1,WUgAXU8H0NQ1/7M+TtMwKma2b74a3/TCgekiM3YUdN8="},
	} {
		got, err := Sign([]Key{key(t, one.secret)}, one.id, time.Unix(one.at, 0), []byte(one.body))
		if err != nil || got != one.want {
			t.Errorf("%s: %q %v, want %q", one.id, got, err, one.want)
		}
	}
}

// A signature of ours is checked by openssl, and one of openssl's by us.
func TestOpenSSLAgreesOnEd25519(t *testing.T) {
	t.Parallel()
	tool, err := exec.LookPath("openssl")
	if err != nil {
		t.Skip("there is no openssl here")
	}
	private, public := NewPair()
	signature, err := Sign([]Key{key(t, private)}, "msg_1", moment, []byte("{}"))
	if err != nil {
		t.Fatal(err)
	}
	raw, _ := base64.StdEncoding.DecodeString(strings.TrimPrefix(signature, "v1a,"))
	half, _ := base64.StdEncoding.DecodeString(strings.TrimPrefix(public, PrefixPublic))
	// SubjectPublicKeyInfo of Ed25519 (RFC 8410) is these bytes and the key.
	info := append([]byte{0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00}, half...)
	at := t.TempDir()
	for name, content := range map[string][]byte{"sig": raw, "text": []byte(fmt.Sprintf("msg_1.%d.{}", moment.Unix())), "pub": info} {
		if err := os.WriteFile(filepath.Join(at, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	run := func() error {
		return exec.Command(tool, "pkeyutl", "-verify", "-rawin", "-pubin", "-keyform", "DER", "-inkey", filepath.Join(at, "pub"),
			"-sigfile", filepath.Join(at, "sig"), "-in", filepath.Join(at, "text")).Run()
	}
	if err := run(); err != nil {
		t.Errorf("openssl refuses the signature: %v", err)
	}
	if err := os.WriteFile(filepath.Join(at, "text"), []byte("another"), 0o600); err != nil {
		t.Fatal(err)
	}
	if run() == nil {
		t.Error("openssl takes the signature for another text: this test says nothing")
	}
}

func headers(t testing.TB, keys []Key, id string, at time.Time, body []byte) http.Header {
	t.Helper()
	signature, err := Sign(keys, id, at, body)
	if err != nil {
		t.Fatal(err)
	}
	return http.Header{HeaderID: {id}, HeaderTime: {fmt.Sprint(at.Unix())}, HeaderSignature: {signature}}
}

func TestVerify(t *testing.T) {
	t.Parallel()
	old, fresh, private, public := NewSecret(), NewSecret(), "", ""
	private, public = NewPair()
	body := []byte(`{"type":"charge.paid"}`)
	both := []Key{key(t, fresh), key(t, old), key(t, private)}
	good := headers(t, both, "msg_1", moment, body)
	with := func(name, value string) http.Header {
		out := good.Clone()
		out.Set(name, value)
		return out
	}
	for _, one := range []struct {
		name   string
		keys   []Key
		header http.Header
		body   []byte
		now    time.Time
		want   error
	}{
		{"new secret", []Key{key(t, fresh)}, good, body, moment, nil},
		{"old secret", []Key{key(t, old)}, good, body, moment, nil},
		{"public key", []Key{key(t, public)}, good, body, moment, nil},
		{"stranger's secret", []Key{key(t, NewSecret())}, good, body, moment, ErrSignature},
		{"no key", nil, good, body, moment, ErrSignature},
		{"another body", []Key{key(t, fresh)}, good, []byte(`{"type":"charge.due"}`), moment, ErrSignature},
		{"another id", []Key{key(t, fresh)}, with(HeaderID, "msg_2"), body, moment, ErrSignature},
		{"another second", []Key{key(t, fresh)}, with(HeaderTime, fmt.Sprint(moment.Unix()+1)), body, moment, ErrSignature},
		{"at the edge", []Key{key(t, fresh)}, good, body, moment.Add(Tolerance), nil},
		{"too old", []Key{key(t, fresh)}, good, body, moment.Add(Tolerance + time.Second), ErrTime},
		{"of the future", []Key{key(t, fresh)}, good, body, moment.Add(-Tolerance - time.Second), ErrTime},
		{"a time that is none", []Key{key(t, fresh)}, with(HeaderTime, " 1795347600"), body, moment, ErrTime},
		{"a long time", []Key{key(t, fresh)}, with(HeaderTime, "99999999999999"), body, moment, ErrTime},
		{"no id", []Key{key(t, fresh)}, with(HeaderID, ""), body, moment, ErrID},
		{"an id with a stop", []Key{key(t, fresh)}, with(HeaderID, "msg.1"), body, moment, ErrID},
		{"no signature", []Key{key(t, fresh)}, with(HeaderSignature, ""), body, moment, ErrSignature},
		{"a version of tomorrow beside", []Key{key(t, fresh)}, with(HeaderSignature, "v9,AAAA "+good.Get(HeaderSignature)), body, moment, nil},
		{"a flood", []Key{key(t, fresh)}, with(HeaderSignature, strings.Repeat("v1,AAAA ", 100)+good.Get(HeaderSignature)), body, moment, ErrSignature},
	} {
		id, err := Verify(one.keys, one.header, one.body, one.now, Tolerance)
		if !errors.Is(err, one.want) || err == nil && id != "msg_1" {
			t.Errorf("%s: %q %v, want %v", one.name, id, err, one.want)
		}
	}
}

func TestKeysThatAreNone(t *testing.T) {
	t.Parallel()
	short := base64.StdEncoding.EncodeToString(make([]byte, 23))
	for _, text := range []string{"", "whsec_", "whsec_" + short, "whsec_" + base64.StdEncoding.EncodeToString(make([]byte, 65)), "secret", "whpk_" + short,
		"whsk_" + base64.StdEncoding.EncodeToString(make([]byte, 64)), "whsec_" + base64.RawURLEncoding.EncodeToString(make([]byte, 32)), "whxx_" + base64.StdEncoding.EncodeToString(make([]byte, 32))} {
		if _, err := ParseKey(text); !errors.Is(err, ErrKey) {
			t.Errorf("%q is a key: %v", text, err)
		}
	}
	_, public := NewPair()
	if _, err := Sign([]Key{key(t, public)}, "msg_1", moment, nil); !errors.Is(err, ErrKey) {
		t.Errorf("a public key signs: %v", err)
	}
	private, public := NewPair()
	if k := key(t, private); k.Public() != public {
		t.Errorf("the half of %s is %s", public, k.Public())
	}
}

func TestWhatIsSignedIsVerified(t *testing.T) {
	t.Parallel()
	secret := key(t, NewSecret())
	rapid.Check(t, func(t *rapid.T) {
		body := rapid.SliceOf(rapid.Byte()).Draw(t, "body")
		id := rapid.StringMatching(`[!-\-/-~]{1,60}`).Draw(t, "id")
		at := time.Unix(rapid.Int64Range(0, 1<<35).Draw(t, "at"), 0)
		signature, err := Sign([]Key{secret}, id, at, body)
		if err != nil {
			t.Fatal(err)
		}
		header := http.Header{HeaderID: {id}, HeaderTime: {fmt.Sprint(at.Unix())}, HeaderSignature: {signature}}
		if got, err := Verify([]Key{secret}, header, body, at, 0); err != nil || got != id {
			t.Fatalf("%q %v", got, err)
		}
		other := append([]byte{1}, body...)
		if _, err := Verify([]Key{secret}, header, other, at, 0); !errors.Is(err, ErrSignature) {
			t.Fatalf("another body fits: %v", err)
		}
	})
}

func TestSend(t *testing.T) {
	t.Parallel()
	secret := NewSecret()
	seen := make(chan *http.Request, 10)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if _, err := Verify([]Key{key(t, secret)}, r.Header, body, moment, Tolerance); err != nil {
			t.Errorf("the receiver refuses: %v", err)
		}
		seen <- r
		switch r.URL.Path {
		case "/moved":
			http.Redirect(w, r, "/elsewhere", http.StatusTemporaryRedirect)
		case "/busy":
			w.Header().Set("Retry-After", "120")
			w.WriteHeader(http.StatusTooManyRequests)
		case "/flood":
			for range 1000 {
				if _, err := w.Write(make([]byte, 64<<10)); err != nil {
					return
				}
			}
		case "/gone":
			w.WriteHeader(http.StatusGone)
		}
	}))
	defer server.Close()
	c := NewClient(true)
	message := func(path string) Message {
		return Message{ID: "msg_1", At: moment, Body: []byte(`{"a":1}`), URL: server.URL + path, Keys: []Key{key(t, secret)}}
	}
	if got := c.Send(t.Context(), message("/")); !got.Taken() || got.Why() != "" {
		t.Errorf("a good message: %+v", got)
	}
	if got := c.Send(t.Context(), message("/moved")); got.Taken() || got.Status != http.StatusTemporaryRedirect || got.Why() != "answer" {
		t.Errorf("a redirect: %+v", got)
	}
	if got := c.Send(t.Context(), message("/busy")); got.Taken() || got.After != 2*time.Minute {
		t.Errorf("a busy receiver: %+v", got)
	}
	if got := c.Send(t.Context(), message("/gone")); !got.Gone() {
		t.Errorf("a receiver that left: %+v", got)
	}
	if got := c.Send(t.Context(), message("/flood")); !got.Taken() {
		t.Errorf("a receiver that talks much: %+v", got)
	}
	if len(seen) != 5 {
		t.Errorf("%d requests came, want 5: the redirect was followed?", len(seen))
	}
	ended, cancel := context.WithTimeout(t.Context(), 0)
	defer cancel()
	if got := c.Send(ended, message("/")); got.Why() != "timeout" {
		t.Errorf("no time: %q %v", got.Why(), got.Err)
	}
	server.Close()
	if got := c.Send(t.Context(), message("/")); got.Why() != "refused" {
		t.Errorf("nobody there: %q %v", got.Why(), got.Err)
	}
}

func TestWhatOthersChoseIsNeverPrivate(t *testing.T) {
	t.Parallel()
	server := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("the city's own machine was called") }))
	defer server.Close()
	c := NewClient(false)
	for _, address := range []string{server.URL, "https://10.0.0.1/", "https://[::1]/", "https://169.254.169.254/latest"} {
		if err := c.Check(address); !errors.Is(err, ErrInner) {
			t.Errorf("%s may be an endpoint: %v", address, err)
		}
	}
	// A name is judged when it has become an address.
	named := strings.Replace(server.URL, "127.0.0.1", "localhost", 1)
	got := c.Send(t.Context(), Message{ID: "m", At: moment, URL: named, Keys: []Key{key(t, NewSecret())}})
	if !errors.Is(got.Err, ErrInner) || got.Why() != "private" {
		t.Errorf("a name of this machine: %v, %s", got.Err, got.Why())
	}
	for _, address := range []string{"http://example.org/", "https://user:word@example.org/", "https://example.org/#a", "ftp://example.org/", "example.org", "", "https://", "https://example.org/" + strings.Repeat("a", 500)} {
		if err := c.Check(address); !errors.Is(err, ErrAddress) {
			t.Errorf("%q may be an endpoint: %v", address, err)
		}
	}
	if err := c.Check("https://hooks.example.org:8443/city?x=1"); err != nil {
		t.Error(err)
	}
}

func TestWaitGrowsOverDaysAndEnds(t *testing.T) {
	t.Parallel()
	var all, before time.Duration
	for try := 1; ; try++ {
		pause, more := Wait(try, "msg_1", Outcome{})
		if !more {
			if try != Tries() {
				t.Errorf("the last try is %d, Tries says %d", try, Tries())
			}
			break
		}
		if pause < before {
			t.Errorf("the pause after try %d is shorter than the one before", try)
		}
		all, before = all+pause, waits[try-1]
	}
	if all < 5*24*time.Hour || all > 7*24*time.Hour {
		t.Errorf("all tries take %v", all)
	}
	if pause, _ := Wait(1, "msg_1", Outcome{After: time.Hour}); pause != time.Hour {
		t.Errorf("what the receiver asked for: %v", pause)
	}
	if pause, _ := Wait(1, "msg_1", Outcome{After: time.Second}); pause < waits[0] {
		t.Errorf("a receiver hurries the city: %v", pause)
	}
}

func FuzzParseKey(f *testing.F) {
	private, public := NewPair()
	f.Add(NewSecret())
	f.Add(private)
	f.Add(public)
	f.Add("whsec_!!!")
	f.Fuzz(func(t *testing.T, text string) {
		k, err := ParseKey(text)
		if err != nil {
			return
		}
		if k.signs() {
			signature, err := Sign([]Key{k}, "m", moment, nil)
			if err != nil || len(ParseSignatures(signature)) != 1 {
				t.Fatalf("%q %v", signature, err)
			}
		}
	})
}

func FuzzParseSignatures(f *testing.F) {
	f.Add("v1,g0hM9SsE+OTPJTt/tmtKtJqvmyC1rJo4r5fQsePvFQU=")
	f.Add("v1a,AAAA v1,BBBB  v2,x ,")
	f.Fuzz(func(t *testing.T, header string) {
		list := ParseSignatures(header)
		if len(list) > signaturesMost {
			t.Fatalf("%d signatures", len(list))
		}
		for _, s := range list {
			if s.Version != V1 && s.Version != V1a {
				t.Fatalf("version %q", s.Version)
			}
		}
	})
}
