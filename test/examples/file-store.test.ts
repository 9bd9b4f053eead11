// The store that the guide shows keeps the contract of a store, and what it acknowledged.
import { join } from 'node:path'
import { repositoryConformance } from '@rollcall/server/testing'
import { expect, test } from 'vitest'
import { openFileRegistry } from '../../examples/file-store/file-store.ts'
import { TemporaryFolder } from '../e2e/support/temporary-folder.ts'
import { freePort } from '../postgres/support/free-port.ts'
import { ExampleProcess, node } from './example-process.ts'

repositoryConformance({
  name: 'the file store of the guide',
  toleratedDelayMs: 250,
  durable: true,
  open: (context) => openFileRegistry(join(context.folder, 'registry.jsonl'), context),
})

test('what it acknowledged survives kill -9', async () => {
  using folder = new TemporaryFolder()
  const env = { FILE: folder.file('registry.jsonl'), PORT: String(await freePort()) }
  const url = `http://127.0.0.1:${env.PORT}`
  const acknowledged: string[] = []
  const register = async (agent_id: string) => {
    const response = await fetch(`${url}/agents/register`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ agent_id, agent_name: 'A', host: '127.0.0.1', port: 8000 }),
    })
    if (response.ok) acknowledged.push(agent_id)
  }
  {
    await using server = new ExampleProcess(node('examples/file-store/server.ts'), env)
    await server.says(/the registry is at/)
    let isRunning = true
    const clients = Array.from({ length: 8 }, async (_, client) => {
      for (let i = 0; isRunning; i++) await register(`agent-${client}-${i}`).catch(() => undefined)
    })
    while (acknowledged.length < 200) await new Promise(setImmediate)
    server.signal('SIGKILL')
    await server.exit
    isRunning = false
    await Promise.all(clients)
  }
  await using server = new ExampleProcess(node('examples/file-store/server.ts'), env)
  await server.says(/the registry is at/)
  const agents = (await (await fetch(`${url}/agents`)).json()) as { agent_id: string }[]
  const found = new Set(agents.map(({ agent_id }) => agent_id))
  expect(acknowledged.filter((agentId) => !found.has(agentId))).toEqual([])
})
