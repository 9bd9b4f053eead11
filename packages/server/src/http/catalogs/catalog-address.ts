import type { FastifyRequest } from 'fastify'
import { DOMAIN_PATTERN } from '../../limits/catalog-limits.ts'
import type { CatalogSettings } from './catalog-settings.ts'

/** The domain of a registry that is not reached by one: clients of ARD refuse addresses, and names without a dot. */
const NO_DOMAIN = 'rollcall.localhost'
const DOMAIN = new RegExp(DOMAIN_PATTERN)

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
  const base = publicUrl ?? url?.origin ?? `${scheme}://localhost`
  const domain = url?.hostname ?? NO_DOMAIN
  return { base, publisher: publisher ?? (DOMAIN.test(domain) ? domain : NO_DOMAIN) }
}
