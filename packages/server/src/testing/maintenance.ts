import { describe, expect, test } from 'vitest'
import { viewStatus } from '../domain/query/agent-filter.ts'
import type { ConformanceSubject } from './conformance-subject.ts'
import { StoreUnderTest } from './store-under-test.ts'

const DISK = { reason: 'replacing the disk', by: 'ann' }
const UPGRADE = { reason: 'upgrade', by: 'bo' }

/** For every store: what an operator decides about one agent. */
export function describeMaintenance(subject: ConformanceSubject): void {
  describe('maintenance of an agent', () => {
    test('shows it as draining, with the reason, in reads, lists, counts and the feed', async () => {
      await using store = await StoreUnderTest.open(subject)
      const { repository } = store
      await store.add()
      const sinceMs = store.clock.wallMs()
      expect(await repository.setMaintenance('scout', DISK)).toEqual({
        pattern: 'scout',
        ...DISK,
        sinceMs,
      })
      expect(await shownStatus(store)).toBe('draining')
      expect(await store.get()).toMatchObject({ maintenance: { ...DISK, sinceMs } })
      expect(await store.listed({ statuses: ['draining'] })).toEqual(['scout'])
      expect(await store.listed({ statuses: ['ready'] })).toEqual([])
      expect(await repository.countByStatus()).toMatchObject({ ready: 0, draining: 1 })
      const [, updated] = await store.transitions()
      expect(updated).toMatchObject({
        type: 'updated',
        reason: 'maintenance by ann: replacing the disk; status ready -> draining',
        before: { maintenance: null },
        agent: { maintenance: DISK },
      })
    })

    test('is no business of the agent, whose word counts again when it ends', async () => {
      await using store = await StoreUnderTest.open(subject)
      const { repository } = store
      await store.add()
      await repository.setMaintenance('scout', DISK)
      await repository.updateHeartbeat('scout', { status: 'busy' })
      expect(await shownStatus(store)).toBe('draining')
      await repository.updateHeartbeats([{ agentId: 'scout', status: 'ready' }])
      expect(await shownStatus(store)).toBe('draining')
      await repository.updateHeartbeat('scout', { status: 'busy' })
      expect(await store.transitionTypes()).toEqual(['registered', 'updated'])
      expect(await repository.endMaintenance('scout')).toBe(true)
      expect(await shownStatus(store)).toBe('busy')
      expect(await store.listed({ statuses: ['busy'] })).toEqual(['scout'])
      const [last] = (await store.transitions()).slice(-1)
      expect(last?.reason).toBe('maintenance ended; status draining -> busy')
    })

    test('renews no lease', async () => {
      await using store = await StoreUnderTest.open(subject)
      const { expiresAtMs, lastHeartbeatMs } = await store.add()
      store.clock.advance(5000)
      await store.repository.setMaintenance('scout', DISK)
      expect(await store.get()).toMatchObject({ expiresAtMs, lastHeartbeatMs })
    })

    test('survives a registration, a takeover, an expiry, a cleanup and a deregistration', async () => {
      await using store = await StoreUnderTest.open(subject)
      const { repository, clock } = store
      const expectMaintenance = async (agent = store.get()): Promise<void> => {
        expect(await agent).toMatchObject({ maintenance: DISK })
      }
      await store.add({ instanceId: 'one' })
      await repository.setMaintenance('scout', DISK)
      await expectMaintenance(store.add({ instanceId: 'one', status: 'ready', port: 8001 }))
      await expectMaintenance(store.add({ instanceId: 'two' }))
      clock.advance(10_000)
      expect(await shownStatus(store)).toBe('expired')
      await store.sweep()
      await expectMaintenance()
      await repository.updateHeartbeat('scout', { status: 'ready' })
      expect(await shownStatus(store)).toBe('draining')
      clock.advance(10_000)
      await repository.deleteExpired()
      await expectMaintenance(store.add())
      await repository.delete('scout')
      await expectMaintenance(store.add())
      expect(await shownStatus(store)).toBe('draining')
    })

    test('can be set before the agent is there, and changes an expired one', async () => {
      await using store = await StoreUnderTest.open(subject)
      const { repository, clock } = store
      await repository.setMaintenance('scout', DISK)
      expect(await store.revision()).toBe(0)
      await store.add()
      expect(await shownStatus(store)).toBe('draining')
      clock.advance(10_000)
      await store.sweep()
      await repository.endMaintenance('scout')
      expect(await store.get()).toMatchObject({ alive: false, maintenance: null })
      expect(await store.transitionTypes()).toEqual(['registered', 'expired', 'updated'])
      await repository.updateHeartbeat('scout')
      expect(await shownStatus(store)).toBe('ready')
    })

    test('is idempotent, and a newer reason replaces the older', async () => {
      await using store = await StoreUnderTest.open(subject)
      const { repository, clock } = store
      await store.add({ ttlSeconds: 60 })
      const entry = await repository.setMaintenance('scout', DISK)
      clock.advance(1000)
      expect(await repository.setMaintenance('scout', DISK)).toEqual(entry)
      expect(await store.revision()).toBe(2)
      const newer = { pattern: 'scout', ...UPGRADE, sinceMs: entry.sinceMs }
      expect(await repository.setMaintenance('scout', UPGRADE)).toEqual(newer)
      expect(await store.get()).toMatchObject({ maintenance: UPGRADE, revision: 3 })
      expect(await repository.maintenance()).toEqual([newer])
      expect(await repository.endMaintenance('scout')).toBe(true)
      expect(await repository.endMaintenance('scout')).toBe(false)
      expect(await store.revision()).toBe(4)
      expect(await repository.maintenance()).toEqual([])
    })

    test('counts at once for registrations that race with it', async () => {
      await using store = await StoreUnderTest.open(subject)
      for (let round = 0; round < 20; round++) {
        const agentId = `scout-${round}`
        await Promise.all([
          store.add({ agentId }),
          store.repository.setMaintenance(agentId, DISK),
          store.add({ agentId, port: 8001 }),
        ])
        expect(await store.get(agentId)).toMatchObject({ maintenance: DISK })
      }
    })

    test('begins when it was set first, also by two operators at once', async () => {
      await using store = await StoreUnderTest.open(subject)
      const { repository, clock } = store
      await store.add({ ttlSeconds: 60 })
      const first = repository.setMaintenance('scout', DISK)
      clock.advance(1000)
      const entries = await Promise.all([first, repository.setMaintenance('scout', UPGRADE)])
      expect(entries[0].sinceMs).toBe(entries[1].sinceMs)
      const [stored] = await repository.maintenance()
      expect(entries).toContainEqual(stored)
      expect((await store.get()).maintenance?.reason).toBe(stored?.reason)
    })

    test('is ended once, also by two operators at once', async () => {
      await using store = await StoreUnderTest.open(subject)
      const { repository } = store
      await store.add()
      await repository.setMaintenance('scout', DISK)
      const ends = ['scout', 'scout', 'scout'].map((id) => repository.endMaintenance(id))
      expect((await Promise.all(ends)).filter((ended) => ended)).toHaveLength(1)
      expect(await store.revision()).toBe(3)
    })

    test('agrees with its entry when it is set and ended at once', async () => {
      await using store = await StoreUnderTest.open(subject)
      const { repository } = store
      for (let round = 0; round < 10; round++) {
        await Promise.all([
          repository.setMaintenance('scout', DISK),
          store.add({ port: 8000 + round }),
          repository.endMaintenance('scout'),
          repository.setMaintenance('sc*', UPGRADE),
          store.add({ port: 9000 + round }),
          repository.endMaintenance('sc*'),
          repository.setMaintenance('scout', round % 2 === 0 ? DISK : UPGRADE),
          repository.updateHeartbeat('scout', { status: 'busy' }),
          round % 3 === 0 ? repository.endMaintenance('scout') : undefined,
        ])
        const entries = await repository.maintenance()
        const expected = entries.find(({ pattern }) => pattern === 'scout') ?? entries[0]
        const { maintenance } = await store.get()
        expect(maintenance?.reason).toBe(expected?.reason)
      }
    })

    if (subject.durable) {
      test('survives restarts of the registry, and so does its end', async () => {
        await using store = await StoreUnderTest.open(subject)
        await store.add({ ttlSeconds: 60 })
        const entry = await store.repository.setMaintenance('scout', DISK)
        await store.repository.setMaintenance('absent', UPGRADE)
        await store.restart()
        expect(await shownStatus(store)).toBe('draining')
        expect(await store.listed({ statuses: ['draining'] })).toEqual(['scout'])
        expect(await store.repository.maintenance()).toMatchObject([{ pattern: 'absent' }, entry])
        expect(await store.add({ agentId: 'absent' })).toMatchObject({ maintenance: UPGRADE })
        await store.repository.endMaintenance('scout')
        await store.restart()
        expect(await shownStatus(store)).toBe('ready')
        expect(await store.repository.maintenance()).toMatchObject([{ pattern: 'absent' }])
      })
    }
  })

  describe('maintenance while the brake on mass expiry is on', () => {
    test('leaves a silent agent suspect, and shows both', async () => {
      await using store = await StoreUnderTest.open(subject, {
        brake: { brakeFraction: 0.5, brakeMinimum: 3 },
      })
      await store.addMany(8, { ttlSeconds: 10 })
      store.clock.advance(10_000)
      await store.sweep()
      await store.repository.setMaintenance('agent-0000', DISK)
      const agent = await store.get('agent-0000')
      expect(agent).toMatchObject({ suspect: true, maintenance: DISK })
      expect(viewStatus(agent)).toBe('suspect')
      expect(await store.repository.countByStatus()).toMatchObject({ suspect: 8, draining: 0 })
      expect(await store.listed({ statuses: ['draining'] })).toEqual([])
      await store.repository.updateHeartbeat('agent-0000')
      expect(await store.listed({ statuses: ['draining'] })).toEqual(['agent-0000'])
    })
  })
}

async function shownStatus(store: StoreUnderTest): Promise<string> {
  return viewStatus(await store.get())
}
