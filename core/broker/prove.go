package broker

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

// response is what a provider sent the browser back with.
type response struct {
	State  string
	Code   string
	Issuer string // RFC 9207
	Error  string
}

// codeMost bounds what a provider may send as a code.
const codeMost = 2000

// check decides whether the response can be the provider's that was asked, before anything of it is used.
func (r response) check(issuer string, saysIssuer bool) error {
	switch {
	case r.Issuer != "" && r.Issuer != issuer, r.Issuer == "" && saysIssuer:
		return errMixUp
	case r.Error == "access_denied" || r.Error == "login_required" || r.Error == "interaction_required" || r.Error == "consent_required":
		return ErrStopped
	case r.Error != "":
		return fmt.Errorf("broker: the provider says %q: %w", errorCode(r.Error), errResponse)
	case r.Code == "" || len(r.Code) > codeMost:
		return errResponse
	}
	return nil
}

// tokenClaims are the claims of an ID token that this package looks at itself.
type tokenClaims struct {
	Party    string   `json:"azp"`
	Session  string   `json:"sid"`
	Class    string   `json:"acr"`
	Methods  []string `json:"amr"`
	AuthTime int64    `json:"auth_time"`
}

// prove makes of a response what the provider says of the person, or a refusal.
func (p *peer) prove(ctx context.Context, conf Provider, redirect string, a asked, r response, local bool) (found, error) {
	meta, err := p.metadata(ctx)
	if err != nil {
		return found{}, err
	}
	if err := meta.fit(conf.Secret, local); err != nil {
		return found{}, err
	}
	if err := r.check(conf.Issuer, meta.SaysIssuer); err != nil {
		return found{}, err
	}
	token, err := p.exchange(ctx, meta, conf, redirect, r.Code, a.Verifier)
	if err != nil {
		return found{}, err
	}
	raw, _ := token.Extra("id_token").(string)
	if raw == "" {
		return found{}, errNoToken
	}
	idToken, own, err := p.verify(ctx, meta, conf, a, raw, token.AccessToken)
	if err != nil {
		return found{}, err
	}
	claims, err := p.claims(ctx, meta, idToken, token)
	if err != nil {
		return found{}, err
	}
	out := conf.read(claims, own)
	out.Issuer, out.Subject, out.Session = idToken.Issuer, idToken.Subject, own.Session
	out.Person, out.Add = a.Person, a.Add
	return out, nil
}

// verify checks an ID token in every way of OpenID Connect Core 1.0, 3.1.3.7.
func (p *peer) verify(ctx context.Context, meta *metadata, conf Provider, a asked, raw, access string) (*oidc.IDToken, tokenClaims, error) {
	var own tokenClaims
	token, err := p.verified(ctx, meta, conf.Client, raw)
	if err != nil {
		return nil, own, err
	}
	if err := token.Claims(&own); err != nil {
		return nil, own, errToken
	}
	if err := checkToken(token, own, conf.Client, a, p.clock.Now()); err != nil {
		return nil, own, err
	}
	if token.AccessTokenHash != "" && token.VerifyAccessToken(access) != nil {
		return nil, own, errToken
	}
	return token, own, nil
}

// verified has the library check signature, issuer, audience and expiry, and tells its refusals apart.
func (p *peer) verified(ctx context.Context, meta *metadata, client, raw string) (*oidc.IDToken, error) {
	var trouble error
	ctx = context.WithValue(oidc.ClientContext(ctx, p.client), keysErrorKey{}, &trouble)
	config := oidc.Config{ClientID: client, SupportedSigningAlgs: meta.allowed(), Now: p.lenient}
	token, err := oidc.NewVerifier(p.issuer, meta.keys, &config).Verify(ctx, raw)
	if err == nil {
		return token, nil
	}
	var expired *oidc.TokenExpiredError
	if errors.As(err, &expired) {
		return nil, errExpired
	}
	if trouble != nil {
		return nil, fmt.Errorf("broker: verify: %w", why(trouble, errSignature))
	}
	// Refused already; the signature may be good: this second look only names what was wrong for the administrator.
	config = oidc.Config{SupportedSigningAlgs: meta.allowed(), SkipClientIDCheck: true, SkipExpiryCheck: true, SkipIssuerCheck: true}
	token, err = oidc.NewVerifier(p.issuer, meta.keys, &config).Verify(ctx, raw)
	switch {
	case err != nil:
		return nil, errSignature
	case token.Issuer != p.issuer:
		return nil, errIssuer
	case !slices.Contains(token.Audience, client):
		return nil, errAudience
	}
	return nil, errToken
}

// lenient is the house's clock, late by what a provider's may be off.
func (p *peer) lenient() time.Time { return p.clock.Now().Add(-clockSkew) }

// checkToken is what the library leaves to its callers.
func checkToken(t *oidc.IDToken, own tokenClaims, client string, a asked, now time.Time) error {
	switch {
	case t.Subject == "" || len(t.Subject) > 255:
		return errSubject
	case t.Nonce == "" || t.Nonce != a.Nonce:
		return errNonce
	case own.Party != "" && own.Party != client, len(t.Audience) > 1 && own.Party == "":
		return errParty
	case t.IssuedAt.IsZero(), t.IssuedAt.After(now.Add(clockSkew)), t.IssuedAt.Before(a.Begun.Add(-clockSkew)):
		return errIssued
	case a.Renew && own.AuthTime < a.Begun.Add(-clockSkew).Unix():
		return errRenewed
	}
	return nil
}

// claims are those of the ID token with those of userinfo, which must be about the same subject. The token's win: they
// are signed.
func (p *peer) claims(ctx context.Context, meta *metadata, idToken *oidc.IDToken, token *oauth2.Token) (map[string]any, error) {
	out, more := map[string]any{}, map[string]any{}
	if err := idToken.Claims(&out); err != nil {
		return nil, errToken
	}
	if meta.Userinfo == "" {
		return out, nil
	}
	info, err := meta.provider.UserInfo(oidc.ClientContext(ctx, p.client), oauth2.StaticTokenSource(token))
	if err != nil {
		return nil, fmt.Errorf("broker: userinfo: %w", why(err, errUserinfo))
	}
	if info.Subject != idToken.Subject {
		return nil, errSubject
	}
	if err := info.Claims(&more); err != nil {
		return nil, errUserinfo
	}
	for name, value := range out {
		more[name] = value
	}
	return more, nil
}
