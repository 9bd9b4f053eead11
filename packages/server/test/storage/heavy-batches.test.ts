import { expect, test } from 'vitest'
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
      revision: 0,
      savedTo: 0,
      unsaved: [],
      heartbeatFlushIntervalMs: 0,
    })
  }
}

/** An agent with as much for the indexes as one may have. */
function heavy(number: number) {
  const values = Array.from({ length: 600 }, (_, at) => `${(number * 7919 + at * 104_729) % 9973}`)
  return registration({
    agentId: `heavy-${String(number).padStart(3, '0')}`,
    metadata: { values: values.slice(0, 550) },
    capabilities: Array.from({ length: 64 }, (_, at) => `${number}-${at}`.padEnd(100, 'abcdef')),
  })
}

test('others have their turn while many agents with much metadata become visible', async () => {
  await using registry = new Registry(new FailingJournal())
  const all = Promise.all(Array.from({ length: 250 }, (_, number) => registry.add(heavy(number))))
  let isDone = false
  void all.then(() => {
    isDone = true
  })
  let roundsBetween = 0
  const batchSizes: number[] = []
  registry.subscribe((transitions) => void batchSizes.push(transitions.length))
  while (!isDone) {
    await new Promise(setImmediate)
    const first = await registry.get('heavy-000')
    const last = await registry.get('heavy-249')
    if (first && !last) roundsBetween++
  }
  expect(roundsBetween).toBeGreaterThan(5)
  // They are one batch all the same, and are heard of when all of them are visible.
  expect(batchSizes).toEqual([250])
})

test('a batch that fails does no harm to the one before, which is still becoming visible', async () => {
  const journal = new FailingJournal()
  await using registry = new Registry(journal)
  const durable = Array.from({ length: 250 }, (_, number) => registry.add(heavy(number)))
  while (journal.commits === 0) await new Promise(setImmediate)
  journal.failure = new Error('the disk is full')
  await expect(registry.add(registration({ agentId: 'lost' }))).rejects.toThrow('the disk is full')
  journal.failure = undefined
  // On top of the states of the first batch, whether they are visible yet or not.
  const again = await registry.add({ ...heavy(249), agentName: 'Again' })
  const records = await Promise.all(durable)
  expect(records.map(({ revision }) => revision)).toEqual(records.map((_, at) => at + 1))
  expect(again).toMatchObject({ revision: 251, registeredAtMs: records.at(-1)?.registeredAtMs })
  expect(await registry.counts()).toMatchObject({ registered: 250, revision: 251 })
})

test('what becomes of an agent meanwhile comes after what is becoming visible', async () => {
  await using registry = new Registry(new FailingJournal())
  const all = Array.from({ length: 250 }, (_, number) => registry.add(heavy(number)))
  await new Promise(setImmediate)
  await new Promise(setImmediate)
  const gone = registry.delete('heavy-249')
  const busy = registry.updateHeartbeat('heavy-000', { status: 'busy' })
  const added = await Promise.all(all)
  expect(added.at(-1)?.agentId).toBe('heavy-249')
  expect(await gone).toBe(true)
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
