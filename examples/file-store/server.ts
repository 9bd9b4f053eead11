/** Serves a registry from the file store. Settings: PORT, FILE. */
import { AgentRegistryServer } from '@rollcall/server'
import { openFileRegistry } from './file-store.ts'

const repository = await openFileRegistry(process.env.FILE ?? 'registry.jsonl')
const server = new AgentRegistryServer(undefined, { repository })
const url = await server.listen({ port: Number(process.env.PORT ?? 9000) })
console.log(`the registry is at ${url}`)

// The server closes what it has opened; this store is yours.
async function stop(): Promise<void> {
  await server.close()
  await repository.close()
}
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, stop)
