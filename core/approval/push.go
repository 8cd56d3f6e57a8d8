package approval

import (
	"context"
	"crypto/ecdh"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/SherClockHolmes/webpush-go"

	"posad.city/core/approval/internal/store"
	"posad.city/kit/clock"
	"posad.city/kit/id"
	"posad.city/kit/store"
)

// Subscription is where a browser takes messages, as its Push API gives it (RFC 8030). The keys are base64url.
type Subscription struct {
	Endpoint string `json:"endpoint,omitempty"`
	P256dh   string `json:"p256dh,omitempty"` // the browser's public key, an uncompressed point of P-256
	Auth     string `json:"auth,omitempty"`   // its secret of 16 bytes
}

// The ways in which a push service says no.
var (
	// ErrGone says that the subscription is over (404, 410): nothing is ever taken there again.
	ErrGone = errors.New("approval: the subscription is over")
	// ErrRefused says that the service will not take this message, however often it is sent.
	ErrRefused = errors.New("approval: the push service refused the message")
	// ErrTrouble says that the service is down or cannot be reached: try again.
	ErrTrouble = errors.New("approval: the push service has trouble")
)

// WaitError is a service that asks to be left alone for a while (429, 503 with Retry-After).
type WaitError struct{ After time.Duration }

// Error implements error.
func (e *WaitError) Error() string {
	return fmt.Sprintf("approval: the push service asks to wait %v", e.After)
}

// The sizes of a subscription's parts, bytes. auth is fixed by RFC 8291, 3.2.
const (
	pointSize    = 65
	authSize     = 16
	endpointMost = 1000
)

// check tells whether a subscription may be kept: an address that may be dialled and keys that can be sealed for.
func (s Subscription) check(loopback bool) error {
	if err := checkEndpoint(s.Endpoint, loopback); err != nil {
		return ErrPush.Because(err)
	}
	point, err := base64.RawURLEncoding.DecodeString(s.P256dh)
	if err != nil || len(point) != pointSize {
		return ErrPush.Because(errors.New("the key is not a point of P-256"))
	}
	if _, err := ecdh.P256().NewPublicKey(point); err != nil {
		return ErrPush.Because(err)
	}
	if auth, err := base64.RawURLEncoding.DecodeString(s.Auth); err != nil || len(auth) != authSize {
		return ErrPush.Because(errors.New("the secret is not of 16 bytes"))
	}
	return nil
}

// sendWait bounds one conversation with a push service.
const sendWait = 10 * time.Second

// send seals a message for a browser (RFC 8291) and hands it to its push service with the city's signature (RFC 8292).
// Errors: ErrGone, ErrRefused, ErrTrouble, *WaitError.
func (m *Module) send(ctx context.Context, s Subscription, body []byte, life time.Duration, topic id.ID) error {
	if err := s.check(m.deps.Loopback); err != nil {
		return fmt.Errorf("%w: %w", ErrRefused, err)
	}
	secret, public, err := m.vapid(ctx)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, sendWait)
	defer cancel()
	answer, err := webpush.SendNotificationWithContext(ctx, body, &webpush.Subscription{
		Endpoint: s.Endpoint, Keys: webpush.Keys{P256dh: s.P256dh, Auth: s.Auth},
	}, &webpush.Options{
		HTTPClient: m.client, Subscriber: m.deps.Site, TTL: max(1, int(life/time.Second)), Urgency: webpush.UrgencyHigh,
		Topic: base64.RawURLEncoding.EncodeToString(topic[:]), VAPIDPrivateKey: secret, VAPIDPublicKey: public,
	})
	if err != nil {
		return fmt.Errorf("%w: %w", ErrTrouble, err)
	}
	defer func() { _ = answer.Body.Close() }() // nothing of it is kept
	_, _ = io.Copy(io.Discard, io.LimitReader(answer.Body, 4<<10))
	return judge(answer.StatusCode, answer.Header.Get("Retry-After"), m.base.Clock)
}

// judge turns a push service's answer into what is to be done.
func judge(status int, retryAfter string, c clock.Clock) error {
	switch {
	case status >= 200 && status < 300:
		return nil
	case status == http.StatusNotFound || status == http.StatusGone:
		return ErrGone
	case status == http.StatusTooManyRequests || status == http.StatusServiceUnavailable && retryAfter != "":
		return &WaitError{wait(retryAfter, c)}
	case status >= 500:
		return fmt.Errorf("%w: status %d", ErrTrouble, status)
	}
	return fmt.Errorf("%w: status %d", ErrRefused, status)
}

// wait reads a Retry-After header (RFC 9110, 10.2.3): seconds or a date; between a second and Life.
func wait(header string, c clock.Clock) time.Duration {
	out := 5 * time.Second
	if seconds, err := strconv.Atoi(header); err == nil {
		out = time.Duration(min(max(seconds, 0), 3600)) * time.Second
	} else if at, err := http.ParseTime(header); err == nil {
		out = at.Sub(c.Now())
	}
	return min(max(out, time.Second), Life)
}

// vapid is the city's pair of keys for web push, base64url: made at the first use, the same on every node for ever, since
// browsers' subscriptions hang on it.
func (m *Module) vapid(ctx context.Context) (string, string, error) {
	m.keyMu.Lock()
	defer m.keyMu.Unlock()
	if m.key == nil {
		key, err := m.loadKey(ctx)
		if err != nil {
			return "", "", fmt.Errorf("approval: the key of web push: %w", err)
		}
		m.key = key
	}
	text := base64.RawURLEncoding
	return text.EncodeToString(m.key.Bytes()), text.EncodeToString(m.key.PublicKey().Bytes()), nil
}

func (m *Module) loadKey(ctx context.Context) (*ecdh.PrivateKey, error) {
	sealed, err := m.keptKey(ctx)
	if errors.Is(err, store.ErrNone) {
		if err = m.makeKey(ctx); err == nil {
			sealed, err = m.keptKey(ctx)
		}
	}
	if err != nil {
		return nil, err
	}
	keys, err := m.base.Vault.Keys(ctx, cityHolder)
	if err != nil {
		return nil, err
	}
	secret, err := keys.Open("approval_key", "secret", sealed)
	if err != nil {
		return nil, err
	}
	return ecdh.P256().NewPrivateKey(secret)
}

func (m *Module) keptKey(ctx context.Context) ([]byte, error) {
	var out []byte
	err := m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		sealed, err := approvaldb.Key(r)
		out = sealed
		return err
	})
	return out, err
}

// makeKey keeps a new key where there is none; of two nodes one is first.
func (m *Module) makeKey(ctx context.Context) error {
	keys, err := m.base.Vault.Keys(ctx, cityHolder)
	if err != nil {
		return err
	}
	made, err := ecdh.P256().GenerateKey(rand.Reader)
	if err != nil {
		return err
	}
	sealed := keys.Seal("approval_key", "secret", made.Bytes())
	return m.base.Store.Write(ctx, func(tx *store.Tx) error {
		_, err := approvaldb.InsertKey(tx, sealed, tx.Now())
		return err
	})
}
