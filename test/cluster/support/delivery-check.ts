import type { AgentEvent } from '@rollcall/protocol'
import { ABSENT, type AgentState } from './acknowledged-histories.ts'

/** Event types after which an agent no longer exists. */
const REMOVAL_TYPES: readonly string[] = ['deregistered', 'removed']

/** Formats an event as one line, which must be the same on every node. */
export function lineOf({ revision, type, agent_id, at, reason, agent }: AgentEvent): string {
  return JSON.stringify([revision, type, agent_id, at, reason, agent])
}

/** Extracts the states that agents went through, by id. */
export function statesIn(
  events: readonly AgentEvent[],
  includes: (agentId: string) => boolean,
): Map<string, AgentState[]> {
  const histories = new Map<string, AgentState[]>()
  for (const { type, agent_id, agent } of events) {
    if (!includes(agent_id)) continue
    const state = REMOVAL_TYPES.includes(type) ? ABSENT : `${agent.port} ${agent.status}`
    const history = histories.get(agent_id)
    if (history === undefined) histories.set(agent_id, [state])
    else history.push(state)
  }
  return histories
}

/** Describes the first difference of two lists; undefined if they are equal. */
export function firstDifference(
  one: readonly string[],
  other: readonly string[],
): string | undefined {
  const length = Math.max(one.length, other.length)
  for (let index = 0; index < length; index++) {
    if (one[index] !== other[index]) return `${index}: ${one[index]} is not ${other[index]}`
  }
  return undefined
}
