import type { Health } from '@rollcall/protocol'
import { formatDuration, formatTime } from '../components/durations.ts'
import type { Contact } from '../registry/registry-session.ts'

/** Something that is wrong, in plain words. */
export interface Alert {
  readonly level: 'warning' | 'critical'
  readonly title: string
  readonly text: string
}

/** Says what is wrong with the registry, the worst first. */
export function alertsOf(health: Health | undefined, contact: Contact, nowMs: number): Alert[] {
  if (contact.isLost) return [lostContact(contact, nowMs)]
  if (health === undefined) return []
  return [
    ...(health.status === 'unhealthy' ? [STORE_DOWN] : []),
    ...(health.expiry_brake === null ? [] : [brake(health.expiry_brake, nowMs)]),
    ...(health.overload === null ? [] : [overload(health.overload)]),
    ...(health.flapping_agents > 0 ? [flapping(health.flapping_agents)] : []),
    ...(health.access === 'insecure' ? [INSECURE] : []),
  ]
}

function lostContact({ lastMs }: Contact, nowMs: number): Alert {
  return {
    level: 'critical',
    title: 'Disconnected from the registry',
    text: `Data as of ${formatTime(new Date(lastMs), nowMs)}. The page tries again by itself.`,
  }
}

const STORE_DOWN: Alert = {
  level: 'critical',
  title: 'The store is down',
  text: 'Reads and heartbeats work; registrations and other changes are refused until it is back.',
}

const INSECURE: Alert = {
  level: 'warning',
  title: 'No access control',
  text: 'Every caller in the network may do everything (--insecure).',
}

function brake(
  { reason, ends_at: endsAt, suspect_agents: count }: NonNullable<Health['expiry_brake']>,
  nowMs: number,
): Alert {
  const left = formatDuration(Date.parse(endsAt) - nowMs)
  return {
    level: 'critical',
    title: 'Mass expiry held back',
    text: `${reason}. ${count.toLocaleString('en')} agents are suspect; this ends in ${left} at the latest.`,
  }
}

function overload({
  refused_reads: reads,
  refused_changes: changes,
}: NonNullable<Health['overload']>): Alert {
  const percent = (share: number) => `${Math.round(share * 100)} %`
  return {
    level: 'warning',
    title: 'The registry is overloaded',
    text: `It refuses ${percent(reads)} of the reads and ${percent(changes)} of the registrations; this page shows less than usual.`,
  }
}

function flapping(count: number): Alert {
  return {
    level: 'warning',
    title: count === 1 ? 'An agent is flapping' : `${count} agents are flapping`,
    text: 'Several processes register under the same id, each replacing the other. See the events "replaced".',
  }
}
