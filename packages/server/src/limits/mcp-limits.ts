import type { Limit } from './limit.ts'

/** The endpoint for MCP, beyond the limits of queries and streams, which hold for it as well. */
export const MCP_LIMITS = {
  mcpAgents: {
    what: 'Agents or changes in one result of MCP',
    value: 100,
    unit: '',
    beyond: 'the result has a cursor; a higher `limit` is an error',
  },
  mcpResources: {
    what: 'Resources that one subscription of MCP names',
    value: 100,
    unit: '',
    beyond: '422 `VALIDATION_FAILED`',
  },
  mcpNotificationSeconds: {
    what: 'Time between two notifications of MCP about the same resource',
    value: 1,
    unit: 'seconds',
    beyond: 'changes in between are one notification',
  },
} as const satisfies Record<string, Limit>
