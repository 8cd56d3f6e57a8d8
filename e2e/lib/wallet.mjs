// A wallet and a verifier that nobody here wrote: the SD-JWT library of the OpenWallet Foundation. It reads one question as
// JSON from its input and writes the answer to its output.
//
//   { credential, metadata, lists: {address: token}, holder: private JWK or null, show: [names], audience, nonce, at: seconds }
//
// The answer has the claims that the whole credential opens (all), the presentation (shown), the claims that the presentation
// opens (opened), and in refused what each check said no to.
import { ES256, digest, generateSalt } from '@sd-jwt/crypto-nodejs'
import { SDJwtVcInstance } from '@sd-jwt/sd-jwt-vc'

let text = ''
for await (const chunk of process.stdin) text += chunk
const ask = JSON.parse(text)

// keyed verifies by the key that the token's header names, as a verifier does that has fetched the issuer's keys.
async function keyed(data, signature) {
  const header = JSON.parse(Buffer.from(data.split('.')[0], 'base64url').toString())
  const key = ask.metadata.jwks.keys.find((one) => one.kid === header.kid)
  if (!key || header.alg !== 'ES256') return false
  return (await ES256.getVerifier(key))(data, signature)
}

async function bound(data, signature, payload) {
  return (await ES256.getVerifier(payload.cnf.jwk))(data, signature)
}

const wallet = new SDJwtVcInstance({
  hasher: digest, hashAlg: 'sha-256', saltGenerator: generateSalt,
  signAlg: 'ES256', verifier: keyed, kbVerifier: bound,
  kbSignAlg: 'ES256', kbSigner: ask.holder ? await ES256.getSigner(ask.holder) : undefined,
  statusListFetcher: async (address) => ask.lists[address],
})

const answer = { refused: {} }
const time = { currentDate: ask.at }
try {
  answer.all = (await wallet.verify(ask.credential, time)).payload
} catch (e) {
  answer.refused.all = e.message
}
const frame = Object.fromEntries(ask.show.map((name) => [name, true]))
const kb = ask.holder ? { payload: { iat: ask.at, aud: ask.audience, nonce: ask.nonce } } : undefined
answer.shown = await wallet.present(ask.credential, frame, kb ? { kb } : undefined)
try {
  answer.opened = (await wallet.verify(answer.shown, { ...time, ...(kb ? { keyBindingNonce: ask.nonce } : {}) })).payload
} catch (e) {
  answer.refused.shown = e.message
}
console.log(JSON.stringify(answer))
