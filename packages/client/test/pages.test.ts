import { expect, test } from 'vitest'
import { DiscoveryClient, isNetworkError } from '../src/index.ts'
import { answerJson, ScriptedServer } from './support/scripted-server.ts'
import { wireAgent } from './support/wire-agents.ts'

test('pages that lead back to one that was read already, as a cache may answer, are an error', async () => {
  await using server = await ScriptedServer.start((_, response) =>
    answerJson(response, 200, [wireAgent('a')], { link: '</agents?cursor=x>; rel="next"' }),
  )
  const client = new DiscoveryClient({ registryUrl: server.url })
  let read = 0
  const readAll = async (): Promise<void> => {
    for await (const page of client.pages()) read += page.length
  }
  await expect(readAll()).rejects.toSatisfy(isNetworkError)
  expect(read).toBe(2)
})

test.each([{}, null, 'x', [null], [{ agent_name: 'A' }]])('a list of %j is none', async (body) => {
  await using server = await ScriptedServer.start((_, response) => answerJson(response, 200, body))
  const client = new DiscoveryClient({ registryUrl: server.url })
  await expect(client.list()).rejects.toThrow('Is that a Rollcall registry?')
})
