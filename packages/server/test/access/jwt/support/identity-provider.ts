import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose'
import { forgedToken } from './forged-token.ts'

/** The name of the registry in tokens. */
export const AUDIENCE = 'rollcall'

/** A key of the provider. */
export interface SigningKey {
  readonly kid: string
  readonly alg: string
  readonly privateKey: CryptoKey
  readonly publicJwk: JWK
}

/** What is different about a token. */
interface TokenContent {
  readonly claims?: Readonly<Record<string, unknown>> | undefined
  readonly header?: Readonly<Record<string, unknown>> | undefined
  readonly key?: SigningKey | undefined
}

/** An identity provider on this machine: an HTTP server that publishes its keys. */
export interface IdentityProvider extends AsyncDisposable {
  readonly issuer: string
  readonly jwksUrl: string
  /** How often the keys were asked for. */
  readonly downloads: number
  /** Signs with these keys from now on, the first of them by default, and publishes them. */
  publish(...keys: readonly SigningKey[]): void
  /** Answers requests for the keys so from now on, or as usual. */
  answerWith(answer: ((response: ServerResponse) => void) | undefined): void
  /** Names another URL of the keys in its configuration. */
  nameUrl(url: string): void
  /** Signs a token that is valid for an hour, unless its content says something else. */
  token(content?: TokenContent): Promise<string>
  /** Signs claims as they are written, with ES256. */
  tokenOf(claims: string, header?: object): Promise<string>
}

/** Creates a key. */
export async function signingKey(kid: string, alg = 'ES256'): Promise<SigningKey> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true })
  return {
    kid,
    alg,
    privateKey,
    publicJwk: { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' },
  }
}

/**
 * Starts an identity provider.
 *
 * @param options.now milliseconds of its clock
 */
export async function identityProvider({
  now = Date.now,
}: {
  now?: () => number
} = {}): Promise<IdentityProvider> {
  let keys: readonly SigningKey[] = [await signingKey('first')]
  let answer: ((response: ServerResponse) => void) | undefined
  let namedUrl: string | undefined
  let downloads = 0
  const server = createServer((request, response) => {
    if (request.url === '/.well-known/openid-configuration') {
      response.end(JSON.stringify({ issuer, jwks_uri: namedUrl ?? `${issuer}/keys` }))
      return
    }
    downloads++
    if (answer && request.url === '/keys') answer(response)
    else response.end(JSON.stringify({ keys: keys.map(({ publicJwk }) => publicJwk) }))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    issuer,
    jwksUrl: `${issuer}/keys`,
    get downloads() {
      return downloads
    },
    publish: (...given) => {
      keys = given
    },
    nameUrl: (url) => {
      namedUrl = url
    },
    answerWith: (given) => {
      answer = given
    },
    token: ({ claims, header, key = keys[0] as SigningKey } = {}) => {
      const seconds = Math.floor(now() / 1000)
      const standard = {
        iss: issuer,
        aud: AUDIENCE,
        sub: 'alice',
        exp: seconds + 3600,
        nbf: seconds,
      }
      return new SignJWT({ ...standard, ...claims })
        .setProtectedHeader({ alg: key.alg, kid: key.kid, ...header })
        .sign(key.privateKey)
    },
    tokenOf: async (claims, header = {}) => {
      const { alg, kid, privateKey } = keys[0] as SigningKey
      const content = forgedToken({ alg, kid, ...header }, claims).replace(/\.$/, '')
      const kind = { name: 'ECDSA', hash: 'SHA-256' }
      const signature = await crypto.subtle.sign(kind, privateKey, Buffer.from(content))
      return `${content}.${Buffer.from(signature).toString('base64url')}`
    },
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
