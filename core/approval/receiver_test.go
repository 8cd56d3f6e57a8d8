package approval_test

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"posad.city/core/approval"
)

// receiver is a push service and the browser behind it in one: it checks who sends (RFC 8292) and opens what was sealed
// for the browser (RFC 8291).
type receiver struct {
	server *httptest.Server
	key    *ecdh.PrivateKey
	auth   []byte

	mu     sync.Mutex
	answer int
	header http.Header
	faults []error
	taken  []taken
}

// taken is a message as it came.
type taken struct {
	body   []byte
	ttl    string
	topic  string
	signer string // the sender's public key
}

func newReceiver(t testing.TB) *receiver {
	t.Helper()
	key, err := ecdh.P256().GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	r := &receiver{key: key, auth: make([]byte, 16), answer: http.StatusCreated, header: http.Header{}}
	if _, err := rand.Read(r.auth); err != nil {
		t.Fatal(err)
	}
	r.server = httptest.NewServer(r)
	t.Cleanup(r.server.Close)
	return r
}

// subscription is what the browser's Push API would give.
func (r *receiver) subscription() approval.Subscription {
	text := base64.RawURLEncoding
	return approval.Subscription{
		Endpoint: r.server.URL + "/push/one", P256dh: text.EncodeToString(r.key.PublicKey().Bytes()), Auth: text.EncodeToString(r.auth),
	}
}

// ServeHTTP implements http.Handler.
func (r *receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	got, err := r.take(req)
	r.mu.Lock()
	defer r.mu.Unlock()
	if err != nil {
		r.faults = append(r.faults, err)
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	for name, values := range r.header {
		w.Header()[name] = values
	}
	if r.answer < 300 {
		r.taken = append(r.taken, got)
	}
	w.WriteHeader(r.answer)
}

// says sets what the service answers from now on.
func (r *receiver) says(status int, header ...string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.answer, r.header = status, http.Header{}
	for i := 0; i+1 < len(header); i += 2 {
		r.header.Set(header[i], header[i+1])
	}
}

func (r *receiver) all(t testing.TB) []taken {
	t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, err := range r.faults {
		t.Errorf("the push service could not take a message: %v", err)
	}
	return r.taken
}

func (r *receiver) take(req *http.Request) (taken, error) {
	if req.Method != http.MethodPost || req.Header.Get("Content-Encoding") != "aes128gcm" || req.Header.Get("TTL") == "" {
		return taken{}, fmt.Errorf("%s with headers %v", req.Method, req.Header)
	}
	signer, err := r.signer(req)
	if err != nil {
		return taken{}, err
	}
	body, err := io.ReadAll(io.LimitReader(req.Body, 8<<10))
	if err != nil {
		return taken{}, err
	}
	if len(body) > 4096 { // the least that RFC 8030, 7.2 lets a service take
		return taken{}, fmt.Errorf("a body of %d bytes", len(body))
	}
	plain, err := r.open(body)
	return taken{plain, req.Header.Get("TTL"), req.Header.Get("Topic"), signer}, err
}

// signer checks the sender's signature: ES256 by the key that it names, for this service, not for longer than a day.
func (r *receiver) signer(req *http.Request) (string, error) {
	rest, ok := strings.CutPrefix(req.Header.Get("Authorization"), "vapid t=")
	token, key, found := strings.Cut(rest, ", k=")
	parts := strings.Split(token, ".")
	if !ok || !found || len(parts) != 3 {
		return "", errors.New("no vapid in the Authorization header")
	}
	text := base64.RawURLEncoding
	point, err := text.DecodeString(key)
	if err != nil || len(point) != 65 {
		return "", errors.New("the key is not a point")
	}
	public := &ecdsa.PublicKey{Curve: elliptic.P256(), X: new(big.Int).SetBytes(point[1:33]), Y: new(big.Int).SetBytes(point[33:])}
	signature, err := text.DecodeString(parts[2])
	if err != nil || len(signature) != 64 {
		return "", errors.New("the signature is not of 64 bytes")
	}
	sum := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	if !ecdsa.Verify(public, sum[:], new(big.Int).SetBytes(signature[:32]), new(big.Int).SetBytes(signature[32:])) {
		return "", errors.New("the signature does not fit")
	}
	return key, claims(parts, "http://"+req.Host)
}

func claims(parts []string, service string) error {
	var head struct{ Alg, Typ string }
	var body struct {
		Aud, Sub string
		Exp      int64
	}
	for i, into := range []any{&head, &body} {
		plain, err := base64.RawURLEncoding.DecodeString(parts[i])
		if err != nil {
			return err
		}
		if err := json.Unmarshal(plain, into); err != nil {
			return err
		}
	}
	if head.Alg != "ES256" || body.Aud != service || body.Sub != "https://posad.test" || body.Exp == 0 {
		return fmt.Errorf("the token says %+v %+v", head, body)
	}
	return nil
}

// open opens a message of one record (RFC 8188, 2; RFC 8291, 3.4).
func (r *receiver) open(body []byte) ([]byte, error) {
	if len(body) < 21 || len(body) < 21+int(body[20]) {
		return nil, errors.New("too short")
	}
	salt, size, point := body[:16], binary.BigEndian.Uint32(body[16:20]), body[21:21+int(body[20])]
	sealed := body[21+len(point):]
	if int(size) < len(sealed) {
		return nil, errors.New("more than one record")
	}
	sender, err := ecdh.P256().NewPublicKey(point)
	if err != nil {
		return nil, err
	}
	shared, err := r.key.ECDH(sender)
	if err != nil {
		return nil, err
	}
	info := "WebPush: info\x00" + string(r.key.PublicKey().Bytes()) + string(point)
	ikm, err := hkdf.Key(sha256.New, shared, r.auth, info, 32)
	if err != nil {
		return nil, err
	}
	return openRecord(ikm, salt, sealed)
}

func openRecord(ikm, salt, sealed []byte) ([]byte, error) {
	key, err := hkdf.Key(sha256.New, ikm, salt, "Content-Encoding: aes128gcm\x00", 16)
	if err != nil {
		return nil, err
	}
	nonce, err := hkdf.Key(sha256.New, ikm, salt, "Content-Encoding: nonce\x00", 12)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	gcm, err := cipher.NewGCM(block)
	if err != nil {
		return nil, err
	}
	plain, err := gcm.Open(nil, nonce, sealed, nil)
	if err != nil {
		return nil, err
	}
	end := strings.LastIndexByte(strings.TrimRight(string(plain), "\x00"), 2)
	if end < 0 || end != len(strings.TrimRight(string(plain), "\x00"))-1 {
		return nil, errors.New("the last record does not end as one")
	}
	return plain[:end], nil
}

// The receiver itself is held to the example of RFC 8291, appendix A.
func TestReceiverOpensTheExample(t *testing.T) {
	t.Parallel()
	text := base64.RawURLEncoding
	must := func(s string) []byte {
		out, err := text.DecodeString(s)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	key, err := ecdh.P256().NewPrivateKey(must("q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94"))
	if err != nil {
		t.Fatal(err)
	}
	r := &receiver{key: key, auth: must("BTBZMqHH6r4Tts7J_aSIgg")}
	got, err := r.open(must("DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPT" +
		"pK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"))
	if err != nil || string(got) != "When I grow up, I want to be a watermelon" {
		t.Errorf("%q, %v", got, err)
	}
}
