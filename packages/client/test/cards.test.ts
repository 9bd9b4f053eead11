// What an agent with a card sends, and what a caller gets of a card.
import { afterEach, describe, expect, test, vi } from 'vitest'
import { AgentRegistryClient, DiscoveryClient, type JoinFromCardOptions } from '../src/index.ts'
import { respondJson, ScriptedServer } from './support/scripted-server.ts'
import { wireAgent } from './support/wire-agents.ts'

afterEach(() => void vi.unstubAllEnvs())

const CARD = { name: 'Researcher', url: 'http://10.0.0.7:8000' }

/** Joins from the card, leaves, and returns the body of the registration. */
async function registrationBy(options: Partial<JoinFromCardOptions>, card: object | string = CARD) {
  await using server = await ScriptedServer.start((_, response) =>
    respondJson(response, 200, wireAgent('a', { agent_name: 'Researcher', has_card: true })),
  )
  const registry = { registryUrl: server.url, agentId: 'a', ...options }
  await using agent = await AgentRegistryClient.joinFromCard(card as string, registry)
  await agent.close()
  return server.requests[0]?.body
}

describe('joinFromCard', () => {
  test('leaves to the card what the options do not say', async () => {
    vi.stubEnv('AGENT_HOST', '10.0.0.99')
    vi.stubEnv('AGENT_PORT', '99')
    expect(await registrationBy({ instanceId: null })).toEqual({
      agent_id: 'a',
      ttl_seconds: 60,
      card: CARD,
    })
  })

  test('sends what the options say, and a card of text as it is', async () => {
    vi.stubEnv('AGENT_PORT', '99')
    const text = '{ "name": "Researcher" }'
    expect(await registrationBy({ agentName: 'Mine', host: '10.0.0.9' }, text)).toMatchObject({
      agent_name: 'Mine',
      host: '10.0.0.9',
      // The environment completes an address that the options begin.
      port: 99,
      card: text,
    })
  })

  test('refuses what cannot be a card, before it sends anything', async () => {
    await expect(registrationBy({}, ['a'])).rejects.toThrow(/card is an array/)
    await expect(registrationBy({}, '')).rejects.toThrow(/card is ""/)
  })
})

test('an agent without a card needs a name', async () => {
  const options = { agentId: 'a', card: null } as unknown as JoinFromCardOptions & { card: string }
  await expect(AgentRegistryClient.join(options)).rejects.toThrow('agentName is empty')
})

describe('the card of an agent', () => {
  const cardFrom = async (status: number, body: unknown) => {
    await using server = await ScriptedServer.start((_, response) =>
      respondJson(response, status, body),
    )
    const registry = new DiscoveryClient({ registryUrl: server.url })
    return { card: await registry.card('a/b'), asked: server.requests[0]?.path }
  }

  test('is returned as an object', async () => {
    expect(await cardFrom(200, CARD)).toEqual({ card: CARD, asked: '/agents/a%2Fb/card' })
  })

  test('is undefined if there is no such agent, or it has none', async () => {
    for (const code of ['AGENT_NOT_FOUND', 'CARD_NOT_FOUND']) {
      expect((await cardFrom(404, { code, status: 404, title: '', detail: '' })).card).toBe(
        undefined,
      )
    }
  })

  test('is an error if the response is something else', async () => {
    await expect(cardFrom(200, [])).rejects.toThrow('not an object')
    await expect(cardFrom(403, { code: 'FORBIDDEN', status: 403 })).rejects.toThrow()
  })
})
