import { type AgentDetails, LIMITS, mapDetails } from '@rollcall/protocol'
import type { Limit } from './limit.ts'

const REJECTED = '422 `VALIDATION_FAILED`'

/** The limits of the wire contract, by their names in `LIMITS` of `@rollcall/protocol`, and of details. */
export const WIRE_LIMITS: Readonly<Record<keyof typeof LIMITS | keyof AgentDetails, Limit>> = {
  agentIdCharacters: wire('An agent id', LIMITS.agentIdCharacters, 'characters'),
  instanceIdCharacters: wire('An instance id', LIMITS.instanceIdCharacters, 'characters'),
  maintenanceReasonCharacters: wire(
    'The reason for a maintenance',
    LIMITS.maintenanceReasonCharacters,
    'characters',
  ),
  tokenNameCharacters: wire('The name of a token', LIMITS.tokenNameCharacters, 'characters'),
  tokenPatterns: wire('Agents or beginnings of ids of a token', LIMITS.tokenPatterns, ''),
  tokenSeconds: wire('The validity of a token', LIMITS.tokenSeconds, 'seconds'),
  nameCharacters: wire('An agent name, a host, a version', LIMITS.nameCharacters, 'characters'),
  ...mapDetails(({ wireName, schema }) =>
    wire(`The ${wireName.replaceAll('_', ' ')} of an agent`, schema.maxLength ?? 0, 'characters'),
  ),
  urlCharacters: wire('The URL of an agent', LIMITS.urlCharacters, 'characters'),
  ttlSeconds: wire('A TTL (at least 1)', LIMITS.ttlSeconds.maximum, 'seconds'),
  metadataCharacters: wire('Metadata as JSON', LIMITS.metadataCharacters, 'characters'),
  capabilities: wire('Capabilities of an agent', LIMITS.capabilities, ''),
  capabilityCharacters: wire('A capability', LIMITS.capabilityCharacters, 'characters'),
  tags: wire('Tags of an agent', LIMITS.tags, ''),
  tagCharacters: wire('A tag', LIMITS.tagCharacters, 'characters'),
  cardBytes: wire(
    'The card of an agent; as many as there may be agents (`--max-agents`)',
    LIMITS.cardBytes,
    'bytes',
    '413 `PAYLOAD_TOO_LARGE`; in a registration 422 `VALIDATION_FAILED`',
  ),
  heartbeatsPerBatch: wire('Heartbeats in a batch', LIMITS.heartbeatsPerBatch, ''),
  agentIdPatterns: wire('Agents or beginnings of ids in a query', LIMITS.agentIdPatterns, ''),
  metadataConditions: wire('Conditions on the metadata in a query', LIMITS.metadataConditions, ''),
  searchCharacters: wire('A search text', LIMITS.searchCharacters, 'characters'),
  pageSize: wire('Agents or events on a page', LIMITS.pageSize, ''),
  cursorCharacters: wire('A cursor', LIMITS.cursorCharacters, 'characters'),
  addressBytes: wire(
    'The URL of a request: path and query',
    LIMITS.addressBytes,
    'bytes',
    '414 `URI_TOO_LONG`',
  ),
  bodyBytes: wire('A request body', LIMITS.bodyBytes, 'bytes', '413 `PAYLOAD_TOO_LARGE`'),
  batchBodyBytes: wire(
    'The body of a batch of heartbeats',
    LIMITS.batchBodyBytes,
    'bytes',
    '413 `PAYLOAD_TOO_LARGE`',
  ),
  mcpMessageBytes: wire(
    'A message of MCP',
    LIMITS.mcpMessageBytes,
    'bytes',
    '413 `PAYLOAD_TOO_LARGE`',
  ),
  ardRequestBytes: wire(
    'A request of ARD',
    LIMITS.ardRequestBytes,
    'bytes',
    '413 `PAYLOAD_TOO_LARGE`',
  ),
  ardTextCharacters: wire(
    'The text of a search of ARD, or the filter of a list of ARD',
    LIMITS.ardTextCharacters,
    'characters',
    '400 `INVALID_ARGUMENT`',
  ),
  ardPageSize: wire(
    'Entries on a page of ARD, servers on one of the MCP Registry API',
    LIMITS.ardPageSize,
    '',
    '400 `INVALID_ARGUMENT`, 422 `VALIDATION_FAILED`',
  ),
  serverNameCharacters: wire(
    'The name of an MCP server',
    LIMITS.serverNameCharacters,
    'characters',
  ),
}

function wire(what: string, value: number, unit: string, beyond = REJECTED): Limit {
  return { what, value, unit, beyond }
}
