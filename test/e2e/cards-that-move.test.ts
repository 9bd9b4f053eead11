// A signed card through the life of a registry: killed, started again, and moved to PostgreSQL. A client of A2A reads
// it after each, in each version, and verifies its signature.
import { AgentCard, generateAgentCardSignature, verifyAgentCardSignature } from '@a2a-js/sdk'
import { DefaultAgentCardResolver } from '@a2a-js/sdk/client'
import { generateKeyPair } from 'jose'
import { expect, test } from 'vitest'
import { freshDatabase } from '../postgres/support/shared-postgres.ts'
import { migrate } from './support/migrate-command.ts'
import { RegistryProcess } from './support/registry-process.ts'
import { sqliteUrl, TemporaryFolder } from './support/temporary-folder.ts'

const { privateKey, publicKey } = await generateKeyPair('ES256')

/** Signed by the SDK, and spelled as no serializer would. */
async function signedText(versions: readonly string[]): Promise<string> {
  const supportedInterfaces = versions.map((protocolVersion) => ({
    url: `http://10.0.0.7:8000/${protocolVersion}`,
    protocolBinding: 'JSONRPC',
    protocolVersion,
  }))
  const card = AgentCard.fromJSON({
    name: 'Über',
    description: 'Translates.',
    version: '1',
    supportedInterfaces,
    capabilities: { streaming: true },
    defaultInputModes: ['text/plain'],
    defaultOutputModes: ['text/plain'],
    skills: [{ id: 'translate', name: 'Translate', description: '', tags: ['text'] }],
  })
  const sign = generateAgentCardSignature(privateKey, { alg: 'ES256', kid: 'k', typ: 'JOSE' })
  const json = JSON.stringify(AgentCard.toJSON(await sign(card)), undefined, 1)
  return `${json.replace('Über', '\\u00dcber')}\n`
}

const CARDS: Readonly<Record<string, string>> = {
  new: await signedText(['1.0']),
  both: await signedText(['1.0', '0.3']),
}

const verify = verifyAgentCardSignature(async (kid) => {
  if (kid !== 'k') throw new Error(`there is no key ${kid}`)
  return publicKey
})

/** Registers the agents, and returns the ETags of their cards. */
async function register(url: string): Promise<Record<string, string | null>> {
  const etags: Record<string, string | null> = {}
  for (const [agent_id, card] of Object.entries(CARDS)) {
    const response = await fetch(`${url}/agents/register`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ agent_id, card, ttl_seconds: 3600 }),
    })
    expect(response.status).toBe(200)
    etags[agent_id] = (await fetch(`${url}/agents/${agent_id}/card`)).headers.get('etag')
  }
  return etags
}

/** Fails unless every card is the same, and verifies however a client asks for it. */
async function expectCards(url: string, etags: Record<string, string | null>): Promise<void> {
  const resolver = new DefaultAgentCardResolver()
  for (const [id, text] of Object.entries(CARDS)) {
    const response = await fetch(`${url}/agents/${id}/card`)
    expect(await response.text()).toBe(text)
    expect(response.headers.get('etag')).toBe(etags[id])
    expect(response.headers.get('etag')).toMatch(/^"/)
    await verify(await resolver.resolve(`${url}/agents/${id}/`))
    await verify(await resolver.resolve(`${url}/agents/${id}/card`, ''))
    for (const version of [undefined, '0.3', '1.0']) {
      const headers = version === undefined ? {} : { 'a2a-version': version }
      const path = `${url}/agents/${id}/.well-known/agent-card.json`
      const projected = (await (await fetch(path, { headers })).json()) as object
      await verify(AgentCard.fromJSON(projected))
      // Only the agent that speaks 0.3 as well gets its members, for clients that ask for no later version.
      expect('url' in projected).toBe(id === 'both' && version !== '1.0')
    }
  }
}

test('a signed card is the same and verifies after kill -9, a restart, and a migration to PostgreSQL', async () => {
  using folder = new TemporaryFolder()
  await using database = await freshDatabase()
  const db = sqliteUrl(folder.file('a.db'))
  const killed = await RegistryProcess.start({ cwd: folder.path, db })
  const etags = await register(killed.url)
  expect(etags.new).not.toBe(etags.both)
  await expectCards(killed.url, etags)
  await killed.kill()
  const restarted = await RegistryProcess.start({ cwd: folder.path, db })
  await expectCards(restarted.url, etags)
  await restarted.stop()
  const { code, stderr } = await migrate(['--from', db, '--to', database.url], folder.path)
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  await using moved = await RegistryProcess.start({ cwd: folder.path, db: database.url })
  await expectCards(moved.url, etags)
})

test('a signature does not verify once the card was changed', async () => {
  const forged = { ...JSON.parse(CARDS.new as string), name: 'Forged' }
  await expect(verify(AgentCard.fromJSON(forged))).rejects.toThrow()
})
