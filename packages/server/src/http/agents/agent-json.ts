import { heartbeatIntervalSeconds, type RegistrationWarning } from '@rollcall/protocol'
import type { AgentRecord } from '../../domain/agent-record.ts'
import type { HeartbeatReceipt } from '../../domain/heartbeat.ts'
import { viewStatus } from '../../domain/query/agent-filter.ts'

// The one place where the domain's names become those of the wire. The JSON is put together by
// hand: a list of 10 000 agents is mostly text that is JSON already, and JSON.stringify over
// objects made for it took three times as long.

export const JSON_TYPE = 'application/json; charset=utf-8'

/** An agent on the wire. */
export function agentJson(agent: AgentRecord): string {
  return `${agentFields(agent)}}`
}

/** The answer to a registration. */
export function registeredAgentJson(
  agent: AgentRecord,
  warnings: readonly RegistrationWarning[] = [],
): string {
  const interval = heartbeatIntervalSeconds(agent.ttlSeconds)
  const more = warnings.length === 0 ? '' : `,"warnings":${JSON.stringify(warnings)}`
  return `${agentFields(agent)},"heartbeat_interval_seconds":${interval}${more}}`
}

/** The answer to a heartbeat. */
export function heartbeatReceiptJson(receipt: HeartbeatReceipt): string {
  return (
    `{"status":"ok","last_heartbeat":"${isoTime(receipt.lastHeartbeatMs)}",` +
    `"expires_at":"${isoTime(receipt.expiresAtMs)}","ttl_seconds":${receipt.ttlSeconds},` +
    `"heartbeat_interval_seconds":${heartbeatIntervalSeconds(receipt.ttlSeconds)},` +
    `"revision":${receipt.revision}}`
  )
}

function agentFields(agent: AgentRecord): string {
  const { metadata } = agent
  // An id needs no escaping: its alphabet has no character that JSON would escape.
  return (
    `{"agent_id":"${agent.agentId}","agent_name":${stringJson(agent.agentName)},` +
    `"host":${stringJson(agent.host)},"port":${agent.port},` +
    `"url":${stringJson(agent.url)},` +
    `"version":${agent.version === null ? null : stringJson(agent.version)},` +
    `"ttl_seconds":${agent.ttlSeconds},` +
    `"metadata":${metadata?.givenAs === 'string' ? JSON.stringify(metadata.json) : (metadata?.json ?? null)},` +
    `"capabilities":${capabilitiesJson(agent.capabilities)},` +
    `"status":"${viewStatus(agent)}","load":${agent.load},` +
    `"registered_at":"${isoTime(agent.registeredAtMs)}",` +
    `"last_heartbeat":"${isoTime(agent.lastHeartbeatMs)}",` +
    `"expires_at":"${isoTime(agent.expiresAtMs)}",` +
    `"is_alive":${agent.alive},"revision":${agent.revision}`
  )
}

function capabilitiesJson(capabilities: readonly string[]): string {
  let json = ''
  for (const capability of capabilities) {
    json += json === '' ? stringJson(capability) : `,${stringJson(capability)}`
  }
  return `[${json}]`
}

/** Characters that JSON writes as they are. */
const PLAIN = /^[ !#-[\]-~]*$/

/** A string in JSON. `JSON.stringify` for each took a fifth of the time of an agent. */
function stringJson(text: string): string {
  return PLAIN.test(text) ? `"${text}"` : JSON.stringify(text)
}

/** Seconds whose text is kept; the times of a fleet lie within its TTL of each other. */
const KEPT_SECONDS = 256
const keptSeconds = new Float64Array(KEPT_SECONDS).fill(Number.NaN)
const keptTexts = new Array<string>(KEPT_SECONDS).fill('')

/**
 * RFC 3339 in UTC with milliseconds, as `Date.prototype.toISOString` has it, at a tenth of its
 * cost: three of them in every agent were half of the time that a list took.
 */
export function isoTime(unixMs: number): string {
  const second = Math.floor(unixMs / 1000)
  const slot = second & (KEPT_SECONDS - 1)
  if (keptSeconds[slot] !== second) {
    keptSeconds[slot] = second
    keptTexts[slot] = new Date(second * 1000).toISOString().slice(0, -4)
  }
  const ms = unixMs - second * 1000
  return `${keptTexts[slot]}${ms < 10 ? '00' : ms < 100 ? '0' : ''}${ms}Z`
}
