// Package openid is the city as an identity provider: other sites sign people in through it (OpenID Connect Core 1.0,
// Discovery 1.0, OAuth 2.1 habits).
//
// It owns the sites that may ask (openid_client), the keys that sign (openid_signing_key), requests that wait for their
// person (openid_request), what a person let a site have (openid_connection), families of tokens (openid_family) with
// their codes and tokens by hash (openid_code, openid_token), devices that ask (openid_device) and used proofs
// (openid_proof). The protocol is a strict subset: the authorization code with PKCE S256, refresh, and the device grant;
// no implicit, no hybrid, no password. Tokens are random and opaque: only a hash is kept, and each use asks the database,
// so that what is withdrawn is dead at once. A plain SHA-256 serves for tokens and client secrets, since they are 256
// random bits: nobody can try them out, and salt or slowness would protect nothing.
//
// A family is all that came of one consent at one sign-in. Only the refresh token of its present turn is good: there is
// never a second live branch. Families without offline_access live as long as their session.
//
// An outside site knows a person by a name of its own (pairwise, by sector), so that two sites can't compare. What is
// read for a site leaves a look with the person.
//
// It does not own people or sessions (core/account) nor pages' frames (core/page). Its neighbours: account below; mypage
// above, which words looks by LookText.
//
// Life cycle: New; Provision registers protocols, pages, jobs and the handler of account.session_closed; keys are made at
// first use and rotate by a job. Nothing else runs by itself.
package openid
