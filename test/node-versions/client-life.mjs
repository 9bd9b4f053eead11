/**
 * Exercises all that agents and consumers do with the client, against the registry in
 * `REGISTRY_URL`.
 *
 * Plain JavaScript without `using`, because it runs on the oldest Node that the client supports.
 * The test that starts it kills it if it waits for an event that never comes.
 */
import assert from 'node:assert/strict'
import { setTimeout as pause } from 'node:timers/promises'
import { AgentRegistryClient, DiscoveryClient, isApiError } from '@rollcall/client'
import { closeOnSignals, joinFromWorker } from '@rollcall/client/node'
import { heartbeatIntervalSeconds, LIMITS } from '@rollcall/protocol'

const common = { agentName: 'Aged', host: '127.0.0.1', port: 8000, capabilities: ['age'] }
const registry = new DiscoveryClient()

async function until(condition) {
  while (!(await condition())) await pause(10)
}

async function lastHeartbeat(agentId) {
  return (await registry.get(agentId))?.lastHeartbeat.getTime() ?? 0
}

/** Waits for a heartbeat that was not sent here. */
async function nextHeartbeat(agentId) {
  const before = await lastHeartbeat(agentId)
  await until(async () => (await lastHeartbeat(agentId)) > before)
}

// Consumers start before there is any agent.
const stopWatching = new AbortController()
const watched = []
const watching = (async () => {
  for await (const event of registry.watch(
    { capability: 'age' },
    { signal: stopWatching.signal },
  )) {
    watched.push(event.type === 'registered' ? `registered ${event.agentId}` : event.type)
  }
})()
const view = registry.liveView({ capability: 'age', status: 'ready' })
await view.ready
assert.deepEqual(view.agents, [])
await until(() => watched.includes('synced'))

// An agent whose heartbeats come from a timer.
const agent = await AgentRegistryClient.join({ ...common, agentId: 'single', ttlSeconds: 2 })
const stopListening = closeOnSignals(agent)
await until(() => watched.includes('registered single') && view.agents.length === 1)
await nextHeartbeat('single')
await agent.heartbeat({ load: 0.5 })
assert.equal((await registry.list({ capability: 'age', sort: 'load', limit: 1 }))[0]?.load, 0.5)
for (const how of ['leastLoaded', 'random', 'roundRobin', { key: 'user-1' }]) {
  assert.equal(view.pick(how)?.agentId, 'single')
}
assert.equal(view.pick('random', { except: () => true }), undefined)
await agent.setStatus('busy')
await until(() => view.pick() === undefined)

// An agent that the registry has lost registers again; one that was deregistered does so on
// request.
const reregistered = new Promise((resolve) => agent.on('reregistered', resolve))
await fetch(`${process.env.REGISTRY_URL}/agents/single`, { method: 'DELETE' })
await reregistered
await agent.deregister()
assert.equal(await registry.get('single'), undefined)
await agent.register()
await nextHeartbeat('single')

// Many agents in one process, and one whose heartbeats come from a thread.
const group = AgentRegistryClient.group()
for (const agentId of ['group-1', 'group-2']) {
  await group.join({ ...common, agentId, ttlSeconds: 2 })
}
const worker = await joinFromWorker({ ...common, agentId: 'worker', ttlSeconds: 2 })
await Promise.all(['group-1', 'group-2', 'worker'].map(nextHeartbeat))
await until(() => view.agents.length === 3)
const listed = []
for await (const page of registry.pages({ capability: 'age', limit: 2 })) {
  listed.push(...page.map(({ agentId }) => agentId))
}
assert.deepEqual(listed.sort(), ['group-1', 'group-2', 'single', 'worker'])

await assert.rejects(registry.list({ limit: 0 }), isApiError)
assert.equal((await registry.health()).status, 'healthy')
assert.ok((await registry.history('single'))?.some(({ type }) => type === 'deregistered'))
assert.equal(heartbeatIntervalSeconds(LIMITS.ttlSeconds.default), 20)

// All agents leave, and nothing keeps this process running.
stopListening()
await Promise.all([agent.close(), group.close(), worker.close()])
await until(() => view.agents.length === 0)
await view.close()
stopWatching.abort()
await watching
assert.deepEqual(await registry.list(), [])
console.log(`ok: ${process.version}`)
