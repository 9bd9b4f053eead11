import type { AgentStatus } from '@rollcall/protocol'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { SummarizedCard } from '../../src/domain/agent-card.ts'
import { toProfile } from '../../src/domain/agent-registration.ts'
import type { HeartbeatReport } from '../../src/domain/heartbeat.ts'
import { SERVER_LIMITS } from '../../src/limits/server-limits.ts'
import { ChangeRateLimiter } from '../../src/storage/pacing/change-rate-limiter.ts'
import { type AgentIntent, PacedChanges, toIntent } from '../../src/storage/pacing/paced-changes.ts'
import { registration } from './sample-registration.ts'

const { changeBurst, changesPerSecond, changesPerHour } = SERVER_LIMITS

/** Collects the recorded changes; its clock follows the fake timers of the test. */
class Recorder {
  readonly recorded: AgentIntent[] = []
  readonly changes: PacedChanges<number>
  failure: Error | undefined
  /** Whether recorded changes have no effect. */
  changesNothing = false

  constructor(historyLimit = 1_000_000) {
    this.changes = new PacedChanges({
      rateLimiter: new ChangeRateLimiter({ historyLimit, now: () => Date.now() }),
      write: async (intents) => {
        if (this.failure) throw this.failure
        return intents.map((intent) => this.recorded.push(intent))
      },
      revisionOf: (outcome) => (this.changesNothing ? 0 : outcome),
      maxBatchSize: 3,
    })
  }

  /** Flips the status of an agent `times` times. */
  flip(times: number, agentId = 'flapping'): Promise<number>[] {
    return Array.from({ length: times }, (_, at) =>
      this.report({ status: at % 2 === 0 ? 'busy' : 'ready' }, agentId),
    )
  }

  report(report: HeartbeatReport, agentId = 'flapping'): Promise<number> {
    return this.changes.add(toIntent({ agentId, ...report }))
  }

  register(
    fields: {
      version?: string
      status?: AgentStatus
      load?: number | null
      instanceId?: string
      card?: SummarizedCard | null
    } = {},
    agentId = 'flapping',
  ): Promise<number> {
    const { status, load, instanceId = null, card, ...rest } = fields
    const profile = toProfile(registration({ agentId, ...rest }))
    const reported = { status, load, instanceId, card }
    return this.changes.add({ event: 'register', agentId, profile, ...reported })
  }
}

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

test('an agent may change in a burst; further changes are coalesced into the newest', async () => {
  const recorder = new Recorder()
  const flips = recorder.flip(changeBurst.value + 1000)
  expect(recorder.recorded).toHaveLength(changeBurst.value)
  await vi.advanceTimersByTimeAsync(1000 / changesPerSecond.value)
  expect(recorder.recorded).toHaveLength(changeBurst.value + 1)
  expect(recorder.recorded.at(-1)).toMatchObject({ report: { status: 'ready' } })
  expect(recorder.changes.coalesced).toBe(999)
  expect(new Set(await Promise.all(flips)).size).toBe(changeBurst.value + 1)
})

test('a flapping agent is limited to a rate, and does not limit others', async () => {
  const recorder = new Recorder()
  void recorder.flip(changeBurst.value)
  for (let ms = 0; ms < 10_000; ms += 10) {
    void recorder.flip(1)
    void recorder.flip(ms % 1000 === 0 ? 1 : 0, 'calm')
    await vi.advanceTimersByTimeAsync(10)
  }
  const of = (id: string) => recorder.recorded.filter(({ agentId }) => agentId === id).length
  expect(of('flapping') - changeBurst.value).toBeGreaterThan(10 * changesPerSecond.value * 0.8)
  expect(of('flapping') - changeBurst.value).toBeLessThanOrEqual(10 * changesPerSecond.value + 1)
  expect(of('calm')).toBe(10)
})

test('an agent that has used its share of the history changes more slowly', async () => {
  const recorder = new Recorder(20_000)
  for (let ms = 0; ms < 600_000; ms += 100) {
    void recorder.flip(1)
    await vi.advanceTimersByTimeAsync(100)
  }
  const share = 2000 + (changesPerHour.value / 3600) * 600
  expect(recorder.recorded.length).toBeLessThanOrEqual(share + 1)
  expect(recorder.recorded.length).toBeGreaterThan(share * 0.8)
})

test('a deferred change has the newest value of each field, and fails for all its callers', async () => {
  const recorder = new Recorder()
  void recorder.flip(changeBurst.value)
  const agentId = 'flapping'
  const waiting = [
    recorder.report({ status: 'busy', load: 0.5 }),
    recorder.report({ status: 'draining' }),
  ]
  expect(recorder.changes.isWaiting(agentId)).toBe(true)
  await vi.advanceTimersByTimeAsync(1000)
  expect(recorder.recorded.at(-1)).toMatchObject({ report: { status: 'draining', load: 0.5 } })
  await Promise.all(waiting)
  const failing = Promise.allSettled(recorder.flip(changeBurst.value))
  recorder.failure = new Error('the disk is full')
  await vi.advanceTimersByTimeAsync(1000)
  // A second has passed, so five are due at once; the others wait, and fail together.
  const statuses = (await failing).map(({ status }) => status)
  expect(new Set(statuses.slice(changesPerSecond.value + 1))).toEqual(new Set(['rejected']))
})

test('deferred changes are recorded before other operations on the agent, and at the end', async () => {
  const recorder = new Recorder()
  const flips = [
    ...recorder.flip(changeBurst.value + 1),
    ...recorder.flip(changeBurst.value + 1, 'b'),
  ]
  recorder.changes.recordNow('flapping')
  recorder.changes.recordNow('unknown')
  expect(recorder.recorded.at(-1)?.agentId).toBe('flapping')
  expect(recorder.changes.isWaiting('flapping')).toBe(false)
  recorder.changes.recordAll()
  expect(recorder.recorded).toHaveLength(2 * changeBurst.value + 2)
  expect(await Promise.all(flips)).toHaveLength(2 * changeBurst.value + 2)
})

test('idle agents are evicted, flapping agents are not', () => {
  let now = 0
  const limiter = new ChangeRateLimiter({ historyLimit: 1_000_000, now: () => now })
  for (let at = 0; at <= changeBurst.value; at++) limiter.record('flapping', 'status')
  for (let at = 0; at < 50_000; at++) limiter.record(`agent-${at}`, 'status')
  expect(limiter.waitMs('flapping', 'status')).toBeGreaterThan(0)
  now += 60_000
  expect(limiter.waitMs('flapping', 'status')).toBe(0)
})

test('a batch is recorded in parts: due changes at once, and deferred ones when they are due', async () => {
  const recorder = new Recorder()
  void recorder.flip(changeBurst.value, 'b')
  recorder.recorded.length = 0
  const batch = ['a', 'b', 'c', 'd', 'e', 'f'].map((agentId) =>
    toIntent({ agentId, status: 'busy' }),
  )
  const outcomes = recorder.changes.addAll(batch)
  await vi.advanceTimersByTimeAsync(1)
  expect(recorder.recorded.map(({ agentId }) => agentId)).toEqual(['a', 'c', 'd', 'e', 'f'])
  await vi.advanceTimersByTimeAsync(1000)
  expect(await outcomes).toEqual([1, 6, 2, 3, 4, 5])
})

test('repeated changing registrations are deferred once the agent has used its share', async () => {
  const recorder = new Recorder(20_000)
  const share = 2000
  const registered = Array.from({ length: share + 50 }, (_, at) =>
    recorder.register({ version: `${at}` }),
  )
  expect(recorder.recorded).toHaveLength(share)
  await vi.advanceTimersByTimeAsync(3_600_000 / changesPerHour.value)
  expect(recorder.recorded).toHaveLength(share + 1)
  expect(recorder.recorded.at(-1)).toMatchObject({ profile: { version: `${share + 49}` } })
  expect(new Set(await Promise.all(registered)).size).toBe(share + 1)
  void recorder.register({}, 'calm')
  expect(recorder.recorded).toHaveLength(share + 2)
})

test('reports without effect do not count, however often they are repeated', async () => {
  const recorder = new Recorder(20_000)
  await recorder.register()
  recorder.changesNothing = true
  for (let at = 0; at < 1000; at++) {
    await recorder.register()
    await recorder.report({ status: 'ready' })
  }
  expect(recorder.recorded).toHaveLength(2001)
})

test('deregistrations count towards the share', () => {
  const recorder = new Recorder(20_000)
  for (let at = 0; at < 2000; at++) recorder.changes.count('flapping')
  void recorder.register()
  expect(recorder.recorded).toEqual([])
  recorder.changes.recordAll()
  expect(recorder.recorded).toHaveLength(1)
})

test('a registration includes a deferred status change, with the newest value of each field', async () => {
  const recorder = new Recorder()
  void recorder.flip(changeBurst.value)
  const waiting = recorder.report({ status: 'draining', load: 0.5 })
  const registered = recorder.register({ load: null })
  expect(recorder.recorded.at(-1)).toMatchObject({
    event: 'register',
    status: 'draining',
    load: null,
  })
  expect(await waiting).toBe(await registered)
})

test('a deferred registration includes the report of a heartbeat', async () => {
  const recorder = new Recorder(20_000)
  const share = 2000
  for (let at = 0; at < share; at++) void recorder.register({ version: `${at}` })
  const waiting = [recorder.register({ load: 0.1 }), recorder.report({ status: 'busy' })]
  recorder.changes.mergeLoad('flapping', 0.7)
  recorder.changes.mergeLoad('unknown', 0.7)
  expect(recorder.recorded).toHaveLength(share)
  recorder.changes.recordNow('flapping')
  expect(recorder.recorded.at(-1)).toMatchObject({ event: 'register', status: 'busy', load: 0.7 })
  expect(await waiting[0]).toBe(await waiting[1])
})

test('what another instance reports is recorded after a deferred change, and not as part of it', async () => {
  const recorder = new Recorder()
  void recorder.flip(changeBurst.value)
  const before = recorder.recorded.length
  void recorder.report({ status: 'busy', instanceId: 'new' })
  void recorder.report({ status: 'draining', instanceId: 'old' })
  void recorder.report({ load: 0.5, instanceId: 'new' })
  expect(recorder.recorded).toHaveLength(before)
  await vi.advanceTimersByTimeAsync(2000 / changesPerSecond.value)
  expect(recorder.recorded.slice(before)).toMatchObject([
    { report: { status: 'busy', load: 0.5, instanceId: 'new' } },
    { report: { status: 'draining', instanceId: 'old' } },
  ])
})

test('a registration that says nothing of the card takes over that of the one whose place it takes', async () => {
  const recorder = new Recorder(1)
  const card = { text: '{}', summary: { digest: 'a', format: 'other', words: '' } }
  const last = async (...cards: (SummarizedCard | null | undefined)[]) => {
    for (let at = 0; at < SERVER_LIMITS.leastChangeShare.value; at++)
      recorder.changes.count('flapping')
    const waiting = cards.map((it) => recorder.register(it === undefined ? {} : { card: it }))
    await vi.runAllTimersAsync()
    await Promise.all(waiting)
    return recorder.recorded.at(-1)
  }
  expect(await last(card, undefined)).toMatchObject({ card })
  expect(await last(card, null)).toMatchObject({ card: null })
  expect(await last(null, card)).toMatchObject({ card })
  expect(await last(undefined, undefined)).toMatchObject({ card: undefined })
  expect(recorder.changes.coalesced).toBe(4)
})
