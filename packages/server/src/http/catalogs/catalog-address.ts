import { isIP } from 'node:net'
import type { FastifyRequest } from 'fastify'
import type { CatalogSettings } from './catalog-settings.ts'

/** The domain of a registry that has no name in URLs. */
const NO_DOMAIN = 'localhost'
const DOMAIN = /^[a-zA-Z0-9.-]+$/

/** Where a registry is reached, and whose entries it has. */
export interface CatalogAddress {
  /** Without a trailing slash. */
  readonly base: string
  /** A domain. */
  readonly publisher: string
}

/** Returns the address of the registry for the client that sends a request. */
export function catalogAddress(
  { raw, host }: FastifyRequest,
  { publicUrl, publisher }: Pick<CatalogSettings, 'publicUrl' | 'publisher'>,
): CatalogAddress {
  const scheme = 'encrypted' in raw.socket ? 'https' : 'http'
  const url = URL.parse(publicUrl ?? `${scheme}://${host}`)
  const base = publicUrl ?? url?.origin ?? `${scheme}://${NO_DOMAIN}`
  const domain = url?.hostname ?? NO_DOMAIN
  const isDomain = DOMAIN.test(domain) && isIP(domain) === 0
  return { base, publisher: publisher ?? (isDomain ? domain : NO_DOMAIN) }
}
