// The client of the A2A SDK, with cards that a registry keeps.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { AgentCard, generateAgentCardSignature, verifyAgentCardSignature } from '@a2a-js/sdk'
import { ClientFactory, DefaultAgentCardResolver } from '@a2a-js/sdk/client'
import { isLegacyAgentCard, parseLegacyAgentCard } from '@a2a-js/sdk/compat/v0_3/client'
import { describe, expect, test } from 'vitest'
import { toNewCard } from '../../packages/server/src/http/cards/new-card.ts'
import { useRegistry } from './support/registry-under-test.ts'

const registry = useRegistry()

const skill = { id: 'echo', name: 'Echo', description: 'Says it again.', tags: ['echo'] }
const COMMON = {
  name: 'Echo',
  description: 'Says it again.',
  version: '1.0.0',
  defaultInputModes: ['text/plain'],
  defaultOutputModes: ['text/plain'],
}
const cardAt = (url: string, versions = ['1.0']) => ({
  ...COMMON,
  skills: [skill],
  capabilities: {},
  supportedInterfaces: versions.map((protocolVersion) => ({
    url,
    protocolBinding: 'JSONRPC',
    protocolVersion,
  })),
})
const OLD = {
  ...COMMON,
  protocolVersion: '0.3.0',
  url: 'http://10.0.0.7:8000/a2a',
  preferredTransport: 'HTTP+JSON',
  additionalInterfaces: [{ url: 'http://10.0.0.7:8001', transport: 'GRPC' }],
  capabilities: { streaming: true, stateTransitionHistory: true },
  supportsAuthenticatedExtendedCard: true,
  skills: [{ ...skill, security: [{ oauth: ['read'] }] }],
  security: [{ key: [] }, { oauth: ['read'] }],
  securitySchemes: {
    key: { type: 'apiKey', in: 'header', name: 'X-Key' },
    basic: { type: 'http', scheme: 'basic' },
    oauth: {
      type: 'oauth2',
      flows: { clientCredentials: { tokenUrl: 'https://idp.example', scopes: { read: 'Read' } } },
    },
    oidc: { type: 'openIdConnect', openIdConnectUrl: 'https://idp.example' },
    tls: { type: 'mutualTLS' },
  },
  provider: { organization: 'Example', url: 'https://example.com' },
}

async function registered(card: object): Promise<{ base: string; full: string }> {
  const { agent_id: id } = await registry.register({ card })
  const base = `${registry.baseUrl}/agents/${id}/`
  return { base, full: `${base}card` }
}

describe('the resolver of the A2A SDK', () => {
  test('finds a card by the base URL of the agent, and by its full URL', async () => {
    const card = cardAt('http://10.0.0.7:8000/a2a')
    const { base, full } = await registered(card)
    const resolver = new DefaultAgentCardResolver()
    expect(await resolver.resolve(base)).toEqual(card)
    expect(await resolver.resolve(full, '')).toEqual(card)
  })

  test('understands a 0.3 card, which it gets as one of 1.0', async () => {
    const { base } = await registered(OLD)
    const found = await new DefaultAgentCardResolver().resolve(base)
    expect(found.supportedInterfaces.map(({ url }) => url)).toEqual([
      'http://10.0.0.7:8000/a2a',
      'http://10.0.0.7:8001',
    ])
  })

  test('reads a card of both versions in either', async () => {
    const card = cardAt('http://10.0.0.7:8000/a2a', ['1.0', '0.3'])
    const { base } = await registered(card)
    const old = await (await fetch(`${base}.well-known/agent-card.json`)).json()
    expect(await new DefaultAgentCardResolver().resolve(base)).toEqual(card)
    expect(AgentCard.fromJSON(old)).toEqual(AgentCard.fromJSON(card))
    expect(parseLegacyAgentCard(old).name).toBe('Echo')
  })
})

test('a 0.3 card becomes the 1.0 card that the SDK makes of it', () => {
  expect(isLegacyAgentCard(OLD)).toBe(true)
  const ours = AgentCard.fromJSON(JSON.parse(toNewCard(JSON.stringify(OLD)) ?? ''))
  const theirs = parseLegacyAgentCard(OLD)
  // Ours are of the version of the card; the SDK says 0.3 of those that are not preferred.
  const urls = ({ supportedInterfaces }: AgentCard) =>
    supportedInterfaces.map(({ url, protocolBinding }) => [url, protocolBinding])
  expect(urls(ours)).toEqual(urls(theirs))
  expect({ ...ours, supportedInterfaces: [] }).toEqual({ ...theirs, supportedInterfaces: [] })
})

test('the signature of a card is valid as it was sent, and with the members of 0.3', async () => {
  const { privateKey, publicKey } = await crypto.subtle.generateKey(
    { name: 'ECDSA', namedCurve: 'P-256' },
    true,
    ['sign', 'verify'],
  )
  const sign = generateAgentCardSignature(privateKey, { alg: 'ES256', kid: 'k', typ: 'JOSE' })
  const signed = await sign(AgentCard.fromJSON(cardAt('http://10.0.0.7/', ['1.0', '0.3'])))
  const { base, full } = await registered(AgentCard.toJSON(signed) as object)
  const verify = verifyAgentCardSignature(async () => publicKey)
  for (const url of [full, `${base}.well-known/agent-card.json`]) {
    const card = (await (await fetch(url)).json()) as object
    await expect(verify(AgentCard.fromJSON(card))).resolves.toBeUndefined()
    const forged = AgentCard.fromJSON({ ...card, name: 'Forged' })
    await expect(verify(forged)).rejects.toThrow()
  }
})

test('a client that finds the agent through its card gets an answer from the agent', async () => {
  const asked: string[] = []
  const agent = createServer(async (request, response) => {
    const { id, params } = JSON.parse(Buffer.concat(await request.toArray()).toString())
    asked.push(params.message.parts[0].text)
    const message = { ...params.message, messageId: 'b', role: 'ROLE_AGENT' }
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify({ jsonrpc: '2.0', id, result: { message } }))
  })
  await new Promise<void>((resolve) => agent.listen(0, '127.0.0.1', resolve))
  try {
    const url = `http://127.0.0.1:${(agent.address() as AddressInfo).port}/`
    const { base } = await registered(cardAt(url))
    const client = await new ClientFactory().createFromUrl(base)
    const answer = await client.sendMessage({
      message: {
        ...{ messageId: 'a', role: 1, contextId: '', taskId: '', extensions: [] },
        ...{ metadata: undefined, referenceTaskIds: [] },
        parts: [
          {
            content: { $case: 'text', value: 'hello' },
            filename: '',
            mediaType: '',
            metadata: undefined,
          },
        ],
      },
      ...{ tenant: '', configuration: undefined, metadata: undefined },
    })
    expect(asked).toEqual(['hello'])
    expect(JSON.stringify(answer)).toContain('hello')
  } finally {
    agent.close()
    agent.closeAllConnections()
  }
})
