import {
  AGENT_DETAILS,
  type AgentDetails,
  heartbeatIntervalSeconds,
  NO_DETAILS,
  type RegistrationWarning,
} from '@rollcall/protocol'
import type { AgentRecord } from '../../domain/agent-record.ts'
import type { HeartbeatReceipt } from '../../domain/heartbeat.ts'
import { viewStatus } from '../../domain/query/agent-filter.ts'
import { isoTime } from './iso-time.ts'
import { maintenanceJson } from './maintenance-json.ts'

// With maintenance-json.ts, the only place that maps domain names to wire names. The JSON is concatenated by hand: a list of
// 10 000 agents consists mostly of text that is already JSON, and building objects for JSON.stringify
// took three times as long.

export const JSON_TYPE = 'application/json; charset=utf-8'

/** Encodes an agent. */
export function agentJson(agent: AgentRecord): string {
  return `${agentFields(agent)}}`
}

/** Encodes the response to a registration. */
export function registeredAgentJson(
  agent: AgentRecord,
  warnings: readonly RegistrationWarning[] = [],
  intervalFactor = 1,
): string {
  const interval = heartbeatIntervalSeconds(agent.ttlSeconds, intervalFactor)
  const suffix = warnings.length === 0 ? '' : `,"warnings":${JSON.stringify(warnings)}`
  return `${agentFields(agent)},"heartbeat_interval_seconds":${interval}${suffix}}`
}

/** Encodes the response to a heartbeat. */
export function heartbeatReceiptJson(receipt: HeartbeatReceipt, intervalFactor = 1): string {
  return (
    `{"status":"ok","last_heartbeat":"${isoTime(receipt.lastHeartbeatMs)}",` +
    `"expires_at":"${isoTime(receipt.expiresAtMs)}","ttl_seconds":${receipt.ttlSeconds},` +
    `"heartbeat_interval_seconds":${heartbeatIntervalSeconds(receipt.ttlSeconds, intervalFactor)},` +
    `"revision":${receipt.revision}}`
  )
}

function agentFields(agent: AgentRecord): string {
  const { metadata, maintenance, instanceId } = agent
  // Ids need no escaping: their alphabets contain no character that JSON escapes.
  return (
    `{"agent_id":"${agent.agentId}","agent_name":${stringJson(agent.agentName)},` +
    `"host":${stringJson(agent.host)},"port":${agent.port},` +
    `"url":${stringJson(agent.url)},` +
    `"version":${agent.version === null ? null : stringJson(agent.version)},` +
    detailsJson(agent.details) +
    `"ttl_seconds":${agent.ttlSeconds},` +
    `"metadata":${metadata?.givenAs === 'string' ? JSON.stringify(metadata.json) : (metadata?.json ?? null)},` +
    `"capabilities":${textsJson(agent.capabilities)},` +
    (agent.tags.length === 0 ? '' : `"tags":${textsJson(agent.tags)},`) +
    (agent.card === null ? '' : '"has_card":true,') +
    `"status":"${viewStatus(agent)}",` +
    (maintenance === null ? '' : `"maintenance":${maintenanceJson(maintenance)},`) +
    `"load":${agent.load},` +
    (instanceId === null ? '' : `"instance_id":"${instanceId}",`) +
    `"incarnation":${agent.incarnation},` +
    (agent.owner === null ? '' : `"owner":${stringJson(agent.owner)},`) +
    `"registered_at":"${isoTime(agent.registeredAtMs)}",` +
    (agent.updatedAtMs === agent.registeredAtMs
      ? ''
      : `"updated_at":"${isoTime(agent.updatedAtMs)}",`) +
    `"last_heartbeat":"${isoTime(agent.lastHeartbeatMs)}",` +
    `"expires_at":"${isoTime(agent.expiresAtMs)}",` +
    `"is_alive":${agent.alive},"revision":${agent.revision}`
  )
}

function detailsJson(details: AgentDetails): string {
  if (details === NO_DETAILS) return ''
  let json = ''
  for (const { name, wireName } of AGENT_DETAILS) {
    const value = details[name]
    if (value !== null) json += `"${wireName}":${stringJson(value)},`
  }
  return json
}

function textsJson(texts: readonly string[]): string {
  let json = ''
  for (const text of texts) {
    json += json === '' ? stringJson(text) : `,${stringJson(text)}`
  }
  return `[${json}]`
}

/** Text without characters that JSON escapes. */
const PLAIN = /^[ !#-[\]-~]*$/

/** Encodes a string. `JSON.stringify` for each one took a fifth of the time of encoding an agent. */
function stringJson(text: string): string {
  return PLAIN.test(text) ? `"${text}"` : JSON.stringify(text)
}
