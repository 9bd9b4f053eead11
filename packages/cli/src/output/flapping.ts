import type { AgentEvent } from '@rollcall/client'
import { FLAPPING } from '@rollcall/protocol'
import { formatDuration } from './time-format.ts'

/**
 * Describes that instances of an agent take over from each other again and again; undefined if they
 * do not.
 *
 * @param events the newest of the agent
 * @param nowMs Unix time in milliseconds
 */
export function describeFlapping(
  events: readonly Pick<AgentEvent, 'type' | 'at' | 'agent'>[],
  nowMs: number,
): string | undefined {
  const { takeovers, windowSeconds } = FLAPPING
  const recent = events.filter(
    ({ type, at }) => type === 'replaced' && nowMs - at.getTime() < windowSeconds * 1000,
  )
  if (recent.length < takeovers) return undefined
  const instances = new Set(
    recent.slice(-2).map(({ agent }) => agent.instanceId ?? 'one without id'),
  )
  return (
    `${recent.length} takeovers in ${formatDuration(windowSeconds)}, ` +
    `most recently by ${[...instances].join(' and ')}`
  )
}
