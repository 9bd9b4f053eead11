import { ARD_OPERATIONS } from './ard-operations.ts'
import { MCP_REGISTRY_OPERATIONS, OWN_SERVER_CARD } from './mcp-registry-operations.ts'
import type { OperationId } from './operation.ts'

/** The operations by which agents are found in the catalogs of others. */
export const CATALOG_OPERATIONS = {
  ...OWN_SERVER_CARD,
  ...ARD_OPERATIONS,
  ...MCP_REGISTRY_OPERATIONS,
} as const

/** The operations that pages of all origins may read: they are about an agent that its caller knows, or the registry. */
export const OPEN_OPERATIONS = [
  'getCard',
  'getWellKnownCard',
  'agentServerCard',
  'mcpServerCard',
] as const satisfies readonly OperationId[]

/** Those that pages of all origins may read as well once the agents are public. */
export const PUBLIC_OPERATIONS = [
  'ardManifest',
  'aiCatalog',
  'mcpServers',
  'mcpServerVersions',
  'mcpServerVersion',
] as const satisfies readonly OperationId[]

/** The operations of each surface that can be turned off. */
export const SURFACES = {
  mcp: ['mcp', 'mcpServerCard'],
  ard: ['ardManifest', 'aiCatalog', 'ardSearch', 'ardEntries', 'ardEntry'],
  mcpRegistry: ['mcpServers', 'mcpServerVersions', 'mcpServerVersion', 'agentServerCard'],
} as const satisfies Readonly<Record<string, readonly OperationId[]>>
