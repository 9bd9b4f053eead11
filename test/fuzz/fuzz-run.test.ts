import { expect, test } from 'vitest'
import { OpenApiReader } from '../../packages/server/test/openapi/support/openapi-reader.ts'
import { type FuzzReport, fuzz } from './support/fuzz-run.ts'
import { FuzzedServer, type ServerMemory } from './support/fuzzed-server.ts'

// ROLLCALL_FUZZ_REQUESTS=100000 ROLLCALL_FUZZ_SEED=1 npx vitest run test/fuzz

const REQUESTS = Number(process.env.ROLLCALL_FUZZ_REQUESTS || 5000)
const SEED = Number(process.env.ROLLCALL_FUZZ_SEED || Math.floor(Math.random() * 2 ** 30))
const CONNECTIONS = 16
/** Requests before memory is first measured: code gets compiled, pools and buffers fill. */
const WARM_UP = Math.max(1000, Math.round(REQUESTS / 5))
/**
 * Allowed growth of memory. A leak of 100 bytes per request shows in the heap after 100 000
 * requests. The resident set includes what the allocator retains: it has been seen to rise by 50 to
 * 100 MiB and to fall again, so it reveals only large leaks of native memory.
 */
const GROWTH_MIB = { heapMiB: 8, externalMiB: 8, rssMiB: 192 } as const

test(`${REQUESTS} hostile requests (seed ${SEED}) break nothing`, {
  timeout: 60_000 + 10 * REQUESTS,
}, async () => {
  await using server = await FuzzedServer.start()
  const { baseUrl, token } = server
  const openStreams = async () => {
    const metrics = await (await fetch(`${baseUrl}/metrics`)).text()
    return /^rollcall_feed_readers (\d+)$/m.exec(metrics)?.[1]
  }
  const openApi = new OpenApiReader(await (await fetch(`${baseUrl}/openapi.json`)).json())
  const options = { baseUrl, openApi, token, seed: SEED, connections: CONNECTIONS }

  const warmUp = await fuzz({ ...options, from: 0, requests: WARM_UP })
  await server.removeAll()
  const before = await server.memory()
  const run = await fuzz({ ...options, from: WARM_UP, requests: REQUESTS - WARM_UP })
  await server.removeAll()
  const after = await server.memory()
  console.log(describeRun(run, before, after))

  expect([...warmUp.faults, ...run.faults]).toEqual([])
  expect(server.isRunning, 'the server still runs').toBe(true)
  const health = await (await fetch(`${baseUrl}/health`)).json()
  expect(health).toMatchObject({ status: 'healthy', registered_agents: 0, active_agents: 0 })
  expect((await fetch(`${baseUrl}/health/ready`)).status).toBe(200)
  // The server stops reading from a client that sends an unwanted body, and only notices that the
  // client disconnected when it writes the next keep-alive to the stream.
  await expect.poll(openStreams, { timeout: 60_000, interval: 500 }).toBe('0')
  for (const figure of ['heapMiB', 'externalMiB', 'rssMiB'] as const) {
    const growth = after[figure] - before[figure]
    expect(growth, `growth of ${figure}`).toBeLessThan(GROWTH_MIB[figure])
  }
})

function describeRun(run: FuzzReport, before: ServerMemory, after: ServerMemory): string {
  const { seconds, statuses } = run
  const mib = ({ heapMiB, externalMiB, rssMiB }: ServerMemory) =>
    `heap ${heapMiB.toFixed(1)} MiB, external ${externalMiB.toFixed(1)} MiB, ` +
    `RSS ${rssMiB.toFixed(1)} MiB`
  return [
    `fuzz: seed ${SEED}, ${REQUESTS} requests of which ${WARM_UP} to warm up, ${CONNECTIONS} connections`,
    `  ${run.requests} requests in ${seconds.toFixed(1)} s, ${Math.round(run.requests / seconds)}/s`,
    `  responses: ${JSON.stringify(statuses)}`,
    `  after the warm-up: ${mib(before)}`,
    `  at the end:        ${mib(after)}`,
  ].join('\n')
}
