import type { Agent } from '@rollcall/client'
import type { AgentSort } from '@rollcall/protocol'
import { describe, expect, test } from 'vitest'
import { AgentRows } from '../src/agents/agent-rows.ts'
import { agent } from './sample-agents.ts'

const page = (...ids: string[]): Agent[] => ids.map((id) => agent(id))
const idsOf = ({ rows }: AgentRows): string[] => rows.map(({ agent }) => agent.agentId)

function rowsOf(sort: AgentSort, ...ids: string[]): AgentRows {
  const rows = new AgentRows(sort)
  rows.append(page(...ids), { isLast: false })
  return rows
}

function event(id: string, { listed = true, revision = 2 } = {}) {
  return { agentId: id, listed, agent: agent(id, { revision }) }
}

describe('the rows of a list', () => {
  test('continue with further pages, without an agent twice', () => {
    const rows = rowsOf('agent_id', 'a', 'b')
    rows.append(page('b', 'c'), { isLast: true })
    expect(idsOf(rows)).toEqual(['a', 'b', 'c'])
    expect(rows.isComplete).toBe(true)
  })

  test('take in a new agent at its place', () => {
    const rows = rowsOf('agent_id', 'a', 'c')
    rows.apply(event('b'))
    expect(idsOf(rows)).toEqual(['a', 'b', 'c'])
  })

  test('leave an agent behind them to the next page, unless there is none', () => {
    const rows = rowsOf('agent_id', 'a')
    rows.apply(event('b'))
    expect(idsOf(rows)).toEqual(['a'])
    rows.append([], { isLast: true })
    rows.apply(event('b'))
    expect(idsOf(rows)).toEqual(['a', 'b'])
  })

  test('are outdated by a new agent if only the registry knows its place', () => {
    const rows = rowsOf('-load', 'a')
    expect(rows.isOutdated).toBe(false)
    rows.apply(event('b', { listed: false }))
    expect(rows.isOutdated).toBe(false)
    rows.apply(event('b'))
    expect([idsOf(rows), rows.isOutdated]).toEqual([['a'], true])
  })

  test('show an agent that has left until it is removed, unless it has come back', () => {
    const rows = rowsOf('agent_id', 'a', 'b')
    for (const id of ['a', 'b']) rows.apply(event(id, { listed: false }))
    expect(rows.rows.map(({ isLeaving }) => isLeaving)).toEqual([true, true])
    rows.apply(event('b', { revision: 3 }))
    expect(rows.removeLeft(new Set(['a', 'b']))).toBe(true)
    expect(idsOf(rows)).toEqual(['b'])
    expect(rows.removeLeft(new Set(['a', 'b']))).toBe(false)
  })

  test('show it at its place as well if they are read again meanwhile', () => {
    const before = rowsOf('expires_at', 'a', 'b', 'c', 'd')
    for (const id of ['b', 'c', 'd']) before.apply(event(id, { listed: false }))
    const rows = rowsOf('expires_at', 'e', 'c')
    rows.keepLeaving(before)
    expect(rows.rows.map(({ agent, isLeaving }) => [agent.agentId, isLeaving])).toEqual([
      ['e', false],
      ['b', true],
      ['c', false],
      ['d', true],
    ])
    expect(rows.removeLeft(new Set(['b', 'c', 'd']))).toBe(true)
    expect(idsOf(rows)).toEqual(['e', 'c'])
  })

  test('ignore events and reads from before they were read', () => {
    const rows = new AgentRows('agent_id')
    rows.append([agent('a', { revision: 5 })], { isLast: true })
    rows.apply(event('a', { listed: false, revision: 4 }))
    rows.refresh([agent('a', { revision: 4, load: 1 })])
    expect(rows.rows).toMatchObject([{ isLeaving: false, agent: { revision: 5, load: null } }])
  })

  test('take over heartbeats and loads of agents that they have, and no others', () => {
    const rows = rowsOf('agent_id', 'a', 'b')
    rows.refresh([agent('b', { load: 0.5 }), agent('c')])
    expect(rows.rows.map(({ agent }) => [agent.agentId, agent.load])).toEqual([
      ['a', null],
      ['b', 0.5],
    ])
  })
})
