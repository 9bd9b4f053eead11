import type { AgentRegistryServerOptions } from '@rollcall/server'
import { AUDIENCE, identityProvider } from '../jwt/support/identity-provider.ts'

/** Adds a token of an identity provider to a request as text, and the options with which a registry knows it. */
export interface JwtCaller {
  readonly request: string
  readonly options: AgentRegistryServerOptions
}

/** Runs work with a caller that is known, but may do nothing. */
export async function asStranger<T>(
  request: string,
  work: (caller: JwtCaller) => Promise<T>,
): Promise<T> {
  await using provider = await identityProvider()
  const token = await provider.token({ claims: { sub: 'stranger' } })
  return await work(caller(request, token, provider.issuer))
}

/** Runs work with a caller whose identity provider has stopped. */
export async function withoutProvider<T>(
  request: string,
  work: (caller: JwtCaller) => Promise<T>,
): Promise<T> {
  const provider = await identityProvider()
  const token = await provider.token()
  await provider[Symbol.asyncDispose]()
  return await work(caller(request, token, provider.issuer))
}

function caller(request: string, token: string, issuer: string): JwtCaller {
  return {
    request: request.replace('Host: x', `Host: x\r\nAuthorization: Bearer ${token}`),
    options: { jwt: { issuer, audience: AUDIENCE } },
  }
}
