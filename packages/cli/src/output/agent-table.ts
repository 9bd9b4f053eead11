import type { Agent } from '@rollcall/client'
import { mapDetails } from '@rollcall/protocol'
import { type ShownFields, shownOf } from './shown-fields.ts'
import { STATUS_STYLES } from './status-styles.ts'
import { type Column, Table } from './table.ts'
import { printable } from './text-width.ts'
import { formatShortDuration, secondsSince, secondsUntil } from './time-format.ts'

const name: Column<Agent> = {
  title: 'NAME',
  text: (agent) => printable(agent.agentName),
  shrink: { minWidth: 6, priority: 1 },
}
const id: Column<Agent> = {
  title: 'ID',
  text: (agent) => agent.agentId,
  // Other commands need the full id, so it is truncated last.
  shrink: { minWidth: 8, priority: 3, typicalUpTo: 24 },
}
const endpoint: Column<Agent> = {
  title: 'ENDPOINT',
  text: (agent) => printable(agent.url.replace(/^http:\/\//, '')),
  shrink: { minWidth: 8, priority: 1.5 },
  isOptional: true,
}
const url: Column<Agent> = { ...endpoint, text: (agent) => printable(agent.url) }
const status: Column<Agent> = {
  title: 'STATUS',
  text: (agent) => agent.status,
  style: (agent) => STATUS_STYLES[agent.status],
}
const capabilities: Column<Agent> = {
  title: 'CAPABILITIES',
  text: (agent) => printable(agent.capabilities.join(',')) || '-',
  shrink: { minWidth: 8, priority: 1 },
  isOptional: true,
}
const heartbeatAge: Column<Agent> = {
  title: 'BEAT',
  text: (agent) => formatShortDuration(secondsSince(agent.lastHeartbeat, Date.now())),
  align: 'right',
}
const left: Column<Agent> = {
  title: 'LEFT',
  text: (agent) =>
    agent.isAlive ? formatShortDuration(secondsUntil(agent.expiresAt, Date.now())) : '-',
  style: (agent) => (isLate(agent) ? 'red' : undefined),
  align: 'right',
}

const load: Column<Agent> = {
  title: 'LOAD',
  text: (agent) => agent.load?.toFixed(2) ?? '-',
  align: 'right',
}

const ttl: Column<Agent> = {
  title: 'TTL',
  text: (agent) => formatShortDuration(agent.ttlSeconds),
  align: 'right',
}
const version: Column<Agent> = {
  title: 'VERSION',
  text: (agent) => printable(agent.version ?? '-'),
}
const metadata: Column<Agent> = {
  title: 'METADATA',
  text: (agent) => printable(metadataOf(agent)),
}

const maintenance: Column<Agent> = {
  title: 'MAINTENANCE',
  text: (agent) => printable(maintenanceOf(agent)),
}

const owner: Column<Agent> = {
  title: 'OWNER',
  text: (agent) => printable(agent.owner ?? '-'),
}

/** The fields that no table shows. */
const NOT_SHOWN = {
  // Part of the URL, or of the time left.
  host: undefined,
  port: undefined,
  isAlive: undefined,
  // Shown by `rollcall get`, or with --json.
  ...mapDetails(() => undefined),
  tags: undefined,
  hasCard: undefined,
  updatedAt: undefined,
  instanceId: undefined,
  incarnation: undefined,
  registeredAt: undefined,
  revision: undefined,
} satisfies Partial<ShownFields<never>>

const narrow = [name, id, endpoint, status, load, capabilities, heartbeatAge, left]
const wide = shownOf<Column<Agent>>({
  agentName: name,
  agentId: id,
  url,
  status,
  load,
  capabilities,
  lastHeartbeat: heartbeatAge,
  expiresAt: left,
  ttlSeconds: ttl,
  version,
  metadata,
  maintenance,
  owner,
  ...NOT_SHOWN,
})

/**
 * Creates a table of agents for a terminal.
 *
 * @param maxWidth columns of the terminal
 * @param options.wide whether to show all columns without truncation
 */
export function agentTable(
  firstRows: readonly Agent[],
  maxWidth: number,
  options: { readonly wide: boolean },
): Table<Agent> {
  return options.wide
    ? new Table(wide, firstRows, Number.POSITIVE_INFINITY)
    : new Table(narrow, firstRows, maxWidth)
}

/**
 * Formats an agent for programs: the columns of the wide table, tab-separated, durations in
 * seconds.
 */
export function agentFields(agent: Agent): string {
  const now = Date.now()
  return shownOf<string | number>({
    agentName: printable(agent.agentName),
    agentId: agent.agentId,
    url: printable(agent.url),
    status: agent.status,
    capabilities: printable(agent.capabilities.join(',')) || '-',
    lastHeartbeat: secondsSince(agent.lastHeartbeat, now),
    expiresAt: agent.isAlive ? secondsUntil(agent.expiresAt, now) : 0,
    load: agent.load ?? '-',
    ttlSeconds: agent.ttlSeconds,
    version: printable(agent.version ?? '-'),
    metadata: printable(metadataOf(agent)),
    maintenance: printable(maintenanceOf(agent)),
    owner: printable(agent.owner ?? '-'),
    ...NOT_SHOWN,
  }).join('\t')
}

/** Returns the metadata as JSON; a dash if there is none. */
export function metadataOf({ metadata }: Agent): string {
  if (metadata === null) return '-'
  return typeof metadata === 'string' ? metadata : JSON.stringify(metadata)
}

/** Returns why an operator has put the agent into maintenance; a dash if none has. */
function maintenanceOf({ maintenance }: Agent): string {
  return maintenance === null ? '-' : `${maintenance.reason} (${maintenance.by})`
}

/** Whether less than a third of the lease is left: at least one heartbeat is missing. */
function isLate({ isAlive, expiresAt, ttlSeconds }: Agent): boolean {
  return isAlive && secondsUntil(expiresAt, Date.now()) < ttlSeconds / 3
}
