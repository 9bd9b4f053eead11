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

test('an expiry has no actor, and a plain heartbeat that revives has one', async () => {
  const { agent_id } = await registry.register({ ttl_seconds: 1 })
  const expired = async () => {
    const { json } = await registry.get(`/agents/${agent_id}/events`)
    return (json as AgentEvent[]).find(({ type }) => type === 'expired')
  }
  await expect.poll(expired, { timeout: 10_000 }).toBeDefined()
  expect(await expired()).not.toHaveProperty('actor')
  await registry.post(`/agents/${agent_id}/heartbeat`)
  const { json } = await registry.get(`/agents/${agent_id}/events`)
  expect((json as AgentEvent[]).at(-1)).toMatchObject({
    type: 'revived',
    actor: expect.stringMatching(/^anonymous \(/),
  })
})
