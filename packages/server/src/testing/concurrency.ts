import { describe, expect, test } from 'vitest'
import type { ConformanceSubject } from './conformance-subject.ts'
import { replay } from './legal-history.ts'
import { registration } from './sample-registration.ts'
import { nthId, StoreUnderTest } from './store-under-test.ts'

const COUNT = 1000
const times = <T>(count: number, make: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, index) => make(index))

export function describeConcurrency(subject: ConformanceSubject): void {
  describe('concurrently', () => {
    test('a thousand agents can register', async () => {
      await using store = await StoreUnderTest.open(subject)
      const agents = await store.addMany(COUNT)
      expect(agents.map(({ agentId }) => agentId)).toEqual(times(COUNT, nthId))
      expect(new Set(agents.map(({ revision }) => revision)).size).toBe(COUNT)
      expect(await store.list()).toEqual(agents)
      expect(await store.repository.counts()).toMatchObject({ registered: COUNT, revision: COUNT })
    })

    test('the same agent can register a thousand times, and exists once', async () => {
      await using store = await StoreUnderTest.open(subject)
      const agents = await Promise.all(times(COUNT, () => store.add()))
      expect(await store.transitionTypes()).toEqual(['registered'])
      for (const agent of agents) expect(agent).toEqual(agents[0])
    })

    test('a thousand different registrations of one agent have a definite last one', async () => {
      await using store = await StoreUnderTest.open(subject)
      const agents = await Promise.all(times(COUNT, (index) => store.add({ port: 1 + index })))
      const history = await store.transitions()
      expect(replay(history).get('scout')?.agent).toEqual(await store.get())
      expect(history).toHaveLength(COUNT)
      // Each caller got its own registration back, not a later one.
      expect(agents.map(({ port }) => port)).toEqual(times(COUNT, (index) => 1 + index))
    })

    test('registrations and deregistrations of the same agents leave a valid history', async () => {
      await using store = await StoreUnderTest.open(subject)
      const { repository } = store
      const calls: Promise<unknown>[] = []
      for (let index = 0; index < COUNT; index++) {
        const agentId = nthId(index % 7)
        const status = index % 2 === 0 ? 'busy' : 'ready'
        if (index % 3 === 0) calls.push(repository.delete(agentId))
        else if (index % 3 === 1) calls.push(store.add({ agentId, port: 1 + (index % 5) }))
        else calls.push(repository.updateHeartbeat(agentId, { status }))
        // So that some arrive while others are in flight.
        if (index % 5 === 0) await new Promise(setImmediate)
      }
      await Promise.all(calls)
      const replayed = replay(await store.transitions())
      const list = await store.list()
      expect(list.map(({ agentId }) => agentId)).toEqual([...replayed.keys()].toSorted())
      for (const agent of list) expect(replayed.get(agent.agentId)?.agent).toEqual(agent)
    })

    test('one of many deregistrations succeeds', async () => {
      await using store = await StoreUnderTest.open(subject)
      await store.add()
      const outcomes = await Promise.all(times(50, () => store.repository.delete('scout')))
      expect(outcomes.filter((deleted) => deleted)).toHaveLength(1)
      expect(await store.transitionTypes()).toEqual(['registered', 'deregistered'])
    })

    test('a heartbeat wins over the sweep, whichever comes first', async () => {
      for (const heartbeatFirst of [true, false]) {
        await using store = await StoreUnderTest.open(subject)
        await store.add()
        store.clock.advance(10_000)
        const calls = [
          () => store.repository.updateHeartbeat('scout'),
          () => store.repository.expireLapsed(),
        ]
        await Promise.all((heartbeatFirst ? calls : calls.toReversed()).map((call) => call()))
        expect(await store.get()).toMatchObject({ alive: true })
        expect(await store.transitionTypes()).toEqual(['registered', 'expired', 'revived'])
        store.clock.advance(10_000)
        expect(await store.sweep()).toBe(1)
      }
    })

    test('a registration wins over the cleanup, whichever comes first', async () => {
      for (const registrationFirst of [true, false]) {
        await using store = await StoreUnderTest.open(subject)
        await store.add()
        store.clock.advance(10_000)
        await store.sweep()
        const calls = [() => store.add(), () => store.repository.deleteExpired()]
        await Promise.all((registrationFirst ? calls : calls.toReversed()).map((call) => call()))
        expect(await store.get()).toMatchObject({ alive: true })
        replay(await store.transitions())
      }
    })

    test('sweeps and cleanups perform each expiry and each removal once', async () => {
      await using store = await StoreUnderTest.open(subject)
      await store.addMany(100)
      store.clock.advance(10_000)
      const { repository } = store
      const [first, removed, second, removedToo] = await Promise.all([
        repository.expireLapsed(),
        repository.deleteExpired(),
        repository.expireLapsed(),
        repository.deleteExpired(),
      ])
      const rest = await repository.deleteExpired()
      expect(first.expired + second.expired).toBeLessThanOrEqual(100)
      expect(removed + removedToo + rest).toBe(100)
      expect(replay(await store.transitions()).size).toBe(0)
      expect(await store.revision()).toBe(300)
    })

    test('a heartbeat is not lost while its agent registers again', async () => {
      await using store = await StoreUnderTest.open(subject)
      await store.add({ load: 0.1 })
      store.clock.advance(5_000)
      const registering = store.repository.add(registration({ port: 8001, load: 0.2 }))
      // By now it may be in flight.
      await new Promise(setImmediate)
      store.clock.advance(1_000)
      await store.repository.updateHeartbeat('scout', { load: 0.3 })
      await registering
      expect(await store.get()).toMatchObject({
        port: 8001,
        lastHeartbeatMs: store.clock.wallMs(),
        expiresAtMs: store.clock.wallMs() + 10_000,
      })
    })

    test('the later of two reports of an agent wins, even if the first is still in flight', async () => {
      for (const turnsBetween of [0, 1, 2]) {
        await using store = await StoreUnderTest.open(subject)
        await store.add({ load: 0 })
        const { repository } = store
        const first = repository.updateHeartbeat('scout', { status: 'busy', load: 0.1 })
        for (let turn = 0; turn < turnsBetween; turn++) await new Promise(setImmediate)
        const second = repository.updateHeartbeat('scout', { status: 'ready', load: 0.2 })
        await Promise.all([first, second])
        expect(await store.get()).toMatchObject({ status: 'ready', load: 0.2 })
        expect(await store.transitionTypes()).toEqual(['registered', 'updated', 'updated'])
      }
    })
  })
}
