import { expect, test } from 'vitest'
import { leaseTime } from '../../src/domain/time-scales.ts'
import type { JournalEntry } from '../../src/storage/live/journal.ts'
import { LeaseClock } from '../../src/storage/live/lease-clock.ts'
import { LiveAgentRegistryRepository } from '../../src/storage/live/repository.ts'
import { LeaseTable } from '../../src/storage/live/table/lease-table.ts'
import { MemoryJournal } from '../../src/storage/memory/journal.ts'
import { registration } from '../../src/testing/sample-registration.ts'

/** A journal that can be made to fail. */
class FailingJournal extends MemoryJournal {
  failure: Error | undefined
  commits = 0

  override async commit(entry: JournalEntry): Promise<void> {
    this.commits++
    if (this.failure) throw this.failure
    await super.commit(entry)
  }
}

class Registry extends LiveAgentRegistryRepository {
  constructor(journal: FailingJournal) {
    const clock = new LeaseClock()
    super({
      clock,
      table: new LeaseTable(clock),
      journal,
      capabilities: { name: 'test', durable: false, shared: false },
      epoch: 'test',
      maintenance: [],
      revision: 0,
      savedTo: leaseTime(0),
      unsaved: [],
      heartbeatFlushIntervalMs: 0,
    })
  }
}

/** Returns a registration with the most indexed values that are allowed. */
function heavy(number: number) {
  const values = Array.from({ length: 600 }, (_, at) => `${(number * 7919 + at * 104_729) % 9973}`)
  return registration({
    agentId: `heavy-${String(number).padStart(3, '0')}`,
    metadata: { values: values.slice(0, 550) },
    capabilities: Array.from({ length: 64 }, (_, at) => `${number}-${at}`.padEnd(100, 'abcdef')),
  })
}

test('reads are served while a batch of agents with much metadata becomes visible', async () => {
  await using registry = new Registry(new FailingJournal())
  const all = Promise.all(Array.from({ length: 250 }, (_, number) => registry.add(heavy(number))))
  let isDone = false
  void all.then(() => {
    isDone = true
  })
  let turnsBetween = 0
  const batchSizes: number[] = []
  registry.subscribe((transitions) => void batchSizes.push(transitions.length))
  while (!isDone) {
    await new Promise(setImmediate)
    const first = await registry.get('heavy-000')
    const last = await registry.get('heavy-249')
    if (first && !last) turnsBetween++
  }
  expect(turnsBetween).toBeGreaterThan(5)
  // They are still one batch, published when all of them are visible.
  expect(batchSizes).toEqual([250])
})

test('a failed batch does not affect the previous one, which is still becoming visible', async () => {
  const journal = new FailingJournal()
  await using registry = new Registry(journal)
  const durable = Array.from({ length: 250 }, (_, number) => registry.add(heavy(number)))
  while (journal.commits === 0) await new Promise(setImmediate)
  journal.failure = new Error('the disk is full')
  await expect(registry.add(registration({ agentId: 'lost' }))).rejects.toThrow('the disk is full')
  journal.failure = undefined
  // Builds on the states of the first batch, visible or not.
  const again = await registry.add({ ...heavy(249), agentName: 'Again' })
  const records = await Promise.all(durable)
  expect(records.map(({ revision }) => revision)).toEqual(records.map((_, at) => at + 1))
  expect(again).toMatchObject({ revision: 251, registeredAtMs: records.at(-1)?.registeredAtMs })
  expect(await registry.counts()).toMatchObject({ registered: 250, revision: 251 })
})

test('later changes of an agent take effect after the batch that is becoming visible', async () => {
  await using registry = new Registry(new FailingJournal())
  const all = Array.from({ length: 250 }, (_, number) => registry.add(heavy(number)))
  await new Promise(setImmediate)
  await new Promise(setImmediate)
  const deleted = registry.delete('heavy-249')
  const busy = registry.updateHeartbeat('heavy-000', { status: 'busy' })
  const added = await Promise.all(all)
  expect(added.at(-1)?.agentId).toBe('heavy-249')
  expect(await deleted).toBe(true)
  expect((await busy)?.revision).toBeGreaterThan(250)
  expect(await registry.get('heavy-249')).toBeUndefined()
  expect(await registry.get('heavy-000')).toMatchObject({ status: 'busy' })
})

test('a load that is reported while a batch becomes visible is kept', async () => {
  await using registry = new Registry(new FailingJournal())
  await Promise.all(Array.from({ length: 250 }, (_, number) => registry.add(heavy(number))))
  const again = Promise.all(
    Array.from({ length: 250 }, (_, number) =>
      registry.add({ ...heavy(number), capabilities: [`again-${number}`] }),
    ),
  )
  const isChanged = async (agentId: string) =>
    (await registry.get(agentId))?.capabilities[0]?.startsWith('again') === true
  while (!(await isChanged('heavy-000'))) await new Promise(setImmediate)
  expect(await isChanged('heavy-249')).toBe(false)
  await registry.updateHeartbeat('heavy-249', { load: 0.7 })
  await again
  expect(await registry.get('heavy-249')).toMatchObject({ load: 0.7, capabilities: ['again-249'] })
})
