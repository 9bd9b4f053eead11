/**
 * Every limit of the wire contract. Schemas, storage and documentation all read them from here.
 */
export const LIMITS = {
  /** Characters of an agent id. */
  agentIdCharacters: 255,
  /** Characters of an instance id. */
  instanceIdCharacters: 128,
  /** Characters of the reason for a maintenance. */
  maintenanceReasonCharacters: 500,
  /** Characters of the name of a token. */
  tokenNameCharacters: 128,
  /** Agents, or beginnings of ids, that a token names. */
  tokenPatterns: 64,
  /** Seconds for which a token may be valid: ten years. */
  tokenSeconds: 315_360_000,
  /** Characters of an agent name, a host, a version. */
  nameCharacters: 256,
  /** Characters of the URL at which an agent can be called. */
  urlCharacters: 2048,
  /** Seconds that a lease may last without a heartbeat. */
  ttlSeconds: { minimum: 1, maximum: 86_400, default: 60 },
  /** Characters of the metadata, written as JSON. */
  metadataCharacters: 4000,
  /** Number of capabilities of one agent. */
  capabilities: 64,
  /** Characters of one capability. */
  capabilityCharacters: 128,
  /** Number of tags of one agent. */
  tags: 64,
  /** Characters of one tag. */
  tagCharacters: 128,
  /** Bytes of the card of an agent. */
  cardBytes: 64 * 1024,
  /** Heartbeats in one batch. */
  heartbeatsPerBatch: 10_000,
  /** Agents, or beginnings of ids, in one query. */
  agentIdPatterns: 64,
  /** Conditions on the metadata in one query. */
  metadataConditions: 64,
  /** Characters of a search text. */
  searchCharacters: 256,
  /** Agents or events of one page. */
  pageSize: 1000,
  /** Characters of a cursor. */
  cursorCharacters: 1024,
  /** Bytes of the URL of a request: its path and query. */
  addressBytes: 12 * 1024,
  /** Bytes of a request body: enough for the largest valid registration, fully escaped. */
  bodyBytes: 256 * 1024,
  /** Bytes of a batch of heartbeats: enough for 10 000 of the longest ids. */
  batchBodyBytes: 4 * 1024 * 1024,
  /** Bytes of a message of the Model Context Protocol. */
  mcpMessageBytes: 64 * 1024,
  /** Bytes of a request of ARD. */
  ardRequestBytes: 64 * 1024,
  /** Characters of the text of a search of ARD. */
  ardTextCharacters: 1024,
  /** Entries on one page of ARD, or servers on one of the MCP Registry API. */
  ardPageSize: 100,
  /** Characters of the name of an MCP server. */
  serverNameCharacters: 200,
} as const

/** From how many takeovers on, within how long, an agent counts as flapping between its instances. */
export const FLAPPING = { takeovers: 3, windowSeconds: 300 } as const
