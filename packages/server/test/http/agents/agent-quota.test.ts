import { expect, test } from 'vitest'
import type { AgentRegistration } from '../../../src/domain/agent-registration.ts'
import type { Caller } from '../../../src/domain/caller.ts'
import { limitAgents } from '../../../src/http/agents/agent-limits.ts'
import { MemoryAgentRegistryRepository } from '../../../src/index.ts'
import { ADMIN, ANN, ANYBODY, BO } from '../../../src/testing/sample-callers.ts'
import { registration } from '../../storage/sample-registration.ts'

/** A store that notes how often it counts the owners of all agents, and fails to as often as the test says. */
class CountingRepository extends MemoryAgentRegistryRepository {
  counted = 0
  failures = 0

  override async countByOwner() {
    this.counted++
    if (this.counted <= this.failures) throw new Error('the store is away')
    return super.countByOwner()
  }
}

/** Starts to limit the agents of each principal, by default to 2. */
async function limited(repository: MemoryAgentRegistryRepository, maxAgentsPerCaller = 2) {
  const limits = { maxAgents: 10, maxAgentsPerCaller, heapShare: () => 0 }
  const register = await limitAgents(repository, limits)
  return (agentId: string, caller?: Caller, fields?: Partial<AgentRegistration>) =>
    register(registration({ agentId, ...fields }), caller)
}

const exceeded = { code: 'QUOTA_EXCEEDED' }

test('each principal has a number of agents of its own', async () => {
  await using repository = new MemoryAgentRegistryRepository()
  const register = await limited(repository)
  for (const id of ['a', 'b']) await register(id, ANN)
  await expect(register('c', ANN)).rejects.toMatchObject({
    ...exceeded,
    headers: { 'retry-after': '30' },
    message: expect.stringMatching(
      /^The principal ann owns 2 agents, .* included, and it may own 2 \(--max-agents-per-caller\)\./,
    ),
  })
  await expect(register('c', BO)).resolves.toMatchObject({ owner: 'bo' })
})

test('admins, callers without a token and the application register as many as they like', async () => {
  await using repository = new MemoryAgentRegistryRepository()
  const register = await limited(repository)
  for (const id of ['a', 'b', 'c']) {
    await register(id, ADMIN)
    await register(`${id}-of-anybody`, ANYBODY)
    await register(`${id}-of-the-application`)
  }
})

test('an agent that an admin has registered counts for its principal', async () => {
  await using repository = new MemoryAgentRegistryRepository()
  const register = await limited(repository)
  // Two tokens of one name are one principal.
  for (const id of ['a', 'b']) await register(id, { ...ANN, scope: 'admin' })
  await expect(register('c', ANN)).rejects.toMatchObject(exceeded)
})

test('a principal always claims agents of nobody, and they count from then on', async () => {
  await using repository = new MemoryAgentRegistryRepository()
  const register = await limited(repository)
  for (const id of ['a', 'b', 'c']) await register(id, ANYBODY)
  for (const id of ['a', 'b', 'c']) {
    await expect(register(id, ANN)).resolves.toMatchObject({ owner: 'ann' })
  }
  await repository.delete('a')
  await expect(register('d', ANN)).rejects.toMatchObject(exceeded)
  await repository.delete('b')
  await expect(register('d', ANN)).resolves.toMatchObject({ owner: 'ann' })
})

test('the name of an agent of another principal is no room: it is refused, and changes no count', async () => {
  await using repository = new MemoryAgentRegistryRepository()
  const register = await limited(repository)
  await register('a', BO)
  for (const id of ['b', 'c']) {
    await expect(register('a', ANN)).rejects.toMatchObject({ code: 'AGENT_OWNED' })
    await register(id, ANN)
  }
  await expect(register('a', ANN)).rejects.toMatchObject({ code: 'AGENT_OWNED' })
  await expect(register('d', ANN)).rejects.toMatchObject(exceeded)
  await expect(register('e', BO)).resolves.toMatchObject({ owner: 'bo' })
})

test('registrations in flight count as agents of their principal', async () => {
  await using repository = new MemoryAgentRegistryRepository()
  const register = await limited(repository)
  await register('a', ANN)
  const inFlight = Promise.all([register('a', ANN), register('b-of-bo', BO)])
  // Their room may be free once they are done: it is worth trying again soon.
  await expect(register('b', ANN)).rejects.toMatchObject({
    ...exceeded,
    headers: { 'retry-after': '1' },
    message: expect.stringContaining('owns 1 agents, expired ones included, is registering 1, and'),
  })
  await inFlight
  await expect(register('b', ANN)).resolves.toMatchObject({ owner: 'ann' })
})

test('registrations that fail leave their room to others', async () => {
  await using repository = new MemoryAgentRegistryRepository()
  const register = await limited(repository, 1)
  await expect(register('a', ANN, { metadata: 'no JSON' })).rejects.toThrow()
  await expect(register('a', ANN)).resolves.toMatchObject({ owner: 'ann' })
})

test('agents that were there before are counted, once', async () => {
  await using repository = new CountingRepository()
  for (const agentId of ['a', 'b']) await repository.add(registration({ agentId }), ANN)
  const register = await limited(repository)
  await Promise.all(
    ['c', 'd'].map((id) => expect(register(id, ANN)).rejects.toMatchObject(exceeded)),
  )
  await repository.delete('a')
  await expect(register('c', ANN)).resolves.toMatchObject({ owner: 'ann' })
  expect(repository.counted).toBe(1)
})

test('a start does not fail with the count: the next registration counts', async () => {
  await using repository = new CountingRepository()
  repository.failures = 2
  for (const agentId of ['a', 'b']) await repository.add(registration({ agentId }), ANN)
  const register = await limited(repository)
  await expect(register('c', ANYBODY)).resolves.toBeDefined()
  await expect(register('d', ANN)).rejects.toThrow('the store is away')
  await expect(register('d', ANN)).rejects.toMatchObject(exceeded)
  expect(repository.counted).toBe(3)
})

test.each([
  { what: '0', maxAgentsPerCaller: 0 },
  { what: 'that of all agents', maxAgentsPerCaller: 10 },
  { what: 'above that of all agents', maxAgentsPerCaller: 11 },
])('with a limit of $what, nothing is counted', async ({ maxAgentsPerCaller }) => {
  await using repository = new CountingRepository()
  const register = await limited(repository, maxAgentsPerCaller)
  for (let index = 0; index < 10; index++) await register(`${index}`, ANN)
  await expect(register('another', ANN)).rejects.toMatchObject({ code: 'REGISTRY_FULL' })
  expect(repository.counted).toBe(0)
})

test('the limit of all agents holds for each principal', async () => {
  await using repository = new MemoryAgentRegistryRepository()
  const register = await limited(repository, 9)
  for (let index = 0; index < 9; index++) await register(`${index}`, ANN)
  await register('one-of-bo', BO)
  await expect(register('another', BO)).rejects.toMatchObject({ code: 'REGISTRY_FULL' })
  await expect(register('another', ANN)).rejects.toMatchObject(exceeded)
})
