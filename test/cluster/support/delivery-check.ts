import type { AgentEvent } from '@rollcall/protocol'
import { ABSENT, type AgentState } from './acknowledged-histories.ts'

/** Types after which an agent is no longer there. */
const GONE: readonly string[] = ['deregistered', 'removed']

/** One event in a line: what every node has to tell in the same words. */
export function lineOf({ revision, type, agent_id, at, reason, agent }: AgentEvent): string {
  return JSON.stringify([revision, type, agent_id, at, reason, agent])
}

/** The states that agents went through, by id. */
export function statesIn(
  events: readonly AgentEvent[],
  isMeant: (agentId: string) => boolean,
): Map<string, AgentState[]> {
  const histories = new Map<string, AgentState[]>()
  for (const { type, agent_id, agent } of events) {
    if (!isMeant(agent_id)) continue
    const state = GONE.includes(type) ? ABSENT : `${agent.port} ${agent.status}`
    const history = histories.get(agent_id)
    if (history === undefined) histories.set(agent_id, [state])
    else history.push(state)
  }
  return histories
}

/** Where two lists of lines begin to differ; undefined when they are the same. */
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
