import { expect, test } from 'vitest'
import { MemoryAgentRegistryRepository } from '../../../src/storage/memory/repository.ts'
import { registration } from '../sample-registration.ts'

const UPGRADE = { reason: 'upgrade', by: 'ann' }
const AGENTS = 5000

async function fleet(): Promise<MemoryAgentRegistryRepository> {
  const repository = new MemoryAgentRegistryRepository()
  const ids = Array.from({ length: AGENTS }, (_, index) => `team:${index}`)
  await Promise.all(ids.map((agentId) => repository.add(registration({ agentId }))))
  return repository
}

async function draining(repository: MemoryAgentRegistryRepository): Promise<number> {
  return (await repository.countByStatus()).draining
}

test('maintenance of one agent does not wait for that of many that is still going on', async () => {
  await using repository = await fleet()
  await repository.add(registration({ agentId: 'other' }))
  const all = repository.setMaintenance('team:*', UPGRADE)
  await repository.setMaintenance('other', UPGRADE)
  expect(await repository.get('other')).toMatchObject({ maintenance: UPGRADE })
  expect(await draining(repository)).toBeLessThan(AGENTS)
  await all
  expect(await draining(repository)).toBe(AGENTS + 1)
})

test('agents follow in batches, between which other requests are served', async () => {
  await using repository = await fleet()
  const sizes: number[] = []
  repository.subscribe((transitions) => sizes.push(transitions.length))
  await repository.setMaintenance('team:*', UPGRADE)
  expect(sizes.reduce((sum, size) => sum + size)).toBe(AGENTS)
  expect(Math.max(...sizes)).toBeLessThanOrEqual(500)
})

test('the same change, set again while it is going on, waits for all agents', async () => {
  await using repository = await fleet()
  const first = repository.setMaintenance('team:*', UPGRADE)
  await new Promise(setImmediate)
  await repository.setMaintenance('team:*', UPGRADE)
  expect(await draining(repository)).toBe(AGENTS)
  await first
})

test('a closed registry makes no more agents follow', async () => {
  const repository = await fleet()
  const outcome = repository.setMaintenance('team:*', UPGRADE).catch((error: unknown) => error)
  await new Promise(setImmediate)
  await repository.close()
  expect(await outcome).toMatchObject({ code: 'OUTCOME_UNKNOWN' })
})
