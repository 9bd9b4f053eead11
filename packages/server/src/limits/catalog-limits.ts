import type { Limit } from './limit.ts'

/** A domain with at least one dot, as clients of ARD require it of a publisher. */
export const DOMAIN = /^(?:[a-zA-Z0-9-]+\.)+[a-zA-Z]{2,63}$/

/** Catalogs of others, beyond the limits of queries, which hold for them as well. */
export const CATALOG_LIMITS = {
  manifestAgents: {
    what: 'Agents in one manifest',
    value: 1000,
    unit: '',
    beyond: 'its last entry names a manifest with more',
  },
  ardWords: {
    what: 'Different words of a search of ARD',
    value: 16,
    unit: '',
    beyond: 'the shortest ones are not looked for',
  },
  ardCandidates: {
    what: 'Agents that one search of ARD ranks',
    value: 200,
    unit: '',
    beyond: 'those with more of the words come first; the others are not found',
  },
  ardFilterValues: {
    what: 'Values in the filter of a search of ARD',
    value: 100,
    unit: '',
    beyond: '400 `INVALID_ARGUMENT`',
  },
  mcpServers: {
    what: 'Live agents with the protocol `mcp` that one call of the MCP Registry API groups by server',
    value: 20_000,
    unit: '',
    beyond: '503 `OVERLOADED`',
  },
  mcpTombstones: {
    what: 'Changes of the history, the newest ones, in which servers that are gone are looked for',
    value: 10_000,
    unit: '',
    beyond: 'servers that were gone earlier are left out',
  },
} as const satisfies Record<string, Limit>
