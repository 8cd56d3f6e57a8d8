package openid

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"

	"posad.city/core/openid/internal/store"
	"posad.city/kit/clock"
	"posad.city/kit/store"
	"posad.city/kit/vault"
)

// The algorithms that ID tokens are signed by. RS256 is there because OpenID Connect demands it (Core, 15.1).
const (
	algEC  = string(jose.ES256)
	algRSA = string(jose.RS256)
)

func algs() []string { return []string{algEC, algRSA} }

const (
	keyPeriod = 90 * 24 * time.Hour // how long a key signs
	keyLead   = time.Hour           // how long a key is published before it signs
	keyStays  = time.Hour           // how long a key is published after it signed last, beyond the life of its tokens
	keyReread = time.Minute         // how old this node's copy may be; far below keyLead, so that no node lags behind a key
	jwksAge   = 5 * time.Minute     // how long a client may keep the published set
)

// signer is one key.
type signer struct {
	kid    string
	alg    string
	public jose.JSONWebKey
	secret crypto.Signer // nil when it is wiped
	starts time.Time
	leaves time.Time // when it is no more published; zero while nothing has taken its place
}

// ring is this node's copy of the keys. It is safe for concurrent use.
type ring struct {
	store *store.Store
	vault *vault.Vault
	clock clock.Clock

	mu   sync.Mutex
	list []signer // newest first
	read time.Time
}

var errNoKey = errors.New("openid: there is no key that signs")

// keys returns the keys, newest first, read at most keyReread ago; where there are none it makes the first ones.
func (r *ring) keys(ctx context.Context) ([]signer, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := r.clock.Now()
	if len(r.list) > 0 && now.Sub(r.read) < keyReread && !now.Before(r.read) {
		return r.list, nil
	}
	list, err := r.load(ctx)
	if err == nil && len(list) == 0 {
		if _, err = r.add(ctx, 0, true); err == nil {
			list, err = r.load(ctx)
		}
	}
	if err != nil {
		return nil, err
	}
	r.list, r.read = list, now
	return list, nil
}

// rotate publishes new keys that sign after lead, and makes this node know of them.
func (r *ring) rotate(ctx context.Context, lead time.Duration) error {
	if _, err := r.add(ctx, lead, false); err != nil {
		return err
	}
	r.mu.Lock()
	r.read = time.Time{}
	r.mu.Unlock()
	_, err := r.keys(ctx)
	return err
}

// due tells whether the newest key has signed for its period.
func (r *ring) due(ctx context.Context) (bool, error) {
	list, err := r.keys(ctx)
	if err != nil || len(list) == 0 {
		return false, err
	}
	return r.clock.Now().Sub(list[0].starts) >= keyPeriod, nil
}

// sealTable and sealColumn bind a sealed secret to its place.
const (
	sealTable  = "openid_signing_key"
	sealColumn = "secret"
)

// add makes one key of each algorithm. onlyFirst adds nothing where another node was quicker.
func (r *ring) add(ctx context.Context, lead time.Duration, onlyFirst bool) (bool, error) {
	sealing, err := r.vault.Keys(ctx, issuerHolder)
	if err != nil {
		return false, err
	}
	starts := r.clock.Now().Add(lead)
	var rows []openiddb.InsertSigningKeyParams
	for _, alg := range algs() {
		row, err := newSigningKey(sealing, alg, starts)
		if err != nil {
			return false, err
		}
		rows = append(rows, row)
	}
	added := false
	err = r.store.Write(ctx, func(tx *store.Tx) error {
		added = false
		have, err := openiddb.SigningKeys(tx, issuerHolder)
		if err != nil || onlyFirst && len(have) > 0 {
			return err
		}
		for _, row := range rows {
			row.Made = tx.Now()
			if _, err := openiddb.InsertSigningKey(tx, row); err != nil {
				return err
			}
		}
		added = true
		return nil
	})
	if err != nil {
		return false, fmt.Errorf("openid: add keys: %w", err)
	}
	return added, nil
}

// rsaBits is the size of RSA keys (RFC 7518, 3.3 asks for 2048 or more).
const rsaBits = 2048

func newSigningKey(sealing *vault.Keys, alg string, starts time.Time) (openiddb.InsertSigningKeyParams, error) {
	var secret crypto.Signer
	var err error
	if alg == algEC {
		secret, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	} else {
		secret, err = rsa.GenerateKey(rand.Reader, rsaBits)
	}
	if err != nil {
		return openiddb.InsertSigningKeyParams{}, fmt.Errorf("openid: make a key: %w", err)
	}
	public := jose.JSONWebKey{Key: secret.Public(), Algorithm: alg, Use: "sig"}
	print, err := public.Thumbprint(crypto.SHA256)
	if err != nil {
		return openiddb.InsertSigningKeyParams{}, fmt.Errorf("openid: name a key: %w", err)
	}
	public.KeyID = encode(print)
	text, err := json.Marshal(public)
	if err != nil {
		return openiddb.InsertSigningKeyParams{}, fmt.Errorf("openid: write a key: %w", err)
	}
	plain, err := x509.MarshalPKCS8PrivateKey(secret)
	if err != nil {
		return openiddb.InsertSigningKeyParams{}, fmt.Errorf("openid: write a key: %w", err)
	}
	return openiddb.InsertSigningKeyParams{
		Issuer: issuerHolder, Kid: public.KeyID, Alg: alg, Public: string(text), Secret: sealing.Seal(sealTable, sealColumn, plain), Starts: starts,
	}, nil
}

func (r *ring) load(ctx context.Context) ([]signer, error) {
	var rows []openiddb.OpenidSigningKey
	err := r.store.Read(ctx, func(s *store.Snapshot) error {
		var err error
		rows, err = openiddb.SigningKeys(s, issuerHolder)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("openid: read keys: %w", err)
	}
	sealing, err := r.vault.Keys(ctx, issuerHolder)
	if err != nil {
		return nil, err
	}
	out := make([]signer, 0, len(rows))
	for _, row := range rows {
		one, err := openSigner(sealing, row)
		if err != nil {
			return nil, fmt.Errorf("openid: key %s: %w", row.Kid, err)
		}
		out = append(out, one)
	}
	slices.SortFunc(out, func(a, b signer) int { return b.starts.Compare(a.starts) })
	markLeaving(out)
	return out, nil
}

func openSigner(sealing *vault.Keys, row openiddb.OpenidSigningKey) (signer, error) {
	out := signer{kid: row.Kid, alg: row.Alg, starts: row.Starts}
	if err := json.Unmarshal([]byte(row.Public), &out.public); err != nil {
		return signer{}, err
	}
	if row.Secret == nil {
		return out, nil
	}
	plain, err := sealing.Open(sealTable, sealColumn, row.Secret)
	if err != nil {
		return signer{}, err
	}
	key, err := x509.ParsePKCS8PrivateKey(plain)
	if err != nil {
		return signer{}, err
	}
	secret, ok := key.(crypto.Signer)
	if !ok {
		return signer{}, errNoKey
	}
	out.secret = secret
	return out, nil
}

// markLeaving says of each key when it is no more needed: some time after the next of its algorithm has begun.
func markLeaving(newestFirst []signer) {
	next := map[string]time.Time{}
	for i := range newestFirst {
		one := &newestFirst[i]
		if started, ok := next[one.alg]; ok {
			one.leaves = started.Add(IDTokenLife + keyStays + keyReread)
		}
		next[one.alg] = one.starts
	}
}

// signing is the key of an algorithm that signs now.
func (r *ring) signing(ctx context.Context, alg string) (signer, error) {
	list, err := r.keys(ctx)
	if err != nil {
		return signer{}, err
	}
	now := r.clock.Now()
	for _, one := range list {
		if one.alg == alg && one.secret != nil && !one.starts.After(now) {
			return one, nil
		}
	}
	return signer{}, errNoKey
}

// published is the set that clients check by: what signs, what will sign, and what has signed until its tokens are over.
func (r *ring) published(ctx context.Context) (jose.JSONWebKeySet, error) {
	list, err := r.keys(ctx)
	if err != nil {
		return jose.JSONWebKeySet{}, err
	}
	var out jose.JSONWebKeySet
	now := r.clock.Now()
	for _, one := range list {
		if one.leaves.IsZero() || now.Before(one.leaves) {
			out.Keys = append(out.Keys, one.public)
		}
	}
	return out, nil
}

// wipe destroys the secrets of keys that sign no more and are published no more. Their public halves stay: an old ID token
// is still a good hint of who signs out.
func (r *ring) wipe(ctx context.Context) error {
	list, err := r.keys(ctx)
	if err != nil {
		return err
	}
	now := r.clock.Now()
	for _, one := range list {
		if one.secret == nil || one.leaves.IsZero() || now.Before(one.leaves) {
			continue
		}
		err := r.store.Write(store.Background(ctx), func(tx *store.Tx) error {
			_, err := openiddb.WipeSigningKey(tx, issuerHolder, one.kid)
			return err
		})
		if err != nil {
			return fmt.Errorf("openid: wipe a key: %w", err)
		}
	}
	return nil
}

// sign makes a JWS of claims. kind is the typ header: "JWT", "logout+jwt".
func (r *ring) sign(ctx context.Context, alg, kind string, claims any) (string, error) {
	key, err := r.signing(ctx, alg)
	if err != nil {
		return "", err
	}
	options := (&jose.SignerOptions{}).WithType(jose.ContentType(kind)).WithHeader("kid", key.kid)
	made, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.SignatureAlgorithm(alg), Key: key.secret}, options)
	if err != nil {
		return "", fmt.Errorf("openid: sign: %w", err)
	}
	payload, err := json.Marshal(claims)
	if err != nil {
		return "", fmt.Errorf("openid: sign: %w", err)
	}
	signed, err := made.Sign(payload)
	if err != nil {
		return "", fmt.Errorf("openid: sign: %w", err)
	}
	return signed.CompactSerialize()
}

// check opens a JWS that this city has signed, with a key of whatever age.
func (r *ring) check(ctx context.Context, text string) ([]byte, error) {
	parsed, err := jose.ParseSignedCompact(text, []jose.SignatureAlgorithm{jose.ES256, jose.RS256})
	if err != nil {
		return nil, err
	}
	list, err := r.keys(ctx)
	if err != nil {
		return nil, err
	}
	for _, one := range list {
		if one.kid == parsed.Signatures[0].Header.KeyID && one.alg == parsed.Signatures[0].Header.Algorithm {
			return parsed.Verify(one.public)
		}
	}
	return nil, errNoKey
}
