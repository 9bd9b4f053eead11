import type { FastifyRequest } from 'fastify'
import { DOMAIN } from '../../limits/catalog-limits.ts'
import type { CatalogSettings } from './catalog-settings.ts'

/** The domain of a registry that is not reached by one: clients of ARD refuse addresses, and names without a dot. */
const NO_DOMAIN = 'rollcall.localhost'

/** So that identifiers have room for the longest id of an agent. */
const MAX_DOMAIN_CHARACTERS = 200

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
  return { base, publisher: publisher ?? (isDomain(domain) ? domain : NO_DOMAIN) }
}

/** Whether a text can be a publisher. */
export function isDomain(text: string): boolean {
  return text.length <= MAX_DOMAIN_CHARACTERS && DOMAIN.test(text)
}
