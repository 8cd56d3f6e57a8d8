// Runs an OpenID provider that nobody here wrote (npm oidc-provider), for tests of signing in through an outside one.
//
//   node e2e/lib/provider.mjs '{"clients": [...], "accounts": {"anna": {"family_name": "…"}}}'
//
// It listens on a free port of this machine, prints its issuer as the first line, and ends when its input does. Its own
// development pages ask who signs in: any password is taken.
import { createServer } from 'node:http';
import { Provider } from 'oidc-provider';

const { clients, accounts, push = false } = JSON.parse(process.argv[2]);

const server = createServer();
await new Promise((done) => server.listen(0, '127.0.0.1', done));
const issuer = `http://127.0.0.1:${server.address().port}`;

const provider = new Provider(issuer, {
  clients,
  claims: {
    openid: ['sub'],
    profile: ['family_name', 'given_name', 'middle_name', 'birthdate'],
    email: ['email', 'email_verified'],
    snils: ['snils'],
  },
  scopes: ['openid', 'profile', 'email', 'snils'],
  findAccount: (_, id) => accounts[id] && { accountId: id, claims: () => ({ sub: id, ...accounts[id] }) },
  features: {
    devInteractions: { enabled: true },
    pushedAuthorizationRequests: { enabled: true, requirePushedAuthorizationRequests: push },
    backchannelLogout: { enabled: true },
    rpInitiatedLogout: { enabled: true },
  },
  pkce: { required: () => true },
  // Its own guard against special addresses would keep it from the city, which stands on this machine too.
  fetch: (url, { dispatcher, ...options }) => globalThis.fetch(url, options),
  cookies: { keys: ['for tests alone'] },
});
provider.on('server_error', (_, error) => console.error(error));
provider.on('backchannel.error', (_, error) => console.error(error));
server.on('request', provider.callback());

console.log(issuer);
process.stdin.resume().on('end', () => process.exit(0));
