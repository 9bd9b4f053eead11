import { AGENT_DETAILS, mapDetails, NO_DETAILS } from '@rollcall/protocol'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { toMetadata } from '../../src/domain/metadata.ts'
import {
  agentJson,
  heartbeatReceiptJson,
  registeredAgentJson,
} from '../../src/http/agents/agent-json.ts'
import { isoTime } from '../../src/http/agents/iso-time.ts'
import { AgentRecord } from '../../src/index.ts'

describe('times as text', () => {
  test.each([
    0,
    -1,
    1,
    999,
    1_000,
    -1_000,
    -999,
    -1_001,
    Date.UTC(2000, 1, 29),
    Date.UTC(1969, 11, 31, 23, 59, 59, 999),
    Date.UTC(9999, 11, 31, 23, 59, 59, 999),
    Date.UTC(10_000, 0, 1),
    Date.UTC(-1, 0, 1),
    8.64e15,
    -8.64e15,
  ])('are equal to those of Date for %i', (unixMs) => {
    expect(isoTime(unixMs)).toBe(new Date(unixMs).toISOString())
  })

  test('are equal to those of Date for any time, in any order', () => {
    const time = fc.oneof(
      fc.integer({ min: -8.64e15, max: 8.64e15 }),
      fc.integer({ min: -1_000_000, max: 1_000_000 }),
      fc.integer({ min: -1_000_000, max: 1_000_000 }).map((second) => second * 1000),
      // The same slot of the cache, but a different second.
      fc.nat({ max: 1000 }).map((round) => 1_767_225_600_000 + round * 256_000),
    )
    fc.assert(
      fc.property(fc.array(time), (times) => {
        expect(times.map(isoTime)).toEqual(times.map((ms) => new Date(ms).toISOString()))
      }),
      { numRuns: 500 },
    )
  })
})

describe('strings in an agent', () => {
  const SPECIAL = [
    '"',
    '\\',
    '\n',
    '\u0000',
    '\u001f',
    '\u007f',
    'é',
    '\ud800',
    '\u2028',
    '😀',
    '</a>',
    '',
  ]

  test.each(SPECIAL)('are encoded like JSON for %j', (special) => {
    const text = `a${special}b`
    const record = new AgentRecord({
      agentId: 'a',
      agentName: text,
      host: text,
      port: 1,
      ttlSeconds: 60,
      metadata: null,
      capabilities: [text, special, 'plain'],
      version: text,
      details: mapDetails(() => text),
      tags: [text, special],
      card: { digest: 'a', format: 'other', words: text },
      url: text,
      status: 'ready',
      load: null,
      instanceId: 'one',
      incarnation: 1,
      owner: text,
      registeredAtMs: 0,
      updatedAtMs: 0,
      lastHeartbeatMs: 0,
      expiresAtMs: 0,
      revision: 1,
      suspect: false,
      maintenance: null,
      alive: true,
    })
    const json = agentJson(record)
    const details = AGENT_DETAILS.map(({ wireName }) => wireName)
    for (const name of ['agent_name', 'owner', 'host', 'url', 'version', ...details]) {
      expect(json).toContain(`"${name}":${JSON.stringify(text)}`)
    }
    expect(json).toContain(`"capabilities":${JSON.stringify(record.capabilities)}`)
    expect(json).toContain(`"tags":${JSON.stringify(record.tags)}`)
    expect(json).toContain('"has_card":true')
  })
})

const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 30 })
const unixMs = fc.integer({ min: Date.UTC(1960, 0), max: Date.UTC(2100, 0) })
const metadata = fc.oneof(
  fc.constant(null),
  fc.dictionary(text, fc.jsonValue()),
  fc.jsonValue().map((value) => JSON.stringify(value, null, 1)),
)

const agent = fc
  .record({
    agentId: fc.stringMatching(/^[A-Za-z0-9._-]{1,20}(:[A-Za-z0-9._-]{1,5})?$/),
    agentName: text,
    host: text,
    port: fc.integer({ min: 1, max: 65_535 }),
    ttlSeconds: fc.integer({ min: 1, max: 86_400 }),
    metadata: metadata.map(toMetadata),
    capabilities: fc.array(text, { maxLength: 5 }),
    version: fc.option(text),
    details: fc.oneof(fc.constant(NO_DETAILS), fc.record(mapDetails(() => fc.option(text)))),
    tags: fc.array(text, { maxLength: 3 }),
    card: fc.option(fc.record({ digest: text, format: text, words: text })),
    url: text,
    status: fc.constantFrom('ready' as const, 'busy' as const, 'draining' as const),
    load: fc.option(fc.double({ min: 0, max: 1, noNaN: true })),
    instanceId: fc.option(fc.uuid()),
    incarnation: fc.integer({ min: 1 }),
    owner: fc.option(text),
    registeredAtMs: unixMs,
    updatedAtMs: unixMs,
    lastHeartbeatMs: unixMs,
    expiresAtMs: unixMs,
    revision: fc.nat(),
    suspect: fc.boolean(),
    maintenance: fc.option(fc.record({ reason: text, sinceMs: unixMs, by: text })),
    alive: fc.boolean(),
  })
  .map((fields) => new AgentRecord(fields))

function shownStatus({ alive, suspect, maintenance, status }: AgentRecord): string {
  if (!alive) return 'expired'
  if (suspect) return 'suspect'
  return maintenance ? 'draining' : status
}

/** What the JSON parses to; it lacks the fields that are undefined. */
function onTheWire(record: AgentRecord): object {
  return {
    agent_id: record.agentId,
    agent_name: record.agentName,
    host: record.host,
    port: record.port,
    url: record.url,
    version: record.version,
    ...Object.fromEntries(
      AGENT_DETAILS.map(({ name, wireName }) => [wireName, record.details[name] ?? undefined]),
    ),
    ttl_seconds: record.ttlSeconds,
    metadata: record.metadataValue,
    capabilities: record.capabilities,
    tags: record.tags.length === 0 ? undefined : record.tags,
    has_card: record.card === null ? undefined : true,
    status: shownStatus(record),
    maintenance: record.maintenance
      ? {
          reason: record.maintenance.reason,
          since: new Date(record.maintenance.sinceMs).toISOString(),
          by: record.maintenance.by,
        }
      : undefined,
    load: record.load === 0 ? 0 : record.load,
    instance_id: record.instanceId ?? undefined,
    incarnation: record.incarnation,
    ...(record.owner !== null && { owner: record.owner }),
    registered_at: new Date(record.registeredAtMs).toISOString(),
    updated_at:
      record.updatedAtMs === record.registeredAtMs
        ? undefined
        : new Date(record.updatedAtMs).toISOString(),
    last_heartbeat: new Date(record.lastHeartbeatMs).toISOString(),
    expires_at: new Date(record.expiresAtMs).toISOString(),
    is_alive: record.alive,
    revision: record.revision,
  }
}

describe('an agent as text', () => {
  test('parses to its fields, whatever its texts contain', () => {
    fc.assert(
      fc.property(agent, (record) => {
        expect(JSON.parse(agentJson(record))).toEqual(onTheWire(record))
      }),
    )
  })

  test('contains the heartbeat interval after a registration', () => {
    fc.assert(
      fc.property(agent, (record) => {
        const response: unknown = JSON.parse(registeredAgentJson(record))
        const interval = (response as { heartbeat_interval_seconds: number })
          .heartbeat_interval_seconds
        expect(response).toEqual({ ...onTheWire(record), heartbeat_interval_seconds: interval })
        expect(interval).toBeGreaterThan(0)
        expect(interval).toBeLessThan(record.ttlSeconds)
      }),
    )
  })
})

test('an overloaded registry asks agents to wait longer until the next heartbeat', () => {
  const receipt = { lastHeartbeatMs: 1_000, expiresAtMs: 61_000, ttlSeconds: 60, revision: 7 }
  expect(heartbeatReceiptJson(receipt, 1.5)).toContain('"heartbeat_interval_seconds":30,')
  fc.assert(
    fc.property(agent, (record) => {
      const interval = Math.round(record.ttlSeconds * 500) / 1000
      expect(registeredAgentJson(record, [], 1.5)).toContain(
        `"heartbeat_interval_seconds":${interval}`,
      )
    }),
  )
})

test('the response to a heartbeat contains everything needed for the next one', () => {
  const receipt = { lastHeartbeatMs: 1_000, expiresAtMs: 61_000, ttlSeconds: 60, revision: 7 }
  expect(JSON.parse(heartbeatReceiptJson(receipt))).toEqual({
    status: 'ok',
    last_heartbeat: '1970-01-01T00:00:01.000Z',
    expires_at: '1970-01-01T00:01:01.000Z',
    ttl_seconds: 60,
    heartbeat_interval_seconds: 20,
    revision: 7,
  })
})
