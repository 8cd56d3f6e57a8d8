// Package broker lets people in who have proved themselves to somebody else: a national e-ID, a bank, any OpenID provider
// that the city trusts.
//
// It owns the tables provider (whom the administrator added, the client's secret sealed by the city's key), provider_try
// (what a browser was sent out with and what came back; single use, ten minutes out and half an hour at home),
// provider_entry (who came by which session of a provider) and provider_logout (logout messages that were taken). More
// providers come with the app's configuration; these win over a row of the same key and are read only on the page.
//
// It does not own accounts: a provider's subject is one way in among others, kept by core/account (issuer and subject are
// its key), which also opens sessions, asks the second step and makes new people. Nor does it own protocol code where a
// library has it: discovery, ID tokens and logout tokens are checked by coreos/go-oidc, codes are exchanged by
// x/oauth2; what stands here is what these leave to their callers.
//
// A sign-in goes out (begin: state, nonce and PKCE are made, bound to this browser by a cookie), comes back (prove: the
// answer is checked, the code exchanged, the ID token and userinfo verified), and only then is decided (decide, pure):
// let in, connect to the account of who is signed in, ask to sign in the usual way first, or make a new person. Nobody is
// ever joined to an account by what a provider says alone, and every unknown visitor sees the same page.
//
// Requests go to public addresses over https only, are bounded in time and size, follow no redirect to another host, and
// stop for half a minute when a provider falls silent. A provider on the loopback is for the demo and tests.
//
// Its neighbours: core/account below, core/agency for the administrator. Life cycle: New; Provision registers pages, the
// offer on the sign-in page and the sweep; nothing runs by itself.
package broker
