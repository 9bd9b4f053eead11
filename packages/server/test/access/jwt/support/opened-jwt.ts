import { ManualClock } from '@rollcall/server/testing'
import { digestOf } from '../../../../src/access/access-token.ts'
import type { JwtOptions } from '../../../../src/access/jwt/jwt-options.ts'
import { openJwt } from '../../../../src/access/jwt/open-jwt.ts'
import type { Principal } from '../../../../src/access/principal.ts'
import { AUDIENCE, type IdentityProvider, identityProvider } from './identity-provider.ts'

/** An identity provider, and a registry's side of it, on one clock. */
export interface OpenedJwt extends AsyncDisposable {
  readonly provider: IdentityProvider
  readonly clock: ManualClock
  /** What was reported about the keys. */
  readonly reports: string[]
  /** Identifies who has a token, as with a request. */
  identify(token: string): Promise<Principal | undefined>
  /** Whether the next request with a token needs no verification. */
  isKnown(token: string): boolean
}

/** Opens the registry's side of a new identity provider. */
export async function openedJwt(
  options: Partial<JwtOptions> & { prepare?: (provider: IdentityProvider) => void } = {},
): Promise<OpenedJwt> {
  const { prepare, ...given } = options
  const clock = new ManualClock()
  const provider = await identityProvider({ now: () => clock.wallMs() })
  prepare?.(provider)
  const reports: string[] = []
  const reporter = {
    download: {
      succeeded: () => reports.push('read'),
      failed: (reason: string) => reports.push(reason),
    },
    file: {
      reloaded: () => reports.push('reloaded'),
      failed: (problem: string) => reports.push(problem),
    },
  }
  const { issuer } = provider
  const all = { issuer, audience: AUDIENCE, rules: '** = read', ...given }
  const jwt = await openJwt(all, { clock, reporter }).catch(async (error) => {
    await provider[Symbol.asyncDispose]()
    throw error
  })
  const isKnown = (token: string) => jwt.known(digestOf(token)) !== undefined
  return {
    provider,
    clock,
    reports,
    isKnown,
    identify: async (token) => {
      const digest = digestOf(token)
      return jwt.known(digest) ?? (await jwt.lookUp({ token, digest }))
    },
    [Symbol.asyncDispose]: async () => {
      jwt.close()
      await provider[Symbol.asyncDispose]()
    },
  }
}
