import { describe, expect, test } from 'vitest'
import type { ConformanceSubject } from './conformance-subject.ts'
import { StoreUnderTest } from './store-under-test.ts'

// The state table of a lease, cell by cell. `lapsed` is an agent past its deadline, whose expiry is not
// recorded yet: it must behave like an expired one whose expiry is recorded first.

type State = 'absent' | 'alive' | 'lapsed' | 'expired'
type Event =
  | 'register unchanged'
  | 'register changed'
  | 'heartbeat'
  | 'heartbeat with another status'
  | 'heartbeat with the same status'
  | 'heartbeat with a load'
  | 'sweep'
  | 'cleanup'
  | 'deregister'

interface Cell {
  readonly state: State
  readonly event: Event
  /** Whether the call reports that it had an effect. */
  readonly done: boolean
  /** The types of the transitions. */
  readonly types: readonly string[]
  readonly after: State
}

const cell = (
  state: State,
  event: Event,
  [result, types, after]: ['done' | 'nothing to do', string[], State],
): Cell => ({ state, event, done: result === 'done', types, after })

const TABLE: readonly Cell[] = [
  cell('absent', 'register unchanged', ['done', ['registered'], 'alive']),
  cell('absent', 'heartbeat', ['nothing to do', [], 'absent']),
  cell('absent', 'heartbeat with another status', ['nothing to do', [], 'absent']),
  cell('absent', 'sweep', ['nothing to do', [], 'absent']),
  cell('absent', 'cleanup', ['nothing to do', [], 'absent']),
  cell('absent', 'deregister', ['nothing to do', [], 'absent']),

  cell('alive', 'register unchanged', ['done', [], 'alive']),
  cell('alive', 'register changed', ['done', ['updated'], 'alive']),
  cell('alive', 'heartbeat', ['done', [], 'alive']),
  cell('alive', 'heartbeat with another status', ['done', ['updated'], 'alive']),
  cell('alive', 'heartbeat with the same status', ['done', [], 'alive']),
  cell('alive', 'heartbeat with a load', ['done', [], 'alive']),
  cell('alive', 'sweep', ['nothing to do', [], 'alive']),
  cell('alive', 'cleanup', ['nothing to do', [], 'alive']),
  cell('alive', 'deregister', ['done', ['deregistered'], 'absent']),

  cell('lapsed', 'register unchanged', ['done', ['expired', 'revived'], 'alive']),
  cell('lapsed', 'register changed', ['done', ['expired', 'revived'], 'alive']),
  cell('lapsed', 'heartbeat', ['done', ['expired', 'revived'], 'alive']),
  cell('lapsed', 'heartbeat with another status', ['done', ['expired', 'revived'], 'alive']),
  cell('lapsed', 'sweep', ['done', ['expired'], 'expired']),
  cell('lapsed', 'cleanup', ['done', ['expired', 'removed'], 'absent']),
  cell('lapsed', 'deregister', ['done', ['expired', 'deregistered'], 'absent']),

  cell('expired', 'register unchanged', ['done', ['revived'], 'alive']),
  cell('expired', 'register changed', ['done', ['revived'], 'alive']),
  cell('expired', 'heartbeat', ['done', ['revived'], 'alive']),
  cell('expired', 'heartbeat with another status', ['done', ['revived'], 'alive']),
  cell('expired', 'sweep', ['nothing to do', [], 'expired']),
  cell('expired', 'cleanup', ['done', ['removed'], 'absent']),
  cell('expired', 'deregister', ['done', ['deregistered'], 'absent']),
]

export function describeLeaseLifecycle(subject: ConformanceSubject): void {
  describe('the lifecycle of a lease', () => {
    test.each(TABLE)('$state + $event = $types, then $after', async (expected) => {
      await using store = await StoreUnderTest.open(subject)
      await bringTo(store, expected.state)
      const revision = await store.revision()

      expect(await perform(store, expected.event)).toBe(expected.done)

      expect(await store.transitionTypes(revision)).toEqual(expected.types)
      expect(await stateIn(store)).toBe(expected.after)
    })

    test('a renewed lease runs for its whole TTL again', async () => {
      for (const event of ['register unchanged', 'heartbeat', 'heartbeat with a load'] as const) {
        await using store = await StoreUnderTest.open(subject)
        await bringTo(store, 'alive')
        store.clock.advance(9_000)
        await perform(store, event)
        store.clock.advance(9_999)
        expect(await stateIn(store)).toBe('alive')
        store.clock.advance(1)
        expect(await stateIn(store)).toBe('lapsed')
      }
    })

    test('the reported values of an agent survive its expiry', async () => {
      await using store = await StoreUnderTest.open(subject)
      await store.add({ metadata: { zone: 'a' }, status: 'busy', load: 0.5 })
      await store.repository.updateHeartbeat('scout', { status: 'draining', load: 0.75 })
      store.clock.advance(10_000)
      await store.sweep()
      const values = { metadataValue: { zone: 'a' }, status: 'draining', load: 0.75 }
      expect(await store.get()).toMatchObject({ ...values, alive: false })
      await store.repository.updateHeartbeat('scout')
      expect(await store.get()).toMatchObject({ ...values, alive: true })
      await store.add()
      expect(await store.get()).toMatchObject({ status: 'draining', load: 0.75, metadata: null })
    })

    test('an agent that registers after its removal starts from scratch', async () => {
      await using store = await StoreUnderTest.open(subject)
      await store.add({ status: 'busy', load: 0.5 })
      await store.repository.delete('scout')
      store.clock.advance(5_000)
      const agent = await store.add()
      expect(agent).toMatchObject({ status: 'ready', load: null, revision: 3 })
      expect(agent.registeredAtMs).toBe(store.clock.wallMs())
    })
  })
}

async function bringTo(store: StoreUnderTest, state: State): Promise<void> {
  if (state === 'absent') return
  await store.add({ status: 'ready' })
  if (state === 'alive') return
  store.clock.advance(10_000)
  if (state === 'expired') await store.sweep()
}

async function perform(store: StoreUnderTest, event: Event): Promise<boolean> {
  const { repository } = store
  switch (event) {
    case 'register unchanged':
      return (await store.add()) !== undefined
    case 'register changed':
      return (await store.add({ port: 8001 })) !== undefined
    case 'heartbeat':
      return (await repository.updateHeartbeat('scout')) !== undefined
    case 'heartbeat with another status':
      return (await repository.updateHeartbeat('scout', { status: 'busy' })) !== undefined
    case 'heartbeat with the same status':
      return (await repository.updateHeartbeat('scout', { status: 'ready' })) !== undefined
    case 'heartbeat with a load':
      return (await repository.updateHeartbeat('scout', { load: 0.5 })) !== undefined
    case 'sweep':
      return (await repository.expireLapsed()).expired > 0
    case 'cleanup':
      return (await repository.deleteExpired()) > 0
    case 'deregister':
      return repository.delete('scout')
  }
}

async function stateIn({ repository }: StoreUnderTest): Promise<State> {
  const agent = await repository.get('scout')
  if (agent === undefined) return 'absent'
  if (agent.alive) return 'alive'
  return (await repository.counts()).lapsePending ? 'lapsed' : 'expired'
}
