/**
 * What a heartbeat leaves in memory, with a signal that lives as long as the agent: 100 000 of them,
 * and as many calls of a consumer. Needs `--expose-gc`.
 */
import assert from 'node:assert/strict'
import { AgentRegistryClient, DiscoveryClient } from '@rollcall/client'

const CALLS = 100_000
/** `AbortSignal.any` left 200 in Node 22. */
const LEAST_LEAK_BYTES = 20

const answer = { agent_id: 'a', agent_name: 'A', ttl_seconds: 60, heartbeat_interval_seconds: 20 }
const options = {
  // What answers is of no interest here.
  fetch: async (url) => Response.json(url.endsWith('/agents') ? [] : answer),
  signal: new AbortController().signal,
  logger: null,
}
const agent = await AgentRegistryClient.join({
  ...options,
  ...{ agentId: 'a', agentName: 'A', host: '127.0.0.1', heartbeatFrom: 'none' },
})
const consumer = new DiscoveryClient(options)
const ofCall = new AbortController()

async function call(times) {
  for (let i = 0; i < times; i++) {
    await agent.heartbeat({ load: (i % 10) / 10 }, { signal: ofCall.signal })
    await consumer.list({}, { signal: ofCall.signal })
    // The timers of the platform are cleared in its own time.
    if (i % 1000 === 0) await new Promise((resolve) => setImmediate(resolve))
  }
}

async function heapBytes() {
  for (let i = 0; i < 5; i++) {
    globalThis.gc()
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  return process.memoryUsage().heapUsed
}

await call(CALLS / 10)
const before = await heapBytes()
await call(CALLS)
const bytes = (await heapBytes()) - before
const perCall = bytes / CALLS
assert.ok(perCall < LEAST_LEAK_BYTES, `${perCall} bytes stay for each heartbeat`)
console.log(`ok: ${process.version}, ${perCall.toFixed(1)} bytes`)
