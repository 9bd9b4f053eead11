import type { CreatedToken } from '@rollcall/protocol'
import { authority } from '../../../../../test/tls/support/authority.ts'
import { Files } from '../../../../../test/tls/support/files.ts'
import { tlsFetch } from '../../../../../test/tls/support/tls-fetch.ts'
import { newToken } from '../../../src/access/access-token.ts'
import { AUDIENCE, identityProvider } from '../jwt/support/identity-provider.ts'
import {
  type GuardedRegistry,
  type GuardedStore,
  guardedRegistry,
  TOKENS,
} from './guarded-registry.ts'
import { type Caller, grantFor, PATTERN } from './security-matrix.ts'

/** What JSON Web Tokens and certificates allow. */
const RULES = `** = agent ${PATTERN}`

/** Registries in which every kind of caller is known as what it is. */
export interface MatrixCallers extends AsyncDisposable {
  /** Where a caller calls: what anonymous callers may do belongs to the registry. */
  registryOf(caller: Caller): GuardedRegistry
  /** The token that a caller sends; undefined: none. */
  tokenOf(caller: Caller): string | undefined
}

/**
 * Starts the registries, and creates the tokens.
 *
 * @param openStore opens an empty store for each registry
 */
export async function matrixCallers(
  openStore: () => Promise<GuardedStore>,
): Promise<MatrixCallers> {
  const resources = new AsyncDisposableStack()
  const provider = resources.use(await identityProvider())
  const jwt = { issuer: provider.issuer, audience: AUDIENCE, rules: RULES }
  const start = async (options: Parameters<typeof guardedRegistry>[0] = {}) =>
    resources.use(await guardedRegistry({ repository: await openStore(), ...options }))
  const closed = await start()
  // One of its own: what a caller registers belongs to it.
  const trusting = await start({ jwt })
  const readable = await start({ anonymous: 'read' })
  const encrypted = await start(encryption(resources.use(new Files())))
  const [expired, revoked] = [await expiredToken(closed), await revokedToken(closed)]
  const limited = await createToken(closed, { name: 'limited', ...grantFor('limited read') })
  const tokens: Readonly<Record<Caller, string | undefined>> = {
    ...TOKENS,
    none: undefined,
    'anonymous reader': undefined,
    'unknown token': `${TOKENS.admin}x`,
    'revoked token': revoked,
    'expired token': expired,
    'limited read': limited.token,
    jwt: await provider.token(),
    certificate: undefined,
  }
  const others: Partial<Record<Caller, GuardedRegistry>> = {
    'anonymous reader': readable,
    jwt: trusting,
    certificate: encrypted,
  }
  return {
    registryOf: (caller) => others[caller] ?? closed,
    tokenOf: (caller) => tokens[caller],
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  }
}

/** Options of a registry that is asked with a client certificate. */
function encryption(files: Files): Parameters<typeof guardedRegistry>[0] {
  const [servers, clients] = [authority('Servers'), authority('Clients')]
  const own = servers.issue()
  return {
    tls: {
      certFile: files.write('server.pem', own.cert),
      keyFile: files.write('server-key.pem', own.key),
      clientCaFile: files.write('clients.pem', clients.cert),
      clientRules: RULES,
    },
    sendWith: tlsFetch({ ca: servers.cert, ...clients.issue() }),
  }
}

async function createToken(registry: GuardedRegistry, json: object): Promise<CreatedToken> {
  const response = await registry.send('POST', '/tokens', { token: TOKENS.admin, json })
  return (await response.json()) as CreatedToken
}

async function revokedToken(registry: GuardedRegistry): Promise<string> {
  const { id, token } = await createToken(registry, { name: 'revoked', scope: 'admin' })
  // It was valid, and is remembered as such.
  if (!(await registry.send('GET', '/tokens', { token })).ok) throw new Error('it is not valid')
  await registry.send('DELETE', `/tokens/${id}`, { token: TOKENS.admin })
  return token
}

async function expiredToken({ repository }: GuardedRegistry): Promise<string> {
  const grant = { scope: 'admin', patterns: ['*'], reads: ['*'] } as const
  const order = { name: 'expired', ...grant, createdBy: 'test' }
  const { token, text } = newToken({ ...order, expiresInSeconds: 1 }, Date.now() - 2000)
  // The registry finds it with the next token that is created.
  await repository.tokens.create(token)
  return text
}
