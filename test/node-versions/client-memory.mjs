/**
 * Measures the memory that a heartbeat leaves behind, with a signal that lives as long as the
 * agent: 100 000 of them, and as many requests of a consumer. Needs `--expose-gc`.
 */
import assert from 'node:assert/strict'
import { AgentRegistryClient, DiscoveryClient } from '@rollcall/client'

const CALLS = 100_000
/** `AbortSignal.any` left 200 bytes in Node 22. */
const MIN_LEAK_BYTES = 20

const response = { agent_id: 'a', agent_name: 'A', ttl_seconds: 60, heartbeat_interval_seconds: 20 }
const options = {
  // The content of the response is irrelevant here.
  fetch: async (url) => Response.json(url.endsWith('/agents') ? [] : response),
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
    // Gives the platform time to clear its timers.
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
assert.ok(perCall < MIN_LEAK_BYTES, `${perCall} bytes leaked per heartbeat`)
console.log(`ok: ${process.version}, ${perCall.toFixed(1)} bytes`)
