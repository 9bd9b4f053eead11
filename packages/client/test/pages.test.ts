import { expect, test } from 'vitest'
import { DiscoveryClient, isNetworkError } from '../src/index.ts'
import { respondJson, ScriptedServer } from './support/scripted-server.ts'
import { wireAgent } from './support/wire-agents.ts'

test('a link back to a page that was already read, as from a cache, is an error', async () => {
  await using server = await ScriptedServer.start((_, response) =>
    respondJson(response, 200, [wireAgent('a')], { link: '</agents?cursor=x>; rel="next"' }),
  )
  const client = new DiscoveryClient({ registryUrl: server.url })
  let read = 0
  const readAll = async (): Promise<void> => {
    for await (const page of client.pages()) read += page.length
  }
  await expect(readAll()).rejects.toSatisfy(isNetworkError)
  expect(read).toBe(2)
})

test.each([{}, null, 'x', [null], [{ agent_name: 'A' }]])(
  'the body %j is not a list of agents',
  async (body) => {
    await using server = await ScriptedServer.start((_, response) =>
      respondJson(response, 200, body),
    )
    const client = new DiscoveryClient({ registryUrl: server.url })
    await expect(client.list()).rejects.toThrow('Is that a Rollcall registry?')
  },
)
