import { describe, expect, test } from 'vitest'
import type { ConformanceSubject } from './conformance-subject.ts'
import { StoreUnderTest } from './store-under-test.ts'

const HOUR = 3_600_000

export function describeWallClockSteps(subject: ConformanceSubject): void {
  describe.each([HOUR, -HOUR])('a wall clock step of %i ms', (step) => {
    test('expires no agent', async () => {
      await using store = await StoreUnderTest.open(subject)
      await store.add()
      store.clock.advance(9_000)
      store.clock.stepWall(step)
      expect(await store.sweep()).toBe(0)
      store.clock.advance(999)
      expect(await store.listed()).toEqual(['scout'])
      expect(await store.repository.counts()).toMatchObject({ alive: 1, lapsePending: false })
    })

    test('keeps no agent alive beyond its TTL', async () => {
      await using store = await StoreUnderTest.open(subject)
      await store.add()
      store.clock.stepWall(step)
      store.clock.advance(10_000)
      expect(await store.listed()).toEqual([])
      expect(await store.sweep()).toBe(1)
    })

    test('moves the times that are returned afterwards, but no recorded times', async () => {
      await using store = await StoreUnderTest.open(subject)
      const { registeredAtMs } = await store.add()
      // A list that was read before must not be returned again with the old times.
      await store.list()
      store.clock.advance(1_000)
      store.clock.stepWall(step)
      const now = store.clock.wallMs()
      const [listed] = await store.list()
      expect(listed).toEqual(await store.get())
      expect(listed).toMatchObject({
        registeredAtMs,
        lastHeartbeatMs: now - 1_000,
        expiresAtMs: now + 9_000,
      })
      expect(listed?.isAlive(now)).toBe(true)
      expect(await store.repository.updateHeartbeat('scout')).toMatchObject({
        lastHeartbeatMs: now,
        expiresAtMs: now + 10_000,
      })
      expect(await store.add({ port: 8001 })).toMatchObject({ registeredAtMs })
      expect((await store.transitions()).map(({ atMs }) => atMs)).toEqual([registeredAtMs, now])
    })

    test('and back again changes nothing', async () => {
      await using store = await StoreUnderTest.open(subject)
      const before = await store.add()
      store.clock.stepWall(step)
      await store.list()
      store.clock.stepWall(-step)
      expect(await store.list()).toEqual([before])
    })
  })
}
