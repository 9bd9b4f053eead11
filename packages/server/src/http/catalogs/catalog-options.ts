import { OPERATIONS } from '../../operations/operations.ts'
import { isDomain } from './catalog-address.ts'
import type { CatalogSettings, PublicDiscovery } from './catalog-settings.ts'

/** How a server shows its agents to language models and in the catalogs of others. */
export interface CatalogOptions {
  /** Whether language models find agents by the Model Context Protocol at `/mcp`; default true. */
  readonly mcp?: boolean | undefined
  /** Whether manifests and Agentic Resource Discovery are served; default true. */
  readonly ard?: boolean | undefined
  /** Whether the MCP Registry API and server cards of agents are served; default true. */
  readonly mcpRegistry?: boolean | undefined
  /** Domain in the identifiers of catalog entries; default: the host of `publicUrl`, or of the request. */
  readonly publisher?: string | undefined
  /**
   * What callers without a token see in manifests and in the MCP Registry API if they may read nothing else: only the
   * registry itself, or all agents; then pages of all origins may read these as well. Default `none`.
   */
  readonly publicDiscovery?: PublicDiscovery | undefined
  /** Where catalog entries point to: cards of the registry (default), or those that agents serve themselves. */
  readonly catalogCards?: 'registry' | 'own' | undefined
  /** Whether catalog entries show the metadata of agents; default false. */
  readonly catalogMetadata?: boolean | undefined
  /** Path below which Agentic Resource Discovery is served; default `/ard`. */
  readonly ardPrefix?: string | undefined
}

/** Where ARD is in the table of operations. */
export const ARD_PREFIX = '/ard'
/** The first segments of the paths of all other operations. */
const TAKEN = new Set(
  Object.values(OPERATIONS).flatMap(({ path }) => {
    const [, first] = path.split('/')
    return first === undefined || `/${first}` === ARD_PREFIX ? [] : [first]
  }),
).add('docs')

function isFreePath(path: string): boolean {
  const [start, first, ...others] = path.split('/')
  if (start !== '' || first === undefined || TAKEN.has(first)) return false
  return [first, ...others].every((segment) => /^[A-Za-z0-9_-]+$/.test(segment))
}

/** Completes options. @throws TypeError if one is not valid */
export function catalogSettings(
  options: CatalogOptions & { readonly publicUrl?: string | undefined },
): CatalogSettings {
  const { publisher, ardPrefix = ARD_PREFIX } = options
  if (publisher !== undefined && !isDomain(publisher)) {
    throw new TypeError(`publisher is "${publisher}"; it must be a domain, such as example.com`)
  }
  if (!isFreePath(ardPrefix)) {
    const rule = 'it must be a path such as /ard, that no other route begins with'
    throw new TypeError(`ardPrefix is "${ardPrefix}"; ${rule}`)
  }
  return {
    hasArd: options.ard ?? true,
    hasMcpRegistry: options.mcpRegistry ?? true,
    hasMcp: options.mcp ?? true,
    publisher,
    publicUrl: options.publicUrl?.replace(/\/+$/, ''),
    publicDiscovery: options.publicDiscovery ?? 'none',
    cards: options.catalogCards ?? 'registry',
    showsMetadata: options.catalogMetadata ?? false,
    ardPrefix,
  }
}
