import type { AgentStatus } from '@rollcall/protocol'
import { describe, expect, test } from 'vitest'
import { SERVER_LIMITS } from '../domain/limits.ts'
import type { ConformanceSubject } from './conformance-subject.ts'
import { StoreUnderTest } from './store-under-test.ts'

const BURST = SERVER_LIMITS.changeBurst.value
const FLIPS = BURST + 900

export function describeFlapping(subject: ConformanceSubject): void {
  describe('an agent that changes its status over and over', () => {
    test('has the status that it reported last, and makes few transitions', async () => {
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
      const made = (await store.repository.counts()).revision - revision
      expect(made).toBeLessThanOrEqual(BURST + 50)
    })

    test('is registered again, or gone, after all that it reported before', async () => {
      await using store = await StoreUnderTest.open(subject)
      const report = (agentId: string, status: AgentStatus) =>
        store.repository.updateHeartbeat(agentId, { status })
      await store.add({ agentId: 'again' })
      await store.add({ agentId: 'gone' })
      for (let at = 0; at < BURST; at++) {
        const status = at % 2 === 0 ? 'busy' : 'ready'
        await Promise.all([report('again', status), report('gone', status)])
      }
      const waiting = [report('again', 'draining'), report('gone', 'draining')]
      await new Promise((resolve) => setTimeout(resolve, 50))
      const again = store.add({ agentId: 'again', status: 'ready' })
      const gone = store.repository.delete('gone')
      await Promise.all(waiting)
      expect((await again).status).toBe('ready')
      expect(await gone).toBe(true)
      expect(await store.repository.get('again')).toMatchObject({ status: 'ready' })
      expect(await store.repository.get('gone')).toBeUndefined()
    })
  })
}
