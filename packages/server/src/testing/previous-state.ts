import { describe, expect, test, vi } from 'vitest'
import type { AgentRecord } from '../domain/agent-record.ts'
import type { AgentRegistration } from '../domain/agent-registration.ts'
import type { Caller } from '../domain/caller.ts'
import { filterableStateOf } from '../domain/query/agent-filter.ts'
import type { PreviousState, Transition } from '../domain/transition.ts'
import type { ConformanceSubject } from './conformance-subject.ts'
import { ANN } from './sample-callers.ts'
import { StoreUnderTest } from './store-under-test.ts'

async function changeEverything(store: StoreUnderTest): Promise<void> {
  const { repository, clock } = store
  const add = (fields: Partial<AgentRegistration>, caller?: Caller) =>
    store.add({ ttlSeconds: 300, ...fields }, caller)
  await add({ capabilities: ['search'], metadata: { zone: 'eu' } })
  await add({ agentName: 'Renamed', capabilities: ['search'], metadata: { zone: 'eu' } })
  await add({ agentName: 'Renamed', capabilities: ['search', 'sum'], metadata: { zone: 'eu' } })
  await add({ agentName: 'Renamed', capabilities: ['search', 'sum'] }, ANN)
  await add({ agentName: 'Renamed', metadata: '{"zone": "eu"}' })
  await add({ agentName: 'Renamed', metadata: { zone: 'eu' } })
  await repository.updateHeartbeat('scout', { status: 'busy' })
  await add({ agentName: 'Renamed', metadata: { half: '\ud83d', '"': '\\' }, port: 8001 })
  await add({ metadata: { half: '\ud83d', '"': '\\' }, status: 'draining' })
  clock.advance(300_000)
  await store.sweep()
  await repository.updateHeartbeat('scout', { status: 'ready' })
  clock.advance(300_000)
  await add({ agentName: 'Back', capabilities: ['plan'], status: 'busy' })
  clock.advance(300_000)
  await repository.deleteExpired()
  await add({ agentName: 'Anew' })
  await repository.delete('scout')
  await add({ agentName: 'Anew' })
  clock.advance(300_000)
  await repository.delete('scout')
}

function previousStateOf(agent: AgentRecord): PreviousState {
  return { ...filterableStateOf(agent), owner: agent.owner }
}

export function describePreviousState(subject: ConformanceSubject): void {
  describe('the state of an agent before a transition', () => {
    test('is the state after the previous transition, or undefined for a new agent', async () => {
      await using store = await StoreUnderTest.open(subject)
      await changeEverything(store)
      const history = await store.transitions()
      expect(new Set(history.map(({ type }) => type)).size).toBe(6)
      for (const [index, { type, before, revision }] of history.entries()) {
        const last = history[index - 1]
        const expected = type === 'registered' ? undefined : last && previousStateOf(last.agent)
        expect(before, `${type}, revision ${revision}`).toEqual(expected)
      }
    })

    test('is dead only once the expiry is recorded', async () => {
      await using store = await StoreUnderTest.open(subject)
      await changeEverything(store)
      for (const { type, before } of await store.transitions()) {
        if (type === 'updated' || type === 'expired') expect(before?.alive, type).toBe(true)
        if (type === 'revived' || type === 'removed') expect(before?.alive, type).toBe(false)
      }
      const [, expired, deregistered] = (await store.transitions()).slice(-3)
      expect(expired).toMatchObject({ type: 'expired', before: { alive: true } })
      expect(deregistered).toMatchObject({ type: 'deregistered', before: { alive: false } })
    })

    test('is the same for subscribers, for reads, and after a restart', async () => {
      await using store = await StoreUnderTest.open(subject)
      const received: Transition[] = []
      store.repository.subscribe((transitions) => received.push(...transitions))
      await changeEverything(store)
      await vi.waitFor(async () => expect(received).toHaveLength(await store.revision()))
      expect(await store.transitions()).toEqual(received)
      expect(await store.repository.historyOf('scout')).toEqual(received)
      if (!subject.durable) return
      await store.restart({ awayMs: 1_000 })
      expect(await store.transitions()).toEqual(received)
      expect(await store.repository.historyOf('scout')).toEqual(received)
    })

    test('distinguishes the changes within one batch', async () => {
      await using store = await StoreUnderTest.open(subject)
      await Promise.all([
        store.add({ agentName: 'One' }),
        store.add({ agentName: 'Two', status: 'busy' }),
        store.repository.updateHeartbeat('scout', { status: 'draining' }),
        store.add({ agentName: 'Three' }),
        store.repository.delete('scout'),
      ])
      for (const { type, before, agent } of await store.transitions()) {
        if (type === 'registered') expect(before).toBeUndefined()
        else expect(before?.agentName, agent.agentName).not.toBeUndefined()
      }
      const names = (await store.transitions()).map(({ before }) => before?.agentName)
      expect(names).toEqual([undefined, 'One', 'Two', 'Three'])
    })
  })
}
