package account

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
	"golang.org/x/text/unicode/norm"

	"posad.city/core/account/internal/breached"
	"posad.city/kit/fault"
)

// The cost of one hash: 19 MiB, two passes (the OWASP password storage sheet's first choice for argon2id), some 20 ms.
const (
	argonMemory = 19 << 10 // KiB
	argonPasses = 2
	argonLanes  = 1
	argonSalt   = 16
	argonKey    = 32
)

// hasher runs at most as many hashes at once as there are processors, so that a flood of sign-ins takes neither the
// memory nor the whole machine; those who wait longer than a person would are sent away.
type hasher struct {
	slots chan struct{}
}

// hashWait is how long a sign-in waits for its turn.
const hashWait = 5 * time.Second

func newHasher() *hasher { return &hasher{slots: make(chan struct{}, max(1, runtime.GOMAXPROCS(0)))} }

func (h *hasher) enter(ctx context.Context) (func(), error) {
	ctx, cancel := context.WithTimeout(ctx, hashWait)
	defer cancel()
	select {
	case h.slots <- struct{}{}:
		return func() { <-h.slots }, nil
	case <-ctx.Done():
		return nil, ErrBusy.Because(ctx.Err())
	}
}

// patiently is hash for work that can wait as long as its context: a list of people that comes in.
func (h *hasher) patiently(ctx context.Context, password string) (string, error) {
	for {
		out, err := h.hash(ctx, password)
		if !errors.Is(err, ErrBusy) || ctx.Err() != nil {
			return out, err
		}
	}
}

// hash returns the password's hash in PHC form: $argon2id$v=19$m=19456,t=2,p=1$salt$key.
func (h *hasher) hash(ctx context.Context, password string) (string, error) {
	leave, err := h.enter(ctx)
	if err != nil {
		return "", err
	}
	defer leave()
	salt := randomBytes(argonSalt)
	key := argon2.IDKey(normal(password), salt, argonPasses, argonMemory, argonLanes, argonKey)
	enc := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, argonMemory, argonPasses, argonLanes,
		enc.EncodeToString(salt), enc.EncodeToString(key)), nil
}

// fits tells whether the password has the hash. An empty hash takes as long as any other and fits nothing.
func (h *hasher) fits(ctx context.Context, password, hash string) (bool, error) {
	parsed, err := parseHash(hash)
	if err != nil {
		parsed = argonHash{memory: argonMemory, passes: argonPasses, lanes: argonLanes, salt: make([]byte, argonSalt), key: make([]byte, argonKey)}
	}
	leave, enterErr := h.enter(ctx)
	if enterErr != nil {
		return false, enterErr
	}
	defer leave()
	key := argon2.IDKey(normal(password), parsed.salt, parsed.passes, parsed.memory, parsed.lanes, uint32(len(parsed.key)))
	return subtle.ConstantTimeCompare(key, parsed.key) == 1 && err == nil, nil
}

type argonHash struct {
	memory, passes uint32
	lanes          uint8
	salt, key      []byte
}

func parseHash(hash string) (argonHash, error) {
	var out argonHash
	parts := strings.Split(hash, "$")
	if len(parts) != 6 || parts[1] != "argon2id" || parts[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return out, fmt.Errorf("account: not a hash of argon2id, version %d", argon2.Version)
	}
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &out.memory, &out.passes, &out.lanes); err != nil {
		return out, fmt.Errorf("account: parameters of a hash: %w", err)
	}
	var err error
	if out.salt, err = base64.RawStdEncoding.DecodeString(parts[4]); err != nil {
		return out, fmt.Errorf("account: salt of a hash: %w", err)
	}
	if out.key, err = base64.RawStdEncoding.DecodeString(parts[5]); err != nil {
		return out, fmt.Errorf("account: key of a hash: %w", err)
	}
	if out.passes == 0 || out.lanes == 0 || out.memory > 1<<20 || len(out.key) < 16 {
		return out, fmt.Errorf("account: a hash with impossible parameters")
	}
	return out, nil
}

// normal lets one password typed on two keyboards be the same (NIST SP 800-63B, 5.1.1.2).
func normal(password string) []byte { return norm.NFKC.Bytes([]byte(password)) }

// checkPassword says what is wrong with a new password: its length, or that it has leaked somewhere and so is tried first.
// It asks for no mixture of characters, which makes passwords no harder to guess (NIST SP 800-63B, 5.1.1.2).
func checkPassword(password string) []fault.Field {
	length := utf8.RuneCountInString(password)
	switch {
	case length < PasswordLeast:
		return []fault.Field{{Name: "password", ID: "account.password_short", Params: map[string]string{"least": fmt.Sprint(PasswordLeast)}}}
	case length > PasswordMost:
		return []fault.Field{{Name: "password", ID: "account.password_long", Params: map[string]string{"most": fmt.Sprint(PasswordMost)}}}
	case breached.Leaked(password):
		return []fault.Field{{Name: "password", ID: "account.password_common"}}
	}
	return nil
}

func randomBytes(n int) []byte {
	out := make([]byte, n)
	if _, err := rand.Read(out); err != nil {
		panic("account: the system's random source failed: " + err.Error()) // crypto/rand documents that this never returns an error
	}
	return out
}
