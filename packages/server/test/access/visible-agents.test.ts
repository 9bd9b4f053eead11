import { MemoryAgentRegistryRepository } from '@rollcall/server'
import { expect, test } from 'vitest'
import { VisibleAgents } from '../../src/access/visible-agents.ts'
import { registration } from '../storage/sample-registration.ts'

test('whoever sees all agents reads with its own filter and has no tag', async () => {
  await using repository = new MemoryAgentRegistryRepository()
  const all = new VisibleAgents(repository, undefined)
  const filter = { name: 'A' }
  expect(all.narrow(filter)).toBe(filter)
  expect([all.areAll, all.tag]).toEqual([true, undefined])
  const some = new VisibleAgents(repository, ['a:*'])
  expect(some.narrow(filter)).toEqual({ name: 'A', agentIds: ['a:*'] })
  expect([some.areAll, some.tag]).toEqual([false, expect.stringMatching(/^v[0-9a-f]{12}$/)])
})

test('the card of an agent is visible to those who see the agent', async () => {
  await using store = new MemoryAgentRegistryRepository()
  const card = { text: '{"name":"A"}', format: 'other' }
  await store.add(registration({ agentId: 'team-a:1', card }))
  expect(await new VisibleAgents(store, undefined).card('team-a:1')).toBe(card.text)
  expect(await new VisibleAgents(store, ['team-a:*']).card('team-a:1')).toBe(card.text)
  expect(await new VisibleAgents(store, ['team-b:*']).card('team-a:1')).toBeUndefined()
})
