// A registry in a process of its own, so that the memory that is measured is the registry's alone.
// Told `memory` it answers with its memory, told `stop` it ends.
import { setTimeout as wait } from 'node:timers/promises'
import { AgentRegistryServer } from '@rollcall/server'
import type { ServerMemory } from './fuzzed-server.ts'

const [registryUrl = 'memory:'] = process.argv.slice(2)
const server = new AgentRegistryServer(registryUrl, { cleanupIntervalSeconds: 1 })

process.on('message', async (message) => {
  if (message === 'memory') process.send?.(await settledMemory())
  if (message === 'stop') {
    await server.close()
    process.disconnect?.()
  }
})
process.send?.(await server.listen({ port: 0 }))

/** The memory once everything is collected that can be. */
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
