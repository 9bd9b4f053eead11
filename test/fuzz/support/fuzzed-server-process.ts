// Runs a registry in its own process, so that only its memory is measured. Replies to the message
// `memory` with its memory usage, and exits on `stop`.
import { setTimeout as wait } from 'node:timers/promises'
import { AgentRegistryServer } from '@rollcall/server'
import type { ServerMemory } from './fuzzed-server.ts'

const [registryUrl = 'memory:', tokenFile] = process.argv.slice(2)
const server = new AgentRegistryServer(registryUrl, { cleanupIntervalSeconds: 1, tokenFile })

process.on('message', async (message) => {
  if (message === 'memory') process.send?.(await settledMemory())
  if (message === 'stop') {
    await server.close()
    process.disconnect?.()
  }
})
process.send?.(await server.listen({ port: 0 }))

/** Measures memory after garbage collection. */
async function settledMemory(): Promise<ServerMemory> {
  for (let round = 0; round < 5; round++) {
    globalThis.gc?.()
    await wait(50)
  }
  const { heapUsed, external, rss } = process.memoryUsage()
  return { heapMiB: inMiB(heapUsed), externalMiB: inMiB(external), rssMiB: inMiB(rss) }
}

function inMiB(bytes: number): number {
  return bytes / 2 ** 20
}
