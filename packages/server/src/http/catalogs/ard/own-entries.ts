import { SERVER_CARD_TYPE } from '../../../operations/mcp-registry-operations.ts'
import type { CatalogAddress } from '../catalog-address.ts'
import type { CatalogSettings } from '../catalog-settings.ts'
import type { CatalogEntry } from './catalog-entry.ts'

/** Returns the entries of the registry itself: where agents are searched, and its MCP server. */
export function ownEntries(
  { ardPrefix, hasMcp }: CatalogSettings,
  { base, publisher }: CatalogAddress,
): CatalogEntry[] {
  const registry = {
    identifier: `urn:air:${publisher}:registry:rollcall`,
    displayName: 'Rollcall',
    type: 'application/ai-registry+json',
    url: base + ardPrefix,
    description: 'A live registry of agents: only those whose lease is running are found.',
    tags: ['registry', 'agents'],
  }
  if (!hasMcp) return [registry]
  const server = {
    identifier: `urn:air:${publisher}:server:rollcall`,
    displayName: 'Rollcall MCP server',
    type: SERVER_CARD_TYPE,
    url: `${base}/mcp/server-card`,
    description: 'Finds live agents from within a language model.',
    tags: ['registry', 'agents', 'mcp'],
  }
  return [registry, server]
}
