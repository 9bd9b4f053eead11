import { setTimeout as sleep } from 'node:timers/promises'
import type { AgentStatus } from '@rollcall/protocol'
import { describe, expect, test } from 'vitest'
import type { AgentRecord } from '../domain/agent-record.ts'
import { SERVER_LIMITS } from '../limits/server-limits.ts'
import type { ConformanceSubject } from './conformance-subject.ts'
import { StoreUnderTest } from './store-under-test.ts'

const BURST = SERVER_LIMITS.changeBurst.value
const FLIPS = BURST + 900
const SHARE = SERVER_LIMITS.leastChangeShare.value

export function describeFlapping(subject: ConformanceSubject): void {
  describe('a flapping agent', () => {
    test('has its last reported status, and causes few transitions', async () => {
      await using store = await StoreUnderTest.open(subject)
      const { agentId } = await store.add({})
      const { revision } = await store.repository.counts()
      const receipts = await Promise.all(
        Array.from({ length: FLIPS }, (_, at) =>
          store.repository.updateHeartbeat(agentId, { status: at % 2 === 0 ? 'busy' : 'draining' }),
        ),
      )
      expect(receipts.every((receipt) => receipt !== undefined)).toBe(true)
      expect(await store.repository.get(agentId)).toMatchObject({ status: 'draining' })
      const transitions = (await store.repository.counts()).revision - revision
      expect(transitions).toBeLessThanOrEqual(BURST + 50)
      expect(store.repository.statistics().coalescedChanges).toBeGreaterThanOrEqual(1)
    })

    test('can register again or deregister, which takes effect after its earlier reports', async () => {
      await using store = await StoreUnderTest.open(subject)
      const report = (agentId: string, status: AgentStatus) =>
        store.repository.updateHeartbeat(agentId, { status })
      await store.add({ agentId: 'again' })
      await store.add({ agentId: 'removed' })
      for (let at = 0; at < BURST; at++) {
        const status = at % 2 === 0 ? 'busy' : 'ready'
        await Promise.all([report('again', status), report('removed', status)])
      }
      const waiting = [report('again', 'draining'), report('removed', 'draining')]
      await sleep(50)
      const again = store.add({ agentId: 'again', status: 'ready' })
      const removed = store.repository.delete('removed')
      await Promise.all(waiting)
      expect((await again).status).toBe('ready')
      expect(await removed).toBe(true)
      expect(await store.repository.get('again')).toMatchObject({ status: 'ready' })
      expect(await store.repository.get('removed')).toBeUndefined()
    })

    test('keeps its lease while its reports are deferred', async () => {
      await using store = await StoreUnderTest.open(subject, { historyLimit: SHARE })
      const { agentId } = await changeOften(store, SHARE)
      const report = (status: AgentStatus) => store.repository.updateHeartbeat(agentId, { status })
      store.clock.advance(40_000)
      const waiting = [
        report('ready'),
        store.repository.updateHeartbeats([{ agentId, status: 'draining' }]),
      ]
      // The reports wait, but renew the lease: on a busy machine, not at once.
      const now = store.clock.wallMs()
      await expect
        .poll(async () => (await store.get(agentId)).lastHeartbeatMs, { timeout: 30_000 })
        .toBe(now)
      store.clock.advance(40_000)
      const plain = store.repository.updateHeartbeat(agentId)
      await store.repository.expireLapsed()
      expect(await store.repository.get(agentId)).toMatchObject({ alive: true })
      expect(await plain).toBeDefined()
      expect(await store.repository.delete(agentId)).toBe(true)
      expect(await Promise.all(waiting)).toHaveLength(2)
    })

    test('is limited to its share of the history when it registers repeatedly', async () => {
      await using store = await StoreUnderTest.open(subject, { historyLimit: 3 * SHARE })
      await store.add({ agentId: 'idle' })
      const { revision: first } = await store.add()
      // Repeating the same registration is not a change.
      for (let at = 0; at < BURST; at++) await store.add()
      const registered = changeOften(store, SHARE + 500)
      await sleep(500)
      expect(await store.repository.delete('scout')).toBe(true)
      expect(await registered).toMatchObject({ version: `${SHARE + 499}` })
      expect((await store.revision()) - first).toBeLessThanOrEqual(SHARE + 5)
      expect(await store.repository.historyOf('idle')).toHaveLength(1)
    })

    test('is limited to its share when it deregisters repeatedly', async () => {
      await using store = await StoreUnderTest.open(subject, { historyLimit: SHARE })
      await changeOften(store, SHARE - 20)
      let isHeld = false
      for (let at = 0; at < 15 && !isHeld; at++) {
        expect(await store.repository.delete('scout')).toBe(true)
        const adding = store.add()
        isHeld = await Promise.race([adding.then(() => false), sleep(500, true)])
        if (isHeld) expect(await store.repository.delete('scout')).toBe(true)
        await adding
      }
      expect(isHeld).toBe(true)
    })

    test('has its last reported load, even if a status was deferred meanwhile', async () => {
      await using store = await StoreUnderTest.open(subject)
      const { agentId } = await store.add()
      for (let at = 0; at < BURST; at++) {
        await store.repository.updateHeartbeat(agentId, { status: at % 2 === 0 ? 'busy' : 'ready' })
      }
      const waiting = store.repository.updateHeartbeat(agentId, { status: 'draining', load: 0.1 })
      await sleep(20)
      const receipt = await store.repository.updateHeartbeat(agentId, { load: 0.9 })
      expect(receipt).toBeDefined()
      await waiting
      expect(await store.get(agentId)).toMatchObject({ status: 'draining', load: 0.9 })
    })
  })
}

/** Registers an agent `times` times, each time with another version. Resolves with its last record. */
async function changeOften(store: StoreUnderTest, times: number): Promise<AgentRecord> {
  const versions = Array.from({ length: times }, (_, at) => `${at}`)
  const records = await Promise.all(
    versions.map((version) => store.add({ version, ttlSeconds: 60 })),
  )
  return records.at(-1) as AgentRecord
}
