import type { Agent } from '@rollcall/client'
import { secondsSince, secondsUntil, shortSpan } from './age.ts'
import { type Column, Table } from './table.ts'
import type { Look } from './terminal.ts'
import { printable } from './text-width.ts'

const STATUS_LOOKS: Readonly<Record<Agent['status'], Look>> = {
  ready: 'green',
  busy: 'yellow',
  draining: 'magenta',
  expired: 'red',
}

const name: Column<Agent> = {
  title: 'NAME',
  text: (agent) => printable(agent.agentName),
  cut: { least: 6, worth: 1 },
}
const id: Column<Agent> = {
  title: 'ID',
  text: (agent) => agent.agentId,
  // What the other commands are given: rather cut anything else.
  cut: { least: 8, worth: 3, usualUpTo: 24 },
}
const endpoint: Column<Agent> = {
  title: 'ENDPOINT',
  text: (agent) => printable(agent.url.replace(/^http:\/\//, '')),
  cut: { least: 8, worth: 1.5 },
  isDropped: true,
}
const url: Column<Agent> = { ...endpoint, text: (agent) => printable(agent.url) }
const status: Column<Agent> = {
  title: 'STATUS',
  text: (agent) => agent.status,
  look: (agent) => STATUS_LOOKS[agent.status],
}
const capabilities: Column<Agent> = {
  title: 'CAPABILITIES',
  text: (agent) => printable(agent.capabilities.join(',')) || '-',
  cut: { least: 8, worth: 1 },
  isDropped: true,
}
const beat: Column<Agent> = {
  title: 'BEAT',
  text: (agent) => shortSpan(secondsSince(agent.lastHeartbeat, Date.now())),
  align: 'right',
}
const left: Column<Agent> = {
  title: 'LEFT',
  text: (agent) => (agent.isAlive ? shortSpan(secondsUntil(agent.expiresAt, Date.now())) : '-'),
  look: (agent) => (isLate(agent) ? 'red' : undefined),
  align: 'right',
}

const load: Column<Agent> = {
  title: 'LOAD',
  text: (agent) => agent.load?.toFixed(2) ?? '-',
  align: 'right',
}

const more: readonly Column<Agent>[] = [
  { title: 'TTL', text: (agent) => shortSpan(agent.ttlSeconds), align: 'right' },
  { title: 'VERSION', text: (agent) => printable(agent.version ?? '-') },
  { title: 'METADATA', text: (agent) => printable(metadataOf(agent)) },
]

const narrow = [name, id, endpoint, status, load, capabilities, beat, left]
const wide = [name, id, url, status, load, capabilities, beat, left, ...more]

/**
 * A table of agents for a terminal.
 *
 * @param room columns of the terminal
 * @param options `wide`: all there is to know, and nothing cut
 */
export function agentTable(
  firstRows: readonly Agent[],
  room: number,
  options: { readonly wide: boolean },
): Table<Agent> {
  return options.wide
    ? new Table(wide, firstRows, Number.POSITIVE_INFINITY)
    : new Table(narrow, firstRows, room)
}

/** An agent for programs: the columns of the wide table, joined by tabs, spans in seconds. */
export function agentFields(agent: Agent): string {
  const now = Date.now()
  return [
    printable(agent.agentName),
    agent.agentId,
    printable(agent.url),
    agent.status,
    printable(agent.capabilities.join(',')) || '-',
    secondsSince(agent.lastHeartbeat, now),
    agent.isAlive ? secondsUntil(agent.expiresAt, now) : 0,
    agent.load ?? '-',
    agent.ttlSeconds,
    printable(agent.version ?? '-'),
    printable(metadataOf(agent)),
  ].join('\t')
}

/** The metadata as JSON; a dash when there is none. */
export function metadataOf({ metadata }: Agent): string {
  if (metadata === null) return '-'
  return typeof metadata === 'string' ? metadata : JSON.stringify(metadata)
}

/** Less than a third of the lease is left: at least one heartbeat is missing. */
function isLate({ isAlive, expiresAt, ttlSeconds }: Agent): boolean {
  return isAlive && secondsUntil(expiresAt, Date.now()) < ttlSeconds / 3
}
