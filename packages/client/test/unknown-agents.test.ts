// An unknown agent: a Rollcall registry responds with a code, others with 404 and any JSON.
import { expect, test } from 'vitest'
import { RegistryConnection } from '../src/transport/connection.ts'
import { ScriptedServer } from './support/scripted-server.ts'

test.each([
  ['/agents/a/heartbeat', '{"detail":"Agent not found"}', 'AGENT_NOT_FOUND'],
  ['/agents/a', '{"detail":"Agent not found"}', 'AGENT_NOT_FOUND'],
  ['/agents/register', '{"detail":"Not Found"}', 'UNKNOWN'],
  ['/agents', '{"detail":"Not Found"}', 'UNKNOWN'],
  ['/agents/heartbeats', '{"detail":"Not Found"}', 'UNKNOWN'],
  ['/agents/a/heartbeat', '<h1>Not Found</h1>', 'UNKNOWN'],
])('404 for %s with the body %s has the code %s', async (path, text, code) => {
  await using server = await ScriptedServer.start((_, response) => {
    response.writeHead(404).end(text)
  })
  const connection = new RegistryConnection({ registryUrl: server.url })
  await expect(connection.call({ method: 'POST', path })).rejects.toMatchObject({ code })
})
