import { expect, test } from 'vitest'
import { registration } from '../e2e/support/http-client.ts'
import { TemporaryFolder } from '../e2e/support/temporary-folder.ts'
import { expandingMetadata } from './expanding-metadata.ts'
import { RegistryNode } from './registry-node.ts'

const HEAP_MEGABYTES = 128
const AT_ONCE = 20
/** Far more agents than fit into the heap. */
const MAX_ATTEMPTS = 20_000
const TIMEOUT_MS = 300_000

test('a registry whose memory is nearly used up refuses new agents, and goes on with those that it has', {
  timeout: TIMEOUT_MS,
}, async () => {
  await using folder = new TemporaryFolder()
  await using node = await RegistryNode.start({
    db: `sqlite:///${folder.file('rollcall.db')}`,
    cwd: folder.path,
    heapMegabytes: HEAP_MEGABYTES,
    command: undefined,
  })
  const register = (agentId: string, metadata?: Record<string, unknown>) =>
    node.http.send<{ code?: string; detail?: string }>(
      'POST',
      '/agents/register',
      registration(agentId, { ttl_seconds: 3600, ...(metadata && { metadata }) }),
    )
  expect((await register('first')).status).toBe(200)
  let refused: Awaited<ReturnType<typeof register>> | undefined
  for (let next = 0; next < MAX_ATTEMPTS && refused === undefined; next += AT_ONCE) {
    const seeds = Array.from({ length: AT_ONCE }, (_, index) => next + index)
    const answers = await Promise.all(
      seeds.map((seed) => register(`costly-${seed}`, expandingMetadata(seed))),
    )
    refused = answers.find(({ status }) => status === 507)
  }
  expect(refused?.body).toMatchObject({
    code: 'REGISTRY_FULL',
    detail: expect.stringContaining('memory'),
  })
  expect(node.isRunning).toBe(true)
  expect((await node.http.send('POST', '/agents/first/heartbeat')).status).toBe(200)
  expect((await register('first')).status).toBe(200)
  expect((await node.http.get('/agents?limit=1')).status).toBe(200)
})
