/**
 * A registry inside your own web application: Rollcall serves `/registry/*`, you serve the rest.
 *
 * The host here is a plain `node:http` server; README.md shows the same in Express. Settings: PORT.
 */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { AgentRegistryClient } from '@rollcall/client'
import { closeOnSignals } from '@rollcall/client/node'
import { AgentRegistryServer } from '@rollcall/server'

const isCheck = process.argv.includes('--check')

// In memory; `sqlite:///agents.db` keeps the agents in a file.
const registry = new AgentRegistryServer('memory:')
const rollcall = registry.createApp()
// Opens the store before the first request.
await rollcall.ready()

const MOUNTED_AT = /^\/registry(?=[/?]|$)/

const server = createServer((request, response) => {
  const url = request.url ?? '/'
  if (MOUNTED_AT.test(url)) {
    // The registry does not know its mount point: it sees `/agents`.
    const rest = url.replace(MOUNTED_AT, '')
    request.url = rest.startsWith('/') ? rest : `/${rest}`
    rollcall.routing(request, response)
    return
  }
  response.end('This is the application. The registry is below /registry.\n')
})
await once(server.listen(isCheck ? 0 : Number(process.env.PORT ?? 9000), '127.0.0.1'), 'listening')
const address = server.address()
assert(typeof address === 'object' && address !== null)
const home = `http://127.0.0.1:${address.port}`

/** Closes the registry first, which ends the event streams that the server would wait for. */
async function stop(): Promise<void> {
  await registry.close()
  await server[Symbol.asyncDispose]()
}

/** Implements `--check`: an agent joins, is found and leaves, next to the application. */
async function check(): Promise<void> {
  assert.match(await (await fetch(`${home}/`)).text(), /This is the application/)
  assert.match(await (await fetch(`${home}/registryish`)).text(), /This is the application/)
  const agent = await AgentRegistryClient.join({
    registryUrl: `${home}/registry`,
    agentId: 'embedded-1',
    agentName: 'Embedded',
    host: '127.0.0.1',
    port: 8000,
    capabilities: ['check'],
    joinTimeoutMs: 2000,
  })
  const view = agent.liveView({ capability: 'check', status: 'ready' })
  await view.ready
  assert.deepEqual(
    view.agents.map(({ agentId }) => agentId),
    ['embedded-1'],
  )
  await view.close()
  await agent.heartbeat({ load: 0.5 })
  assert.equal((await agent.list({ limit: 1 }))[0]?.load, 0.5)
  await agent.close()
  assert.deepEqual(await agent.list(), [])
  console.log('ok: an agent joined the embedded registry, was found, sent a heartbeat and left')
}

if (isCheck) {
  await check()
    .finally(stop)
    .catch((error) => {
      console.error(`failed: ${error.message}`)
      process.exit(1)
    })
} else {
  closeOnSignals({ close: stop })
  console.log(`the application is at ${home}, the registry at ${home}/registry`)
}
