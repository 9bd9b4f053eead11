import type { CreatedToken } from '@rollcall/protocol'
import { newToken } from '../../../src/access/access-token.ts'
import { type GuardedRegistry, guardedRegistry, TOKENS } from './guarded-registry.ts'
import type { Caller } from './security-matrix.ts'

/** Registries in which every kind of caller is known as what it is. */
export interface MatrixCallers extends AsyncDisposable {
  /** Where a caller calls: what anonymous callers may do belongs to the registry. */
  registryOf(caller: Caller): GuardedRegistry
  /** The token that a caller sends; undefined: none. */
  tokenOf(caller: Caller): string | undefined
}

/** Starts the registries, and creates the tokens. */
export async function matrixCallers(): Promise<MatrixCallers> {
  const closed = await guardedRegistry()
  const readable = await guardedRegistry({ anonymous: 'read' })
  const [expired, revoked] = [await expiredToken(closed), await revokedToken(closed)]
  const tokens: Readonly<Record<Caller, string | undefined>> = {
    ...TOKENS,
    none: undefined,
    'anonymous reader': undefined,
    'unknown token': `${TOKENS.admin}x`,
    'revoked token': revoked,
    'expired token': expired,
  }
  return {
    registryOf: (caller) => (caller === 'anonymous reader' ? readable : closed),
    tokenOf: (caller) => tokens[caller],
    [Symbol.asyncDispose]: async () => {
      await closed[Symbol.asyncDispose]()
      await readable[Symbol.asyncDispose]()
    },
  }
}

async function revokedToken(registry: GuardedRegistry): Promise<string> {
  const json = { name: 'revoked', scope: 'admin' }
  const response = await registry.send('POST', '/tokens', { token: TOKENS.admin, json })
  const { id, token } = (await response.json()) as CreatedToken
  // It was valid, and is remembered as such.
  if (!(await registry.send('GET', '/tokens', { token })).ok) throw new Error('it is not valid')
  await registry.send('DELETE', `/tokens/${id}`, { token: TOKENS.admin })
  return token
}

async function expiredToken({ repository }: GuardedRegistry): Promise<string> {
  const order = { name: 'expired', scope: 'admin', patterns: ['*'], createdBy: 'test' } as const
  const { token, text } = newToken({ ...order, expiresInSeconds: 1 }, Date.now() - 2000)
  // The registry finds it with the next token that is created.
  await repository.tokens.create(token)
  return text
}
