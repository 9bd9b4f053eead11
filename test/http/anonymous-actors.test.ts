// Without access control, agents belong to nobody, and the history names addresses.
import type { AgentEvent } from '@rollcall/protocol'
import { expect, test } from 'vitest'
import { useRegistry } from './support/registry-under-test.ts'
import { agentIn } from './support/response.ts'

const registry = useRegistry()

test('an agent has no owner, and whoever asks may change it', async () => {
  const { agent_id } = await registry.register()
  expect(agentIn(await registry.get(`/agents/${agent_id}`))).not.toHaveProperty('owner')
  expect(await registry.delete(`/agents/${agent_id}`)).toMatchObject({ status: 200 })
})

test('the actor of a change is an address', async () => {
  const { agent_id } = await registry.register()
  await registry.post(`/agents/${agent_id}/heartbeat`, { json: { status: 'busy' } })
  const history = await registry.get(`/agents/${agent_id}/events`)
  for (const { actor } of history.json as AgentEvent[]) {
    expect(actor).toMatch(/^anonymous \([0-9a-f.:]+\)$/)
  }
})

test('an expiry has no actor; a plain heartbeat that revives, and a cleanup on request, have one', async () => {
  const revived = await registerExpired()
  const removed = await registerExpired()
  await registry.post(`/agents/${revived}/heartbeat`)
  await registry.post('/agents/cleanup')
  const actor = expect.stringMatching(/^anonymous \(/)
  expect(await lastEventOf(revived)).toMatchObject({ type: 'revived', actor })
  expect(await lastEventOf(removed)).toMatchObject({ type: 'removed', actor })
})

/** Registers an agent, waits until it has expired, and returns its id. */
async function registerExpired(): Promise<string> {
  const { agent_id: agentId } = await registry.register({ ttl_seconds: 1 })
  const last = () => lastEventOf(agentId)
  await expect.poll(last, { timeout: 10_000 }).toMatchObject({ type: 'expired' })
  expect(await last()).not.toHaveProperty('actor')
  return agentId
}

async function lastEventOf(agentId: string): Promise<AgentEvent | undefined> {
  const { json } = await registry.get(`/agents/${agentId}/events`)
  return (json as AgentEvent[]).at(-1)
}
